//! An open microphone on its way to 16 kHz mono: reads the ring, and notices when it falls silent for good.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use scout_core::dictation::samples_in;

use super::microphone::Stream;
use super::resample::Resampler;
use super::{CaptureError, Device, Format};

/// How long after opening the first samples may take.
const FIRST_SAMPLES_LIMIT: Duration = Duration::from_secs(3);

/// How long a stream that flowed may pause. ALSA says nothing when its server dies: samples just stop. Loaded machines
/// were seen to pause for a second.
const PAUSE_LIMIT: Duration = Duration::from_secs(2);

/// What reading found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Status {
    Flowing,
    /// So much was lost since the last reading, because nobody read.
    Overrun(Duration),
    /// Nothing more will come.
    Dead(CaptureError),
}

/// An open microphone.
pub(super) struct LiveStream {
    stream: Stream,
    resampler: Resampler,
    raw: Vec<f32>,
    pre_roll: VecDeque<f32>,
    last_samples: Instant,
    has_flowed: bool,
    overrun_seen: u64,
    /// Whether *ready* was signalled for the dictation that runs.
    pub(super) announced: bool,
}

impl LiveStream {
    pub(super) fn new(stream: Stream, now: Instant) -> Result<Self, CaptureError> {
        let resampler = Resampler::new(stream.format)?;
        Ok(Self {
            stream,
            resampler,
            raw: Vec::new(),
            pre_roll: VecDeque::new(),
            last_samples: now,
            has_flowed: false,
            overrun_seen: 0,
            announced: false,
        })
    }

    pub(super) fn device(&self) -> &Device {
        &self.stream.device
    }

    /// Whether it works as far as is known, and is the one that would be opened now.
    pub(super) fn is_current(&self) -> bool {
        self.stream.health.fault().is_none() && !self.stream.health.is_superseded()
    }

    /// Whether it stands in for a chosen one that was not there.
    pub(super) fn is_substitute(&self) -> bool {
        self.stream.is_substitute
    }

    /// Whether it is muted, as far as the system says so.
    pub(super) fn is_muted(&self) -> bool {
        self.stream.health.is_muted()
    }

    /// Whether samples have come.
    pub(super) fn is_flowing(&self) -> bool {
        self.has_flowed
    }

    /// Appends what has arrived, as 16 kHz mono.
    pub(super) fn read(&mut self, now: Instant, heard: &mut Vec<f32>) -> Status {
        // Before reading: whatever was written before the fault is then read.
        let fault = self.stream.health.fault().cloned();
        if self.pour(heard) {
            self.last_samples = now;
            self.has_flowed = true;
        }
        let limit = if self.has_flowed { PAUSE_LIMIT } else { FIRST_SAMPLES_LIMIT };
        let waited = now.duration_since(self.last_samples);
        let dead = fault.or_else(|| {
            let device = self.stream.device.name.clone();
            (waited >= limit).then_some(CaptureError::NoSamples { device, waited: limit })
        });
        if let Some(error) = dead {
            self.resampler.finish(heard);
            return Status::Dead(error);
        }
        let overrun = self.stream.health.overrun();
        let lost = overrun - std::mem::replace(&mut self.overrun_seen, overrun);
        if lost > 0 { Status::Overrun(duration_of(lost, self.stream.format)) } else { Status::Flowing }
    }

    /// Appends what has arrived, down to the last sample: the recording ends here.
    pub(super) fn drain(&mut self, heard: &mut Vec<f32>) {
        self.pour(heard);
        self.resampler.finish(heard);
    }

    /// Keeps the last moments, of this length, for a dictation that may begin: people begin to speak with the key press, or a
    /// little before it.
    pub(super) fn keep_pre_roll(&mut self, heard: &[f32], length: Duration) {
        self.pre_roll.extend(heard);
        let surplus = self.pre_roll.len().saturating_sub(samples_in(length));
        self.pre_roll.drain(..surplus);
    }

    /// The last moments before now.
    pub(super) fn take_pre_roll(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.pre_roll).into()
    }

    /// Whether there was anything.
    fn pour(&mut self, heard: &mut Vec<f32>) -> bool {
        let channels = usize::from(self.stream.format.channels);
        let available = self.stream.samples.slots() / channels * channels;
        self.raw.resize(available, 0.0);
        let Ok(()) = self.stream.samples.pop_entire_slice(&mut self.raw) else { return false };
        // A driver that delivers nonsense must not spread it to the filter and everything after it.
        self.raw.iter_mut().for_each(|sample| *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 });
        self.resampler.push(&self.raw, heard);
        available > 0
    }
}

fn duration_of(samples: u64, format: Format) -> Duration {
    Duration::from_micros(samples * 1_000_000 / (u64::from(format.rate) * u64::from(format.channels)))
}
