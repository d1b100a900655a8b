//! The log: every dictation, when and where it was spoken, and its outcome.
//!
//! The log is one `SQLite` database, encrypted with the key from the [`vault`](crate::vault). There is one [`Writer`]
//! at a time: the agent, on its history thread ([`History`]), so that no delivery waits for a disk; or a command while
//! no agent runs. Commands read the log at any time ([`open_for_reading`]) and send each change to the writer as a
//! [`Job`].
//!
//! From the thread down to the database; each file uses only files below it:
//!
//! | file | what it does |
//! |---|---|
//! | `thread` | the agent's history thread: keeps writes in memory, retries failed ones, seals them while the key is not available |
//! | `writer` | the one writer, on the history thread or in a command: opens the log and takes in the sealed queue (`open`: encrypts, migrates or repairs first; `job`: the changes that commands request) |
//! | `retention` | enforces the limits of age and count, and makes the scheduled backups |
//! | `repair` | replaces a damaged log by its readable entries or its newest backup (`check`, `salvage`) |
//! | `backup` | makes, rotates and restores backups |
//! | `high_water` | notices that an older log took the place of the log |
//! | `replace` | replaces the database file as a whole |
//! | `erasure` | lists and deletes every file that may contain dictated text or audio |
//! | `sealed_queue` | the queue on disk for entries that wait for the key |
//! | `export` | JSON Lines, CSV, Markdown |
//! | `plain_file` | writes files that are not encrypted, so that a kill leaves nothing of them |
//! | `search` | finds and ranks dictations (`query`, `expression`, `rank`, `excerpt`) |
//! | `store` | the database: `migrate`, `access` (for reading), `insert`, `select`, `delete`, `row`, `recording` (kept audio), `metadata`, `facets`, `stats`, `fold` (letters and words for the index) |
//! | `record` | an entry as JSON, and the note that is kept with a recording |
//! | `home` | the paths of the log, and the lock of its writer |
//! | `files` | names and removal of database files |
//! | `news`, `error` | what the user has to know; errors by remedy |
//! | `entry` | one dictation |

mod backup;
mod erasure;
mod error;
mod export;
mod files;
mod high_water;
mod home;
mod news;
mod plain_file;
mod record;
mod repair;
mod replace;
mod retention;
mod sealed_queue;
mod search;
mod store;
mod thread;
mod writer;

use crate::vault::Vault;

pub use error::{Damage, HistoryError};
pub use export::Format;
pub use home::{Backup, Home};
pub use news::News;
pub use plain_file::{remove_unfinished, write_plain};
pub(crate) use record::from_note;
pub use record::{InvalidRecord, Record, note};
pub use retention::{Doubt, Enforcement, Limit, Limits, Upkeep};
pub use sealed_queue::seal_entry;
pub use search::days;
pub use search::{Hit, Query};
pub use store::{Extent, Facet, Facets, Stats, Store, Totals, Which, adopt_key, open_for_reading, open_if_present};
pub use thread::{Event, History};
pub use writer::{Job, Report, Writer};

/// Returns the backups of a log, the oldest first.
pub fn backups(home: &Home) -> Vec<Backup> {
    home.all_backups()
}

/// Returns a sentence for the user if the log is older than Scout left it; `None` if it is not, or if that is not known.
pub fn shortfall(home: &Home, vault: &mut Vault, store: &Store) -> Result<Option<String>, HistoryError> {
    let found = high_water::shortfall(home, &vault.keys()?, store)?;
    Ok(found.map(|(held, entries)| news::older(held, entries)))
}

/// Returns the number of sealed entries, which wait for the key.
pub fn sealed_entries(home: &Home) -> usize {
    sealed_queue::waiting(&home.queue).len()
}
