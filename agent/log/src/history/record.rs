//! Converts entries to and from JSON: the record for scripts and exports, and the note that is kept with a recording.

use std::str::FromStr as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use scout_core::dictation::DictationId;
use scout_core::log_entry::{Application, Entry, Latencies, UnknownOutcome};

/// The profile of a recovered dictation without a note.
const PROFILE_UNKNOWN: &str = "default";

/// An [`Entry`] as JSON. Scripts may rely on its names and types.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    id: DictationId,
    started: String,
    ended: Option<String>,
    app: Option<&'a str>,
    window_title: Option<&'a str>,
    executable: Option<&'a str>,
    profile: &'a str,
    language: Option<&'a str>,
    model: Option<&'a str>,
    text: &'a str,
    raw_text: &'a str,
    audio_ms: u64,
    speech_ms: u64,
    outcome: &'static str,
    outcome_detail: Option<&'a str>,
    latency_ms: LatencyRecord,
    segments: &'a serde_json::Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct LatencyRecord {
    ready: Option<u64>,
    audio_end: Option<u64>,
    transcribe: Option<u64>,
    compose: Option<u64>,
    deliver: Option<u64>,
    release_to_text: Option<u64>,
}

impl Record<'_> {
    /// The names of the fields, for the help text.
    pub const FIELDS: &'static str = "id, started, ended (RFC 3339), app, window_title, executable, profile, language, \
         model, text, raw_text, audio_ms, speech_ms, outcome (transcribed, typed, pasted, unconfirmed, copied, logged, \
         held, cancelled, failed, recovered, nothing-said), outcome_detail, latency_ms {ready, audio_end, transcribe, compose, \
         deliver, release_to_text}, segments; what is not known is null";
}

