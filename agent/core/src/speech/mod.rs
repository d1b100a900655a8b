//! Where the voice is: voice activity detection.
//!
//! Audio is looked at in hops of [`HOP`] samples. A [`VoiceActivity`] detector gives each hop a probability of speech;
//! the [`segmenter`] turns the probabilities into spans of speech while they arrive, and [`spans_with`] does both for a whole
//! clip. Audio without a span never reaches the recogniser: Whisper invents text for silence.

pub mod segmenter;

use crate::dictation::duration_of;
pub use segmenter::{Mark, Rules, Segmenter};

/// Samples at [`SAMPLE_RATE`](crate::dictation::SAMPLE_RATE) that the detector looks at together, 32 ms: the only size
/// that Silero's 16 kHz model takes.
pub const HOP: usize = 512;

/// Tells speech from everything else, hop by hop. Carries state from one hop to the next, so hops of one recording must
/// come in order and complete.
pub trait VoiceActivity: Send {
    /// The probability that this hop holds speech, 0 to 1. Samples are within -1 to 1.
    fn probability(&mut self, hop: &[f32; HOP]) -> Result<f32, SpeechError>;

    /// Forgets what was heard: the next hop begins another recording.
    fn reset(&mut self);
}

/// A stretch of speech, in samples at [`SAMPLE_RATE`](crate::dictation::SAMPLE_RATE) from the start of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct SpeechSpan {
    /// First sample.
    pub start: usize,
    /// One past the last sample.
    pub end: usize,
}

impl SpeechSpan {
    /// How long it lasts.
    pub fn duration(self) -> std::time::Duration {
        duration_of(self.end - self.start)
    }
}

/// Why speech cannot be told from silence. Neither happens with a build that passed its tests: the weights are inside the
/// program.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// The detector's weights are unusable: the program file is damaged.
    #[error("the voice detector cannot start ({reason}): the program is damaged, install Scout again")]
    Weights {
        /// What the detector said.
        reason: String,
    },
    /// One hop could not be judged.
    #[error("the voice detector failed ({reason}): please report this")]
    Detection {
        /// What the detector said.
        reason: String,
    },
}

/// The spans of speech in a whole clip of 16 kHz mono samples. The same as what a [`Segmenter`] under the same rules
/// says of the clip while it is being recorded.
pub fn spans_with(
    detector: &mut dyn VoiceActivity,
    rules: Rules,
    samples: &[f32],
) -> Result<Vec<SpeechSpan>, SpeechError> {
    detector.reset();
    let mut segmenter = Segmenter::new(rules);
    let mut spans = Vec::new();
    let mut hop = [0.0; HOP];
    for chunk in samples.chunks(HOP) {
        hop[..chunk.len()].copy_from_slice(chunk);
        hop[chunk.len()..].fill(0.0);
        if let Some(Mark::Ended(span)) = segmenter.push(detector.probability(&hop)?) {
            spans.push(span);
        }
    }
    spans.extend(segmenter.finish(samples.len()));
    Ok(spans)
}
