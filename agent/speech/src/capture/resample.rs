//! Whatever rate and channels a device has, to 16 kHz mono, as it arrives.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};
use scout_core::dictation::SAMPLE_RATE;

use super::mixer::Mixer;
use super::{CaptureError, Format};

/// Frames that are converted together: 10 ms at the device's rate, so that conversion adds little delay, but not less
/// than the filter needs for a clean cut at 8 kHz.
const CHUNKS_PER_SECOND: u32 = 100;
const MIN_CHUNK: u32 = 256;

/// Converts a stream of interleaved frames to mono at [`SAMPLE_RATE`]. The output is aligned with the input (the filter's
/// delay is taken off, to within a sample) and, after [`Resampler::finish`], exactly as long.
pub(crate) struct Resampler {
    mixer: Mixer,
    /// `None` where the rate is right already.
    converter: Option<Converter>,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("mixer", &self.mixer).finish_non_exhaustive()
    }
}

struct Converter {
    fft: Fft<f32>,
    rate: u64,
    /// Mono frames that wait for a full chunk.
    waiting: Vec<f32>,
    converted: Vec<f32>,
    /// Filter delay that has still to be taken off, in output samples.
    delay: usize,
    frames_in: u64,
    samples_out: u64,
}

impl Resampler {
    /// A converter for one device's stream.
    pub(crate) fn new(format: Format) -> Result<Self, CaptureError> {
        let converter = if format.rate == SAMPLE_RATE { None } else { Some(Converter::new(format.rate)?) };
        Ok(Self { mixer: Mixer::new(format), converter })
    }

    /// Takes interleaved samples and appends to `output` what is ready.
    pub(crate) fn push(&mut self, samples: &[f32], output: &mut Vec<f32>) {
        let Self { mixer, converter } = self;
        let sink = match converter {
            Some(converter) => &mut converter.waiting,
            None => &mut *output,
        };
        mixer.mix(samples, sink);
        if let Some(converter) = converter {
            converter.convert(output);
        }
    }

    /// Appends the rest, down to the last sample that was pushed. Afterwards another stream may begin.
    pub(crate) fn finish(&mut self, output: &mut Vec<f32>) {
        self.mixer.reset();
        if let Some(converter) = &mut self.converter {
            converter.finish(output);
        }
    }
}

impl Converter {
    fn new(rate: u32) -> Result<Self, CaptureError> {
        let unusable = |reason: String| CaptureError::Unusable { device: format!("with {rate} Hz"), reason };
        let chunk = (rate / CHUNKS_PER_SECOND).max(MIN_CHUNK) as usize;
        let fft = Fft::new_custom(
            rate as usize,
            SAMPLE_RATE as usize,
            chunk,
            1,
            1,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Input,
        )
        .map_err(|error| unusable(error.to_string()))?;
        let delay = fft.output_delay();
        let converted = vec![0.0; fft.output_frames_max()];
        Ok(Self { fft, rate: rate.into(), waiting: Vec::new(), converted, delay, frames_in: 0, samples_out: 0 })
    }

    fn convert(&mut self, output: &mut Vec<f32>) {
        let mut done = 0;
        while self.waiting.len() - done >= self.fft.input_frames_next() {
            done += self.chunk(done, None, output);
        }
        self.frames_in += done as u64;
        self.waiting.drain(..done);
    }

    fn finish(&mut self, output: &mut Vec<f32>) {
        let rest = self.waiting.len();
        self.frames_in += rest as u64;
        let expected = (self.frames_in * u64::from(SAMPLE_RATE)).div_ceil(self.rate);
        let mut left = rest;
        while self.samples_out < expected {
            let before = output.len();
            self.chunk(rest - left, Some(left), output);
            left = 0;
            let surplus = self.samples_out.saturating_sub(expected) as usize;
            output.truncate(output.len() - surplus.min(output.len() - before));
            self.samples_out -= surplus as u64;
        }
        self.waiting.clear();
        self.fft.reset();
        self.delay = self.fft.output_delay();
        (self.frames_in, self.samples_out) = (0, 0);
    }

