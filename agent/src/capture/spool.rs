//! What is being dictated, on disk as it arrives: a killed agent offers it at the next start.
//!
//! A dictation is one [sealed file](crate::vault), named by its id, whose first frame is a note of what the dictation was
//! for, and whose other frames are its samples (16 kHz, mono, 16 bits). It is sealed to the public key that lies in the same
//! folder, so that it can be written while the keychain is locked. A file that was cut at any byte gives every whole frame
//! before it. While a dictation is being worked on, its file is locked, so that nobody takes it for a leftover.

mod plain;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::dictation::{DictationId, duration_of};
use crate::vault::{self, KeyError, Recipient, SealedFile, Vault};

pub use plain::seal_plain;

const BYTES_PER_SAMPLE: usize = 2;

/// How the files are called, behind their ids.
const EXTENSION: &str = "sealed";

/// Why the spool cannot be used. The dictation itself goes on in memory.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Make room, or make the folder writable.
    #[error("the recording cannot be kept in {path}: {source}. It is safe only while Scout runs")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Unlock the keychain, so that the key can be made.
    #[error(
        "the recording cannot be kept, because there is no key yet to encrypt it with: unlock the keychain. It is safe only \
         while Scout runs"
    )]
    NoKeyYet,
    /// Make the folder readable.
    #[error("an unfinished dictation cannot be read from {path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Bring the key.
    #[error("an unfinished dictation is encrypted, and its key cannot be had: {0}")]
    Key(#[from] KeyError),
}

/// A dictation that is being written, or is written and not yet dealt with. Dropping it leaves it on disk, for recovery.
#[derive(Debug)]
pub struct Spooled {
    path: PathBuf,
    /// Open and locked for as long as the dictation is in this process's hands.
    file: SealedFile,
}

impl Spooled {
    /// Begins the file of a dictation. `note` is written at its beginning and comes back in [`Opened::note`].
    pub fn create(folder: &Path, id: DictationId, note: &serde_json::Value) -> Result<Self, SpoolError> {
        let write_error = |path: &Path| {
            let path = path.to_owned();
            move |source| SpoolError::Write { path, source }
        };
        std::fs::create_dir_all(folder).map_err(write_error(folder))?;
        let recipient = Recipient::read(folder).ok_or(SpoolError::NoKeyYet)?;
        let path = folder.join(format!("{id}.{EXTENSION}"));
        // Temporary files are readable by their owner alone (mode 0600), and get their name only once they are locked and
        // begun, so no reader ever meets one in between.
        let beginning = tempfile::NamedTempFile::new_in(folder).map_err(write_error(folder))?;
        // A file system without locks is no reason to go without the spool.
        let _unlockable = beginning.as_file().lock();
        let (file, place) = beginning.into_parts();
        let mut file = SealedFile::begin(file, &recipient).map_err(write_error(&path))?;
        file.write(note.to_string().as_bytes()).map_err(write_error(&path))?;
        place.persist(&path).map_err(|error| error.error).map_err(write_error(&path))?;
        Ok(Self { path, file })
    }

    /// Appends samples, straight to the file: what was written survives this process.
    pub fn write(&mut self, samples: &[f32]) -> Result<(), SpoolError> {
        self.file.write(&bytes_of(samples)).map_err(|source| SpoolError::Write { path: self.path.clone(), source })
    }

    /// Where the audio is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Deletes it: the dictation was delivered, or cancelled.
    pub fn discard(self) -> Result<(), SpoolError> {
        remove(&self.path)
    }
}

/// A dictation that a killed agent left behind. Locked while it is held, so that nobody else recovers it too.
#[derive(Debug)]
pub struct Unfinished {
    /// Its id.
    pub id: DictationId,
    path: PathBuf,
    file: File,
    samples: usize,
}

/// What an unfinished dictation holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// What was written at its beginning; null when that is lost.
    pub note: serde_json::Value,
    /// Its samples, 16 kHz mono.
    pub samples: Vec<f32>,
}

impl Unfinished {
    /// How much was heard. Shows without the key.
    pub fn duration(&self) -> Duration {
        duration_of(self.samples)
    }

    /// Where the audio is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it with its key. Frames that are damaged are left out.
    pub fn open(&self, vault: &mut Vault) -> Result<Opened, SpoolError> {
        let bytes =
            vault::read_all(&self.file).map_err(|source| SpoolError::Read { path: self.path.clone(), source })?;
        let cut = || SpoolError::Read { path: self.path.clone(), source: io::ErrorKind::UnexpectedEof.into() };
        let key = vault.key(vault::key_of(&bytes).ok_or_else(cut)?)?;
        let mut frames = vault::open(&bytes, &key).frames.into_iter();
        let note = frames.next().flatten().and_then(|note| serde_json::from_slice(&note).ok()).unwrap_or_default();
        Ok(Opened {
            note,
            samples: frames.flatten().flat_map(|frame| samples_of(&frame).collect::<Vec<_>>()).collect(),
        })
    }

    /// Deletes it: it was recovered, or the user does not want it.
    pub fn discard(self) -> Result<(), SpoolError> {
        remove(&self.path)
    }
}

/// The dictations that were left behind, oldest first. Those that hold no sample are deleted; those that an agent is still
/// working on are left out.
pub fn unfinished(folder: &Path) -> Result<Vec<Unfinished>, SpoolError> {
    let read_error = |source| SpoolError::Read { path: folder.to_owned(), source };
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(read_error)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(read_error)?.path();
        let Some(id) = id_of(&path, EXTENSION) else { continue };
        // One unreadable file must not hide the others.
        let Ok(file) = File::open(&path) else { continue };
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            continue;
        }
        let Ok(bytes) = vault::read_all(&file) else { continue };
        let samples = vault::count_frames(&bytes).into_iter().skip(1).map(|bytes| bytes / BYTES_PER_SAMPLE).sum();
        if samples == 0 {
            remove(&path)?;
            continue;
        }
        found.push(Unfinished { id, path, file, samples });
    }
    found.sort_by_key(|unfinished| unfinished.id);
    Ok(found)
}

/// The dictation that a file is of, if its name ends so.
fn id_of(path: &Path, extension: &str) -> Option<DictationId> {
    let is_of_this_kind = path.extension().is_some_and(|found| found == extension);
    path.file_stem().filter(|_| is_of_this_kind)?.to_str()?.parse().ok()
}

fn remove(path: &Path) -> Result<(), SpoolError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(SpoolError::Write { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// Samples as 16-bit PCM, which is what the recogniser was trained on.
pub(crate) fn bytes_of(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|&sample| ((sample * 32768.0).round() as i16).to_le_bytes()).collect()
}

/// Samples from 16-bit PCM.
pub(crate) fn samples_of(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(BYTES_PER_SAMPLE).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0)
}

#[cfg(test)]
pub(crate) mod tests;
