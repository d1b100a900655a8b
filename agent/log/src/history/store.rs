//! The database: how it is opened, and what is read from it and written to it.

mod access;
mod delete;
mod facets;
pub(super) mod fold;
mod insert;
mod metadata;
mod migrate;
mod recording;
pub(super) mod row;
mod select;
mod stats;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use scout_platform::files;

use super::error::HistoryError;
use crate::vault::Key;

pub use access::{adopt_key, open_for_reading, open_if_present};
pub(super) use access::{plain_version, roll_back};
pub use delete::{Extent, Which};
pub use facets::{Facet, Facets};
pub(super) use migrate::version;
pub use stats::{Stats, Totals};

/// How long to wait for the write of another process. Longer than any single write of Scout takes. The history thread
/// and the command line wait, never a delivery.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Memory for decrypted pages, in KiB. Holds the inner pages of the indexes of a million dictations.
const CACHE_KIB: i64 = 32 * 1024;

/// An open log. One process writes it; any number of others may read it at the same time.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl Store {
    /// Opens the log for writing. Creates or migrates it if necessary. Only its owner can read it.
    pub fn open(path: &Path, key: &Key) -> Result<Self, HistoryError> {
        Self::open_with(path, Some(key))
    }

    /// Opens a log that is not encrypted: one that an older Scout wrote, or one that an encrypted log is compared with.
    pub fn open_plain(path: &Path) -> Result<Self, HistoryError> {
        Self::open_with(path, None)
    }

    fn open_with(path: &Path, key: Option<&Key>) -> Result<Self, HistoryError> {
        let of_sqlite = |error| HistoryError::of_sqlite(path, &error);
        make_private(path)
            .map_err(|error| HistoryError::NoAccess { path: path.to_path_buf(), reason: error.to_string() })?;
        let mut connection = connect_and_recover(path, key)?;
        // With a write-ahead log, readers and the writer do not wait for each other.
        connection.pragma_update(None, "journal_mode", "WAL").map_err(of_sqlite)?;
        // FULL rather than NORMAL: the audio of a recorded dictation is removed, so its entry must survive a power
        // loss. That is one sync per dictation, on a thread that nothing waits for.
        connection.pragma_update(None, "synchronous", "FULL").map_err(of_sqlite)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(of_sqlite)?;
        // Deleted content is overwritten, in the database and in the index.
        connection.pragma_update(None, "secure_delete", true).map_err(of_sqlite)?;
        migrate::migrate(&mut connection, migrate::LATEST).map_err(of_sqlite)?;
        Ok(Self { connection, path: path.to_path_buf() })
    }

    /// Opens the log for reading, also while an agent writes it. Fails with [`HistoryError::Interrupted`] if a
    /// transaction has to be rolled back first.
    pub(crate) fn open_read_only(path: &Path, key: &Key) -> Result<Self, HistoryError> {
        // `SQLite` takes an empty file for an empty database, and deletes the write-ahead log next to it.
        if std::fs::metadata(path).map_or(!path.exists(), |file| file.len() == 0) {
            return Err(HistoryError::Missing { path: path.to_path_buf() });
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, Some(key))?;
        let found = refuse_newer(path, &connection)?;
        if found < migrate::LATEST {
            return Err(HistoryError::Older { path: path.to_path_buf(), found, known: migrate::LATEST });
        }
        Ok(Self { connection, path: path.to_path_buf() })
    }

    /// Closes the log, and leaves its write-ahead log as it is: the database at the path is another one.
    pub(super) fn close_without_checkpoint(self) {
        if let Err(error) = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
            tracing::warn!(%error, "the write-ahead log may be written into another database");
        }
    }

    /// Converts an error of `SQLite` that concerns this log.
    pub(super) fn failed(&self, error: &rusqlite::Error) -> HistoryError {
        HistoryError::of_sqlite(&self.path, error)
    }
}

/// Creates the file so that only the user can read it, before anything is written to it. `SQLite` gives its -wal and
/// -shm files the same mode. An existing folder may hold other files, and stays as it is. An existing file is not opened:
/// to close it would drop the locks that other connections of this process have on it.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        files::create_private_dir(folder)?;
    }
    if path.exists() {
        return files::make_private(path);
    }
    files::open_private(path, OpenOptions::new().create(true).append(true)).map(drop)
}

/// Opens a connection for writing, which rolls back a transaction that was interrupted. A database with a newer version
/// is an error, and stays unchanged otherwise.
pub(super) fn connect_and_recover(path: &Path, key: Option<&Key>) -> Result<Connection, HistoryError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, key)?;
    let checkpoint_on_close = |is_on: bool| {
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !is_on)
            .map_err(|error| HistoryError::of_sqlite(path, &error))
    };
    checkpoint_on_close(false)?;
    refuse_newer(path, &connection)?;
    checkpoint_on_close(true)?;
    Ok(connection)
}

/// The size of the smallest page of a database, in bytes.
const PAGE_MIN: u64 = 512;

/// Returns an error for a file that is too short for a database. `SQLite` takes a file of one byte for an empty database,
/// and deletes the write-ahead log next to it.
fn refuse_cut(path: &Path) -> Result<(), HistoryError> {
    match std::fs::metadata(path).map(|file| file.len()) {
        Ok(length @ 1..PAGE_MIN) => {
            Err(HistoryError::Damaged { path: path.to_owned(), reason: format!("its file was cut to {length} bytes") })
        }
        _ => Ok(()),
    }
}

/// Opens a connection, with its key and the functions that the schema uses.
pub(super) fn connect(path: &Path, access: OpenFlags, key: Option<&Key>) -> Result<Connection, HistoryError> {
    let of_sqlite = |error| HistoryError::of_sqlite(path, &error);
    refuse_cut(path)?;
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(of_sqlite)?;
    if let Some(key) = key {
        unlock(&connection, key).map_err(of_sqlite)?;
    }
    connection.busy_timeout(BUSY_TIMEOUT).map_err(of_sqlite)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(of_sqlite)?;
    migrate::add_functions(&connection).map_err(of_sqlite)?;
    Ok(connection)
}

/// Sets the key of the database.
fn unlock(connection: &Connection, key: &Key) -> rusqlite::Result<()> {
    // SQLCipher would also write errors to standard error.
    connection.pragma_update_and_check(None, "cipher_log_level", "NONE", |_| Ok(()))?;
    let statement = zeroize::Zeroizing::new(format!("PRAGMA key = \"{}\"", key.of_database().as_str()));
    connection.execute_batch(&statement)
}

/// Returns the version of the database. A version that this program does not support is an error.
fn refuse_newer(path: &Path, connection: &Connection) -> Result<u32, HistoryError> {
    let found = version(connection).map_err(|error| HistoryError::of_sqlite(path, &error))?;
    if found > migrate::LATEST {
        return Err(HistoryError::Newer { path: path.to_path_buf(), found, known: migrate::LATEST });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
