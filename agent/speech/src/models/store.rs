//! The folder of models: what is there, and how a file gets in whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use scout_platform::mmap::MappedFile;
use sha2::{Digest, Sha256};

use super::catalogue::{Catalogue, Model, ModelFile};
use super::ggml::inspect::{InspectError, inspect};
use super::sum::Sum;

/// Begins the names of files that are being written; the store never shows them.
const UNFINISHED: &str = ".unfinished-";
/// Held while a file is written, so that only leftovers of killed imports are removed.
const LOCK: &str = ".lock";

/// A folder of models.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
}

/// A model on this machine.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The name it was asked for by, or the one that means this file.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What the catalogue says of it; `None` for a file of the user's own.
    pub known: Option<(&'static Model, &'static ModelFile)>,
}

/// Why a model is not to be had, or was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The model is known, but not here.
    #[error("the model {name} is not in {}: {remedy}", dir.display())]
    Missing {
        /// The model's name.
        name: String,
        /// The store.
        dir: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// There is no model of that name.
    #[error("there is no model {name}: the catalogue knows {known}; a model of your own is named by its file's path")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A file is not what the catalogue says.
    #[error("{} is damaged or another model: expected {expected}, found {found}. Remove it, then {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Size or SHA-256 it should have.
        expected: String,
        /// Size or SHA-256 it has.
        found: String,
        /// How to get a good one.
        remedy: String,
    },
    /// A file is no whole model.
    #[error("{}: {reason}", path.display())]
    NotAModel {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: InspectError,
    },
    /// The disk is full.
    #[error("there is no room for the model in {}: free {needed} MB and try again. Nothing was changed", dir.display())]
    Full {
        /// The store.
        dir: PathBuf,
        /// Megabytes that the file needs.
        needed: u64,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}. Check that the file is there and that you may read and write it", path.display())]
    Access {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Store {
    /// A store in that folder, which need not exist yet.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Finds a model by its name in the catalogue, by the name of the user's own model in the store, or by a path to a
    /// file anywhere.
    ///
    /// Its size is compared with the catalogue's: a cut file is noticed here, at no cost.
    pub fn find(&self, name: &str) -> Result<Installed, StoreError> {
        if name.contains(['/', '\\']) {
            return Ok(Installed { name: name.into(), path: name.into(), known: None });
        }
        let candidates = Catalogue::builtin().resolve(name);
        for &(model, file) in &candidates {
            let path = self.dir.join(&file.file);
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if metadata.len() != file.size {
                return Err(StoreError::Damaged {
                    path,
                    expected: format!("{} bytes", file.size),
                    found: format!("{} bytes", metadata.len()),
                    remedy: model.remedy(),
                });
            }
            return Ok(Installed { name: name.into(), path, known: Some((model, file)) });
        }
        if let Some((model, _)) = candidates.first() {
            return Err(StoreError::Missing { name: name.into(), dir: self.dir.clone(), remedy: model.remedy() });
        }
        let path = self.dir.join(file_name(name));
        if path.is_file() {
            return Ok(Installed { name: name.into(), path, known: None });
        }
        let known: Vec<_> = Catalogue::builtin().models.iter().map(|model| model.name.as_str()).collect();
        Err(StoreError::Unknown { name: name.into(), known: known.join(", ") })
    }

    /// Every model in the store, by file name.
    pub fn installed(&self) -> Result<Vec<Installed>, StoreError> {
        let access = |source| StoreError::Access { path: self.dir.clone(), source };
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(access(error)),
        };
        let mut installed = Vec::new();
        for entry in entries {
            let path = entry.map_err(access)?.path();
            let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some(own_name) = file.strip_prefix("ggml-").and_then(|rest| rest.strip_suffix(".bin")) else {
                continue;
            };
            let known = Catalogue::builtin().files().find(|(_, known)| known.file == file);
            let name = known.map_or_else(|| own_name.to_owned(), |(model, file)| model.file_name(file));
            installed.push(Installed { name, path, known });
        }
        installed.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(installed)
    }

    /// Writes a file into the store: under a temporary name, checked, flushed to the disk, and only then under its own.
    ///
    /// `expected` is the size and sum that it must have. Whatever fails, a file that was there before stays as it was.
    pub(crate) fn install<E: From<StoreError>>(
        &self,
        file: &str,
        expected: Option<(u64, Sum)>,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        let path = self.dir.join(file);
        let needed = expected.map_or(0, |(size, _)| size.div_ceil(1_000_000));
        let failed = |source: io::Error| self.failed(&path, needed, source);
        fs::create_dir_all(&self.dir).map_err(|source| self.failed(&self.dir, needed, source))?;
        let _lock = self.lock().map_err(failed)?;
        let mut unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.dir).map_err(failed)?;
        let (size, sum) = {
            let mut out = Summing { out: BufWriter::new(unfinished.as_file_mut()), hasher: Sha256::new(), size: 0 };
            write(&mut out)?;
            out.flush().map_err(failed)?;
            (out.size, Sum::from_hasher(out.hasher))
        };
        if let Some((expected_size, expected_sum)) = expected
            && (size, sum) != (expected_size, expected_sum)
        {
            return Err(StoreError::Damaged {
                path: file.into(),
                expected: format!("{expected_size} bytes with sha256 {expected_sum}"),
                found: format!("{size} bytes with sha256 {sum}"),
                remedy: "fetch its source again".into(),
            }
            .into());
        }
        unfinished.as_file().sync_all().map_err(failed)?;
        unfinished.persist(&path).map_err(|error| failed(error.error))?;
        sync_folder(&self.dir).map_err(failed)?;
        Ok(path)
    }

    /// Turns an error of writing into one that says what to do.
    pub(crate) fn failed(&self, path: &Path, needed: u64, source: io::Error) -> StoreError {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::Full { dir: self.dir.clone(), needed }
            }
            _ => StoreError::Access { path: path.into(), source },
        }
    }

    /// Waits until no other import writes here, then removes what killed ones left behind.
    fn lock(&self) -> io::Result<File> {
        let lock = File::create(self.dir.join(LOCK))?;
        lock.lock()?;
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(lock)
    }
}

