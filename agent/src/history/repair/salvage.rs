//! Salvages the entries of a damaged log that can still be read.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use scout_core::dictation::DictationId;

use crate::history::error::HistoryError;
use crate::history::store::row::{COLUMNS, entry_of};
use crate::history::store::{self, Store};
use crate::vault::Key;

/// The number of rows that are read at once while nothing fails.
const STRIDE: i64 = 256;

/// Copies every readable dictation of a damaged database into `into`. Returns their number.
pub(super) fn salvage(damaged: &Path, key: &Key, into: &Store) -> Result<u64, HistoryError> {
    let mut salvage = Salvage { damaged, key, into, connection: None, saved: 0 };
    let Some(last) = salvage.last_row() else { return Ok(0) };
    let mut at = 0;
    while at <= last {
        let end = (at + STRIDE).min(last + 1);
        salvage.between(at, end)?;
        at = end;
    }
    Ok(salvage.saved)
}

struct Salvage<'a> {
    damaged: &'a Path,
    key: &'a Key,
    into: &'a Store,
    /// `None` after an error: a connection that could not decrypt a page reads nothing more, and is opened again.
    connection: Option<Connection>,
    saved: u64,
}

impl Salvage<'_> {
    fn read<T>(&mut self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            // For writing, because a leftover write-ahead log cannot be read otherwise.
            None => store::connect(self.damaged, OpenFlags::SQLITE_OPEN_READ_WRITE, Some(self.key)).ok()?,
        };
        let found = read(&connection)
            .inspect_err(|error| tracing::debug!(%error, "a part of the damaged log cannot be read"))
            .ok()?;
        self.connection = Some(connection);
        Some(found)
    }

    /// Returns the highest row number. A damaged page of the table may hide it; an index holds it too.
    fn last_row(&mut self) -> Option<i64> {
        let ways = [
            "SELECT max(seq) FROM dictation",
            "SELECT max(seq) FROM dictation INDEXED BY dictation_time WHERE started_ms > -9e18",
        ];
        ways.into_iter()
            .find_map(|sql| self.read(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0))))
    }

    /// Copies the rows from `from` to before `until`. Halves the range where it cannot be read, down to single rows.
    fn between(&mut self, from: i64, until: i64) -> Result<(), HistoryError> {
        let sql = format!("SELECT {COLUMNS} FROM dictation WHERE seq >= ?1 AND seq < ?2 ORDER BY seq");
        let entries = self.read(|connection| {
            let mut statement = connection.prepare(&sql)?;
            statement.query_map([from, until], entry_of)?.collect::<rusqlite::Result<Vec<_>>>()
        });
        if let Some(entries) = entries {
            self.saved += entries.len() as u64;
            self.into.in_one_transaction(|store| entries.iter().try_for_each(|entry| store.record(entry)))?;
            return self.recordings(from, until);
        }
        if until - from > 1 {
            let middle = from.midpoint(until);
            self.between(from, middle)?;
            self.between(middle, until)?;
        }
        Ok(())
    }

    /// Copies the kept recordings of copied rows, one by one, because each one fills many pages.
    fn recordings(&mut self, from: i64, until: i64) -> Result<(), HistoryError> {
        let kept = self.read(|connection| {
            let mut statement = connection.prepare("SELECT seq FROM recording WHERE seq >= ?1 AND seq < ?2")?;
            statement.query_map([from, until], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        });
        for seq in kept.unwrap_or_default() {
            let recording = self.read(|connection| {
                connection.query_row(
                    "SELECT id, flac FROM dictation JOIN recording USING (seq) WHERE seq = ?1",
                    [seq],
                    |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)),
                )
            });
            if let Some((id, flac)) = recording {
                self.into.keep_flac(DictationId::from_bytes(id), &flac)?;
            }
        }
        Ok(())
    }
}
