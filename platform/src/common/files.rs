//! Files and directories that only the user may read. On Windows they inherit the access rules of the user's profile, which
//! say the same.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// Only the owner may enter, list and write.
#[cfg(unix)]
const PRIVATE_DIR: u32 = 0o700;
/// Only the owner may read and write.
#[cfg(unix)]
const PRIVATE_FILE: u32 = 0o600;

/// What the group and everybody else may do.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Makes a directory (and those above it) that only the user may enter. One that exists is narrowed to that.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(PRIVATE_DIR).create(path)?;
        if fs::metadata(path)?.permissions().mode() & 0o777 != PRIVATE_DIR {
            fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE_DIR))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(path)
}

/// Opens a file that only the user may read. `options` say how, as for [`OpenOptions`]; the permissions hold from the moment
/// the file exists, and one that exists is narrowed to them.
pub fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = options.mode(PRIVATE_FILE).open(path)?;
        if file.metadata()?.permissions().mode() & 0o777 != PRIVATE_FILE {
            file.set_permissions(fs::Permissions::from_mode(PRIVATE_FILE))?;
        }
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// Lets only the user read an existing file. Does not open it.
pub fn make_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if !is_private(path)? {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE_FILE))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Whether a file has another name (a hard link): to overwrite it would overwrite what has that name. Not known, and
/// therefore `false`, on Windows.
pub fn has_other_names(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).is_ok_and(|metadata| metadata.nlink() > 1)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// The identity of a file and of its content: it differs after the file was replaced, removed or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileVersion {
    /// The device and the number of the file on it; zero on Windows, where a file in use cannot be replaced.
    identity: (u64, u64),
    length: u64,
    modified: Option<SystemTime>,
}

impl FileVersion {
    /// Returns the version of the file that is at `path` now. Does not open it.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let identity = (0, 0);
        Ok(Self { identity, length: metadata.len(), modified: metadata.modified().ok() })
    }

    /// Returns whether both are versions of one file, and not of two files of which one took the place of the other.
    pub fn is_same_file(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

/// Whether a file or directory is closed to other users. Always so where access is inherited.
pub fn is_private(path: &Path) -> io::Result<bool> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        Ok(metadata.permissions().mode() & OTHERS == 0)
    }
    #[cfg(not(unix))]
    {
        drop(metadata);
        Ok(true)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_that_is_written_or_replaced_has_another_version() {
        let place = tempfile::tempdir().unwrap();
        let [file, other] = ["file", "other"].map(|name| place.path().join(name));
        fs::write(&file, "one").unwrap();
        fs::write(&other, "one").unwrap();
        let first = FileVersion::of(&file).unwrap();
        assert_eq!(FileVersion::of(&file).unwrap(), first);
        fs::write(&file, "longer").unwrap();
        let second = FileVersion::of(&file).unwrap();
        assert!(second != first && second.is_same_file(&first));
        fs::rename(&other, &file).unwrap();
        assert!(!FileVersion::of(&file).unwrap().is_same_file(&first));
        fs::remove_file(&file).unwrap();
        assert!(FileVersion::of(&file).is_err());
    }

    #[test]
    fn new_and_old_ones_are_private() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("a/b");
        create_private_dir(&dir).unwrap();
        assert_eq!((mode(&dir), mode(dir.parent().unwrap())), (0o700, 0o700));
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(!is_private(&dir).unwrap());
        create_private_dir(&dir).unwrap();
        assert!(is_private(&dir).unwrap());

        let file = dir.join("file");
        fs::write(&file, "seen by all").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        open_private(&file, OpenOptions::new().append(true)).unwrap();
        assert_eq!(mode(&file), 0o600);
        let new = dir.join("new");
        open_private(&new, OpenOptions::new().write(true).create_new(true)).unwrap();
        assert_eq!(mode(&new), 0o600);
    }
}
