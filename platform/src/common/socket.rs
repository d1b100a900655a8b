//! The local socket by which one agent per user is controlled: a Unix socket file, or a named pipe on Windows.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use interprocess::local_socket::{self, ListenerOptions, Name, prelude::*};

use super::files;

/// Why the socket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another agent holds the socket.
    #[error("Scout is already running: stop it with `scout ctl quit`, or control it with `scout ctl`")]
    AlreadyRunning,
    /// No agent holds the socket.
    #[error("Scout is not running: start it with `scout run`")]
    NotRunning,
    /// The other end belongs to another user.
    #[error("the other end of the control socket belongs to another user: check who owns {}", path.display())]
    Foreign {
        /// The socket.
        path: PathBuf,
    },
    /// The socket cannot be made or reached.
    #[error("the control socket {} cannot be used: {source}. Check that its directory exists and is yours", path.display())]
    Unusable {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The agent's end: takes connections of the same user.
#[derive(Debug)]
pub struct Listener {
    inner: local_socket::Listener,
    path: PathBuf,
    /// Locked for as long as the agent lives, however it ends. So a socket file without the lock is a dead agent's.
    _lock: File,
}

impl Listener {
    /// Claims `path` for this process. Its directory must exist. A socket file that a dead agent left is replaced.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let unusable = |source| SocketError::Unusable { path: path.to_owned(), source };
        let lock = claim(path)?;
        #[cfg(unix)]
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let options = ListenerOptions::new().name(name(path).map_err(unusable)?);
        #[cfg(target_os = "linux")]
        let options = {
            use interprocess::os::unix::local_socket::ListenerOptionsExt as _;
            options.mode(0o600)
        };
        let inner = options.create_sync().map_err(unusable)?;
        // macOS cannot set the mode before the socket has its name; the private directory and the check of the user hold.
        #[cfg(target_os = "macos")]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(unusable)?;
        }
        Ok(Self { inner, path: path.to_owned(), _lock: lock })
    }

    /// Waits for the next connection of this user; those of others are closed.
    pub fn accept(&self) -> Result<Stream, SocketError> {
        loop {
            let accepted = self.inner.accept();
            let inner = accepted.map_err(|source| SocketError::Unusable { path: self.path.clone(), source })?;
            if is_ours(&inner) {
                return Ok(Stream { inner });
            }
            tracing::warn!("a connection of another user to the control socket was refused");
        }
    }
}

/// Connects to the agent that listens at `path`.
pub fn connect(path: &Path) -> Result<Stream, SocketError> {
    let unusable = |source| SocketError::Unusable { path: path.to_owned(), source };
    let connected = local_socket::Stream::connect(name(path).map_err(unusable)?);
    let inner = connected.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => SocketError::NotRunning,
        _ => unusable(error),
    })?;
    if is_ours(&inner) { Ok(Stream { inner }) } else { Err(SocketError::Foreign { path: path.to_owned() }) }
}

/// A connection. Both ends may be used at the same time, by sharing a reference.
#[derive(Debug)]
pub struct Stream {
    inner: local_socket::Stream,
}

impl Stream {
    /// How long reading and writing may block; `None` is for ever, as at the start. On Windows named pipes have no such
    /// limits, and the call has no effect.
    pub fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        let set = self.inner.set_recv_timeout(read).and_then(|()| self.inner.set_send_timeout(write));
        if cfg!(windows) { Ok(()) } else { set }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.inner).read(buffer)
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.inner).flush()
    }
}

/// Takes the lock beside the socket. The system drops it with the process, even one that was killed.
fn claim(path: &Path) -> Result<File, SocketError> {
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let unusable = |source| SocketError::Unusable { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let lock = files::open_private(Path::new(&lock_path), &mut options).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(SocketError::AlreadyRunning),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

#[cfg(unix)]
fn name(path: &Path) -> io::Result<Name<'_>> {
    path.to_fs_name::<local_socket::GenericFilePath>()
}

/// Pipes have a flat name space for the whole machine: the path, which holds the user's name, makes ours unique.
#[cfg(windows)]
fn name(path: &Path) -> io::Result<Name<'static>> {
    let flat: String = path.to_string_lossy().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    format!("scout-{flat}").to_ns_name::<local_socket::GenericNamespaced>()
}

/// Whether the other end runs as the same user. The file's mode says so already; this holds even if somebody widened it.
#[cfg(unix)]
#[allow(unsafe_code)]
fn is_ours(stream: &local_socket::Stream) -> bool {
    // SAFETY: the call takes nothing, touches nothing and cannot fail.
    let us = unsafe { libc::geteuid() };
    stream.peer_creds().is_ok_and(|peer| peer.euid() == Some(us))
}

/// The pipe's default access rules admit the user who made it, the system and administrators.
#[cfg(windows)]
fn is_ours(_: &local_socket::Stream) -> bool {
    true
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_client_and_the_agent_talk() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("control");
        let listener = Listener::bind(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let client = std::thread::spawn(move || {
            let mut stream = connect(&path).unwrap();
            stream.write_all(b"status").unwrap();
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).unwrap();
            answer
        });
        let mut stream = listener.accept().unwrap();
        let mut question = [0; 6];
        stream.read_exact(&mut question).unwrap();
        assert_eq!(&question, b"status");
        stream.write_all(b"idle").unwrap();
        assert_eq!(&client.join().unwrap(), b"idle");
    }

    #[test]
    fn a_live_agent_is_not_displaced_and_a_dead_ones_socket_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("control");
        let first = Listener::bind(&path).unwrap();
        assert!(matches!(Listener::bind(&path), Err(SocketError::AlreadyRunning)));
        drop(first);
        // What a killed agent leaves: a socket file that nobody listens to.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(matches!(connect(&path), Err(SocketError::NotRunning)));
        Listener::bind(&path).unwrap();
    }

    #[test]
    fn without_an_agent_the_client_says_so() {
        let place = tempfile::tempdir().unwrap();
        assert!(matches!(connect(&place.path().join("control")), Err(SocketError::NotRunning)));
        let missing = place.path().join("nowhere/control");
        assert!(matches!(Listener::bind(&missing), Err(SocketError::Unusable { .. })));
    }

    #[test]
    fn a_silent_peer_does_not_block_for_ever() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("control");
        let listener = Listener::bind(&path).unwrap();
        let _client = connect(&path).unwrap();
        let mut stream = listener.accept().unwrap();
        stream.set_timeouts(Some(Duration::from_millis(20)), Some(Duration::from_millis(20))).unwrap();
        let error = stream.read(&mut [0; 1]).unwrap_err();
        assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
    }
}
