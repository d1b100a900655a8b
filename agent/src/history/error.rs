//! Why the log cannot be read or written, and what to do about it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::news::Damage;
use crate::vault::KeyError;

/// What the log's user can do, by variant.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Nothing was ever logged here: there is nothing to read.
    #[error("there is no log yet at {}: it begins with the first dictation", path.display())]
    Missing {
        /// Where the log would be.
        path: PathBuf,
    },
    /// Update Scout. The database was left as it is.
    #[error(
        "the log {} was written by a newer Scout (format {found}, this one knows up to {known}) and was left untouched: \
         update Scout", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// Only met when reading: let the agent bring the log up to date.
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
    /// Make room, then try again.
    #[error("the disk of {} is full: make room on it", path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// Wait, or find out who holds the lock, then try again.
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
        /// What the system said.
        reason: String,
    },
    /// Have the agent, or the command for it, bring back what there is.
    #[error(
        "{damage}: {}. `scout history repair`, or starting the agent with `scout run`, puts its newest copy in its place",
        path.display()
    )]
    Lost {
        /// Where the log was.
        path: PathBuf,
        /// What became of it.
        damage: Damage,
    },
    /// Have the agent, or the command for it, save what can be read.
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
    /// Use an id that exists.
    #[error("no dictation has the id {id}: `scout history list` shows the ids")]
    NoSuchEntry {
        /// What was asked for.
        id: String,
    },
    /// Give more of the id.
    #[error("several dictations have an id like {id}: give more digits of it")]
    Ambiguous {
        /// What was asked for.
        id: String,
    },
    /// Write something that can be an id.
    #[error(
        "{id} is not an id: give at least {} of its digits (0-9, a-f), its first or its last ones",
        super::reading::ID_DIGITS_MIN
    )]
    NotAnId {
        /// What was asked for.
        id: String,
    },
    /// Choose another copy, or bring its key.
    #[error(
        "{} cannot be restored: it is damaged, or encrypted with a key that is not here ({reason}). The log was left as it is",
        path.display()
    )]
    NotRestored {
        /// The copy.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Correct the file, or leave the line out.
    #[error("line {line} of {} is no dictation: {reason}. Nothing was imported", path.display())]
    NotImported {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Bring the key; the message says how.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Choose another place for the export.
    #[error("the export could not be written: {0}")]
    Output(#[from] std::io::Error),
    /// A mistake in Scout: report it.
    #[error("the log {} failed in a way that should not happen: {reason}. Please report this", path.display())]
    Unexpected {
        /// The database.
        path: PathBuf,
        /// What `SQLite` said.
        reason: String,
    },
}

impl HistoryError {
    /// What an error of `SQLite` means for the user of the database at `path`.
    pub(super) fn of_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            // On a full disk the memory that processes share cannot be made, which `SQLite` calls an input/output error.
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
                // A value that no Scout wrote.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..) => Self::Damaged { path, reason },
                _ => Self::Unexpected { path, reason },
            },
        }
    }
}

/// Whether the disk has no room for as much as a page.
fn is_full(path: &Path) -> bool {
    const PAGE: [u8; 4096] = [0; 4096];
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&PAGE));
    written.is_err_and(|error| error.kind() == std::io::ErrorKind::StorageFull)
}