impl<'a> From<&'a Entry> for Record<'a> {
    fn from(entry: &'a Entry) -> Self {
        let with_offset = |time: Timestamp| time.display_with_offset(entry.utc_offset).to_string();
        let latency = |duration: Option<Duration>| duration.map(milliseconds);
        Self {
            id: entry.id,
            started: with_offset(entry.started),
            ended: entry.ended.map(with_offset),
            app: entry.application.id.as_deref(),
            window_title: entry.application.title.as_deref(),
            executable: entry.application.executable.as_deref(),
            profile: &entry.profile,
            language: entry.language.as_deref(),
            model: entry.model.as_deref(),
            text: &entry.text,
            raw_text: &entry.raw_text,
            audio_ms: milliseconds(entry.audio),
            speech_ms: milliseconds(entry.speech),
            outcome: entry.outcome.as_str(),
            outcome_detail: entry.detail.as_deref(),
            latency_ms: LatencyRecord {
                ready: latency(entry.latencies.ready),
                audio_end: latency(entry.latencies.audio_end),
                transcribe: latency(entry.latencies.transcribe),
                compose: latency(entry.latencies.compose),
                deliver: latency(entry.latencies.deliver),
                release_to_text: latency(entry.latencies.release_to_text),
            },
            segments: &entry.segments,
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

/// A record that is read: from an export, or from a sealed entry.
#[derive(Debug, Deserialize)]
struct IncomingRecord {
    id: DictationId,
    started: String,
    ended: Option<String>,
    app: Option<String>,
    window_title: Option<String>,
    executable: Option<String>,
    profile: String,
    language: Option<String>,
    model: Option<String>,
    text: String,
    raw_text: String,
    audio_ms: u64,
    speech_ms: u64,
    outcome: String,
    outcome_detail: Option<String>,
    latency_ms: LatencyRecord,
    segments: serde_json::Value,
}

/// The JSON is not a record; the message gives the reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRecord(String);

/// Parses the record of an entry.
pub(super) fn entry_from(json: &[u8]) -> Result<Entry, InvalidRecord> {
    let record: IncomingRecord = serde_json::from_slice(json).map_err(|error| InvalidRecord(error.to_string()))?;
    let time = |text: &str| Timestamp::from_str(text).map_err(|error| InvalidRecord(error.to_string()));
    let latency = |milliseconds: Option<u64>| milliseconds.map(Duration::from_millis);
    let mut entry = Entry::new(record.id, time(&record.started)?, record.profile);
    entry.utc_offset = offset_of(&record.started).unwrap_or(entry.utc_offset);
    entry.ended = record.ended.as_deref().map(time).transpose()?;
    entry.application = Application { id: record.app, title: record.window_title, executable: record.executable };
    entry.language = record.language;
    entry.model = record.model;
    entry.text = record.text;
    entry.raw_text = record.raw_text;
    entry.audio = Duration::from_millis(record.audio_ms);
    entry.speech = Duration::from_millis(record.speech_ms);
    entry.outcome = record.outcome.parse().map_err(|error: UnknownOutcome| InvalidRecord(error.to_string()))?;
    entry.detail = record.outcome_detail;
    entry.latencies = Latencies {
        ready: latency(record.latency_ms.ready),
        audio_end: latency(record.latency_ms.audio_end),
        transcribe: latency(record.latency_ms.transcribe),
        compose: latency(record.latency_ms.compose),
        deliver: latency(record.latency_ms.deliver),
        release_to_text: latency(record.latency_ms.release_to_text),
    };
    entry.segments = record.segments;
    Ok(entry)
}

/// Returns the offset from UTC at the end of a time.
fn offset_of(time: &str) -> Option<Offset> {
    jiff::fmt::temporal::Pieces::parse(time).ok()?.to_numeric_offset()
}

/// What is known when a dictation begins. It is written at the beginning of the recording, so that a recovered
/// dictation has its time, application and profile.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    started: Timestamp,
    utc_offset_s: i32,
    app: Option<String>,
    window_title: Option<String>,
    executable: Option<String>,
    profile: String,
    language: Option<String>,
    model: Option<String>,
}

/// Returns the note to keep with the recording until the entry is recorded.
pub fn note(entry: &Entry) -> serde_json::Value {
    let note = Note {
        started: entry.started,
        utc_offset_s: entry.utc_offset.seconds(),
        app: entry.application.id.clone(),
        window_title: entry.application.title.clone(),
        executable: entry.application.executable.clone(),
        profile: entry.profile.clone(),
        language: entry.language.clone(),
        model: entry.model.clone(),
    };
    // Strings, numbers and a time can always be serialized. In any case the audio is kept.
    serde_json::to_value(note).unwrap_or_default()
}

/// Creates an entry from its note. Without a readable note, its start time is the one in its id.
pub(crate) fn from_note(id: DictationId, note: &serde_json::Value) -> Entry {
    let Ok(note) = Note::deserialize(note) else {
        return Entry::new(id, time_of(id).unwrap_or_else(Timestamp::now), PROFILE_UNKNOWN);
    };
    let mut entry = Entry::new(id, note.started, note.profile);
    entry.utc_offset = Offset::from_seconds(note.utc_offset_s).unwrap_or(entry.utc_offset);
    entry.application = Application { id: note.app, title: note.window_title, executable: note.executable };
    entry.language = note.language;
    entry.model = note.model;
    entry
}

/// Returns when the id was created: the first six bytes of a UUID of version 7 are the milliseconds since 1970.
fn time_of(id: DictationId) -> Option<Timestamp> {
    let bytes = id.as_bytes();
    let is_version_7 = bytes[6] >> 4 == 7;
    let milliseconds = bytes[..6].iter().fold(0, |sum, &byte| sum << 8 | i64::from(byte));
    Timestamp::from_millisecond(milliseconds).ok().filter(|_| is_version_7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::log_entry::Outcome;

    #[test]
    fn a_record_is_read_back_as_the_entry_that_it_was() {
        let mut entry = Entry::new(DictationId::new(), "2026-03-01T12:00:00.25Z".parse().unwrap(), "mail");
        entry.utc_offset = Offset::constant(-3);
        entry.ended = Some("2026-03-01T12:00:09Z".parse().unwrap());
        entry.application.id = Some("gedit".into());
        entry.text = "Hello,\nworld".into();
        entry.outcome = Outcome::Held;
        entry.latencies.ready = Some(Duration::from_millis(40));
        entry.segments = serde_json::json!([{ "text": "hello", "avg_logprob": -0.25 }]);
        let json = serde_json::to_vec(&Record::from(&entry)).unwrap();
        assert_eq!(entry_from(&json).unwrap(), entry);
        assert!(entry_from(b"{}").is_err());
    }

    #[test]
    fn a_record_tells_the_time_as_the_users_clock_showed_it() {
        let mut entry = Entry::new(DictationId::numbered(1), "2026-03-01T12:00:00.25Z".parse().unwrap(), "default");
        entry.utc_offset = Offset::constant(2);
        let record = serde_json::to_value(Record::from(&entry)).unwrap();
        assert_eq!(record["started"], "2026-03-01T14:00:00.25+02:00");
        assert_eq!(record["ended"], serde_json::Value::Null);
    }

    #[test]
    fn the_help_text_names_every_field_of_a_record() {
        let entry = Entry::new(DictationId::numbered(1), Timestamp::UNIX_EPOCH, "default");
        let record = serde_json::to_value(Record::from(&entry)).unwrap();
        for name in record.as_object().unwrap().keys().chain(record["latency_ms"].as_object().unwrap().keys()) {
            assert!(Record::FIELDS.contains(name.as_str()), "{name} is not in the help");
        }
        for outcome in Outcome::ALL {
            assert!(Record::FIELDS.contains(outcome.as_str()), "{outcome} is not in the help");
        }
    }

    #[test]
    fn an_entry_is_created_from_its_note() {
        let mut entry = Entry::new(DictationId::new(), "2026-03-01T12:00:00.5Z".parse().unwrap(), "chat");
        entry.utc_offset = Offset::constant(-3);
        entry.application.id = Some("signal".into());
        entry.application.title = Some("Signal".into());
        entry.language = Some("pt".into());
        entry.model = Some("base".into());
        assert_eq!(from_note(entry.id, &note(&entry)), entry);
    }

    #[test]
    fn without_a_note_the_time_is_the_one_in_the_id() {
        let before = Timestamp::now().as_millisecond();
        let id = DictationId::new();
        let entry = from_note(id, &serde_json::Value::Null);
        assert!((before..=Timestamp::now().as_millisecond()).contains(&entry.started.as_millisecond()));
        assert_eq!(entry.profile, PROFILE_UNKNOWN);
    }
}
