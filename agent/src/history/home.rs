//! Where the log and all that belongs to it lies, and who may write it.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use scout_platform::files;

use super::backup;
use super::error::HistoryError;
use super::news::Damage;
use super::queue;
use super::store;
use crate::config::paths::Paths;
use crate::vault::Vault;

/// The places of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The database.
    pub database: PathBuf,
    /// Recordings that are not dealt with yet.
    pub spool: PathBuf,
    /// Entries that could not be written yet, because the key could not be had.
    pub queue: PathBuf,
    /// Words that were misheard and corrected.
    pub mishearings: PathBuf,
    /// Copies.
    pub backups: PathBuf,
    /// Damaged databases, and those that were replaced.
    pub aside: PathBuf,
    /// Held by whoever writes.
    lock: PathBuf,
}

impl From<&Paths> for Home {
    fn from(paths: &Paths) -> Self {
        let mishearings = paths.mishearings.clone();
        Self { mishearings, ..Self::new(paths.data(), &paths.database, &paths.spool) }
    }
}

impl Home {
    /// The places in this folder.
    pub fn new(folder: &Path, database: &Path, spool: &Path) -> Self {
        Self {
            database: database.to_owned(),
            spool: spool.to_owned(),
            queue: folder.join("queue"),
            mishearings: folder.join("mishearings.jsonl"),
            backups: folder.join("backups"),
            aside: folder.join("aside"),
            lock: folder.join("history.lock"),
        }
    }

    /// Whether there is no log, or one of no byte, as a file system may leave it after a crash.
    pub(super) fn is_log_absent(&self) -> bool {
        self.absence().is_some()
    }

    fn absence(&self) -> Option<Damage> {
        match std::fs::metadata(&self.database) {
            Ok(file) => (file.len() == 0).then_some(Damage::Empty),
            Err(error) => (error.kind() == std::io::ErrorKind::NotFound).then_some(Damage::Missing),
        }
    }

    /// Whether something here is encrypted, so that a key must not be made over it.
    pub fn holds_log(&self) -> bool {
        let has_log = !self.is_log_absent() && !store::is_plain(&self.database);
        has_log || (self.is_log_absent() && !backup::all(self).is_empty())
    }

    /// Whether entries wait that were sealed while the key could not be had.
    pub fn has_sealed_entries(&self) -> bool {
        !queue::waiting(&self.queue).is_empty()
    }

    /// What became of the log if there was one and it is gone; `None` if there is one, or none was ever begun.
    pub(super) fn lost_log(&self, vault: &Vault) -> Option<Damage> {
        self.absence().filter(|_| vault.is_used() || !backup::all(self).is_empty())
    }

    /// The folder that everything lies in.
    pub fn folder(&self) -> &Path {
        self.lock.parent().unwrap_or(&self.lock)
    }

    /// Becomes the one writer, until the claim is dropped.
    pub fn claim(&self) -> Result<Claim, HistoryError> {
        let no_access =
            |error: std::io::Error| HistoryError::NoAccess { path: self.database.clone(), reason: error.to_string() };
        if !self.folder().exists() {
            files::create_private_dir(self.folder()).map_err(no_access)?;
        }
        let file = files::open_private(&self.lock, OpenOptions::new().create(true).append(true)).map_err(no_access)?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => Err(HistoryError::Locked { path: self.database.clone() }),
            // A file system without locks is no reason to go without the log.
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(Claim { _file: file }),
        }
    }
}

/// The right to write the log.
#[derive(Debug)]
pub struct Claim {
    _file: File,
}
