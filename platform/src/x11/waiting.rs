//! Waiting for the X server with a time limit, which `x11rb` has not, and without looking again and again.

use std::os::fd::{AsRawFd as _, RawFd};
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::errors::ConnectionError;
use x11rb::protocol::Event;
use x11rb::rust_connection::RustConnection;

/// The next event; `None` if there is none by `deadline`. Only for connections that no other thread reads.
pub(super) fn next_event(connection: &RustConnection, deadline: Instant) -> Result<Option<Event>, ConnectionError> {
    connection.flush()?;
    loop {
        if let Some(event) = connection.poll_for_event()? {
            return Ok(Some(event));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        await_readable(connection.stream().as_raw_fd(), left);
    }
}

/// Sleeps until the file can be read, `limit` has passed, or a signal came: whoever calls looks for itself.
fn await_readable(file: RawFd, limit: Duration) {
    // Rounded up: with zero a remainder below a millisecond would be waited for by spinning.
    let milliseconds = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX).saturating_add(1);
    let mut watched = libc::pollfd { fd: file, events: libc::POLLIN, revents: 0 };
    // SAFETY: `watched` is one valid entry, and outlives the call; the kernel writes only its `revents`.
    #[allow(unsafe_code)] // the standard library has no way to wait for a socket without reading it
    let _ = unsafe { libc::poll(&raw mut watched, 1, milliseconds) };
}
