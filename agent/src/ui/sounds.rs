//! Short sounds that tell a user who does not look: now you are heard, now you are not any more.

use std::f32::consts::TAU;
use std::io;
use std::thread;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{FromSample, SampleFormat, SizedSample};
use crossbeam_channel::{Receiver, Sender, bounded};
use scout_core::dictation::{SAMPLE_RATE, duration_of};

use scout_platform::fault;
use scout_platform::supervise::{Start, supervise};

/// Sounds that wait. One that comes while another is played is late already; more than that would tell of the past.
const WAITING_MAX: usize = 1;

/// How loud, as a part of full scale: clearly under speech, since an open microphone hears it too.
const LOUDNESS: f32 = 0.15;

/// How long each of a cue's two tones lasts: heard as one short sound, and over before the first word.
const TONE: Duration = Duration::from_millis(60);

/// How long a tone takes to rise and fall, so that it does not click.
const EDGE: Duration = Duration::from_millis(8);

/// How long the loudspeaker stays open after all was handed over: wireless ones are heard a fifth of a second later.
const DRAIN: Duration = Duration::from_millis(300);

/// How long a sound system may take to begin to play. One that is slower is left alone: the moment has passed.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a sound tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// The microphone hears the user: two rising tones.
    Ready,
    /// The recording is over: two falling tones.
    Stopped,
    /// Something needs the user's attention: the same low tone twice.
    Attention,
}

impl Cue {
    /// The two tones' frequencies in Hz: apart by a fifth, where small loudspeakers are loud.
    fn tones(self) -> [f32; 2] {
        match self {
            Self::Ready => [587.0, 880.0],
            Self::Stopped => [880.0, 587.0],
            Self::Attention => [392.0, 392.0],
        }
    }

    /// The sound, one channel, at that many samples a second.
    pub fn samples(self, rate: u32) -> Vec<f32> {
        let in_time = |time: Duration| (time.as_secs_f32() * rate as f32) as usize;
        let (length, edge) = (in_time(TONE), in_time(EDGE).max(1));
        let tone = |frequency: f32| {
            (0..length).map(move |index| {
                let from_edge = index.min(length - 1 - index).min(edge) as f32 / edge as f32;
                (TAU * frequency * index as f32 / rate as f32).sin() * from_edge * LOUDNESS
            })
        };
        self.tones().into_iter().flat_map(tone).collect()
    }
}

/// Plays cues, on a thread of its own. Clones share the thread.
#[derive(Debug, Clone)]
pub struct Sounds {
    waiting: Sender<Cue>,
}

impl Sounds {
    /// Starts the thread. It ends when the last clone is gone. `restarted` is called when it has failed and was started again.
    pub fn start(restarted: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (waiting, cues) = bounded(WAITING_MAX);
        supervise("sounds", move |start| {
            if start == Start::AfterPanic {
                restarted();
            }
            play_all(&cues);
        })?;
        Ok(Self { waiting })
    }

    /// Plays a cue, if that can be done at once. Never blocks, and never fails: a cue is an extra.
    pub fn play(&self, cue: Cue) {
        if self.waiting.try_send(cue).is_err() {
            tracing::debug!(?cue, "a sound came too soon after another");
        }
    }
}

fn play_all(cues: &Receiver<Cue>) {
    for cue in cues {
        fault::point("sounds");
        if let Err(error) = play(cue) {
            tracing::debug!(%error, ?cue, "a sound was not played");
        }
    }
}

/// Why something was not played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// Plug one in.
    #[error("there is no loudspeaker")]
    NoSpeaker,
    /// Choose another loudspeaker.
    #[error("the loudspeaker takes samples of an unknown kind, {0}")]
    Format(SampleFormat),
    /// The sound system failed: the message says how.
    #[error(transparent)]
    System(#[from] cpal::Error),
}

/// Plays one cue to its end. The loudspeaker is opened anew each time: the user may have plugged in a headset, and an idle
/// agent keeps nothing open.
fn play(cue: Cue) -> Result<(), PlayError> {
    play_on_speaker(|rate| cue.samples(rate), TONE * 2)
}

