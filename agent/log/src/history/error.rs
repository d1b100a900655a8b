//! Errors of the log, one variant for each remedy.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_READONLY_ROLLBACK;
use scout_core::log_entry::ID_DIGITS_MIN;
use scout_platform::process::file_limit;

use super::files::with_ending;
use crate::vault::{KeyError, KeyId};

/// Why the log cannot be read or written. Each variant has its own remedy, which the message states.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Nothing to do: no log has been created here yet.
    #[error("there is no log yet at {}: it begins with the first dictation", path.display())]
    Missing {
        /// Where the log would be.
        path: PathBuf,
    },
    /// Update Scout. The database is unchanged.
    #[error(
        "the log {} was written by a newer Scout (format {found}, this one knows up to {known}) and was left untouched: \
         update Scout", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program supports.
        known: u32,
    },
    /// Start the agent, which migrates the log. Occurs only when reading.
    #[error(
        "the log {} was written by an older Scout (format {found}, this one reads {known}): start the agent once with \
         `scout run`, which brings it up to date", path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that this program reads.
        known: u32,
    },
    /// Free space on the disk, then try again.
    #[error("the disk of {} is full: make room on it", path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// Raise the limit, then try again.
    #[error(
        "the log {} cannot grow: this system limits the files of Scout to {limit} bytes. Raise that limit (`ulimit -f`, or \
         LimitFSIZE of the service)", path.display()
    )]
    FileLimit {
        /// The file.
        path: PathBuf,
        /// The number of bytes.
        limit: u64,
    },
    /// Wait, or close the program that holds the lock, then try again.
    #[error("another program has locked the log {}: close it and try again", path.display())]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// Give Scout access to the file and its folder.
    #[error(
        "the log {} cannot be used: {reason}. Check that its folder exists, is yours, and lies on a disk that can be \
         written", path.display()
    )]
    NoAccess {
        /// The database.
        path: PathBuf,
        /// The message of the operating system.
        reason: String,
    },
    /// Open the log for writing, which rolls back the transaction that a kill or a power loss interrupted. Occurs only
    /// when reading.
    #[error(
        "a change of the log {} was interrupted: `scout history repair`, or starting the agent with `scout run`, undoes \
         its unfinished part", path.display()
    )]
    Interrupted {
        /// The database.
        path: PathBuf,
    },
    /// Mount the disk, or remove the link.
    #[error(
        "{} is a link to {}, which is not there: mount the disk that it is on. If it is gone for good, remove the link",
        link.display(), target.display()
    )]
    NotThere {
        /// The log, or a folder that it is in.
        link: PathBuf,
        /// Where the link leads.
        target: PathBuf,
    },
    /// Restore the newest backup, with the repair command or by starting the agent.
    #[error(
        "{damage}: {}. `scout history repair`, or starting the agent with `scout run`, puts its newest copy in its place",
        path.display()
    )]
    Lost {
        /// The expected path of the log.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// Salvage the readable entries, with the repair command or by starting the agent.
    #[error(
        "the log {} is damaged: {reason}. Leave it where it is: `scout history repair`, or starting the agent with `scout \
         run`, saves what can be read and keeps the damaged file", path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Use an existing id.
    #[error("no dictation has the id {id}: `scout history list` shows the ids")]
    NoSuchEntry {
        /// The requested id.
        id: String,
    },
    /// Give more digits of the id.
    #[error("several dictations have an id like {id}: give more digits of it")]
    Ambiguous {
        /// The requested id.
        id: String,
    },
    /// Write an id.
    #[error("{id} is not an id: give at least {ID_DIGITS_MIN} of its digits (0-9, a-f), its first or its last ones")]
    NotAnId {
        /// The requested id.
        id: String,
    },
    /// Choose another backup, or import its key.
    #[error(
        "{} cannot be restored: it is damaged, or encrypted with a key that is not here ({reason}). The log was left as it is",
        path.display()
    )]
    NotRestored {
        /// The backup.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Correct the file, or remove the line.
    #[error("line {line} of {} is not a dictation: {reason}. Nothing was imported", path.display())]
    NotImported {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Import the key of this log.
    #[error("the key {id} does not open this log: it belongs to another one")]
    WrongKey {
        /// The name of the key.
        id: KeyId,
    },
    /// Make the old key available, so that it can be deleted.
    #[error(
        "everything that was said was deleted, but the old key of the log was not ({source}). Scout deletes it when it \
         opens the log with the keychain unlocked; running `scout history delete --everything` again does so at once"
    )]
    KeyLeft {
        /// Why the key could not be deleted.
        source: KeyError,
    },
    /// Make the key available; the message says how.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Choose another place for the export.
    #[error("the export could not be written: {0}")]
    Output(#[from] io::Error),
    /// Report the bug in Scout.
    #[error("the log {} failed in a way that should not happen: {reason}. Please report this", path.display())]
    Unexpected {
        /// The database.
        path: PathBuf,
        /// The message of `SQLite`.
        reason: String,
    },
}

impl HistoryError {
    /// Converts an error of the file system that concerns the file or folder at `path`.
    pub(super) fn of_io(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull { path: path.to_owned() },
            io::ErrorKind::FileTooLarge => {
                Self::FileLimit { path: path.to_owned(), limit: file_limit().unwrap_or_default() }
            }
            _ => Self::NoAccess { path: path.to_owned(), reason: error.to_string() },
        }
    }

    /// Converts an error of `SQLite` that concerns the database at `path`.
    pub(super) fn of_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly) if error.sqlite_extended_error_code() == Some(SQLITE_READONLY_ROLLBACK) => {
                Self::Interrupted { path }
            }
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            // `SQLite` reports that a file must not grow as an input/output error.
            Some(ErrorCode::SystemIoFailure) if reached_limit(&path).is_some() => {
                Self::FileLimit { limit: reached_limit(&path).unwrap_or_default(), path }
            }
            // On a full disk `SQLite` cannot create its shared memory, and reports an input/output error.
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) if is_full(&path) => Self::DiskFull { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
                Self::Locked { path }
            }
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::AuthorizationForStatementDenied,
            ) => Self::NoAccess { path, reason },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, reason },
            _ => match error {
                // No version of Scout writes such a value.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..) => Self::Damaged { path, reason },
                _ => Self::Unexpected { path, reason },
            },
        }
    }
}

/// Returns the limit on the size of files, if the database or a file next to it has reached it.
fn reached_limit(database: &Path) -> Option<u64> {
    /// A page, and its header in the write-ahead log.
    const GROWTH: u64 = 4096 + 24;
    let is_reached = |limit: &u64| {
        ["", "-wal", "-journal"].iter().any(|ending| {
            let file = std::fs::metadata(with_ending(database, ending));
            file.is_ok_and(|file| file.len() + GROWTH > *limit)
        })
    };
    file_limit().filter(is_reached)
}

/// Returns whether the disk has no space for one more page.
fn is_full(path: &Path) -> bool {
    const PAGE: [u8; 4096] = [0; 4096];
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&PAGE));
    written.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull)
}

/// What is wrong with a log that cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Its file is missing, although a log was created before.
    Missing,
    /// Its file is empty.
    Empty,
    /// Its file cannot be read.
    Unreadable,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "The log was missing",
            Self::Empty => "The log was an empty file",
            Self::Unreadable => "The log was damaged and could not be read",
        })
    }
}
