//! Connections to the compositor.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wayland_client::backend::WaylandError;
use wayland_client::globals::{BindError, GlobalError};
use wayland_client::{ConnectError, Connection, DispatchError};

/// Why the compositor cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// Nobody answers at the socket.
    #[error("the compositor does not answer at {}: {source}", path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The connection could not be set up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The compositor does not tell what it offers.
    #[error(transparent)]
    Globals(#[from] GlobalError),
    /// The compositor does not offer what is asked for.
    #[error(transparent)]
    Missing(#[from] BindError),
    /// The connection broke.
    #[error(transparent)]
    Broken(#[from] DispatchError),
    /// The connection broke while sending.
    #[error(transparent)]
    Unsent(#[from] WaylandError),
    /// The system gave no memory file or pipe.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

impl LinkError {
    /// Whether the compositor works, but lacks what was asked for.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }
}

/// A new connection to the display of that name: a path, or a name in the runtime folder.
pub(super) fn connect(display: &str) -> Result<Connection, LinkError> {
    let path = socket(display);
    let stream = UnixStream::connect(&path).map_err(|source| LinkError::Unreachable { path, source })?;
    Ok(Connection::from_socket(stream)?)
}

/// Whether the compositor has ended the connection, or has ended itself. Asks nobody and does not wait.
pub(super) fn is_closed(connection: &Connection) -> bool {
    let backend = connection.backend();
    let socket = backend.poll_fd();
    let mut polled = [PollFd::new(&socket, PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    // What cannot be polled is not there.
    poll(&mut polled, Some(&now)).is_err() || polled[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

fn socket(display: &str) -> PathBuf {
    let folder = std::env::var_os("XDG_RUNTIME_DIR").unwrap_or_default();
    // An absolute name replaces the folder.
    Path::new(&folder).join(display)
}

/// Implements [`wayland_client::Dispatch`] for the registry, whose events the library keeps track of itself.
macro_rules! ignore_registry {
    ($state:ty) => {
        impl
            wayland_client::Dispatch<
                wayland_client::protocol::wl_registry::WlRegistry,
                wayland_client::globals::GlobalListContents,
            > for $state
        {
            fn event(
                _: &mut Self,
                _: &wayland_client::protocol::wl_registry::WlRegistry,
                _: wayland_client::protocol::wl_registry::Event,
                _: &wayland_client::globals::GlobalListContents,
                _: &wayland_client::Connection,
                _: &wayland_client::QueueHandle<Self>,
            ) {
            }
        }
    };
}
pub(super) use ignore_registry;
