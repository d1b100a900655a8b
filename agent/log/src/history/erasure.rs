//! Erases everything that was dictated: lists and deletes all files that may contain a part of it.
//!
//! This is the only list of these files. A new kind of file that Scout writes belongs on it. The configuration,
//! profiles, vocabulary, models, the key and the user's exports do not.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::HistoryError;
use super::files::{remove, wipe};
use super::home::Home;
use super::plain_file;

/// The prefix of temporary files, in every folder that Scout writes to.
const TEMPORARY: &str = ".tmp";

/// The public key, in the folder of recordings. It is not a secret, and is removed with the key.
const RECIPIENT: &str = "recipient";

/// A file that may contain dictated text or audio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trace {
    pub path: PathBuf,
    /// Whether it can be read without the key, so that it must be overwritten.
    is_plain: bool,
}

/// Returns all traces, without a recording that is being written.
pub(super) fn traces(home: &Home) -> Result<Vec<Trace>, HistoryError> {
    let mut found = Vec::new();
    let mut look = |folder: &Path, is_trace: &dyn Fn(&str) -> bool| -> Result<(), HistoryError> {
        let paths = files_in(folder).map_err(|error| HistoryError::of_io(folder, &error))?;
        let named = |path: &PathBuf| path.file_name().is_some_and(|name| is_trace(&name.to_string_lossy()));
        found.extend(paths.into_iter().filter(named).map(|path| Trace { is_plain: is_plain(&path), path }));
        Ok(())
    };
    let database = home.database.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // The database, the files that SQLite keeps next to it, and what an interrupted replacement leaves.
    let is_database = |name: &str| {
        let rest = name.strip_prefix(&*database);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
    };
    if let Some(folder) = home.database.parent() {
        look(folder, &|name| is_database(name) || name.starts_with(TEMPORARY))?;
    }
    if let (Some(folder), Some(mishearings)) = (home.mishearings.parent(), home.mishearings.file_name()) {
        // Among the temporary files may be a key.
        look(folder, &|name| *name == *mishearings.to_string_lossy() || name.starts_with(TEMPORARY))?;
    }
    look(&home.spool, &|name| name != RECIPIENT)?;
    let damaged = crate::spool::damaged_folder(&home.spool);
    for folder in [&damaged, &home.queue, &home.backups, &home.aside] {
        look(folder, &|_| true)?;
    }
    Ok(found)
}

/// Deletes all traces.
pub(super) fn erase(home: &Home) -> Result<(), HistoryError> {
    plain_file::remove_unfinished(home)?;
    for Trace { path, is_plain } in traces(home)? {
        let gone = if is_plain { wipe(&path) } else { remove(&path) };
        gone.map_err(|error| HistoryError::of_io(&path, &error))?;
    }
    for folder in [&home.queue, &home.backups, &home.aside] {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(HistoryError::of_io(folder, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// Returns the files of a folder, without those that another process has locked for writing.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        // A file that cannot be opened can still be deleted.
        let is_in_use = File::open(&path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
        if !path.is_dir() && !is_in_use {
            files.push(path);
        }
    }
    Ok(files)
}

/// Returns whether a file may be unencrypted.
fn is_plain(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_encrypted = [".sqlite3", ".sealed", ".entry", "-wal"].iter().any(|ending| name.ends_with(ending));
    !is_encrypted
}
