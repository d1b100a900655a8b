//! Facts that the log keeps about itself, by name: when dictations were last deleted, which limits the user has agreed
//! to.

use rusqlite::OptionalExtension as _;

use super::Store;
use crate::history::error::HistoryError;

impl Store {
    /// Returns the value that is kept under this name.
    pub(in crate::history) fn metadata(&self, name: &str) -> Result<Option<String>, HistoryError> {
        self.connection
            .query_row("SELECT value FROM note WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(|error| self.failed(&error))
    }

    /// Keeps a value under this name, in place of the former one.
    pub(in crate::history) fn set_metadata(&self, name: &str, value: &str) -> Result<(), HistoryError> {
        self.connection
            .execute("INSERT OR REPLACE INTO note (name, value) VALUES (?1, ?2)", (name, value))
            .map(drop)
            .map_err(|error| self.failed(&error))
    }
}
