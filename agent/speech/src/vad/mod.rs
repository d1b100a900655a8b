//! Silero VAD: the detector that gives each hop of audio its probability of speech.

mod silero;

use scout_core::speech::{Rules, SpeechError, SpeechSpan, spans_with};
pub use silero::Silero;

/// The spans of speech in a whole clip of 16 kHz mono samples, by [`Silero`] under [`Rules::DICTATION`]. None at all
/// means that there is nothing to transcribe.
pub fn spans(samples: &[f32]) -> Result<Vec<SpeechSpan>, SpeechError> {
    spans_with(&mut Silero::new()?, Rules::DICTATION, samples)
}

#[cfg(test)]
mod golden;
