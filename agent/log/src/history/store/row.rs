//! Converts rows of the database to entries.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use rusqlite::Row;
use rusqlite::types::Type;

use scout_core::dictation::DictationId;
use scout_core::log_entry::{Application, Entry, Latencies};

/// The columns that [`entry_of`] reads, by name.
pub(in crate::history) const COLUMNS: &str = "dictation.id, started_ms, utc_offset_s, ended_ms, app_id, window_title, executable, \
     profile, language, model, raw_text, text, audio_ms, speech_ms, outcome, outcome_detail, ready_ms, audio_end_ms, \
     transcribe_ms, compose_ms, deliver_ms, release_to_text_ms, segments";

/// Converts a duration to the unit of the database.
pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Converts a row that has [`COLUMNS`].
pub(in crate::history) fn entry_of(row: &Row<'_>) -> rusqlite::Result<Entry> {
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
