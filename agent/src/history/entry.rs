//! One dictation as the log keeps it, and as it is shown to programs.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Serialize;

use crate::dictation::DictationId;

/// One dictation.
///
/// It is recorded once its text is known, before delivery, and again with what became of it: a failed delivery, or a crash
/// in the midst of one, loses nothing. Times are kept to the millisecond.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: DictationId,
    /// When the key went down.
    pub started: Timestamp,
    /// How far the user's clock was from UTC then.
    pub utc_offset: Offset,
    /// When it was over: delivered, held, failed or cancelled.
    pub ended: Option<Timestamp>,
    /// Where the focus was when the key went down.
    pub application: Application,
    /// The profile that applied.
    pub profile: String,
    /// The language that was spoken, as the model's code for it (`en`).
    pub language: Option<String>,
    /// The name of the model.
    pub model: Option<String>,
    /// What the model heard.
    pub raw_text: String,
    /// What was composed of it for delivery.
    pub text: String,
    /// How much was recorded.
    pub audio: Duration,
    /// How much of it was speech.
    pub speech: Duration,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in words for the user.
    pub detail: Option<String>,
    /// How long each stage took.
    pub latencies: Latencies,
    /// The transcriber's segments, as a JSON array.
    pub segments: serde_json::Value,
}

impl Entry {
    /// An entry that knows nothing but when it began, by this machine's clock, and with which profile.
    pub fn new(id: DictationId, started: Timestamp, profile: impl Into<String>) -> Self {
        Self {
            id,
            started: whole_milliseconds(started),
            utc_offset: jiff::tz::TimeZone::system().to_offset(started),
            ended: None,
            application: Application::default(),
            profile: profile.into(),
            language: None,
            model: None,
            raw_text: String::new(),
            text: String::new(),
            audio: Duration::ZERO,
            speech: Duration::ZERO,
            outcome: Outcome::Transcribed,
            detail: None,
            latencies: Latencies::default(),
            segments: serde_json::Value::Array(Vec::new()),
        }
    }

    /// Fills in what became of it.
    pub fn apply(&mut self, delivery: &Delivery) {
        self.outcome = delivery.outcome;
        self.detail.clone_from(&delivery.detail);
        self.ended = Some(whole_milliseconds(delivery.ended));
        self.latencies.deliver = delivery.deliver;
        self.latencies.release_to_text = delivery.release_to_text;
    }

    /// What to show of it in one place: the composed text, or what the model heard if nothing was composed.
    pub fn said(&self) -> &str {
        if self.text.is_empty() { &self.raw_text } else { &self.text }
    }

    /// Eight digits that tell it from others in a list. The last ones: they are random, while the first ones are the time,
    /// which neighbours share.
    pub fn short_id(&self) -> String {
        let digits = self.id.to_string();
        digits[digits.len() - 8..].to_owned()
    }
}

/// Cuts off what the log does not keep.
fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// The application that was dictated into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Application {
    /// Its id: `WM_CLASS`, Wayland `app_id`, bundle id.
    pub id: Option<String>,
    /// The window's title.
    pub title: Option<String>,
    /// The program's file.
    pub executable: Option<String>,
}

impl Application {
    /// The name to show: the id, or the program's file name.
    pub fn name(&self) -> Option<&str> {
        let file = || self.executable.as_deref().map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path));
        self.id.as_deref().or_else(file)
    }
}

/// What became of a dictation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The text is known, and not (yet) delivered. Still so in the log later: Scout was killed before it knew more.
    Transcribed,
    /// Typed with keystrokes.
    Typed,
    /// Pasted through the clipboard.
    Pasted,
    /// Put on the clipboard, as the profile asks.
    Copied,
    /// Only logged, as the profile asks.
    Logged,
    /// Not sent, but kept for the user: the focus moved, or the window takes no input.
    Held,
    /// Cancelled by the user.
    Cancelled,
    /// Something failed; the detail says what.
    Failed,
    /// Cut off by a crash, and transcribed afterwards.
    Recovered,
    /// Nothing was said.
    NothingSaid,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Transcribed,
        Self::Typed,
        Self::Pasted,
        Self::Copied,
        Self::Logged,
        Self::Held,
        Self::Cancelled,
        Self::Failed,
        Self::Recovered,
        Self::NothingSaid,
    ];

    /// Its name in the log, in exports and on the terminal. Never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transcribed => "transcribed",
            Self::Typed => "typed",
            Self::Pasted => "pasted",
            Self::Copied => "copied",
            Self::Logged => "logged",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Recovered => "recovered",
            Self::NothingSaid => "nothing-said",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name).ok_or_else(|| UnknownOutcome(name.to_owned()))
    }
}

/// A name that is no outcome's.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an outcome that this Scout knows")]
pub struct UnknownOutcome(String);

/// How long each stage took; `None` where the dictation did not come so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latencies {
    /// From the key press to the first real samples.
    pub ready: Option<Duration>,
    /// From the release to the last sample.
    pub audio_end: Option<Duration>,
    /// Transcription after the last sample.
    pub transcribe: Option<Duration>,
    /// Composing the text.
    pub compose: Option<Duration>,
    /// Typing, or pasting until the target had read it.
    pub deliver: Option<Duration>,
    /// From the release to the last character.
    pub release_to_text: Option<Duration>,
}

/// What is learnt of a dictation when its delivery is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in words for the user.
    pub detail: Option<String>,
    /// When it was over.
    pub ended: Timestamp,
    /// Typing, or pasting until the target had read it.
    pub deliver: Option<Duration>,
    /// From the release to the last character.
    pub release_to_text: Option<Duration>,
}

/// An [`Entry`] as JSON: the names and shapes that scripts may rely on.
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

#[derive(Debug, Serialize)]
struct LatencyRecord {
    ready: Option<u64>,
    audio_end: Option<u64>,
    transcribe: Option<u64>,
    compose: Option<u64>,
    deliver: Option<u64>,
    release_to_text: Option<u64>,
}

impl Record<'_> {
    /// The names of a record's fields, for the help text.
    pub const FIELDS: &'static str = "id, started, ended (RFC 3339), app, window_title, executable, profile, language, \
         model, text, raw_text, audio_ms, speech_ms, outcome (transcribed, typed, pasted, copied, logged, held, \
         cancelled, failed, recovered, nothing-said), outcome_detail, latency_ms {ready, audio_end, transcribe, compose, \
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_back_by_its_name() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse::<Outcome>().unwrap(), outcome);
        }
        assert!("lost".parse::<Outcome>().is_err());
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
    fn an_application_without_an_id_is_shown_by_its_program() {
        let app = Application { executable: Some("/usr/bin/gedit".into()), ..Application::default() };
        assert_eq!(app.name(), Some("gedit"));
    }
}
