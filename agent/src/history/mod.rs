//! The log: what was said, when, where, and what became of it.
//!
//! One `SQLite` database, encrypted with the key from the [`vault`](crate::vault), and reached only through [`Store`]. There
//! is one [`Writer`] at a time: the agent, on a thread of its own ([`History`]), so that no delivery waits for a disk, or a
//! command while no agent runs. The command line reads beside it, and hands it [`Job`]s.

mod access;
mod backup;
mod check;
mod deletion;
mod entry;
mod erasure;
mod error;
mod export;
mod facets;
mod home;
mod job;
mod limits;
mod migrate;
mod news;
mod note;
mod opening;
mod queue;
mod reading;
mod record;
mod recording;
mod rows;
mod salvage;
mod search;
mod stats;
mod store;
mod transfer;
mod upkeep;
mod worker;
mod writer;
mod writing;

pub use access::open_for_reading;
pub use backup::Backup;
pub use deletion::{Extent, Which};
pub use entry::{Application, Delivery, Entry, Latencies, Outcome, UnknownOutcome};
pub use error::HistoryError;
pub use export::Format;
pub use facets::{Facet, Facets};
pub use home::{Claim, Home};
pub use job::{Job, Report};
pub use limits::{Doubt, Held, Limit, Limits};
pub use news::{Damage, News};
pub use record::{NoRecord, Record};
pub(crate) use search::days;
pub use search::{Hit, Query};
pub use stats::{Stats, Totals};
pub use store::Store;
pub use upkeep::Upkeep;
pub use worker::{Event, History};
pub use writer::{Writer, seal_entry};

/// The copies of a log, the oldest first.
pub fn backups(home: &Home) -> Vec<Backup> {
    backup::all(home)
}

/// How many entries are sealed, and wait for the key.
pub fn sealed_entries(home: &Home) -> usize {
    queue::waiting(&home.queue).len()
}
