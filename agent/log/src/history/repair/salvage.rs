//! Salvages the dictations of a damaged log: those on pages whose content is whole, whatever other pages are like.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use scout_core::log_entry::Entry;

use super::pages::Pages;
use super::rows::{Row, Rows};
use crate::history::error::HistoryError;
use crate::history::store::Store;
use crate::history::store::row::{COLUMNS, entry_of};
use crate::vault::Key;

/// The number of entries that are written in one transaction.
const BATCH: usize = 256;

/// The type of a blob with the 16 bytes of an id, in the file format of `SQLite`.
const ID_TYPE: u64 = 12 + 2 * 16;

/// The first bytes of a recording.
const FLAC: &[u8] = b"fLaC";

/// Copies every dictation of the database `from` that can be read, and that `into` does not have, into `into`. A
/// database that is not encrypted has no key. Returns their number.
pub(in crate::history) fn salvage(from: &Path, key: Option<&Key>, into: &Store) -> Result<u64, HistoryError> {
    let pages = Pages::open(from, key).map_err(|error| HistoryError::of_io(from, &error))?;
    let found = find(&pages);
    let decoder = Decoder::new().map_err(|error| HistoryError::of_sqlite(from, &error))?;
    let mut saved = HashMap::new();
    let mut waiting = Vec::new();
    for (_, number) in found.dictations {
        for row in rows_of(&pages, number) {
            let Some((seq, entry)) = decoder.entry(row) else { continue };
            if into.get(entry.id)?.is_none() && !saved.contains_key(&seq) {
                saved.insert(seq, entry.id);
                waiting.push(entry);
            }
        }
        if waiting.len() >= BATCH {
            into.record_all(&std::mem::take(&mut waiting))?;
        }
    }
    into.record_all(&waiting)?;
    for number in found.blobs {
        for row in rows_of(&pages, number) {
            if let (Some(&id), Some(flac)) = (saved.get(&row.number), recording(&row)) {
                into.keep_flac(id, flac)?;
            }
        }
    }
    Ok(saved.len() as u64)
}

/// The pages that hold rows.
#[derive(Default)]
struct Found {
    /// Those of dictations, in the order in which they were written, with the number of their first row.
    dictations: Vec<(i64, u32)>,
    /// Those of recordings, and of other tables with a number and a blob.
    blobs: Vec<u32>,
}

/// Looks at every page: the pages that say which page belongs to which table may be damaged.
fn find(pages: &Pages) -> Found {
    /// The number of columns in the first version of the log: no other table has as many.
    const COLUMNS_MIN: usize = 24;
    let mut found = Found::default();
    for number in 1..=pages.count() {
        let Some(page) = pages.read(number) else {
            tracing::debug!(number, "a page of the log is damaged");
            continue;
        };
        let outline = Rows::of(page.content()).and_then(|rows| rows.outline());
        match outline.as_ref().map(|(row, types)| (*row, types.as_slice())) {
            Some((row, [0, ID_TYPE, rest @ ..])) if rest.len() + 2 >= COLUMNS_MIN => {
                found.dictations.push((row, number));
            }
            Some((_, [0, blob])) if *blob >= 12 && blob % 2 == 0 => found.blobs.push(number),
            _ => {}
        }
    }
    found.dictations.sort_unstable();
    found
}

fn rows_of(pages: &Pages, number: u32) -> Vec<Row> {
    let page = pages.read(number);
    let rows = page.as_ref().and_then(|page| Rows::of(page.content()));
    rows.map_or_else(Vec::new, |rows| rows.decode(pages).collect())
}

/// Returns the content of a row of the table of recordings.
fn recording(row: &Row) -> Option<&[u8]> {
    match row.values.as_slice() {
        [Value::Null, Value::Blob(flac)] if flac.starts_with(FLAC) => Some(flac),
        _ => None,
    }
}

/// Converts stored rows to entries, by the same code as rows that `SQLite` reads.
struct Decoder {
    connection: Connection,
    /// Returns its parameters under the names of the columns.
    sql: String,
    columns: usize,
}

impl Decoder {
    fn new() -> rusqlite::Result<Self> {
        // The columns are stored in the order in which they were declared, which is that of this list.
        let columns: Vec<&str> = COLUMNS.split(", ").map(|name| name.trim_start_matches("dictation.")).collect();
        let named: Vec<String> = (1..).zip(&columns).map(|(number, name)| format!("?{number} AS {name}")).collect();
        let sql = format!("SELECT {}", named.join(", "));
        Ok(Self { connection: Connection::open_in_memory()?, sql, columns: columns.len() })
    }

    /// Returns the number of a row and its entry; `None` if a value is not what Scout writes.
    fn entry(&self, row: Row) -> Option<(i64, Entry)> {
        let values = row.values.into_iter().skip(1).take(self.columns);
        let mut statement = self.connection.prepare_cached(&self.sql).ok()?;
        let entry = statement.query_row(params_from_iter(values), entry_of);
        let entry = entry.inspect_err(|error| tracing::debug!(%error, "a row of the log is damaged")).ok()?;
        Some((row.number, entry))
    }
}
