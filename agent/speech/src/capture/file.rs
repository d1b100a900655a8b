//! A microphone that plays a recording: benchmarks and scenarios speak through it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};
use scout_core::microphone::{DeviceChoice, DeviceId};

use super::microphone::Opened;
use super::{CaptureError, Device, Format, Microphone};

/// How often samples are delivered: as sound servers do.
const PERIOD: Duration = Duration::from_millis(10);

/// Plays a recording into the ring, as fast as it was spoken, from the moment it is opened, and silence (zeros) after its
/// end until it is closed.
#[derive(Debug, Clone)]
pub struct FileMicrophone {
    samples: Arc<[f32]>,
    format: Format,
}

impl FileMicrophone {
    /// A microphone that hears these interleaved samples.
    pub fn new(samples: impl Into<Arc<[f32]>>, format: Format) -> Self {
        Self { samples: samples.into(), format }
    }

    fn device() -> Device {
        Device { id: DeviceId("file".into()), name: "a recording".into(), is_default: true }
    }
}

impl Microphone for FileMicrophone {
    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        Ok(vec![Self::device()])
    }

    fn open(&self, _choice: &DeviceChoice) -> Result<Opened, CaptureError> {
        let (mut writer, mut opened) = Opened::ring(Self::device(), false, self.format)?;
        let Self { samples, format } = self.clone();
        let (keep, closed) = bounded::<()>(0);
        let play = move || {
            let begun = Instant::now();
            let mut played = 0;
            while closed.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                let due = format.samples_in(begun.elapsed());
                let spoken = &samples[played.min(samples.len())..due.min(samples.len())];
                writer.write(spoken, |sample| sample);
                let silent = due - played - spoken.len();
                writer.write(&vec![0.0; silent], |sample: f32| sample);
                played = due;
            }
        };
        let thread = std::thread::Builder::new().name("recording".into()).spawn(play);
        thread.map_err(|error| CaptureError::NoThread { reason: error.to_string() })?;
        opened.keep = Box::new(keep);
        Ok(opened)
    }
}
