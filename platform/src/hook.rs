//! Hearing keys: the trait, its events and its errors.

use std::time::Instant;

use crate::{Key, SessionKind};

/// A key went down or up, anywhere in the user's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyEvent {
    /// Which key.
    pub key: Key,
    /// `true` when it went down. A key held down may send repeated presses without releases between them.
    pub pressed: bool,
    /// When the event reached us.
    pub at: Instant,
}

/// Where key events go. Called on the hook's own thread, or on the injector's for keys that typing released for the user. It
/// must do nothing but pass the event on, since some systems remove a slow hook.
pub type KeySink = Box<dyn FnMut(KeyEvent) + Send>;

/// Hears every key in the session, whichever window has the focus. Events that an [`Injector`](crate::Injector) of this process made do not
/// come back through it.
pub trait KeyHook: Send {
    /// Whether listening would work, without starting it.
    fn check(&self) -> Result<(), HookError>;

    /// Starts listening on a thread of its own, until the process ends. Started again, it sends to the new sink.
    fn start(&mut self, sink: KeySink) -> Result<(), HookError>;
}

/// Why keys cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Nothing on this desktop offers it: bind keys in the compositor instead.
    #[error(
        "this session ({0}) lets no program hear keys: bind a key to `scout ctl start` and `scout ctl stop` in its settings"
    )]
    NotOffered(SessionKind),
    /// The connection to the desktop failed.
    #[error("keys cannot be heard: {reason}. Check that DISPLAY names a running X server with the RECORD extension")]
    Connection {
        /// What the system said.
        reason: String,
    },
    /// The user has to grant a permission.
    #[error("keys cannot be heard without permission: {remedy}")]
    Permission {
        /// Which setting to change.
        remedy: String,
    },
}
