//! The log: what was said, when, where, and what became of it.
//!
//! One `SQLite` database, reached only through [`Store`]. The agent writes it on a thread of its own ([`History`]), so that
//! no delivery waits for a disk; the command line reads it beside the running agent.

mod check;
mod entry;
mod error;
mod export;
mod migrate;
mod note;
mod search;
mod store;
mod worker;

pub use entry::{Application, Delivery, Entry, Latencies, Outcome, Record, UnknownOutcome};
pub use error::HistoryError;
pub use export::Format;
pub use search::Hit;
pub use store::Store;
pub use worker::{Event, History};
