//! Noise and speech through incremental transcription, faster than they sound.

use std::time::Duration;

use anyhow::{Result, ensure};
use scout_core::incremental::Rules;
use scout_core::transcript::{Abort, Options, TranscribeError, Transcript};
use scout_lab::replay;
use scout_speech::transcribe::Transcriber;
use scout_speech::vad::Silero;
use scout_tests::noise::{NOISES, Noise};
use scout_tests::speech;

/// Hears words wherever it is asked.
struct Inventive {
    asked: usize,
}

impl Transcriber for Inventive {
    fn transcribe(&mut self, _: &[f32], _: &Options, _: &Abort) -> Result<Transcript, TranscribeError> {
        self.asked += 1;
        Ok(Transcript { text: "Thank you.".into(), ..Transcript::default() })
    }
}

/// The noises of the end-to-end tests, for ten minutes in all: a model never hears them.
#[test]
fn minutes_of_noise_never_reach_the_model() -> Result<()> {
    let mut voice = Silero::new()?;
    for noise in NOISES {
        let mut model = Inventive { asked: 0 };
        let clip = noise.samples(120);
        let replayed =
            replay::replay(&clip, &mut voice, &mut model, &Options::default(), Rules::DICTATION, replay::PASS)?;
        ensure!(model.asked == 0 && replayed.transcript.text.is_empty(), "{noise:?} was heard {} times", model.asked);
        ensure!(replayed.most_kept < Duration::from_secs(1), "{noise:?} was kept: {:?}", replayed.most_kept);
    }
    // The same way lets speech through.
    let mut model = Inventive { asked: 0 };
    let place = scout_tests::Place::new()?;
    let clip = scout_speech::audio::read(&speech::quiet(&place)?.wav)?;
    replay::replay(&clip, &mut voice, &mut model, &Options::default(), Rules::DICTATION, replay::PASS)?;
    ensure!(model.asked > 0, "quiet speech was not heard");
    ensure!(Noise::Silence.samples(1).len() == 16_000);
    Ok(())
}
