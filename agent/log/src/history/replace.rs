//! Replaces the database as a whole: to encrypt it, to change its key, to restore a backup, or to set it aside.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use scout_platform::files::{create_private_dir, open_private};

use super::error::HistoryError;
use super::files::{companions, remove, with_ending};
use super::home::{BACKUP_TIME, Home, remove_database};
use super::store::{self, Store};
use crate::vault::{Key, sync_folder};

/// Writes the content of `from` (the database at `path`) into a new file, encrypted with `key`, and checks the result.
pub(super) fn write_copy(from: &Connection, path: &Path, to: &Path, key: &Key) -> Result<(), HistoryError> {
    let of_sqlite = |error| HistoryError::of_sqlite(path, &error);
    remove_database(to)?;
    // Created here, so that only its owner can read it: the connection must not create files.
    open_private(to, OpenOptions::new().create_new(true).write(true))
        .map_err(|error| HistoryError::of_io(to, &error))?;
    let version = store::version(from).map_err(of_sqlite)?;
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
    File::open(to).and_then(|file| file.sync_all()).map_err(|error| HistoryError::of_io(to, &error))
}

/// Closes a log after moving the write-ahead log into the database, so that one file holds everything. Fails if another
/// process uses the log.
#[allow(clippy::needless_pass_by_value)] // dropping it closes it
pub(super) fn close_into_one_file(store: Store) -> Result<(), HistoryError> {
    let mode: String = store
        .connection
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .map_err(|error| store.failed(&error))?;
    if mode.eq_ignore_ascii_case("delete") { Ok(()) } else { Err(HistoryError::Locked { path: store.path.clone() }) }
}

/// Replaces a database that was closed with [`close_into_one_file`] by a new one. Keeps the old database at `aside`, if
/// that is given; nothing has that name yet. There is a whole database at the path at every moment.
pub(super) fn replace(new: &Path, database: &Path, aside: Option<&Path>) -> Result<(), HistoryError> {
    let fail = |error: io::Error| HistoryError::of_io(database, &error);
    if let Some(aside) = aside.filter(|_| is_there(database)) {
        if let Some(folder) = aside.parent() {
            create_private_dir(folder).map_err(fail)?;
        }
        // A database that could not be closed may have writes, or an interrupted transaction, next to it.
        for ending in ["-journal", "-wal", ""] {
            let (from, to) = (with_ending(database, ending), with_ending(aside, ending));
            if from.exists() {
                link_or_copy(&from, &to).map_err(fail)?;
            }
        }
    }
    for file in companions(database) {
        remove(&file).map_err(fail)?;
    }
    fs::rename(new, database).map_err(fail)?;
    if let Some(folder) = database.parent() {
        sync_folder(folder);
    }
    Ok(())
}

/// Keeps a file under a second name. On a file system without links, that is a copy. A file that has the second name
/// already is never written: it may be the same file.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let mut copy = open_private(to, OpenOptions::new().create_new(true).write(true))?;
            io::copy(&mut File::open(from)?, &mut copy)?;
            copy.sync_all()
        }
        linked => linked,
    }
}

/// Returns whether there is a database, or a file that `SQLite` keeps next to it.
pub(super) fn is_there(database: &Path) -> bool {
    ["", "-wal", "-journal"].iter().any(|ending| with_ending(database, ending).exists())
}

/// Returns a path that nothing has yet, in the folder for replaced logs. Its name begins with `reason`.
pub(super) fn aside_path(home: &Home, reason: &str, now: Timestamp) -> PathBuf {
    let stem = format!("{reason}-{}", now.strftime(BACKUP_TIME));
    let mut path = home.aside.join(format!("{stem}.sqlite3"));
    let mut number = 1;
    while is_there(&path) {
        number += 1;
        path = home.aside.join(format!("{stem}-{number}.sqlite3"));
    }
    path
}

/// Moves the write-ahead log of the log, which is closed, into the folder for replaced logs. Returns the path of the
/// database that would belong to it.
pub(super) fn set_log_aside(home: &Home, now: Timestamp) -> Result<PathBuf, HistoryError> {
    let aside = aside_path(home, "replaced", now);
    let fail = |error: io::Error| HistoryError::of_io(&home.database, &error);
    create_private_dir(&home.aside).map_err(fail)?;
    let log = with_ending(&home.database, "-wal");
    link_or_copy(&log, &with_ending(&aside, "-wal")).map_err(fail)?;
    // The shared memory is an index of the write-ahead log.
    for file in [with_ending(&home.database, "-shm"), log] {
        remove(&file).map_err(fail)?;
    }
    Ok(aside)
}

/// Moves the log, which is closed, into the folder for replaced logs, under a name that begins with `reason`. Returns
/// its new path; `None` if there is no file.
pub(super) fn set_aside(home: &Home, reason: &str, now: Timestamp) -> Result<Option<PathBuf>, HistoryError> {
    let aside = aside_path(home, reason, now);
    let fail = |error: io::Error| HistoryError::of_io(&home.database, &error);
    let mut is_there = false;
    // The write-ahead log is moved too: it may hold entries that the database does not. So is the rollback journal, which
    // would change the database that comes after this one.
    for ending in ["-shm", "-journal", "-wal", ""] {
        let from = with_ending(&home.database, ending);
        if from.exists() {
            create_private_dir(&home.aside).map_err(fail)?;
            // The folder may be on another disk than the log, if that is a link.
            link_or_copy(&from, &with_ending(&aside, ending)).and_then(|()| remove(&from)).map_err(fail)?;
            is_there = true;
        }
    }
    Ok(is_there.then_some(aside))
}
