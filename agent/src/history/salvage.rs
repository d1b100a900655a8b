//! What can still be read of a damaged log.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::HistoryError;
use super::rows::{COLUMNS, entry_of};
use super::store::{self, Store};
use crate::dictation::DictationId;
use crate::vault::Key;

/// How many rows are read at once as long as all goes well.
const STRIDE: i64 = 256;

/// Reads every dictation that is readable from a damaged database into `into`, and tells how many there were.
pub(super) fn rescue(damaged: &Path, key: &Key, into: &Store) -> Result<u64, HistoryError> {
    let mut rescue = Rescue { damaged, key, into, connection: None, saved: 0 };
    let Some(last) = rescue.last_row() else { return Ok(0) };
    let mut at = 0;
    while at <= last {
        let end = (at + STRIDE).min(last + 1);
        rescue.between(at, end)?;
        at = end;
    }
    Ok(rescue.saved)
}

struct Rescue<'a> {
    damaged: &'a Path,
    key: &'a Key,
    into: &'a Store,
    /// After a page that could not be decrypted, a connection reads nothing more; then it is opened anew.
    connection: Option<Connection>,
    saved: u64,
}

impl Rescue<'_> {
    fn read<T>(&mut self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            // For writing, because a write-ahead log that was left is read only so.
            None => store::connect(self.damaged, OpenFlags::SQLITE_OPEN_READ_WRITE, Some(self.key)).ok()?,
        };
        let found = read(&connection)
            .inspect_err(|error| tracing::debug!(%error, "a part of the damaged log cannot be read"))
            .ok()?;
        self.connection = Some(connection);
        Some(found)
    }

    /// The highest number of a row, as far as it can be told. A damaged page may hide it; an index has it too.
    fn last_row(&mut self) -> Option<i64> {
        let ways = [
            "SELECT max(seq) FROM dictation",
            "SELECT max(seq) FROM dictation INDEXED BY dictation_time WHERE started_ms > -9e18",
        ];
        ways.into_iter()
            .find_map(|sql| self.read(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0))))
    }

    /// Saves the rows from `from` to before `until`, halved where they cannot be read, down to single rows.
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

    /// Saves the kept recordings of rows that were saved, each by itself: it fills many pages.
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
