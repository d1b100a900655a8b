//! Frames of several channels to mono, so that the voice is in it whatever the other channels do.
//!
//! As a rule mono is the mean of the channels. One channel is taken instead while the mean has lost the voice: where the
//! channels cancel each other, as those of a balanced microphone on a stereo jack do; where one of many has the voice; and
//! where another channel has a steady noise that drowns it, such as the hum of an open input or a time code.

use super::Format;

/// The mean of the channels is weaker than the strongest of them by more than this (9 dB, in power) where they cancel each
/// other, or where one of many has the voice. One of two that has it costs 6 dB, which recognition does not mind.
const CANCELLED: f32 = 0.125;
/// The channel that is taken is exchanged for another one when that is stronger by this (3 dB).
const STRONGER: f32 = 2.0;
/// The noise of the mean matters where it is not this much weaker than the voice (15 dB, in power).
const AUDIBLE: f32 = 0.03;
/// A channel is cleaner than the mean where its distance between voice and noise is larger by this (10 dB, in power).
const CLEANER: f32 = 10.0;
/// How far a steady sound's power is above its own minimum at most: a hum of 50 Hz ripples by a tenth.
const RIPPLE: f32 = 1.2;
/// A steady sound counts as this much voice, so that where there is nothing else the strongest channel is known as well.
const STEADY: f32 = 0.001;

/// What is above the floor of a channel that has nothing but noise is this much of that floor at most.
const NOISE: f32 = 0.5;

/// Seconds that the power of the moment looks back: several periods of a low voice. Channels that turn to opposite phase
/// are noticed after twice as long.
const MOMENT: f32 = 0.03;
/// Seconds that the strength of a voice looks back.
const LATELY: f32 = 1.0;
/// Seconds of each of the two parts of the time in which a noise is at its minimum at least once: a voice pauses between
/// its words.
const FLOOR: f32 = 0.75;

/// Frames to mono.
#[derive(Debug)]
pub(super) struct Mixer {
    /// Samples of a frame whose other channels have not arrived yet.
    partial_frame: Vec<f32>,
    pace: Pace,
    channels: Vec<Strength>,
    mean: Strength,
    /// The channel that is taken instead of the mean.
    taken: Option<usize>,
    /// Frames until the powers of the moment have risen from nothing to what they are.
    settling: u32,
    /// Frames until the next part of the time in which floors are looked for.
    part_ends_in: u32,
    /// That time is over, so floors are looked for.
    settled: bool,
}

/// The constants above, per frame.
#[derive(Debug, Clone, Copy)]
struct Pace {
    moment: f32,
    lately: f32,
    floor: u32,
}

/// How strong the sound of a channel is.
#[derive(Debug, Clone, Copy)]
struct Strength {
    /// Its power at this moment.
    power: f32,
    /// The power of its voice lately: what is above the floor.
    voice: f32,
    /// The least power in this part of the time and in the one before.
    floors: [f32; 2],
}

impl Strength {
    const SILENT: Self = Self { power: 0.0, voice: 0.0, floors: [f32::INFINITY; 2] };

    fn hear(&mut self, sample: f32, pace: Pace, settled: bool) {
        self.power += (sample * sample - self.power) * pace.moment;
        if settled {
            self.floors[0] = self.floors[0].min(self.power);
        }
        let voice = (self.power - RIPPLE * self.floor()).max(STEADY * self.power);
        self.voice += (voice - self.voice) * pace.lately;
    }

    /// Forgets the floor of the part before the last one.
    fn next_part(&mut self) {
        self.floors = [f32::INFINITY, self.floors[0]];
    }

    /// Whether this channel has no voice.
    fn is_noise(&self) -> bool {
        self.voice < self.floor() * NOISE
    }

    /// The power of the noise; infinite until it is known.
    fn floor(&self) -> f32 {
        self.floors[0].min(self.floors[1])
    }
}

impl Mixer {
    pub(super) fn new(format: Format) -> Self {
        let rate = format.rate.max(1) as f32;
        let per_frame = |seconds: f32| (1.0 / (seconds * rate)).min(1.0);
        Self {
            partial_frame: Vec::new(),
            pace: Pace { moment: per_frame(MOMENT), lately: per_frame(LATELY), floor: (FLOOR * rate) as u32 },
            channels: vec![Strength::SILENT; usize::from(format.channels)],
            mean: Strength::SILENT,
            taken: None,
            settling: (2.0 * MOMENT * rate) as u32,
            part_ends_in: (2.0 * MOMENT * rate) as u32,
            settled: false,
        }
    }

    /// Another stream begins.
    pub(super) fn reset(&mut self) {
        self.partial_frame.clear();
        self.channels.fill(Strength::SILENT);
        (self.mean, self.taken) = (Strength::SILENT, None);
        (self.part_ends_in, self.settled) = (self.settling, false);
    }

    /// Takes interleaved samples, and appends the frames that are complete to `mono`.
    pub(super) fn mix(&mut self, samples: &[f32], mono: &mut Vec<f32>) {
        let channels = self.channels.len();
        if channels == 1 {
            return mono.extend_from_slice(samples);
        }
        let missing = if self.partial_frame.is_empty() { 0 } else { channels - self.partial_frame.len() };
        let (head, rest) = samples.split_at(missing.min(samples.len()));
        self.partial_frame.extend_from_slice(head);
        if self.partial_frame.len() == channels {
            let frame = std::mem::take(&mut self.partial_frame);
            mono.push(self.frame(&frame));
        }
        let frames = rest.chunks_exact(channels);
        self.partial_frame.extend_from_slice(frames.remainder());
        mono.extend(frames.map(|frame| self.frame(frame)));
    }

