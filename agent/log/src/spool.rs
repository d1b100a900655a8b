//! The spool: sealed recordings on disk, written while they are made. A killed agent offers them at the next start.
//!
//! A dictation is one [sealed file](crate::vault), named by its id, whose first frame is a note of what the dictation was
//! for, and whose other frames are its samples (16 kHz, mono, 16 bits). It is sealed to the public key that lies in the same
//! folder, so that it can be written while the keychain is locked. A file that was cut at any byte gives every whole frame
//! before it. While a dictation is being worked on, its file is locked, so that nobody takes it for a leftover.
//!
//! A file is deleted when its dictation is in the log, when the user says so, or when the key has shown that it holds no
//! sound. What cannot be opened is moved into a folder of its own and kept.

mod plain;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use scout_core::dictation::{DictationId, duration_of};
use scout_core::spool::{Spool, SpoolWriteError, SpooledRecording};
use scout_platform::files;

use crate::vault::{self, KeyError, Recipient, SealedFile, Vault};

pub(crate) use plain::seal_plain;

const BYTES_PER_SAMPLE: usize = 2;

/// How the files are called, behind their ids.
const EXTENSION: &str = "sealed";

/// The folder of those that could not be opened, or not as a whole.
const DAMAGED: &str = "damaged";

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Make the spool writable; the message says how.
    #[error(transparent)]
    Write(#[from] SpoolWriteError),
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
    /// Nothing of it can be opened with any key that there is. It is kept.
    #[error("the recording {path} cannot be opened: it is damaged, or was sealed to a key that is not here")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// The spool of one user, which capture writes to.
#[derive(Debug, Clone)]
pub struct SealedSpool {
    folder: PathBuf,
}

impl SealedSpool {
    /// A spool in that folder, which need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Spool for SealedSpool {
    fn create(&self, id: DictationId, note: &serde_json::Value) -> Result<Box<dyn SpooledRecording>, SpoolWriteError> {
        Ok(Box::new(Spooled::create(&self.folder, id, note)?))
    }
}

/// A recording of this process. Dropping it leaves it on disk, for recovery.
#[derive(Debug)]
struct Spooled {
    path: PathBuf,
    /// Open and locked for as long as the dictation is in this process's hands.
    file: SealedFile,
}

impl Spooled {
    /// Begins the file of a dictation. `note` is written at its beginning and comes back in [`Opened::note`].
    fn create(folder: &Path, id: DictationId, note: &serde_json::Value) -> Result<Self, SpoolWriteError> {
        let write_error = |path: &Path| {
            let path = path.to_owned();
            move |source| SpoolWriteError::Write { path, source }
        };
        std::fs::create_dir_all(folder).map_err(write_error(folder))?;
        let recipient = Recipient::read(folder).ok_or(SpoolWriteError::NoKeyYet)?;
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
}

impl SpooledRecording for Spooled {
    /// Writes straight to the file.
    fn write(&mut self, samples: &[f32]) -> Result<(), SpoolWriteError> {
        self.file.write(&bytes_of(samples)).map_err(|source| SpoolWriteError::Write { path: self.path.clone(), source })
    }

    fn discard(self: Box<Self>) -> Result<(), SpoolWriteError> {
        remove(&self.path)
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // Closing the file is not enough: a program that another thread starts holds a copy of it until it runs.
        self.file.unlock();
    }
}

/// A dictation that a killed agent left behind. Locked while it is held, so that nobody else recovers it too.
#[derive(Debug)]
pub struct Unfinished {
    /// Its id.
    pub id: DictationId,
    path: PathBuf,
    file: File,
    /// Bytes that seem to be sound.
    sound: usize,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // As for [`Spooled`].
        let _unlockable = self.file.unlock();
    }
}

/// What an unfinished dictation holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// What was written at its beginning; null when that is lost.
    pub note: serde_json::Value,
    /// Its samples, 16 kHz mono, but for those that are damaged.
    pub samples: Vec<f32>,
    /// Whether a part of it could not be opened.
    pub(crate) is_damaged: bool,
}

