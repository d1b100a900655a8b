//! Inserts and updates entries.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::named_params;
use scout_core::dictation::DictationId;
use scout_core::log_entry::{Delivery, Entry};

use super::row::milliseconds;
use super::{Store, fold};
use crate::history::error::HistoryError;

impl Store {
    /// Records all entries in one transaction: all of them, or none.
    pub fn record_all(&self, entries: &[Entry]) -> Result<(), HistoryError> {
        self.in_one_transaction(|store| entries.iter().try_for_each(|entry| store.record(entry)))
    }

    /// Runs several writes in one transaction: all of them take effect, or none.
    pub(in crate::history) fn in_one_transaction(
        &self,
        write: impl FnOnce(&Self) -> Result<(), HistoryError>,
    ) -> Result<(), HistoryError> {
        let run = |sql: &str| self.connection.execute_batch(sql).map_err(|error| self.failed(&error));
        run("BEGIN IMMEDIATE")?;
        match write(self) {
            Ok(()) => run("COMMIT"),
            Err(error) => {
                // Fails if SQLite has rolled back already.
                let _rolled_back = run("ROLLBACK");
                Err(error)
            }
        }
    }

    /// Inserts an entry, or replaces the one with its id. When this returns, the entry survives a power loss.
    pub fn record(&self, entry: &Entry) -> Result<(), HistoryError> {
        let optional = |duration: Option<Duration>| duration.map(milliseconds);
        self.connection
            .prepare_cached(
                "INSERT INTO dictation (id, started_ms, utc_offset_s, ended_ms, app_id, window_title, executable, profile, \
                 language, model, raw_text, text, audio_ms, speech_ms, outcome, outcome_detail, ready_ms, audio_end_ms, \
                 transcribe_ms, compose_ms, deliver_ms, release_to_text_ms, segments, pairs, words) \
                 VALUES (:id, :started_ms, :utc_offset_s, :ended_ms, :app_id, :window_title, :executable, :profile, \
                 :language, :model, :raw_text, :text, :audio_ms, :speech_ms, :outcome, :outcome_detail, :ready_ms, \
                 :audio_end_ms, :transcribe_ms, :compose_ms, :deliver_ms, :release_to_text_ms, :segments, :pairs, :words) \
                 ON CONFLICT (id) DO UPDATE SET started_ms = excluded.started_ms, utc_offset_s = excluded.utc_offset_s, \
                 ended_ms = excluded.ended_ms, app_id = excluded.app_id, window_title = excluded.window_title, \
                 executable = excluded.executable, profile = excluded.profile, language = excluded.language, \
                 model = excluded.model, raw_text = excluded.raw_text, text = excluded.text, \
                 audio_ms = excluded.audio_ms, speech_ms = excluded.speech_ms, outcome = excluded.outcome, \
                 outcome_detail = excluded.outcome_detail, ready_ms = excluded.ready_ms, \
                 audio_end_ms = excluded.audio_end_ms, transcribe_ms = excluded.transcribe_ms, \
                 compose_ms = excluded.compose_ms, deliver_ms = excluded.deliver_ms, \
                 release_to_text_ms = excluded.release_to_text_ms, segments = excluded.segments, \
                 pairs = excluded.pairs, words = excluded.words",
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
                    ":pairs": fold::pairs(entry.said()),
                    ":words": i64::try_from(fold::count_words(entry.said())).unwrap_or(i64::MAX),
                })
            })
            .map(|_| ())
            .map_err(|error| self.failed(&error))
    }

    /// Updates the outcome of an entry. Returns `false` if no entry has this id.
    pub(crate) fn update(&self, id: DictationId, delivery: &Delivery) -> Result<bool, HistoryError> {
        let Some(mut entry) = self.get(id)? else { return Ok(false) };
        entry.apply(delivery);
        self.record(&entry)?;
        Ok(true)
    }
}
