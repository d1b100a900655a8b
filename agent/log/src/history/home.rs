//! The paths of the log and its files, and the lock of its writer.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use scout_platform::files::{create_private_dir, open_private};

use super::error::{Damage, HistoryError};
use super::files;
use crate::vault::Vault;

/// The beginning of a backup's file name; its time, in UTC, and the suffix follow.
const BACKUP_PREFIX: &str = "history-";
/// The end of a backup's file name.
const BACKUP_SUFFIX: &str = ".sqlite3";
/// The end of the name of the file with the high-water mark; the name of the database comes before it.
const HIGH_WATER_SUFFIX: &str = ".high-water";
/// The format of the time in the file names of backups and of logs that were set aside.
pub(super) const BACKUP_TIME: &str = "%Y%m%dT%H%M%SZ";

/// The paths of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The database. If that is a link, the file that it leads to.
    pub database: PathBuf,
    /// The path under which the database is expected, which may be a link.
    pub(super) expected: PathBuf,
    /// The folder of recordings that are not in the log yet.
    pub spool: PathBuf,
    /// The folder of sealed entries, which wait for the key.
    pub queue: PathBuf,
    /// The file of misheard words and their corrections.
    pub mishearings: PathBuf,
    /// The folder of backups.
    pub backups: PathBuf,
    /// The folder of damaged and replaced databases.
    pub aside: PathBuf,
    /// The folder of notes about unfinished files that are not encrypted.
    pub(super) outputs: PathBuf,
    /// What the log held after its last write.
    pub(super) high_water: PathBuf,
    /// The file that the writer locks.
    lock: PathBuf,
}

impl Home {
    /// Creates the paths of a log whose files are in `folder`.
    pub fn new(folder: &Path, database: &Path, spool: &Path) -> Self {
        Self {
            database: files::followed(database),
            expected: database.to_owned(),
            spool: spool.to_owned(),
            queue: folder.join("queue"),
            mishearings: folder.join("mishearings.jsonl"),
            backups: folder.join("backups"),
            aside: folder.join("aside"),
            outputs: folder.join("outputs"),
            high_water: files::with_ending(&files::followed(database), HIGH_WATER_SUFFIX),
            lock: folder.join("history.lock"),
        }
    }

    /// Fails if the log or its folder is a link that leads nowhere, as to a disk that is not mounted. Nothing is created in
    /// its place.
    pub fn check_links(&self) -> Result<(), HistoryError> {
        let broken = [self.expected.as_path(), self.folder()].into_iter().find_map(files::broken_link);
        broken.map_or(Ok(()), |link| {
            let target = link.read_link().unwrap_or_default();
            Err(HistoryError::NotThere { link, target })
        })
    }

    /// Returns whether the log is missing, or empty, as a file system may leave it after a crash.
    pub(super) fn is_log_absent(&self) -> bool {
        self.absence().is_some()
    }

    fn absence(&self) -> Option<Damage> {
        match std::fs::metadata(&self.database) {
            Ok(file) => (file.len() == 0).then_some(Damage::Empty),
            Err(error) => (error.kind() == std::io::ErrorKind::NotFound).then_some(Damage::Missing),
        }
    }

    /// Returns what is wrong if a log was created before and is missing now.
    pub(super) fn lost_log(&self, vault: &Vault) -> Option<Damage> {
        let holds_writes = || {
            let writes = files::with_ending(&self.database, "-wal");
            std::fs::metadata(writes).is_ok_and(|file| file.len() > 0)
        };
        self.absence().filter(|_| vault.is_used() || !self.all_backups().is_empty() || holds_writes())
    }

    /// Returns Scout's own backups, the oldest first.
    pub(super) fn all_backups(&self) -> Vec<Backup> {
        let Ok(files) = self.backups.read_dir() else { return Vec::new() };
        let backup = |path: PathBuf| {
            let name = path.file_name()?.to_str()?;
            let time = name.strip_prefix(BACKUP_PREFIX)?.strip_suffix(BACKUP_SUFFIX)?;
            let at = DateTime::strptime(BACKUP_TIME, time).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
            Some(Backup { path, at })
        };
        let mut all: Vec<Backup> = files.flatten().filter_map(|file| backup(file.path())).collect();
        all.sort_by_key(|backup| backup.at);
        all
    }

    /// Returns the path of a backup that is made at this time.
    pub(super) fn backup_path(&self, at: Timestamp) -> PathBuf {
        self.backups.join(format!("{BACKUP_PREFIX}{}{BACKUP_SUFFIX}", at.strftime(BACKUP_TIME)))
    }

    /// Returns the data folder, which holds all of these.
    pub(crate) fn folder(&self) -> &Path {
        self.lock.parent().unwrap_or(&self.lock)
    }

    /// Locks the log for its one writer, until the lock is dropped.
    pub(super) fn lock_for_writing(&self) -> Result<WriteLock, HistoryError> {
        let no_access =
            |error: std::io::Error| HistoryError::NoAccess { path: self.database.clone(), reason: error.to_string() };
        if !self.folder().exists() {
            create_private_dir(self.folder()).map_err(no_access)?;
        }
        let file = open_private(&self.lock, OpenOptions::new().create(true).append(true)).map_err(no_access)?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => Err(HistoryError::Locked { path: self.database.clone() }),
            // A file system without locks does not prevent logging.
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(WriteLock { file }),
        }
    }
}

/// The lock of the one writer. Dropping it releases the lock.
#[derive(Debug)]
pub(super) struct WriteLock {
    file: File,
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a program that another thread starts holds a copy of it until it runs.
        let _unlockable = self.file.unlock();
    }
}

/// A backup of the log that Scout made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its file.
    pub path: PathBuf,
    /// When it was made.
    pub at: Timestamp,
}

/// Removes a database and the files that `SQLite` keeps next to it. Missing files are not an error.
pub(super) fn remove_database(path: &Path) -> Result<(), HistoryError> {
    std::iter::once(path.to_owned())
        .chain(files::companions(path))
        .try_for_each(|file| files::remove(&file).map_err(|error| HistoryError::of_io(path, &error)))
}