impl Unfinished {
    /// How much was heard. An estimate that needs no key; zero where nothing seems to have been recorded.
    pub fn duration(&self) -> Duration {
        duration_of(self.sound / BYTES_PER_SAMPLE)
    }

    /// Where the audio is.
    #[cfg(test)]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it with its key. Frames that are damaged are left out.
    pub(crate) fn open(&self, vault: &mut Vault) -> Result<Opened, SpoolError> {
        let bytes =
            vault::read_all(&self.file).map_err(|source| SpoolError::Read { path: self.path.clone(), source })?;
        if bytes.is_empty() {
            return Ok(Opened { note: serde_json::Value::Null, samples: Vec::new(), is_damaged: false });
        }
        let found = vault.open(&bytes)?;
        if found.frames.is_empty() {
            return Err(SpoolError::Damaged { path: self.path.clone() });
        }
        let mut frames = found.frames.into_iter();
        let note = frames.next().flatten().and_then(|note| serde_json::from_slice(&note).ok()).unwrap_or_default();
        Ok(Opened {
            note,
            samples: frames.flatten().flat_map(|frame| samples_of(&frame).collect::<Vec<_>>()).collect(),
            is_damaged: found.damaged > 0,
        })
    }

    /// Deletes it: it was recovered, or the user does not want it.
    pub fn discard(self) -> Result<(), SpoolError> {
        Ok(remove(&self.path)?)
    }

    /// Whether it was set aside before.
    pub(crate) fn is_set_aside(&self) -> bool {
        self.path.parent().is_some_and(|folder| folder.ends_with(DAMAGED))
    }

    /// Moves it to the damaged ones, where it is kept. Tells where it is then.
    pub(crate) fn set_aside(self) -> Result<PathBuf, SpoolError> {
        let (Some(folder), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Ok(self.path.clone());
        };
        if self.is_set_aside() {
            return Ok(self.path.clone());
        }
        let aside = folder.join(DAMAGED);
        let to = aside.join(name);
        files::create_private_dir(&aside)
            .and_then(|()| std::fs::rename(&self.path, &to))
            .map_err(|source| SpoolWriteError::Write { path: to.clone(), source })?;
        Ok(to)
    }
}

/// The dictations that were left behind, oldest first. Those that an agent is still working on are left out. Changes nothing.
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
        let vault::Outline { frames, rest } = vault::outline(&bytes);
        // A length may be damaged; then what it hides is in the rest.
        let sound = frames.into_iter().skip(1).sum::<usize>() + rest;
        found.push(Unfinished { id, path, file, sound });
    }
    found.sort_by_key(|unfinished| unfinished.id);
    Ok(found)
}

/// How many of them seem to hold sound, and are worth telling the user about.
pub fn waiting(folder: &Path) -> Result<usize, SpoolError> {
    Ok(unfinished(folder)?.iter().filter(|one| one.sound > 0).count())
}

/// Those that were set aside because they could not be opened, or not as a whole, oldest first.
pub fn damaged(folder: &Path) -> Result<Vec<Unfinished>, SpoolError> {
    unfinished(&damaged_folder(folder))
}

/// Where they are.
pub fn damaged_folder(folder: &Path) -> PathBuf {
    folder.join(DAMAGED)
}

/// Deletes the files that were begun and then got no sound, as their key shows. Tells how many there were.
pub(crate) fn clear_empty(folder: &Path, vault: &mut Vault) -> Result<usize, SpoolError> {
    let mut cleared = 0;
    for one in unfinished(folder)?.into_iter().filter(|one| one.sound == 0) {
        if one.open(vault).is_ok_and(|opened| opened.samples.is_empty() && !opened.is_damaged) {
            one.discard()?;
            cleared += 1;
        }
    }
    Ok(cleared)
}

/// The dictation that a file is of, if its name ends so.
fn id_of(path: &Path, extension: &str) -> Option<DictationId> {
    let is_of_this_kind = path.extension().is_some_and(|found| found == extension);
    path.file_stem().filter(|_| is_of_this_kind)?.to_str()?.parse().ok()
}

fn remove(path: &Path) -> Result<(), SpoolWriteError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(SpoolWriteError::Write { path: path.to_owned(), source: error })
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
