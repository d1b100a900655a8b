//! Reads files that a user put in place, whatever they put there: nothing in their place makes the reader wait, or fills the
//! memory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing with this name: neither a file nor a link.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// The file, or a folder that it is in, is a link, and the link leads nowhere.
    #[error("{} is a link to {}, which leads to no file: make that file, or remove the link", link.display(), target.display())]
    DanglingLink {
        /// The link itself.
        link: PathBuf,
        /// What the link says.
        target: PathBuf,
    },
    /// Something else has the file's name.
    #[error("{} is {kind}, not a file: move it away, and save a file with this name", path.display())]
    NotAFile {
        /// What was to be read.
        path: PathBuf,
        /// What it is.
        kind: FileKind,
    },
    /// Something else has the name of a folder that the file is in, or that was to be read.
    #[error("{} is not a folder: move it away, and make a folder with this name", .0.display())]
    NotAFolder(PathBuf),
    /// The file is larger than any such file is.
    #[error("{} is larger than {}: remove what does not belong there", path.display(), size(*limit))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// The system refuses.
    #[error("{} cannot be read ({source}): check who owns it and its permissions", path.display())]
    Access {
        /// What was to be read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn size(bytes: u64) -> String {
    format!("{} MB", bytes / MEGABYTE)
}

/// Bytes in a megabyte.
pub const MEGABYTE: u64 = 1_000_000;

/// What has the name of a file and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A device, such as `/dev/zero`.
    Device,
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe (FIFO)",
            Self::Socket => "a socket",
            Self::Device => "a device",
        })
    }
}

/// Reads a regular file of at most `limit` bytes. Never waits for another program, and never reads on without an end.
///
/// # Errors
/// Every message names the file, what is wrong and the remedy. [`ReadError::Missing`] only if the name itself is free.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let explained = |source| explain(path, source);
    // Before it is opened: to open a device can have effects.
    regular(path, &fs::metadata(path).map_err(explained)?)?;
    let file = open(path).map_err(explained)?;
    // After it is opened: another file may have the name by now.
    let metadata = file.metadata().map_err(explained)?;
    regular(path, &metadata)?;
    let too_large = || ReadError::TooLarge { path: path.to_owned(), limit };
    if metadata.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // A file may grow while it is read, and those of /proc say that they are empty.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(explained)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// The entries of a folder, in no order.
///
/// # Errors
/// As for [`read`], with the folder in place of the file.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let explained = |source| explain(folder, source);
    let entries = fs::read_dir(folder).map_err(explained)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(explained)).collect()
}

/// Opens a file for reading. A pipe without a writer is opened at once.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    options.open(path)
}

fn regular(path: &Path, metadata: &fs::Metadata) -> Result<(), ReadError> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = if metadata.is_dir() { FileKind::Folder } else { special(metadata.file_type()) };
    Err(ReadError::NotAFile { path: path.to_owned(), kind })
}

#[cfg(unix)]
fn special(kind: fs::FileType) -> FileKind {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        FileKind::Pipe
    } else if kind.is_socket() {
        FileKind::Socket
    } else {
        FileKind::Device
    }
}

#[cfg(not(unix))]
fn special(_: fs::FileType) -> FileKind {
    FileKind::Device
}

/// Why the system found no file with this name.
fn explain(path: &Path, source: io::Error) -> ReadError {
    let access = |source| ReadError::Access { path: path.to_owned(), source };
    if source.kind() == ErrorKind::PermissionDenied {
        return access(source);
    }
    // The nearest name on the way that is taken, be it by a link that leads nowhere.
    let taken = path.ancestors().find_map(|place| Some((place, fs::symlink_metadata(place).ok()?)));
    let Some((place, metadata)) = taken else { return ReadError::Missing(path.to_owned()) };
    if metadata.is_symlink() && fs::metadata(place).is_err() {
        let target = fs::read_link(place).unwrap_or_default();
        return ReadError::DanglingLink { link: place.to_owned(), target };
    }
    match source.kind() {
        ErrorKind::NotFound => ReadError::Missing(path.to_owned()),
        ErrorKind::NotADirectory => ReadError::NotAFolder(place.to_owned()),
        _ => access(source),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    const LIMIT: u64 = 2 * MEGABYTE;

    fn message(path: &Path) -> String {
        let message = read(path, LIMIT).unwrap_err().to_string();
        assert!(message.starts_with(&*path.to_string_lossy()), "{message} does not begin with the name");
        message
    }

    #[test]
    fn what_is_no_file_is_named_at_once_with_its_remedy() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        symlink(at("pipe"), at("link to pipe")).unwrap();
        symlink("/dev/zero", at("device")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for (name, kind) in [
            ("pipe", "a pipe (FIFO)"),
            ("link to pipe", "a pipe (FIFO)"),
            ("device", "a device"),
            ("folder", "a folder"),
            ("socket", "a socket"),
        ] {
            let expected = format!("is {kind}, not a file: move it away, and save a file with this name");
            assert!(message(&at(name)).ends_with(&expected), "{}", message(&at(name)));
        }
    }

    #[test]
    fn a_link_that_leads_nowhere_is_no_missing_file() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        symlink("/nowhere/config", at("link")).unwrap();
        symlink(at("loop"), at("loop")).unwrap();
        assert!(
            message(&at("link"))
                .ends_with("is a link to /nowhere/config, which leads to no file: make that file, or remove the link")
        );
        assert!(message(&at("loop")).contains("is a link to "));
        // The folder that it is in.
        let inside = read(&at("link").join("a/b"), LIMIT).unwrap_err();
        assert!(matches!(&inside, ReadError::DanglingLink { link, .. } if *link == at("link")), "{inside}");
        assert!(matches!(entries(&at("link")), Err(ReadError::DanglingLink { .. })));
        for free in [at("none"), at("none/at/all")] {
            assert!(matches!(read(&free, LIMIT), Err(ReadError::Missing(path)) if path == free));
            assert!(matches!(entries(&free), Err(ReadError::Missing(_))));
        }
    }

    #[test]
    fn a_file_in_place_of_a_folder_is_named() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(matches!(read(&file.join("inside"), LIMIT), Err(ReadError::NotAFolder(path)) if path == file));
        assert!(matches!(entries(&file), Err(ReadError::NotAFolder(path)) if path == file));
    }

    #[test]
    fn a_file_is_read_whole_up_to_the_limit() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, vec![b'x'; 2_000_000]).unwrap();
        symlink(&file, place.path().join("link")).unwrap();
        assert_eq!(read(&place.path().join("link"), LIMIT).unwrap().len(), 2_000_000);
        fs::write(&file, vec![b'x'; 2_000_001]).unwrap();
        assert!(message(&file).ends_with("is larger than 2 MB: remove what does not belong there"));
        // It says that it is empty.
        assert!(matches!(read(Path::new("/proc/self/maps"), 10), Err(ReadError::TooLarge { .. })));
    }
}
