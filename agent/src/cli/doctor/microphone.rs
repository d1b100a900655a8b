//! Is there a microphone, and does it hear anything?

use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use scout_core::microphone::DeviceChoice;
use scout_speech::capture::{CaptureError, Device, Microphone};

use super::finding::Finding;

/// What is checked.
const NAME: &str = "microphone";

/// How long the level is measured: long enough to say a word.
const LISTEN: Duration = Duration::from_secs(1);

/// How often the ring is emptied meanwhile: several times in what it holds.
const STEP: Duration = Duration::from_millis(50);

/// How long a sound system may take for all of it, before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(10);

/// How loud a microphone is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Level {
    /// Root mean square, of full scale.
    rms: f32,
    /// The loudest sample, of full scale.
    peak: f32,
}

/// What was heard within [`LISTEN`].
struct Heard {
    device: Device,
    /// Whether it stands in for the chosen one.
    is_substitute: bool,
    level: Level,
}

/// Lists the microphones, and listens to the one that would be used.
pub(super) fn check(microphone: &(impl Microphone + Clone + 'static), chosen: &DeviceChoice) -> Finding {
    let (done, result) = bounded(1);
    let (microphone, wanted) = (microphone.clone(), chosen.clone());
    // On a thread of its own, since a sound system may hang; then it ends with the process.
    thread::spawn(move || {
        let _ = done.send(microphone.devices().and_then(|devices| Ok((devices, listen(&microphone, &wanted)?))));
    });
    match result.recv_timeout(PATIENCE) {
        Ok(Ok((devices, heard))) => describe(&devices, &heard),
        Ok(Err(error)) => Finding::broken(NAME, error.to_string()).needed(),
        Err(_) => Finding::broken(NAME, "the sound system does not answer")
            .needed()
            .remedy("restart it, for example with `systemctl --user restart pipewire-pulse` or `pulseaudio --kill`"),
    }
}

fn listen(microphone: &impl Microphone, choice: &DeviceChoice) -> Result<Heard, CaptureError> {
    let mut opened = microphone.open(choice)?;
    let (mut squares, mut count, mut peak) = (0_f64, 0_usize, 0_f32);
    let start = Instant::now();
    while start.elapsed() < LISTEN {
        thread::sleep(STEP);
        if let Some(fault) = opened.health.fault() {
            return Err(fault.clone());
        }
        while let Ok(sample) = opened.samples.pop() {
            squares += f64::from(sample) * f64::from(sample);
            count += 1;
            peak = peak.max(sample.abs());
        }
    }
    if count == 0 {
        return Err(CaptureError::NoSamples { device: opened.device.name, waited: LISTEN });
    }
    let rms = (squares / count as f64).sqrt() as f32;
    Ok(Heard { device: opened.device, is_substitute: opened.is_substitute, level: Level { rms, peak } })
}

fn describe(devices: &[Device], heard: &Heard) -> Finding {
    let level = if heard.level.peak == 0.0 {
        "only digital silence".to_owned()
    } else {
        format!("level {:.0} dB, peak {:.0} dB of full scale", decibels(heard.level.rms), decibels(heard.level.peak))
    };
    let mut detail = format!("{}: {level}", heard.device.name);
    for device in devices {
        let mark = if device.id == heard.device.id { '*' } else { ' ' };
        let default = if device.is_default { ", the default" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(detail, "\n{mark} {} ({}{default})", device.id, device.name);
    }
    if heard.is_substitute {
        Finding::limited(NAME, detail).remedy(
            "the microphone that you have chosen is not connected, or is no microphone but what a loudspeaker plays: \
             connect it, or choose another one in the tray menu or with `microphone.device`",
        )
    } else if heard.level.peak == 0.0 {
        Finding::limited(NAME, detail)
            .remedy("check that it is switched on and not muted; a wireless one may be asleep")
    } else if heard.level.peak >= 1.0 {
        Finding::limited(NAME, detail).remedy("it is too loud and clips: turn its volume down in the sound settings")
    } else {
        Finding::works(NAME, detail)
    }
    .needed()
}

/// Part of full scale in decibels.
fn decibels(part: f32) -> f32 {
    20.0 * part.log10()
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;
    use scout_speech::capture::FileMicrophone;
    use scout_speech::capture::Format;

    const FORMAT: Format = Format { rate: 16_000, channels: 1 };

    fn hearing(loudness: f32) -> Finding {
        let tone: Vec<f32> = (0..20_000_u16).map(|index| (f32::from(index) * 0.3).sin() * loudness).collect();
        check(&FileMicrophone::new(tone, FORMAT), &DeviceChoice::Default)
    }

    #[test]
    fn a_microphone_that_hears_is_listed_with_its_level() {
        let finding = hearing(0.5);
        assert_eq!((finding.state, finding.needed), (State::Works, true));
        assert!(finding.detail.starts_with("a recording: level -9 dB, peak -6 dB"), "{}", finding.detail);
        assert!(finding.detail.ends_with("\n* file (a recording, the default)"), "{}", finding.detail);
    }

    #[test]
    fn a_silent_and_a_clipping_microphone_are_told() {
        for (loudness, remedy) in [(0.0, "not muted"), (2.0, "turn its volume down")] {
            let finding = hearing(loudness);
            assert_eq!(finding.state, State::Limited);
            assert!(finding.remedy.unwrap().contains(remedy));
        }
    }

    #[test]
    fn no_microphone_stands_in_the_way_of_dictation() {
        #[derive(Clone)]
        struct Nothing;
        impl Microphone for Nothing {
            fn devices(&self) -> Result<Vec<Device>, CaptureError> {
                Err(CaptureError::NoMicrophone)
            }
            fn open(&self, _: &DeviceChoice) -> Result<scout_speech::capture::Opened, CaptureError> {
                Err(CaptureError::NoMicrophone)
            }
        }
        let finding = check(&Nothing, &DeviceChoice::Default);
        assert!(finding.state == State::Broken && finding.needed);
        assert!(finding.detail.contains("plug one in"));
    }
}
