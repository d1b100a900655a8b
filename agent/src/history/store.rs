//! The database: opening it, and writing and reading entries.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use rusqlite::types::Type;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, named_params};
use scout_platform::files;

use super::entry::{Application, Delivery, Entry, Latencies};
use super::error::HistoryError;
use super::migrate;
use crate::dictation::DictationId;

/// How long to wait for another process's write before giving up: longer than any single write of Scout's takes. Only the
/// history thread and the command line wait, never a delivery.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Fewest digits of an id that are looked for: with fewer, too many dictations fit.
pub(super) const ID_DIGITS_MIN: usize = 4;

/// Digits of a whole id, without its dashes.
const ID_DIGITS: usize = 32;

/// The columns that [`entry_of`] reads, by name.
pub(super) const COLUMNS: &str = "dictation.id, started_ms, utc_offset_s, ended_ms, app_id, window_title, executable, \
     profile, language, model, raw_text, text, audio_ms, speech_ms, outcome, outcome_detail, ready_ms, audio_end_ms, \
     transcribe_ms, compose_ms, deliver_ms, release_to_text_ms, segments";

/// An open log. One process writes it, any number may read beside it.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl Store {
    /// Opens the log for writing, making it, or bringing it up to date, where needed. Only its owner can read it.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let of_sqlite = |error| HistoryError::of_sqlite(path, &error);
        if path.exists() {
            // Through a connection that cannot write, so that a newer log is left as it is.
            refuse_newer(path, &connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
        }
        make_private(path)
            .map_err(|error| HistoryError::NoAccess { path: path.to_path_buf(), reason: error.to_string() })?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Readers never wait for the writer, nor the writer for them.
        connection.pragma_update(None, "journal_mode", "WAL").map_err(of_sqlite)?;
        // FULL rather than NORMAL: once a dictation counts as recorded its audio is removed, so it has to survive a power
        // loss. One sync per dictation, on a thread that nothing waits for.
        connection.pragma_update(None, "synchronous", "FULL").map_err(of_sqlite)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(of_sqlite)?;
        migrate::migrate(&mut connection, migrate::LATEST).map_err(of_sqlite)?;
        Ok(Self { connection, path: path.to_path_buf() })
    }

    /// Opens the log for reading, beside an agent that may be writing it.
    pub fn open_read_only(path: &Path) -> Result<Self, HistoryError> {
        if !path.exists() {
            return Err(HistoryError::Missing { path: path.to_path_buf() });
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let found = refuse_newer(path, &connection)?;
        if found < migrate::LATEST {
            return Err(HistoryError::Older { path: path.to_path_buf(), found, known: migrate::LATEST });
        }
        Ok(Self { connection, path: path.to_path_buf() })
    }

    /// Writes an entry, or all of it anew if there is one with its id. When this returns, it survives a power loss.
    pub fn record(&self, entry: &Entry) -> Result<(), HistoryError> {
        let optional = |duration: Option<Duration>| duration.map(milliseconds);
        self.connection
            .prepare_cached(
                "INSERT INTO dictation (id, started_ms, utc_offset_s, ended_ms, app_id, window_title, executable, profile, \
                 language, model, raw_text, text, audio_ms, speech_ms, outcome, outcome_detail, ready_ms, audio_end_ms, \
                 transcribe_ms, compose_ms, deliver_ms, release_to_text_ms, segments) \
                 VALUES (:id, :started_ms, :utc_offset_s, :ended_ms, :app_id, :window_title, :executable, :profile, \
                 :language, :model, :raw_text, :text, :audio_ms, :speech_ms, :outcome, :outcome_detail, :ready_ms, \
                 :audio_end_ms, :transcribe_ms, :compose_ms, :deliver_ms, :release_to_text_ms, :segments) \
                 ON CONFLICT (id) DO UPDATE SET started_ms = excluded.started_ms, utc_offset_s = excluded.utc_offset_s, \
                 ended_ms = excluded.ended_ms, app_id = excluded.app_id, window_title = excluded.window_title, \
                 executable = excluded.executable, profile = excluded.profile, language = excluded.language, \
                 model = excluded.model, raw_text = excluded.raw_text, text = excluded.text, \
                 audio_ms = excluded.audio_ms, speech_ms = excluded.speech_ms, outcome = excluded.outcome, \
                 outcome_detail = excluded.outcome_detail, ready_ms = excluded.ready_ms, \
                 audio_end_ms = excluded.audio_end_ms, transcribe_ms = excluded.transcribe_ms, \
                 compose_ms = excluded.compose_ms, deliver_ms = excluded.deliver_ms, \
                 release_to_text_ms = excluded.release_to_text_ms, segments = excluded.segments",
            )
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":id": entry.id.as_bytes(),
                    ":started_ms": entry.started.as_millisecond(),
                    ":utc_offset_s": entry.utc_offset.seconds(),
                    ":ended_ms": entry.ended.map(Timestamp::as_millisecond),
                    ":app_id": entry.application.id,
                    ":window_title": entry.application.title,
                    ":executable": entry.application.executable,
                    ":profile": entry.profile,
                    ":language": entry.language,
                    ":model": entry.model,
                    ":raw_text": entry.raw_text,
                    ":text": entry.text,
                    ":audio_ms": milliseconds(entry.audio),
                    ":speech_ms": milliseconds(entry.speech),
                    ":outcome": entry.outcome.as_str(),
                    ":outcome_detail": entry.detail,
                    ":ready_ms": optional(entry.latencies.ready),
                    ":audio_end_ms": optional(entry.latencies.audio_end),
                    ":transcribe_ms": optional(entry.latencies.transcribe),
                    ":compose_ms": optional(entry.latencies.compose),
                    ":deliver_ms": optional(entry.latencies.deliver),
                    ":release_to_text_ms": optional(entry.latencies.release_to_text),
                    ":segments": entry.segments.to_string(),
                })
            })
            .map(|_| ())
            .map_err(|error| self.failed(&error))
    }

    /// Fills in what became of an entry. `false` when there is none with this id.
    pub fn update(&self, id: DictationId, delivery: &Delivery) -> Result<bool, HistoryError> {
        let Some(mut entry) = self.get(id)? else { return Ok(false) };
        entry.apply(delivery);
        self.record(&entry)?;
        Ok(true)
    }

    /// Removes an entry. `false` when there was none with this id.
    pub fn delete(&self, id: DictationId) -> Result<bool, HistoryError> {
        self.connection
            .execute("DELETE FROM dictation WHERE id = ?1", [id.as_bytes()])
            .map(|rows| rows > 0)
            .map_err(|error| self.failed(&error))
    }

    /// The entry with this id.
    pub fn get(&self, id: DictationId) -> Result<Option<Entry>, HistoryError> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM dictation WHERE id = ?1"))
            .and_then(|mut statement| statement.query_row([id.as_bytes()], entry_of).optional())
            .map_err(|error| self.failed(&error))
    }

    /// The one entry whose id begins with these digits, or else ends with them, as in [`Entry::short_id`].
    pub fn find(&self, id: &str) -> Result<Entry, HistoryError> {
        let digits: String = id.chars().filter(|&digit| digit != '-').map(|digit| digit.to_ascii_lowercase()).collect();
        let plausible = (ID_DIGITS_MIN..=ID_DIGITS).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !plausible {
            return Err(HistoryError::NotAnId { id: id.to_owned() });
        }
        // Two suffice to know that there are several.
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

    /// At most `limit` entries, the newest first; only those older than `before`, if it is given.
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

    /// The newest entry.
    pub fn latest(&self) -> Result<Option<Entry>, HistoryError> {
        Ok(self.list(1, None)?.pop())
    }

    /// Hands over every entry, the oldest first, without keeping them all in memory. Stops at the first error of `take`.
    pub(super) fn each(&self, mut take: impl FnMut(Entry) -> Result<(), HistoryError>) -> Result<(), HistoryError> {
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

    fn entries(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Entry>, HistoryError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(parameters, entry_of)?.collect())
            .map_err(|error| self.failed(&error))
    }

    /// What an error of `SQLite` means for this log.
    pub(super) fn failed(&self, error: &rusqlite::Error) -> HistoryError {
        HistoryError::of_sqlite(&self.path, error)
    }
}

