//! What can still be read of a damaged log.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::HistoryError;
use super::rows::{COLUMNS, entry_of};
use super::store::{self, Store};
use crate::vault::Key;

/// How many rows are read at once as long as all goes well.
const STRIDE: i64 = 256;

/// Reads every dictation that is readable from a damaged database into `into`, and tells how many there were.
pub(super) fn rescue(damaged: &Path, key: &Key, into: &Store) -> Result<u64, HistoryError> {
    // For writing, because a write-ahead log that was left is read only so.
    let Ok(connection) = store::connect(damaged, OpenFlags::SQLITE_OPEN_READ_WRITE, Some(key)) else { return Ok(0) };
    let Some(last) = last_row(&connection) else { return Ok(0) };
    let mut rescued = 0;
    let mut at = 0;
    while at <= last {
        let end = (at + STRIDE).min(last + 1);
        rescued += rescue_between(&connection, at, end, into)?;
        at = end;
    }
    Ok(rescued)
}

/// The highest number of a row, as far as it can be told; a damaged page may hide it, and then the table of what was
/// recorded last is no help either: twice what can be seen is tried.
fn last_row(connection: &Connection) -> Option<i64> {
    let max = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).ok().flatten();
    max("SELECT max(seq) FROM dictation")
        .or_else(|| max("SELECT max(seq) FROM dictation INDEXED BY dictation_time WHERE started_ms > 0"))
        .or_else(|| max("SELECT 2 * count(*) FROM dictation_parts_idx"))
}

/// Rows from `from` to before `until`, halved where they cannot be read, down to single rows.
fn rescue_between(connection: &Connection, from: i64, until: i64, into: &Store) -> Result<u64, HistoryError> {
    let sql = format!("SELECT {COLUMNS} FROM dictation WHERE seq >= ?1 AND seq < ?2 ORDER BY seq");
    let read = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_map([from, until], entry_of)?.collect::<rusqlite::Result<Vec<_>>>());
    match read {
        Ok(entries) => {
            into.in_one_transaction(|store| entries.iter().try_for_each(|entry| store.record(entry)))?;
            Ok(entries.len() as u64)
        }
        Err(error) if until - from <= 1 => {
            tracing::debug!(%error, row = from, "a dictation could not be saved");
            Ok(0)
        }
        Err(_) => {
            let middle = from.midpoint(until);
            Ok(rescue_between(connection, from, middle, into)? + rescue_between(connection, middle, until, into)?)
        }
    }
}
