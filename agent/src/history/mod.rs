//! The log: every dictation, when and where it was spoken, and its outcome.
//!
//! The log is one `SQLite` database, encrypted with the key from the [`vault`](crate::vault). There is one [`Writer`]
//! at a time: the agent, on its history thread ([`History`]), so that no delivery waits for a disk; or a command while
//! no agent runs. Commands read the log at any time ([`open_for_reading`]) and send each change to the writer as a
//! [`Job`].

mod backup;
mod erasure;
mod error;
mod export;
mod files;
mod home;
mod news;
mod record;
mod repair;
mod replace;
mod retention;
mod sealed_queue;
mod search;
mod store;
mod thread;
mod writer;

pub use error::{Damage, HistoryError};
pub use export::Format;
pub use home::{Backup, Home, WriteLock};
pub use news::News;
pub use record::{InvalidRecord, Record, from_note, note};
pub use retention::{Doubt, Enforcement, Limit, Limits, Upkeep};
pub use sealed_queue::seal_entry;
pub(crate) use search::days;
pub use search::{Hit, Query};
pub use store::{Extent, Facet, Facets, Stats, Store, Totals, Which, adopt_key, open_for_reading, open_if_present};
pub use thread::{Event, History};
pub use writer::{Job, Report, Writer};

/// Returns the backups of a log, the oldest first.
pub fn backups(home: &Home) -> Vec<Backup> {
    home.all_backups()
}

/// Returns the number of sealed entries, which wait for the key.
pub fn sealed_entries(home: &Home) -> usize {
    sealed_queue::waiting(&home.queue).len()
}
