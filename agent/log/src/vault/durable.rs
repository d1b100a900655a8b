//! Writes small files that must survive a kill and a power loss: keys, and the lists of them.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file that only the user can read, completely or not at all. When this returns, it survives a power loss. A
/// file that has this content already is not touched.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let is_right = fs::read(path).map(zeroize::Zeroizing::new).is_ok_and(|found| *found == content);
    if !is_right {
        // Temporary files are private from the beginning.
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(content)?;
        new.as_file().sync_all()?;
        new.persist(path).map_err(|error| error.error)?;
    }
    // A former process may have been killed before it did this.
    sync_folder(folder);
    Ok(())
}

/// Writes the names in a folder to the disk, so that a renamed file survives a power loss. Some systems cannot do that
/// for a folder, and do not need it.
pub(crate) fn sync_folder(folder: &Path) {
    let _unsupported = File::open(folder).and_then(|folder| folder.sync_all());
}
