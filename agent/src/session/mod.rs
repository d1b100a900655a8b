//! The session: what the user means by the key, and what becomes of each dictation. Pure: threads and rooms are joined to it
//! in [`crate::app`].

pub mod gesture;
mod hands_free;
pub mod machine;
pub mod messages;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod scenarios;

pub use gesture::KeyMode;
pub use machine::Machine;
pub use messages::{Effect, Event, Outcome, Silence, Stage};
