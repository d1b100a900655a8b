//! The session: what the user means by the key, and what becomes of each dictation, as one pure machine.
//!
//! [`Machine::step`] takes an [`Event`], changes the state, and gives [`Effect`]s; the package `scout` carries these out, and brings what the rooms answer back as events. Nothing is decided anywhere else: not in which order texts go out, not what
//! is typed while the user speaks, not what is held, delivered again, taken back, logged or kept.
//!
//! | file | what is in it |
//! |---|---|
//! | `step` | one event, one step; what is shown of the state |
//! | `messages` | the events and the effects |
//! | `machine` | the state |
//! | `listening` | a dictation's way from the key, a command or a voice to the recording |
//! | `composing` | from the words to the text |
//! | `delivering` | from the text to its target: order, spoken commands, receipts |
//! | `typing`, `paste_last` | what goes out beside that: live typing, redelivery |
//! | `taking_back` | when the last text is taken back, and what comes of it |
//! | `ending` | how it ends, and what is kept of it |
//! | `dictation` | what is known of one dictation, and at which [`Stage`] it is |
//! | `gesture`, `hands_free`, `live_typing`, `redelivery`, `recordings`, `spacing`, `undo`, `field` | one rule each, tested by itself |

mod composing;
mod delivering;
mod dictation;
mod ending;
mod field;
pub mod gesture;
mod hands_free;
mod listening;
mod live_typing;
mod machine;
pub mod messages;
mod paste_last;
mod recordings;
mod redelivery;
mod spacing;
mod step;
mod taking_back;
mod typing;
mod undo;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod scenarios;

pub use dictation::Stage;
pub use ending::RECENT;
pub use gesture::KeyMode;
pub use hands_free::Silence;
pub use machine::Machine;
pub use messages::{Captured, Effect, Event, Moment, NotUndone, Notification, Refusal, Room};
pub use undo::{Asked, UndoRefusal};