/// Sees to it that only the user can read the log, before anything is written to it. `SQLite` gives its -wal and -shm files
/// the same mode. A folder that is there already may hold other things, and is left as it is.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        files::create_private_dir(folder)?;
    }
    files::open_private(path, OpenOptions::new().create(true).append(true)).map(drop)
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, HistoryError> {
    let of_sqlite = |error| HistoryError::of_sqlite(path, &error);
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(of_sqlite)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(of_sqlite)?;
    Ok(connection)
}

/// The database's version, unless it is one that this program does not know.
fn refuse_newer(path: &Path, connection: &Connection) -> Result<u32, HistoryError> {
    let found = migrate::version(connection).map_err(|error| HistoryError::of_sqlite(path, &error))?;
    if found > migrate::LATEST {
        return Err(HistoryError::Newer { path: path.to_path_buf(), found, known: migrate::LATEST });
    }
    Ok(found)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Reads a row that has [`COLUMNS`].
pub(super) fn entry_of(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let time = |column: &str| -> rusqlite::Result<Option<Timestamp>> {
        let value: Option<i64> = row.get(column)?;
        value.map(|value| parsed(row, column, Type::Integer, Timestamp::from_millisecond(value))).transpose()
    };
    let duration = |column: &str| -> rusqlite::Result<Option<Duration>> {
        Ok(row.get::<_, Option<u32>>(column)?.map(|value| Duration::from_millis(u64::from(value))))
    };
    let text = |column: &str| row.get::<_, String>(column);
    Ok(Entry {
        id: DictationId::from_bytes(row.get("id")?),
        started: time("started_ms")?.unwrap_or_default(),
        utc_offset: parsed(row, "utc_offset_s", Type::Integer, Offset::from_seconds(row.get("utc_offset_s")?))?,
        ended: time("ended_ms")?,
        application: Application {
            id: row.get("app_id")?,
            title: row.get("window_title")?,
            executable: row.get("executable")?,
        },
        profile: text("profile")?,
        language: row.get("language")?,
        model: row.get("model")?,
        raw_text: text("raw_text")?,
        text: text("text")?,
        audio: duration("audio_ms")?.unwrap_or_default(),
        speech: duration("speech_ms")?.unwrap_or_default(),
        outcome: parsed(row, "outcome", Type::Text, text("outcome")?.parse())?,
        detail: row.get("outcome_detail")?,
        latencies: Latencies {
            ready: duration("ready_ms")?,
            audio_end: duration("audio_end_ms")?,
            transcribe: duration("transcribe_ms")?,
            compose: duration("compose_ms")?,
            deliver: duration("deliver_ms")?,
            release_to_text: duration("release_to_text_ms")?,
        },
        segments: parsed(row, "segments", Type::Text, serde_json::from_str(&text("segments")?))?,
    })
}

fn parsed<T, E>(row: &Row<'_>, column: &str, kind: Type, result: Result<T, E>) -> rusqlite::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let index = row.as_ref().column_index(column)?;
    result.map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, kind, Box::new(error)))
}

#[cfg(test)]
mod tests;
