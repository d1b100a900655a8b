//! The whole database into another file: encrypted at last, encrypted with another key, or rid of what was deleted.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::error::HistoryError;
use super::migrate;
use super::store::{self, Store};
use crate::vault::Key;

/// Writes everything that `from` holds into a new file, encrypted with `key`, and looks through the result.
pub(super) fn write_anew(from: &Connection, path: &Path, to: &Path, key: &Key) -> Result<(), HistoryError> {
    let of_sqlite = |error| HistoryError::of_sqlite(path, &error);
    remove_database(to)?;
    // Made here, readable by its owner alone: the connection may not make files.
    scout_platform::files::open_private(to, OpenOptions::new().create_new(true).write(true))
        .map_err(|error| no_access(to, &error))?;
    let version = migrate::version(from).map_err(of_sqlite)?;
    let attach = zeroize::Zeroizing::new(format!("ATTACH DATABASE ?1 AS anew KEY \"{}\"", key.of_database().as_str()));
    from.execute(&attach, [to.to_string_lossy()]).map_err(of_sqlite)?;
    let exported = from
        .query_row("SELECT sqlcipher_export('anew')", [], |_| Ok(()))
        .and_then(|()| from.pragma_update(Some("anew"), "user_version", version));
    let detached = from.execute_batch("DETACH DATABASE anew");
    exported.and(detached).map_err(of_sqlite)?;
    let written = store::connect(to, OpenFlags::SQLITE_OPEN_READ_ONLY, Some(key))?;
    let count = |connection: &Connection| {
        connection.query_row("SELECT count(*) FROM dictation", [], |row| row.get::<_, i64>(0))
    };
    let verdict: String = written
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .map_err(|error| HistoryError::of_sqlite(to, &error))?;
    if verdict != "ok" || count(&written).map_err(of_sqlite)? != count(from).map_err(of_sqlite)? {
        return Err(HistoryError::Damaged {
            path: to.to_owned(),
            reason: format!("the new copy is not whole: {verdict}"),
        });
    }
    drop(written);
    File::open(to).and_then(|file| file.sync_all()).map_err(|error| no_access(to, &error))
}

/// Closes a log, with the write-ahead log empty and the database complete in its one file. Fails if somebody else uses it.
#[allow(clippy::needless_pass_by_value)] // it is closed by dropping it
pub(super) fn settle(store: Store) -> Result<(), HistoryError> {
    let mode: String = store
        .connection
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .map_err(|error| store.failed(&error))?;
    if mode.eq_ignore_ascii_case("delete") { Ok(()) } else { Err(HistoryError::Locked { path: store.path.clone() }) }
}

/// Puts a new database in the place of a settled one, which is kept at `aside`, if that is given. At every moment there is a
/// whole database in the place.
pub(super) fn replace(new: &Path, database: &Path, aside: Option<&Path>) -> Result<(), HistoryError> {
    let fail = |error: io::Error| no_access(database, &error);
    if let Some(aside) = aside.filter(|_| database.exists()) {
        if let Some(folder) = aside.parent() {
            scout_platform::files::create_private_dir(folder).map_err(fail)?;
        }
        fs::hard_link(database, aside).or_else(|_| fs::copy(database, aside).map(drop)).map_err(fail)?;
    }
    for beside in beside(database) {
        remove(&beside).map_err(fail)?;
    }
    fs::rename(new, database).map_err(fail)?;
    if let Some(folder) = database.parent() {
        sync_folder(folder);
    }
    Ok(())
}

/// A name change survives a power loss only when the folder is on the disk too. Systems that cannot do that need not.
fn sync_folder(folder: &Path) {
    let _not_everywhere = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Removes a database with what `SQLite` keeps beside it.
pub(super) fn remove_database(path: &Path) -> Result<(), HistoryError> {
    std::iter::once(path.to_owned())
        .chain(beside(path))
        .try_for_each(|file| remove(&file).map_err(|error| no_access(path, &error)))
}

/// The files that `SQLite` keeps beside a database.
pub(super) fn beside(database: &Path) -> [PathBuf; 3] {
    ["-wal", "-shm", "-journal"].map(|ending| with_ending(database, ending))
}

/// The path with something more at its end.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Removes a file; it is no error if there is none.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Overwrites a file that holds plain text, and removes it. A file system that writes elsewhere keeps the old blocks until it
/// needs them; what can be done is done.
pub(super) fn wipe(path: &Path) -> io::Result<()> {
    let overwritten = OpenOptions::new().write(true).open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
        file.sync_all()
    });
    if let Err(error) = overwritten
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "a plain file could not be overwritten before it was deleted");
    }
    remove(path)
}

pub(super) fn no_access(path: &Path, error: &io::Error) -> HistoryError {
    match error.kind() {
        io::ErrorKind::StorageFull => HistoryError::DiskFull { path: path.to_owned() },
        _ => HistoryError::NoAccess { path: path.to_owned(), reason: error.to_string() },
    }
}
