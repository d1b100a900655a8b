//! Every file that Scout writes in which there may be something that was said, and how they are all deleted.
//!
//! This is the one list of them: whoever lets Scout write another kind of file adds it here. Not on it are the user's own
//! configuration, profiles and vocabulary, the models, the key, and what the user had exported to another place.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::HistoryError;
use super::home::Home;
use super::transfer;

/// What the names of temporary files begin with, in every folder that Scout writes to.
const TEMPORARY: &str = ".tmp";

/// The public key, in the folder of recordings. It is not a secret, and goes with the key.
const RECIPIENT: &str = "recipient";

/// A file that may hold something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trace {
    pub path: PathBuf,
    /// Whether it can be read without the key, so that deleting its name is not enough.
    is_plain: bool,
}

/// All of them that there are. A recording that is under way is not among them.
pub(super) fn traces(home: &Home) -> Result<Vec<Trace>, HistoryError> {
    let mut found = Vec::new();
    let mut look = |folder: &Path, is_trace: &dyn Fn(&str) -> bool| -> Result<(), HistoryError> {
        let paths = files_in(folder).map_err(|error| transfer::no_access(folder, &error))?;
        let named = |path: &PathBuf| path.file_name().is_some_and(|name| is_trace(&name.to_string_lossy()));
        found.extend(paths.into_iter().filter(named).map(|path| Trace { is_plain: is_plain(&path), path }));
        Ok(())
    };
    let database = home.database.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // The database, what SQLite keeps beside it, and what a change of it leaves when it is cut short.
    let is_database = |name: &str| {
        let rest = name.strip_prefix(&*database);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
    };
    if let Some(folder) = home.database.parent() {
        look(folder, &|name| is_database(name) || name.starts_with(TEMPORARY))?;
    }
    if let (Some(folder), Some(mishearings)) = (home.mishearings.parent(), home.mishearings.file_name()) {
        look(folder, &|name| *name == *mishearings.to_string_lossy())?;
    }
    look(&home.spool, &|name| name != RECIPIENT)?;
    let damaged = crate::capture::spool::damaged_folder(&home.spool);
    for folder in [&damaged, &home.queue, &home.backups, &home.aside] {
        look(folder, &|_| true)?;
    }
    Ok(found)
}

/// Deletes all of them.
pub(super) fn erase(home: &Home) -> Result<(), HistoryError> {
    for Trace { path, is_plain } in traces(home)? {
        let gone = if is_plain { transfer::wipe(&path) } else { transfer::remove(&path) };
        gone.map_err(|error| transfer::no_access(&path, &error))?;
    }
    for folder in [&home.queue, &home.backups, &home.aside] {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(transfer::no_access(folder, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// What lies in a folder, but for folders and for what somebody has locked because he is writing it.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        // A file that cannot be opened may still be deleted.
        let is_in_use = File::open(&path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
        if !path.is_dir() && !is_in_use {
            files.push(path);
        }
    }
    Ok(files)
}

/// Whether a file is not, or not surely, encrypted.
fn is_plain(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_encrypted = [".sqlite3", ".sealed", ".entry", "-wal"].iter().any(|ending| name.ends_with(ending));
    !is_encrypted
}
