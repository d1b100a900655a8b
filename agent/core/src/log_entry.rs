//! An entry of the log: one dictation.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::dictation::DictationId;
pub use crate::dictation::{Outcome, UnknownOutcome};

/// The fewest digits of an id that a search for it accepts: fewer digits match too many dictations.
pub const ID_DIGITS_MIN: usize = 4;

/// One dictation.
///
/// An entry is recorded when its text is known, before delivery, and again with its outcome. A failed delivery, or a
/// crash during one, therefore loses nothing. Times have a resolution of one millisecond.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: DictationId,
    /// When the key was pressed.
    pub started: Timestamp,
    /// The offset of the user's clock from UTC at that time.
    pub utc_offset: Offset,
    /// When it ended: delivered, held, failed or cancelled.
    pub ended: Option<Timestamp>,
    /// The application that had the focus when the key was pressed.
    pub application: Application,
    /// The profile that applied.
    pub profile: String,
    /// The spoken language, as the model's code (`en`).
    pub language: Option<String>,
    /// The name of the model.
    pub model: Option<String>,
    /// The transcript, as the model returned it.
    pub raw_text: String,
    /// The text that was composed for delivery.
    pub text: String,
    /// The length of the recording.
    pub audio: Duration,
    /// The length of the speech in it.
    pub speech: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// The reason, in words for the user.
    pub detail: Option<String>,
    /// How long each stage took.
    pub latencies: Latencies,
    /// The transcriber's segments, as a JSON array.
    pub segments: serde_json::Value,
}

impl Entry {
    /// Creates an entry from its start time, by this machine's clock, and its profile. All other fields are empty.
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

    /// Fills in the outcome of the delivery.
    pub fn apply(&mut self, delivery: &Delivery) {
        self.outcome = delivery.outcome;
        self.detail.clone_from(&delivery.detail);
        self.ended = Some(whole_milliseconds(delivery.ended));
        self.latencies.deliver = delivery.deliver;
        self.latencies.release_to_text = delivery.release_to_text;
    }

    /// Returns the text to show: the composed text, or the transcript if nothing was composed.
    pub fn said(&self) -> &str {
        if self.text.is_empty() { &self.raw_text } else { &self.text }
    }

    /// Returns the last eight digits of the id, which distinguish the entry in a list. The last digits are random; the
    /// first ones are the time, which neighbours share.
    pub fn short_id(&self) -> String {
        let digits = self.id.to_string();
        digits[digits.len() - 8..].to_owned()
    }
}

/// Rounds a time down to the resolution of the log.
fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// The application that received the dictation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Application {
    /// Its id: `WM_CLASS`, Wayland `app_id`, bundle id.
    pub id: Option<String>,
    /// The window's title.
    pub title: Option<String>,
    /// The path of the program.
    pub executable: Option<String>,
}

impl Application {
    /// Returns the name to show: the id, or the program's file name.
    pub fn name(&self) -> Option<&str> {
        let file = || self.executable.as_deref().map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path));
        self.id.as_deref().or_else(file)
    }
}

/// How long each stage took; `None` for a stage that the dictation did not reach.
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
    /// Typing, or pasting until the target has read the text.
    pub deliver: Option<Duration>,
    /// From the release to the last character.
    pub release_to_text: Option<Duration>,
}

/// The outcome of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How the dictation ended.
    pub outcome: Outcome,
    /// The reason, in words for the user.
    pub detail: Option<String>,
    /// When it ended.
    pub ended: Timestamp,
    /// Typing, or pasting until the target has read the text.
    pub deliver: Option<Duration>,
    /// From the release to the last character.
    pub release_to_text: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_without_an_id_is_shown_by_its_program() {
        let app = Application { executable: Some("/usr/bin/gedit".into()), ..Application::default() };
        assert_eq!(app.name(), Some("gedit"));
    }
}
