//! Silence never reaches the model: for a clip in which nobody speaks, Whisper invents a text.

use scout_core::dictation::duration_of;
use scout_core::speech::SpeechError;

use super::{Abort, Options, TranscribeError, Transcriber, Transcript};

/// A transcriber that answers clips without speech by itself, with an empty transcript.
#[derive(Debug)]
pub struct Gated<T, G> {
    transcriber: T,
    has_speech: G,
}

impl<T, G> Gated<T, G>
where
    T: Transcriber,
    G: FnMut(&[f32]) -> Result<bool, SpeechError>,
{
    /// Puts `has_speech`, a voice activity detector over a whole clip, before `transcriber`.
    pub fn new(transcriber: T, has_speech: G) -> Self {
        Self { transcriber, has_speech }
    }
}

impl<T, G> Transcriber for Gated<T, G>
where
    T: Transcriber,
    G: FnMut(&[f32]) -> Result<bool, SpeechError>,
{
    fn transcribe(&mut self, audio: &[f32], options: &Options, abort: &Abort) -> Result<Transcript, TranscribeError> {
        if !audio.is_empty() && (self.has_speech)(audio)? {
            return self.transcriber.transcribe(audio, options, abort);
        }
        let mut transcript = Transcript::default();
        transcript.timings.audio_seconds = duration_of(audio.len()).as_secs_f64();
        Ok(transcript)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Inventive;

    impl Transcriber for Inventive {
        fn transcribe(&mut self, _: &[f32], _: &Options, _: &Abort) -> Result<Transcript, TranscribeError> {
            Ok(Transcript { text: "Thank you.".into(), ..Transcript::default() })
        }
    }

    #[test]
    fn only_speech_is_transcribed() {
        let mut gated = Gated::new(Inventive, |audio: &[f32]| Ok(audio.iter().any(|sample| *sample != 0.0)));
        let mut text = |audio: &[f32]| gated.transcribe(audio, &Options::default(), &Abort::default()).unwrap().text;
        assert_eq!(text(&vec![0.0; 32_000]), "");
        assert_eq!(text(&[]), "");
        assert_eq!(text(&[0.0, 0.5]), "Thank you.");
    }
}
