//! Microphones of the sound server on Linux: `PulseAudio`, or `PipeWire` in its guise.

use std::sync::Arc;
use std::time::Duration;

use scout_core::microphone::{DeviceChoice, DeviceId};
use scout_platform::{Listener, SoundServerError, Source};

use super::devices::choose;
use super::microphone::{Health, Opened, RingWriter};
use super::{CaptureError, Device, Format};

/// How ids of its sources begin.
const HOST: &str = "pulseaudio";

/// How long a block of samples lasts. *Ready* and the end of each dictation wait for one. `PipeWire` takes this literally,
/// and lets the whole system work in shorter steps if it is under 21 ms.
const BLOCK: Duration = Duration::from_millis(25);

/// Why the sound server gives no microphone.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no server.
    NoServer(CaptureError),
    /// There is one, which fails.
    Failed(CaptureError),
}

/// The microphones that there are now.
pub(super) fn devices() -> Result<Vec<Device>, Failure> {
    let sources = scout_platform::sources().map_err(|error| failure(error, "list"))?;
    Ok(sources.iter().map(describe).filter(|device| !device.id.is_monitor()).collect())
}

/// Opens one.
pub(super) fn open(choice: &DeviceChoice) -> Result<Opened, Failure> {
    let sources = scout_platform::sources().map_err(|error| failure(error, "list"))?;
    let devices: Vec<Device> = sources.iter().map(describe).collect();
    let chosen = choose(&devices, choice).map_err(Failure::Failed)?;
    let (device, is_substitute) = (chosen.device.clone(), chosen.is_substitute);
    let source = sources.iter().find(|source| id_of(source) == device.id);
    let source = source.ok_or(Failure::Failed(CaptureError::NoMicrophone))?;
    let format = Format { rate: source.rate, channels: source.channels };
    let (writer, mut opened) = Opened::ring(device.clone(), is_substitute, format).map_err(Failure::Failed)?;
    let ear = Ear { writer, health: Arc::clone(&opened.health), device, choice: choice.clone() };
    let recording = scout_platform::record(source, BLOCK, Box::new(ear));
    opened.keep = Box::new(recording.map_err(|error| failure(error, &opened.device.name))?);
    tracing::debug!(?format, "microphone opened");
    Ok(opened)
}

/// Writes what is heard into the ring.
struct Ear {
    writer: RingWriter,
    health: Arc<Health>,
    device: Device,
    choice: DeviceChoice,
}

impl Listener for Ear {
    fn heard(&mut self, samples: &[f32]) {
        self.writer.write(samples, |sample| sample);
    }

    fn sources(&mut self, sources: &[Source]) {
        let devices: Vec<Device> = sources.iter().map(describe).collect();
        let is_wanted = |device: &Device| device.id == self.device.id;
        // Where there is none at all, the end of this one is reported for itself.
        if choose(&devices, &self.choice).is_ok_and(|chosen| !is_wanted(chosen.device)) {
            self.health.supersede();
        }
    }

    fn muted(&mut self, muted: bool) {
        self.health.mute(muted);
    }

    fn ended(&mut self, error: SoundServerError) {
        self.health.fail(|| remedy(error, &self.device.name));
    }
}

fn describe(source: &Source) -> Device {
    Device { id: id_of(source), name: source.description.clone(), is_default: source.is_default }
}

fn id_of(source: &Source) -> DeviceId {
    DeviceId(format!("{HOST}:{}", source.name))
}

fn failure(error: SoundServerError, device: &str) -> Failure {
    if error == SoundServerError::NotRunning {
        Failure::NoServer(remedy(error, device))
    } else {
        Failure::Failed(remedy(error, device))
    }
}

/// What the user can do about it.
fn remedy(error: SoundServerError, device: &str) -> CaptureError {
    let device = device.to_owned();
    match error {
        SoundServerError::NotRunning | SoundServerError::NoAnswer { .. } => {
            CaptureError::NoSoundServer { reason: error.to_string() }
        }
        SoundServerError::SourceGone => CaptureError::Lost { device },
        SoundServerError::Busy => CaptureError::Busy { device },
        SoundServerError::Denied => CaptureError::Denied { reason: error.to_string() },
        SoundServerError::Refused { reason } => CaptureError::Unusable { device, reason },
    }
}
