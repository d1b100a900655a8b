//! Silero VAD: the detector that gives each hop of audio its probability of speech.

mod offset;
mod silero;

pub use offset::WithoutOffset;
use scout_core::speech::{Rules, SpeechError, SpeechSpan, spans_with};
pub use silero::Silero;

/// Makes the detector that dictations and files go through.
///
/// # Errors
/// When the model of the detector cannot be loaded.
pub fn detector() -> Result<WithoutOffset<Silero>, SpeechError> {
    Ok(WithoutOffset::new(Silero::new()?))
}

/// The spans of speech in a whole clip of 16 kHz mono samples, by [`detector`] under [`Rules::DICTATION`]. None at all
/// means that there is nothing to transcribe.
pub fn spans(samples: &[f32]) -> Result<Vec<SpeechSpan>, SpeechError> {
    spans_with(&mut detector()?, Rules::DICTATION, samples)
}

#[cfg(test)]
mod golden;
