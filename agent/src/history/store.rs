//! The database: opening it with its key.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};
use scout_platform::files;

use super::error::HistoryError;
use super::migrate;
use super::search::fold;
use crate::vault::Key;

/// How long to wait for another process's write before giving up: longer than any single write of Scout's takes. Only the
/// history thread and the command line wait, never a delivery.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Memory for decrypted pages, in KiB: the inner pages of the indexes of a million dictations.
const CACHE_KIB: i64 = 32 * 1024;

/// What a database that is not encrypted begins with.
const PLAIN_HEADER: &[u8] = b"SQLite format 3\0";

/// An open log. One process writes it, any number may read beside it.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl Store {
    /// Opens the log for writing, making it, or bringing it up to date, where needed. Only its owner can read it.
    pub fn open(path: &Path, key: &Key) -> Result<Self, HistoryError> {
        Self::open_with(path, Some(key))
    }

    /// Opens a log that is not encrypted: what an older Scout wrote, or a benchmark compares with.
    pub(crate) fn open_plain(path: &Path) -> Result<Self, HistoryError> {
        Self::open_with(path, None)
    }

    fn open_with(path: &Path, key: Option<&Key>) -> Result<Self, HistoryError> {
        let of_sqlite = |error| HistoryError::of_sqlite(path, &error);
        if path.exists() {
            // Through a connection that cannot write, so that a newer log is left as it is.
            refuse_newer(path, &connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, key)?)?;
        }
        make_private(path)
            .map_err(|error| HistoryError::NoAccess { path: path.to_path_buf(), reason: error.to_string() })?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, key)?;
        // Readers never wait for the writer, nor the writer for them.
        connection.pragma_update(None, "journal_mode", "WAL").map_err(of_sqlite)?;
        // FULL rather than NORMAL: once a dictation counts as recorded its audio is removed, so it has to survive a power
        // loss. One sync per dictation, on a thread that nothing waits for.
        connection.pragma_update(None, "synchronous", "FULL").map_err(of_sqlite)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(of_sqlite)?;
        // What is deleted is overwritten, in the database and in the index.
        connection.pragma_update(None, "secure_delete", true).map_err(of_sqlite)?;
        migrate::migrate(&mut connection, migrate::LATEST).map_err(of_sqlite)?;
        Ok(Self { connection, path: path.to_path_buf() })
    }

    /// Opens the log for reading, beside an agent that may be writing it.
    pub fn open_read_only(path: &Path, key: &Key) -> Result<Self, HistoryError> {
        if !path.exists() {
            return Err(HistoryError::Missing { path: path.to_path_buf() });
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, Some(key))?;
        let found = refuse_newer(path, &connection)?;
        if found < migrate::LATEST {
            return Err(HistoryError::Older { path: path.to_path_buf(), found, known: migrate::LATEST });
        }
        Ok(Self { connection, path: path.to_path_buf() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What an error of `SQLite` means for this log.
    pub(super) fn failed(&self, error: &rusqlite::Error) -> HistoryError {
        HistoryError::of_sqlite(&self.path, error)
    }
}

/// Whether the file is a database that is not encrypted.
pub(super) fn is_plain(path: &Path) -> bool {
    use std::io::Read as _;
    let mut beginning = [0; PLAIN_HEADER.len()];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut beginning)).is_ok() && beginning == PLAIN_HEADER
}

/// Sees to it that only the user can read the log, before anything is written to it. `SQLite` gives its -wal and -shm files
/// the same mode. A folder that is there already may hold other things, and is left as it is.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        files::create_private_dir(folder)?;
    }
    files::open_private(path, OpenOptions::new().create(true).append(true)).map(drop)
}

/// A connection that has its key, and the functions that the schema uses.
pub(super) fn connect(path: &Path, access: OpenFlags, key: Option<&Key>) -> Result<Connection, HistoryError> {
    let of_sqlite = |error| HistoryError::of_sqlite(path, &error);
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(of_sqlite)?;
    if let Some(key) = key {
        unlock(&connection, key).map_err(of_sqlite)?;
    }
    connection.busy_timeout(BUSY_TIMEOUT).map_err(of_sqlite)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(of_sqlite)?;
    add_functions(&connection).map_err(of_sqlite)?;
    Ok(connection)
}

/// The functions that the schema's changes use.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_scalar_function("scout_pairs", 1, flags, |context| Ok(fold::pairs(context.get_raw(0).as_str()?)))
        .and_then(|()| {
            connection.create_scalar_function("scout_words", 1, flags, |context| {
                Ok(i64::try_from(fold::count_words(context.get_raw(0).as_str()?)).unwrap_or(i64::MAX))
            })
        })
}

/// An empty database for the tests of the schema.
#[cfg(test)]
pub(super) fn in_memory() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    add_functions(&connection).unwrap();
    connection
}

/// Gives a database its key.
fn unlock(connection: &Connection, key: &Key) -> rusqlite::Result<()> {
    // It would write to standard error; every error comes back to us as well.
    connection.pragma_update_and_check(None, "cipher_log_level", "NONE", |_| Ok(()))?;
    let statement = zeroize::Zeroizing::new(format!("PRAGMA key = \"{}\"", key.of_database().as_str()));
    connection.execute_batch(&statement)
}

/// The database's version, unless it is one that this program does not know.
fn refuse_newer(path: &Path, connection: &Connection) -> Result<u32, HistoryError> {
    let found = migrate::version(connection).map_err(|error| HistoryError::of_sqlite(path, &error))?;
    if found > migrate::LATEST {
        return Err(HistoryError::Newer { path: path.to_path_buf(), found, known: migrate::LATEST });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
