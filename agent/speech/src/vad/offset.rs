//! Sound on a constant offset, as cheap sound cards give it: the detector takes speech on a large one for silence.

use scout_core::dictation::SAMPLE_RATE;
use scout_core::speech::{HOP, SpeechError, VoiceActivity};

/// What is slower than this, in Hz, is no voice: the lowest have 60 Hz.
const SLOWEST: f32 = 5.0;

/// A detector that does not hear offsets: a high-pass of first order is in front of it.
#[derive(Debug)]
pub struct WithoutOffset<V> {
    detector: V,
    /// What is left of the last output with the next sample.
    decay: f32,
    /// The last input and output; `None` before the first. What is there at the beginning was there before.
    last: Option<(f32, f32)>,
}

impl<V: VoiceActivity> WithoutOffset<V> {
    /// Puts the filter in front of a detector.
    pub fn new(detector: V) -> Self {
        let decay = (-std::f32::consts::TAU * SLOWEST / SAMPLE_RATE as f32).exp();
        Self { detector, decay, last: None }
    }
}

impl<V: VoiceActivity> VoiceActivity for WithoutOffset<V> {
    fn probability(&mut self, hop: &[f32; HOP]) -> Result<f32, SpeechError> {
        let mut filtered = *hop;
        for sample in &mut filtered {
            let (input, output) = self.last.unwrap_or((*sample, 0.0));
            let without = *sample - input + self.decay * output;
            self.last = Some((*sample, without));
            *sample = without;
        }
        self.detector.probability(&filtered)
    }

    fn reset(&mut self) {
        self.detector.reset();
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the loudest sample for the probability.
    struct Loudest;

    impl VoiceActivity for Loudest {
        fn probability(&mut self, hop: &[f32; HOP]) -> Result<f32, SpeechError> {
            Ok(hop.iter().fold(0.0, |most, sample| most.max(sample.abs())))
        }

        fn reset(&mut self) {}
    }

    #[test]
    fn an_offset_is_not_heard_and_the_lowest_voice_is() {
        let mut detector = WithoutOffset::new(Loudest);
        for offset in [0.9, -0.9, 0.0] {
            detector.reset();
            for number in 0..50 {
                let sample = |at: usize| {
                    let seconds = (number * HOP + at) as f32 / SAMPLE_RATE as f32;
                    offset + 0.1 * (std::f32::consts::TAU * 80.0 * seconds).sin()
                };
                let loudest = detector.probability(&std::array::from_fn(sample)).unwrap();
                assert!((0.09..0.11).contains(&loudest), "{offset}, hop {number}: {loudest}");
            }
        }
    }
}
