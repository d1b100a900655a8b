//! Files of a database: their names, and how they are removed.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Appends `ending` to the path.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The most links that are followed from one to the next, as on Linux.
const LINKS_MAX: usize = 40;

/// Returns the path that a link leads to, through further links, whether there is a file or not. A path that is no link is
/// returned as it is.
pub(super) fn followed(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(target) = path.read_link() else { break };
        path = path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    path
}

/// Returns the first link on the way to a path that leads nowhere; `None` if there is none.
pub(super) fn broken_link(path: &Path) -> Option<PathBuf> {
    for place in path.ancestors() {
        match place.symlink_metadata() {
            Ok(found) if found.is_symlink() && !place.exists() => return Some(place.to_owned()),
            Ok(_) => return None,
            Err(_) => {}
        }
    }
    None
}

/// Returns the paths of the files that `SQLite` keeps next to a database.
pub(super) fn companions(database: &Path) -> [PathBuf; 3] {
    ["-wal", "-shm", "-journal"].map(|ending| with_ending(database, ending))
}

/// Removes a file. A missing file is not an error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Overwrites an unencrypted file, and removes it. A copy-on-write file system keeps the old blocks until it reuses
/// them.
pub(super) fn wipe(path: &Path) -> io::Result<()> {
    let overwritten = OpenOptions::new().write(true).open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
        file.sync_all()
    });
    if let Err(error) = overwritten
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "an unencrypted file could not be overwritten before it was deleted");
    }
    remove(path)
}