    /// Converts one chunk from `start` in the waiting frames; `partial` of them are real, where given, and silence follows.
    /// Returns the frames used.
    fn chunk(&mut self, start: usize, partial: Option<usize>, output: &mut Vec<f32>) -> usize {
        let needed = self.fft.input_frames_next();
        if partial.is_some() {
            self.waiting.resize(start + needed, 0.0);
        }
        let frames = &self.waiting[start..start + needed];
        let room = self.converted.len();
        let indexing = Indexing { partial_len: partial, ..Indexing::default() };
        let result = InterleavedSlice::new(frames, 1, needed).and_then(|input| {
            let converted = InterleavedSlice::new_mut(&mut self.converted, 1, room)?;
            Ok((input, converted))
        });
        let produced = match result {
            Ok((input, mut converted)) => {
                self.fft.process_into_buffer(&input, &mut converted, Some(&indexing)).map(|(_, produced)| produced)
            }
            // The sizes are those that the converter asked for.
            Err(_) => Ok(0),
        };
        let produced = produced.unwrap_or(0);
        let skipped = self.delay.min(produced);
        self.delay -= skipped;
        output.extend_from_slice(&self.converted[skipped..produced]);
        self.samples_out += (produced - skipped) as u64;
        needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second and a bit of a sine, in pieces as ragged as a sound server's.
    fn resampled(format: Format, hertz: f32, frames: usize) -> Vec<f32> {
        let mono = (0..frames).map(|i| 0.5 * (std::f32::consts::TAU * hertz * i as f32 / format.rate as f32).sin());
        let samples: Vec<f32> = mono.flat_map(|s| std::iter::repeat_n(s, usize::from(format.channels))).collect();
        let mut resampler = Resampler::new(format).unwrap();
        let mut output = Vec::new();
        let mut rest = samples.as_slice();
        for size in [1, 2, 12, 213, 960, 7, 4801].into_iter().cycle() {
            let (piece, others) = rest.split_at(size.min(rest.len()));
            resampler.push(piece, &mut output);
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
        resampler.finish(&mut output);
        output
    }

    #[test]
    fn tones_keep_their_length_place_and_height() {
        for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000] {
            for channels in [1, 2, 6] {
                let frames = rate as usize * 5 / 4 + 17;
                let output = resampled(Format { rate, channels }, 440.0, frames);
                assert_eq!(output.len(), (frames * 16_000).div_ceil(rate as usize), "{rate} Hz, {channels} channels");
                let sine = |i: usize| 0.5 * (std::f32::consts::TAU * 440.0 * i as f32 / 16_000.0).sin();
                // Away from the ends, where the filter sees the silence around the recording.
                let inside = 400..output.len() - 400;
                let worst = inside.map(|i| (output[i] - sine(i)).abs()).fold(0.0, f32::max);
                // Rates whose filter is an odd number of frames long come out up to a sample late.
                let a_sample = 0.5 * std::f32::consts::TAU * 440.0 / 16_000.0;
                assert!(worst < a_sample, "{rate} Hz, {channels} channels: off by {worst}");
            }
        }
    }

    #[test]
    fn what_16_khz_cannot_hold_is_filtered_out() {
        for rate in [44_100, 48_000, 96_000] {
            let output = resampled(Format { rate, channels: 1 }, 10_000.0, rate as usize);
            let loudest = output[800..output.len() - 800].iter().fold(0.0_f32, |most, s| most.max(s.abs()));
            assert!(loudest < 0.005, "a tone of 10 kHz at {rate} Hz comes out as something else, at {loudest}");
        }
    }

    #[test]
    fn channels_are_averaged() {
        let mut resampler = Resampler::new(Format { rate: 16_000, channels: 2 }).unwrap();
        let mut output = Vec::new();
        resampler.push(&[1.0, 0.0, 0.5], &mut output);
        resampler.push(&[-0.5, 0.25], &mut output);
        resampler.push(&[0.25], &mut output);
        resampler.finish(&mut output);
        assert_eq!(output, [0.5, 0.0, 0.25]);
    }

    #[test]
    fn a_voice_is_heard_whatever_the_other_channels_do() {
        let sine = |i: usize| 0.5 * (std::f32::consts::TAU * 440.0 * i as f32 / 48_000.0).sin();
        // What each channel has of the voice.
        for (channels, least) in [
            (&[1.0, 1.0][..], 0.49),
            (&[1.0, -1.0], 0.49),
            (&[0.5, -0.4], 0.24),
            (&[1.0, 0.0], 0.24),
            (&[0.0, 0.0, 1.0, 0.0], 0.49),
            (&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0], 0.49),
        ] {
            let samples: Vec<f32> =
                (0..48_000).flat_map(|i| channels.iter().map(move |share| share * sine(i))).collect();
            let mut resampler = Resampler::new(Format { rate: 48_000, channels: channels.len() as u16 }).unwrap();
            let mut output = Vec::new();
            samples.chunks(481).for_each(|piece| resampler.push(piece, &mut output));
            // From the beginning, and in every part of it.
            for part in output[160..].chunks_exact(160) {
                let loudest = part.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
                assert!(loudest > least, "{channels:?}: {loudest}");
            }
        }
    }

    #[test]
    fn any_length_comes_out_whole() {
        for frames in [0, 1, 2, 100, 479, 480, 481, 5_000] {
            let output = resampled(Format { rate: 48_000, channels: 1 }, 440.0, frames);
            assert_eq!(output.len(), frames.div_ceil(3), "{frames} frames");
        }
    }

    #[test]
    fn after_finish_another_stream_begins_afresh() {
        let mut resampler = Resampler::new(Format { rate: 48_000, channels: 1 }).unwrap();
        let samples: Vec<f32> = (0..5_000).map(|i| (i as f32 * 0.05).sin()).collect();
        let mut runs = [Vec::new(), Vec::new()];
        for run in &mut runs {
            resampler.push(&samples, run);
            resampler.finish(run);
        }
        assert_eq!(runs[0], runs[1]);
    }
}
