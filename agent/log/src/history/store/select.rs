//! Reads entries.

use rusqlite::OptionalExtension as _;
use scout_core::dictation::DictationId;
use scout_core::log_entry::{Entry, ID_DIGITS_MIN};

use super::Store;
use super::row::{COLUMNS, entry_of};
use crate::history::error::HistoryError;

/// The digits of a whole id, without its dashes.
const ID_DIGITS: usize = 32;

impl Store {
    /// Returns the entry with this id.
    pub fn get(&self, id: DictationId) -> Result<Option<Entry>, HistoryError> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM dictation WHERE id = ?1"))
            .and_then(|mut statement| statement.query_row([id.as_bytes()], entry_of).optional())
            .map_err(|error| self.failed(&error))
    }

    /// Returns the one entry whose id begins with these digits, or else ends with them, as in [`Entry::short_id`].
    pub fn find(&self, id: &str) -> Result<Entry, HistoryError> {
        let digits: String = id.chars().filter(|&digit| digit != '-').map(|digit| digit.to_ascii_lowercase()).collect();
        let plausible = (ID_DIGITS_MIN..=ID_DIGITS).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !plausible {
            return Err(HistoryError::NotAnId { id: id.to_owned() });
        }
        // Two rows prove that there are several.
        let begins =
            format!("SELECT {COLUMNS} FROM dictation WHERE id BETWEEN unhex(?1 || ?2) AND unhex(?1 || ?3) LIMIT 2");
        let missing = ID_DIGITS - digits.len();
        let mut fitting = self.entries(&begins, (&digits, "0".repeat(missing), "f".repeat(missing)))?;
        if fitting.is_empty() {
            let ends = format!("SELECT {COLUMNS} FROM dictation WHERE lower(hex(id)) LIKE '%' || ?1 LIMIT 2");
            fitting = self.entries(&ends, [&digits])?;
        }
        match (fitting.pop(), fitting.pop()) {
            (Some(entry), None) => Ok(entry),
            (Some(_), Some(_)) => Err(HistoryError::Ambiguous { id: id.to_owned() }),
            (None, _) => Err(HistoryError::NoSuchEntry { id: id.to_owned() }),
        }
    }

    /// Returns at most `limit` entries, the newest first; only those older than `before`, if it is given.
    pub fn list(&self, limit: usize, before: Option<DictationId>) -> Result<Vec<Entry>, HistoryError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let order = "ORDER BY dictation.id DESC LIMIT ?1";
        match before {
            None => self.entries(&format!("SELECT {COLUMNS} FROM dictation {order}"), [limit]),
            Some(before) => self.entries(
                &format!("SELECT {COLUMNS} FROM dictation WHERE dictation.id < ?2 {order}"),
                (limit, before.as_bytes()),
            ),
        }
    }

    /// Returns the newest entry.
    pub(crate) fn latest(&self) -> Result<Option<Entry>, HistoryError> {
        Ok(self.list(1, None)?.pop())
    }

    /// Returns the number of entries.
    pub(in crate::history) fn count(&self) -> Result<u32, HistoryError> {
        self.connection
            .query_row("SELECT count(*) FROM dictation", [], |row| row.get(0))
            .map_err(|error| self.failed(&error))
    }

    /// Returns the number of dictations, as the log keeps it: without a look at each of them.
    pub(in crate::history) fn total(&self) -> Result<u64, HistoryError> {
        self.connection
            .prepare_cached("SELECT coalesce(sum(entries), 0) FROM facet WHERE kind = 'profile'")
            .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)))
            .map(i64::unsigned_abs)
            .map_err(|error| self.failed(&error))
    }

    /// Calls `take` with every entry, the oldest first, without keeping all of them in memory. Stops at the first error
    /// of `take`.
    pub(in crate::history) fn each(
        &self,
        mut take: impl FnMut(Entry) -> Result<(), HistoryError>,
    ) -> Result<(), HistoryError> {
        let mut statement = self
            .connection
            .prepare(&format!("SELECT {COLUMNS} FROM dictation ORDER BY dictation.id"))
            .map_err(|error| self.failed(&error))?;
        let entries = statement.query_map([], entry_of).map_err(|error| self.failed(&error))?;
        for entry in entries {
            take(entry.map_err(|error| self.failed(&error))?)?;
        }
        Ok(())
    }

    /// Runs a query that selects [`COLUMNS`].
    pub(super) fn entries(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Entry>, HistoryError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(parameters, entry_of)?.collect())
            .map_err(|error| self.failed(&error))
    }
}
