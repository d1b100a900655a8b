//! What every room knows of a dictation: its id, and the units that audio is counted in.

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
    fn samples_and_durations_agree() {
        assert_eq!(duration_of(16_000), Duration::from_secs(1));
        assert_eq!(samples_in(Duration::from_millis(32)), 512);
    }
}
