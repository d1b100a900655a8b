//! Where the log and all that belongs to it lies, and who may write it.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use scout_platform::files;

use super::error::HistoryError;
use crate::config::paths::Paths;

/// The places of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The database.
    pub database: PathBuf,
    /// Recordings that are not dealt with yet.
    pub spool: PathBuf,
    /// Entries that could not be written yet, because the key could not be had.
    pub queue: PathBuf,
    /// Copies.
    pub backups: PathBuf,
    /// Damaged databases, and those that were replaced.
    pub aside: PathBuf,
    /// Held by whoever writes.
    lock: PathBuf,
}

impl From<&Paths> for Home {
    fn from(paths: &Paths) -> Self {
        Self::new(paths.data(), &paths.database, &paths.spool)
    }
}

impl Home {
    /// The places in this folder.
    pub fn new(folder: &Path, database: &Path, spool: &Path) -> Self {
        Self {
            database: database.to_owned(),
            spool: spool.to_owned(),
            queue: folder.join("queue"),
            backups: folder.join("backups"),
            aside: folder.join("aside"),
            lock: folder.join("history.lock"),
        }
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