impl Installed {
    /// Reads the whole file: is it what the catalogue says? Of the user's own files, only the structure is known.
    pub fn verify(&self) -> Result<(), StoreError> {
        let access = |source| StoreError::Access { path: self.path.clone(), source };
        if let Some((model, file)) = self.known {
            let size = fs::metadata(&self.path).map_err(access)?.len();
            let damaged = |expected: String, found: String| StoreError::Damaged {
                path: self.path.clone(),
                expected,
                found,
                remedy: model.remedy(),
            };
            if size != file.size {
                return Err(damaged(format!("{} bytes", file.size), format!("{size} bytes")));
            }
            let sum = Sum::of_file(&self.path).map_err(access)?;
            if sum != file.sha256 {
                return Err(damaged(format!("sha256 {}", file.sha256), format!("sha256 {sum}")));
            }
        }
        let bytes = MappedFile::open(&self.path).map_err(access)?;
        inspect(&bytes).map_err(|reason| StoreError::NotAModel { path: self.path.clone(), reason })?;
        Ok(())
    }
}

/// The store's file name for a model of the user's own.
pub(crate) fn file_name(name: &str) -> String {
    format!("ggml-{name}.bin")
}

/// Makes the new name itself last through a power cut. Windows has no such call and does not need it.
fn sync_folder(dir: &Path) -> io::Result<()> {
    match File::open(dir).and_then(|dir| dir.sync_all()) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

/// Counts and sums what is written.
struct Summing<W> {
    out: W,
    hasher: Sha256,
    size: u64,
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(store: &Store) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(store.dir())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name != LOCK)
            .collect();
        names.sort();
        names
    }

    fn write_abc(out: &mut dyn Write) -> Result<(), StoreError> {
        out.write_all(b"abc").map_err(|source| StoreError::Access { path: "abc".into(), source })
    }

    #[test]
    fn a_file_appears_whole_and_replaces_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path().join("models"));
        for _ in 0..2 {
            let path = store.install("ggml-x.bin", Some((3, Sum::of(b"abc"))), write_abc).unwrap();
            assert_eq!(fs::read(path).unwrap(), b"abc");
        }
        assert_eq!(contents(&store), ["ggml-x.bin"]);
    }

    #[test]
    fn a_failed_or_wrong_file_leaves_nothing_and_keeps_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        store.install("ggml-x.bin", None, write_abc).unwrap();
        let failed = store.install("ggml-x.bin", None, |out| {
            out.write_all(b"half").unwrap();
            Err(StoreError::Full { dir: PathBuf::new(), needed: 1 })
        });
        assert!(matches!(failed, Err(StoreError::Full { .. })));
        let wrong = store.install("ggml-x.bin", Some((3, Sum::of(b"abd"))), write_abc).unwrap_err().to_string();
        assert!(wrong.contains("ggml-x.bin") && wrong.contains(&Sum::of(b"abd").to_string()), "{wrong}");
        assert!(wrong.contains(&Sum::of(b"abc").to_string()), "{wrong}");
        assert_eq!(contents(&store), ["ggml-x.bin"]);
        assert_eq!(fs::read(dir.path().join("ggml-x.bin")).unwrap(), b"abc");
    }

    #[test]
    fn leftovers_of_a_killed_import_go_with_the_next_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        fs::write(dir.path().join(".unfinished-abc"), b"half").unwrap();
        assert!(store.installed().unwrap().is_empty());
        store.install("ggml-x.bin", None, write_abc).unwrap();
        assert_eq!(contents(&store), ["ggml-x.bin"]);
    }

    #[test]
    fn a_missing_model_says_what_to_run_and_an_unknown_one_what_there_is() {
        let store = Store::at("/nowhere/models");
        let missing = store.find("tiny.en").unwrap_err().to_string();
        assert!(missing.contains("fetch-model.sh tiny.en") && missing.contains("/nowhere/models"), "{missing}");
        let download = store.find("small").unwrap_err().to_string();
        assert!(download.contains("https://huggingface.co/ggerganov/whisper.cpp/"), "{download}");
        let unknown = store.find("enormous").unwrap_err().to_string();
        assert!(unknown.contains("enormous") && unknown.contains("tiny.en, base"), "{unknown}");
        assert!(store.installed().unwrap().is_empty());
    }

    #[test]
    fn a_cut_file_is_noticed_when_it_is_looked_for() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        fs::write(dir.path().join("ggml-tiny.en-q8_0.bin"), b"cut").unwrap();
        let found = store.find("tiny.en").unwrap_err().to_string();
        assert!(found.contains("ggml-tiny.en-q8_0.bin"), "{found}");
        assert!(found.contains("expected 43550795 bytes, found 3 bytes"), "{found}");
        assert!(matches!(store.installed().unwrap()[0].verify(), Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn a_model_of_the_users_own_is_found_by_name_and_by_path() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let path = store.install("ggml-mine.bin", None, write_abc).unwrap();
        assert_eq!(store.find("mine").unwrap().path, path);
        assert_eq!(store.find(path.to_str().unwrap()).unwrap().path, path);
        assert_eq!(store.installed().unwrap()[0].name, "mine");
        assert!(matches!(store.find("mine").unwrap().verify(), Err(StoreError::NotAModel { .. })));
    }
}
