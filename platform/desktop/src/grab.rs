//! Taking a key away from the applications: the trait and its errors.

use crate::{Chord, SessionKind};

/// A chord that no application sees any more, for as long as this exists. The [`KeyHook`](crate::KeyHook) hears it as before,
/// and other keys that are pressed while it is held reach the application.
pub trait KeyGrab: Send {
    /// The chord.
    fn chord(&self) -> &Chord;
}

/// Why a chord cannot be taken away from the applications: they see it as well then.
#[derive(Debug, thiserror::Error)]
pub enum GrabError {
    /// This desktop does not offer it, or it makes no sense for this chord: a bare modifier is of use to applications.
    #[error("this session ({0}) leaves the key to the applications as well")]
    NotOffered(SessionKind),
    /// Another program has taken it.
    #[error(
        "another program has taken {chord} for itself, so that applications and that program may react to it as well: choose another key under `key.chord`, or free it there"
    )]
    Taken {
        /// The chord.
        chord: Chord,
    },
    /// The connection to the desktop failed.
    #[error("the key cannot be kept from the applications: {reason}")]
    Connection {
        /// What the system said.
        reason: String,
    },
}
