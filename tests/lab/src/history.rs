//! `scout-lab history`: how fast the log takes dictations, and how fast it finds them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use scout_core::log_entry::Entry;
use scout_lab::dictations::Speaker;
use scout_log::history::{Store, Which};
use scout_log::vault::Key;
use serde::Serialize;

use crate::statistics::{ms, percentile};

/// Dictations that are written one by one once the log has its size.
const SINGLE_INSERTS: usize = 100;

/// Searches.
const SEARCHES: usize = 400;

/// Results of a search, as on a page.
const PAGE: usize = 20;

/// Dictations that are written in one transaction while the log is filled.
const BATCH: usize = 5_000;

/// Measure the log: writing a dictation, and finding dictations by words, phrases, beginnings, parts and filters
///
/// The dictations are made up, with the frequencies of words and the lengths of real ones, a twentieth of them in Chinese. Each
/// size is measured encrypted and not, and beside a plain FTS5 table that is searched by bm25. Times of writing include the sync
/// to disk.
#[derive(Debug, clap::Args)]
pub(crate) struct History {
    /// How many dictations; may be given several times
    #[arg(long, default_values_t = [10_000, 100_000, 1_000_000])]
    rows: Vec<usize>,
    /// Where to put the databases, instead of the system's temporary folder
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Leave the databases in the folder, and take those that lie there instead of filling new ones
    #[arg(long, requires = "folder")]
    keep: bool,
    /// Also print how long each kind of search takes
    #[arg(long)]
    kinds: bool,
    /// Print one JSON array of objects with store (scout or fts5), rows, encrypted, `insert_us`, `search_p50_ms`, `search_p95_ms` and
    /// bytes
    #[arg(long)]
    json: bool,
}

/// What was measured of one log.
#[derive(Debug, Serialize)]
struct Measured {
    store: &'static str,
    rows: usize,
    encrypted: bool,
    /// Median of writing one dictation.
    insert_us: f64,
    search_p50_ms: f64,
    search_p95_ms: f64,
    bytes: u64,
}

impl History {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let temporary = match &self.folder {
            Some(_) if self.keep => Ok(None),
            Some(folder) => tempfile::tempdir_in(folder).map(Some),
            None => tempfile::tempdir().map(Some),
        }
        .context("there is no place for the databases: --folder names one")?;
        let folder =
            temporary.as_ref().map(tempfile::TempDir::path).or(self.folder.as_deref()).unwrap_or(Path::new("."));
        let mut measured = Vec::new();
        for &rows in &self.rows {
            for encrypted in [true, false] {
                let (result, kinds) = scout(&folder.join(format!("scout-{rows}-{encrypted}")), rows, encrypted)?;
                tell(&result, self.json);
                if self.kinds {
                    tell_kinds(kinds);
                }
                measured.push(result);
            }
            let result = plain(&folder.join(format!("fts5-{rows}")), rows)?;
            tell(&result, self.json);
            measured.push(result);
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&measured)?);
        }
        Ok(())
    }
}

fn tell(one: &Measured, is_json: bool) {
    let name = match (one.store, one.encrypted) {
        ("scout", true) => "scout, encrypted",
        ("scout", false) => "scout, not encrypted",
        (other, _) => other,
    };
    let line = format!(
        "{:>9} dictations  {name:22} insert {:>6.0} us  search p50 {:>7.2} ms  p95 {:>7.2} ms  {:>5} MB",
        one.rows,
        one.insert_us,
        one.search_p50_ms,
        one.search_p95_ms,
        one.bytes / 1_000_000,
    );
    if is_json { eprintln!("{line}") } else { println!("{line}") }
}

/// Searches of each kind, and how long each took.
type Kinds = BTreeMap<&'static str, Vec<Duration>>;

fn tell_kinds(kinds: Kinds) {
    for (kind, mut searches) in kinds {
        let [p50, p95, longest] = [50, 95, 100].map(|percent| ms(at(&mut searches, percent)));
        eprintln!("{kind:>30} p50 {p50:>7.2} ms  p95 {p95:>7.2} ms  longest {longest:>7.2} ms");
    }
}

/// The database's key: it has to open what was kept, and nothing in it was ever said.
const KEY: [u8; 32] = [0x5c; 32];