    fn frame(&mut self, frame: &[f32]) -> f32 {
        let mean = frame.iter().sum::<f32>() / frame.len() as f32;
        self.mean.hear(mean, self.pace, self.settled);
        let mut strongest = 0;
        for (channel, sample) in frame.iter().enumerate() {
            self.channels[channel].hear(*sample, self.pace, self.settled);
            if self.channels[channel].voice > self.channels[strongest].voice {
                strongest = channel;
            }
        }
        self.pass_time();
        let best = self.channels[strongest];
        if !self.has_lost(strongest) {
            self.taken = None;
        } else if self.taken.is_none_or(|taken| best.voice > self.channels[taken].voice * STRONGER) {
            self.taken = Some(strongest);
        }
        self.taken.map_or(mean, |taken| frame[taken])
    }

    fn pass_time(&mut self) {
        self.part_ends_in = self.part_ends_in.saturating_sub(1);
        if self.part_ends_in == 0 {
            (self.part_ends_in, self.settled) = (self.pace.floor, true);
            self.channels.iter_mut().chain([&mut self.mean]).for_each(Strength::next_part);
        }
    }

    /// Whether the mean lacks the voice that this channel has.
    fn has_lost(&self, channel: usize) -> bool {
        let (mean, best) = (&self.mean, &self.channels[channel]);
        let cancelled = mean.power < best.power * CANCELLED;
        let drowned = mean.floor() > mean.voice * AUDIBLE
            && best.voice * mean.floor() > CLEANER * mean.voice * best.floor()
            && self.channels.iter().enumerate().all(|(other, strength)| other == channel || strength.is_noise());
        cancelled || drowned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    /// A voice: a tone that comes and goes four times a second, with a pause of half a second every two seconds.
    fn voice(i: usize) -> f32 {
        let seconds = i as f32 / RATE as f32;
        let syllable = (std::f32::consts::PI * 4.0 * seconds).sin().powi(2);
        let speaks = if seconds % 2.0 < 1.5 { 1.0 } else { 0.0 };
        0.2 * speaks * syllable * tone(440.0, i)
    }

    fn tone(hertz: f32, i: usize) -> f32 {
        (std::f32::consts::TAU * hertz * i as f32 / RATE as f32).sin()
    }

    /// Mixes frames of two channels, given by the number of the frame.
    fn mixed(frames: usize, frame: impl Fn(usize) -> [f32; 2]) -> Vec<f32> {
        let samples: Vec<f32> = (0..frames).flat_map(frame).collect();
        let (mut mixer, mut mono) = (Mixer::new(Format { rate: RATE, channels: 2 }), Vec::new());
        samples.chunks(481).for_each(|piece| mixer.mix(piece, &mut mono));
        mono
    }

    /// How much of the output is not the voice, in parts of its power, from the given frame on; the voice may be weaker, or
    /// turned around.
    fn foreign(mono: &[f32], from: usize) -> f32 {
        let (mut product, mut own, mut all) = (0.0, 0.0, 0.0);
        for (i, sample) in mono.iter().enumerate().skip(from) {
            product += sample * voice(i);
            own += voice(i) * voice(i);
            all += sample * sample;
        }
        1.0 - product * product / (own * all)
    }

    #[test]
    fn a_steady_noise_on_the_other_channel_is_not_heard() {
        let code = |i: usize| if (i / 24).is_multiple_of(2) { 0.5 } else { -0.5 };
        for (name, noise) in [
            ("hum", Box::new(|i| 0.6 * tone(50.0, i)) as Box<dyn Fn(usize) -> f32>),
            ("time code", Box::new(code)),
            ("whistle", Box::new(|i| 0.3 * tone(1_000.0, i))),
        ] {
            let left = mixed(4 * RATE as usize, |i| [noise(i), voice(i)]);
            let right = mixed(4 * RATE as usize, |i| [voice(i), noise(i)]);
            for mono in [left, right] {
                let rest = foreign(&mono, RATE as usize);
                assert!(rest < 0.01, "{name}: {rest}");
            }
        }
    }

    #[test]
    fn channels_that_turn_to_opposite_phase_are_heard_on() {
        let turn = RATE as usize + 6_000;
        let mono = mixed(2 * RATE as usize, |i| [voice(i), if i < turn { voice(i) } else { -voice(i) }]);
        let power = |range: std::ops::Range<usize>| {
            range.clone().map(|i| mono[i] * mono[i]).sum::<f32>() / range.map(|i| voice(i) * voice(i)).sum::<f32>()
        };
        assert!((power(turn - 4_800..turn) - 1.0).abs() < 0.01);
        assert!((power(turn + 4_800..turn + 9_600) - 1.0).abs() < 0.01, "100 ms after the turn the voice is whole");
    }

    #[test]
    fn two_people_on_a_channel_each_are_both_heard() {
        let hiss = |i: usize| 0.001 * tone(3_000.0, i);
        let half = RATE as usize;
        let mono = mixed(2 * half, |i| if i < half { [voice(i), hiss(i)] } else { [hiss(i), voice(i - half)] });
        // From the first syllable of the second one on.
        let power: f32 = mono[half..half + 9_600].iter().map(|sample| sample * sample).sum();
        let whole: f32 = (0..9_600).map(|i| voice(i) * voice(i)).sum();
        assert!(power > whole * 0.24, "{power} of {whole}");
    }
}