/// Plays speech at [`SAMPLE_RATE`] to its end.
pub fn play_samples(samples: &[f32]) -> Result<(), PlayError> {
    let last = samples.len().saturating_sub(1);
    let at_rate = |rate: u32| {
        let step = f64::from(SAMPLE_RATE) / f64::from(rate);
        let count = (samples.len() as f64 / step) as usize;
        // Between two samples, a straight line is good enough for listening to speech.
        let sample = |at: usize| {
            let position = at as f64 * step;
            let (before, share) = (position as usize, position.fract() as f32);
            samples[before.min(last)] * (1.0 - share) + samples[(before + 1).min(last)] * share
        };
        if samples.is_empty() { Vec::new() } else { (0..count).map(sample).collect() }
    };
    play_on_speaker(at_rate, duration_of(samples.len()))
}

fn play_on_speaker(samples: impl Fn(u32) -> Vec<f32>, lasting: Duration) -> Result<(), PlayError> {
    let device = cpal::default_host().default_output_device().ok_or(PlayError::NoSpeaker)?;
    let format = device.default_output_config()?.sample_format();
    match format {
        SampleFormat::F32 => play_as::<f32>(&samples, lasting, &device),
        SampleFormat::I16 => play_as::<i16>(&samples, lasting, &device),
        SampleFormat::I32 => play_as::<i32>(&samples, lasting, &device),
        SampleFormat::U16 => play_as::<u16>(&samples, lasting, &device),
        other => Err(PlayError::Format(other)),
    }
}

fn play_as<T: SizedSample + FromSample<f32>>(
    samples: &dyn Fn(u32) -> Vec<f32>,
    lasting: Duration,
    device: &cpal::Device,
) -> Result<(), PlayError> {
    let config = device.default_output_config()?.config();
    let channels = usize::from(config.channels).max(1);
    let samples = samples(config.sample_rate);
    let (ended, end) = bounded(1);
    let mut position = 0;
    let fill = move |output: &mut [T], _: &cpal::OutputCallbackInfo| {
        for frame in output.chunks_mut(channels) {
            frame.fill(samples.get(position).map_or(T::EQUILIBRIUM, |sample| T::from_sample(*sample)));
            position += 1;
        }
        if position >= samples.len() {
            let _ = ended.try_send(());
        }
    };
    let stream = device.build_output_stream(
        config,
        fill,
        |error| tracing::debug!(%error, "the loudspeaker failed"),
        Some(PATIENCE),
    )?;
    stream.play()?;
    // The end was handed over; what was handed over before it may still have to be heard.
    if end.recv_timeout(lasting + PATIENCE).is_ok() {
        thread::sleep(lasting.min(TONE * 2) + DRAIN);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_is_short_quiet_and_does_not_click() {
        for cue in [Cue::Ready, Cue::Stopped, Cue::Attention] {
            for rate in [8_000, 44_100, 48_000] {
                let samples = cue.samples(rate);
                assert_eq!(samples.len(), rate as usize * 120 / 1000);
                let loudest = samples.iter().fold(0_f32, |loudest, sample| loudest.max(sample.abs()));
                assert!(loudest > 0.1 && loudest <= LOUDNESS, "{cue:?} reaches {loudest}");
                assert!(samples[0].abs() < 0.01 && samples[samples.len() - 1].abs() < 0.01);
            }
        }
    }

    #[test]
    fn cues_are_told_apart_by_ear() {
        let crossings = |cue: Cue| {
            let samples = cue.samples(48_000);
            let count = |half: &[f32]| half.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
            (count(&samples[..samples.len() / 2]), count(&samples[samples.len() / 2..]))
        };
        let (first, second) = crossings(Cue::Ready);
        assert!(second > first, "rising");
        let (first, second) = crossings(Cue::Stopped);
        assert!(second < first, "falling");
    }
}
