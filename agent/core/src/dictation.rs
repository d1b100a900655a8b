//! What every room knows of a dictation: its id, how it ended, and the units that audio is counted in.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Samples per second everywhere after capture: what Whisper and the voice activity detector were trained on.
pub const SAMPLE_RATE: u32 = 16_000;

/// One dictation, from key down to delivery. Ordered by time of creation and unique across restarts (UUID version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DictationId(Uuid);

impl DictationId {
    /// A new id, later than all before it.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// An id with a known number, for tests and scenarios.
    pub fn numbered(number: u64) -> Self {
        Self(Uuid::from_u128(u128::from(number)))
    }

    /// The id as it is stored. The order of the bytes is the order of the ids.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id that was stored as these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl Default for DictationId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for DictationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for DictationId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// How a dictation ended: the one word for it in the session, the log, the status and the tray.
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
    /// Not sent, or not all of it, but kept for the user: the focus moved, or the window takes no input.
    Held,
    /// Cancelled by the user.
    Cancelled,
    /// Something failed; the recording, if there is one, is kept.
    Failed,
    /// Cut off by a crash, and transcribed afterwards.
    Recovered,
    /// Nothing was said.
    NothingSaid,
    /// Nothing but spoken commands was said, and they were carried out. Never in the log.
    CarriedOut,
    /// The agent ended before the dictation did; the recording is kept, and offered at the next start. Never in the log.
    Suspended,
}

impl Outcome {
    /// All that the log may hold.
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
            Self::CarriedOut => "carried-out",
            Self::Suspended => "suspended",
        }
    }

    /// Whether the text went into a window, as far as is known.
    pub const fn is_in_window(self) -> bool {
        matches!(self, Self::Typed | Self::Pasted | Self::Unconfirmed)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name).ok_or_else(|| UnknownOutcome(name.to_owned()))
    }
}

/// A name that is no outcome's.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an outcome that this Scout knows")]
pub struct UnknownOutcome(String);

/// A text that was dictated lately, as the tray's menu offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// The dictation.
    pub id: DictationId,
    /// What was said.
    pub text: String,
}

/// How long that many samples at [`SAMPLE_RATE`] last.
pub fn duration_of(samples: usize) -> Duration {
    Duration::from_micros(samples as u64 * 1_000_000 / u64::from(SAMPLE_RATE))
}

/// How many samples at [`SAMPLE_RATE`] a duration holds, rounded down.
pub fn samples_in(duration: Duration) -> usize {
    (duration.as_micros() as u64 * u64::from(SAMPLE_RATE) / 1_000_000) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_back_as_they_are_read_and_grow() {
        let (first, second) = (DictationId::new(), DictationId::new());
        assert!(first < second);
        assert_eq!(first.to_string().parse::<DictationId>().unwrap(), first);
    }

    #[test]
    fn an_outcome_is_read_back_by_its_name() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse::<Outcome>().unwrap(), outcome);
        }
        assert!("lost".parse::<Outcome>().is_err());
        assert!("suspended".parse::<Outcome>().is_err(), "it is never in the log");
    }

    #[test]
    fn samples_and_durations_agree() {
        assert_eq!(duration_of(16_000), Duration::from_secs(1));
        assert_eq!(samples_in(Duration::from_millis(32)), 512);
    }
}
