//! One dictation as the log keeps it, and as it is shown to programs.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;

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
    /// Pasted through the clipboard, and read by a program that the desktop does not name.
    Unconfirmed,
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
    pub const ALL: [Self; 11] = [
        Self::Transcribed,
        Self::Typed,
        Self::Pasted,
        Self::Unconfirmed,
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
            Self::Unconfirmed => "unconfirmed",
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
    fn an_application_without_an_id_is_shown_by_its_program() {
        let app = Application { executable: Some("/usr/bin/gedit".into()), ..Application::default() };
        assert_eq!(app.name(), Some("gedit"));
    }
}
