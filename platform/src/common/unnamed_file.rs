//! Files that have no name until they are complete: a process that is killed meanwhile leaves nothing.

use std::fs::File;
use std::io;
use std::path::Path;

/// Creates a file without a name in a folder. Only the user can read it. Fails where the file system or the system has no
/// such files.
#[cfg(target_os = "linux")]
pub fn create(folder: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR)?.into())
}

/// Creates a file without a name in a folder. This system has no such files.
#[cfg(not(target_os = "linux"))]
pub fn create(_folder: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Gives a file that [`create`] made its name, which nothing has yet.
#[cfg(target_os = "linux")]
pub fn give_name(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{AtFlags, CWD};
    let opened = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, opened.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// Gives a file that [`create`] made its name. This system has no such files.
#[cfg(not(target_os = "linux"))]
pub fn give_name(_file: &File, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_seen_once_it_has_its_name_and_never_takes_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = create(folder.path()).unwrap();
        file.write_all(b"text").unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        let path = folder.path().join("named");
        give_name(&file, &path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"text");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let other = create(folder.path()).unwrap();
        assert_eq!(give_name(&other, &path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
