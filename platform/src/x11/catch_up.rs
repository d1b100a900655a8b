//! Waits until the server has reported everything that it took before a moment.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use x11rb::connection::Connection as _;
use x11rb::errors::ConnectionError;
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::CaughtUp;

/// Those who wait, in the order of the requests that their answers are.
pub(super) struct CatchUp {
    control: Arc<RustConnection>,
    waiting: Mutex<VecDeque<CaughtUp>>,
}

impl CatchUp {
    /// The listener reports the requests of this connection that do nothing.
    pub(super) fn new(control: Arc<RustConnection>) -> Self {
        Self { control, waiting: Mutex::default() }
    }

    /// Sends a request that does nothing. Never waits for the server.
    pub(super) fn ask(&self, caught_up: CaughtUp) {
        // Held while the request is sent: the answers come in the order of the requests.
        let mut waiting = self.waiting();
        match self.send() {
            Ok(()) => waiting.push_back(caught_up),
            // The listener ends, too, and says so.
            Err(error) => tracing::debug!(%error, "the server is gone"),
        }
    }

    fn send(&self) -> Result<(), ConnectionError> {
        self.control.no_operation()?;
        // The server hands over what it has recorded when it has something to send, which on a quiet desktop may take seconds. It
        // has an answer to this, which nobody waits for.
        drop(self.control.get_input_focus()?);
        self.control.flush()
    }

    /// The server has reported one of these requests: gives who waits for it.
    pub(super) fn answered(&self) -> Option<CaughtUp> {
        self.waiting().pop_front()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<CaughtUp>> {
        // Nothing in here panics half way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