fn scout(path: &Path, rows: usize, encrypted: bool) -> anyhow::Result<(Measured, Kinds)> {
    let store = if encrypted { Store::open(path, &Key::from_bytes(KEY))? } else { Store::open_plain(path)? };
    let all = Which { until: Some(Timestamp::MAX), ..Which::default() };
    let is_filled = store.extent(&all)?.entries >= rows as u64;
    let mut speaker = Speaker::default();
    let mut left = rows;
    while left > 0 {
        let entries: Vec<Entry> = (0..left.min(BATCH)).map(|_| speaker.dictation(rows)).collect();
        if !is_filled {
            store.record_all(&entries)?;
        }
        left -= entries.len();
    }
    let mut inserts = Vec::new();
    for _ in 0..SINGLE_INSERTS {
        let entry = speaker.dictation(rows);
        inserts.push(timed(|| store.record(&entry))?);
    }
    let now = Timestamp::now();
    let (mut searches, mut kinds) = (Vec::new(), Kinds::new());
    for (kind, query) in speaker.queries(SEARCHES) {
        let query = scout_log::history::Query::parse(&query, now.to_zoned(jiff::tz::TimeZone::UTC).date());
        let taken = timed(|| store.search_at(&query, PAGE, now).map(drop))?;
        searches.push(taken);
        kinds.entry(kind).or_default().push(taken);
    }
    drop(store);
    Ok((result("scout", rows, encrypted, inserts, searches, path), kinds))
}

/// What one gets with FTS5 as it comes.
fn plain(path: &Path, rows: usize) -> anyhow::Result<Measured> {
    let connection = rusqlite::Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE VIRTUAL TABLE IF NOT EXISTS said USING fts5 (text)")?;
    let filled: i64 = connection.query_row("SELECT coalesce(max(rowid), 0) FROM said", [], |row| row.get(0))?;
    let is_filled = filled >= i64::try_from(rows).unwrap_or(i64::MAX);
    let insert = |text: &str| connection.execute("INSERT INTO said (text) VALUES (?1)", [text]).map(drop);
    let mut speaker = Speaker::default();
    let mut left = rows;
    while left > 0 {
        connection.execute_batch("BEGIN")?;
        for _ in 0..left.min(BATCH) {
            let text = speaker.dictation(rows).text;
            if !is_filled {
                insert(&text)?;
            }
        }
        connection.execute_batch("COMMIT")?;
        left -= left.min(BATCH);
    }
    let mut inserts = Vec::new();
    for _ in 0..SINGLE_INSERTS {
        let text = speaker.dictation(rows).text;
        inserts.push(timed(|| insert(&text))?);
    }
    let mut statement = connection.prepare(
        "SELECT rowid, snippet(said, 0, '<', '>', '…', 14) FROM said WHERE said MATCH ?1 ORDER BY bm25(said) LIMIT ?2",
    )?;
    let mut searches = Vec::new();
    for (_, query) in speaker.queries(SEARCHES) {
        // It has no filters: the words alone are looked for.
        let words: Vec<&str> = query.split_inclusive(' ').filter(|word| !word.contains(':')).collect();
        let words = words.concat();
        searches.push(timed(|| {
            let found = statement
                .query_map((words.trim(), i64::try_from(PAGE).unwrap_or(i64::MAX)), |row| row.get::<_, i64>(0))?;
            found.collect::<rusqlite::Result<Vec<_>>>().map(drop)
        })?);
    }
    drop(statement);
    drop(connection);
    Ok(result("fts5", rows, false, inserts, searches, path))
}

fn timed<E>(run: impl FnOnce() -> Result<(), E>) -> Result<Duration, E> {
    let begun = Instant::now();
    run()?;
    Ok(begun.elapsed())
}

fn at(times: &mut [Duration], percent: usize) -> Duration {
    percentile(times, percent).unwrap_or_default()
}

fn result(
    store: &'static str,
    rows: usize,
    encrypted: bool,
    mut inserts: Vec<Duration>,
    mut searches: Vec<Duration>,
    path: &Path,
) -> Measured {
    Measured {
        store,
        rows,
        encrypted,
        insert_us: ms(at(&mut inserts, 50)) * 1e3,
        search_p50_ms: ms(at(&mut searches, 50)),
        search_p95_ms: ms(at(&mut searches, 95)),
        bytes: std::fs::metadata(path).map_or(0, |file| file.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_log_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        for encrypted in [true, false] {
            let (measured, _) = scout(&folder.path().join(format!("{encrypted}")), 300, encrypted).unwrap();
            assert!(measured.bytes > 100_000 && measured.search_p95_ms >= measured.search_p50_ms);
        }
        assert!(plain(&folder.path().join("plain"), 300).unwrap().insert_us > 0.0);
    }
}
