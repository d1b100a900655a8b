//! What the user is told when a part does not work: pure decisions.

use scout_core::session::Room;
use scout_speech::capture::{CaptureError, Notice as Heard};

use crate::ui::notices::Notice;

/// The notice for a recording that failed, or ended before the key came up. `kept` tells whether anything was heard
/// before.
pub(super) fn failed(error: &CaptureError, kept: bool) -> Notice {
    match error {
        CaptureError::NoMicrophone if !kept => Notice::NoMicrophone,
        CaptureError::NoMicrophone | CaptureError::Lost { .. } if kept => Notice::MicrophoneLost { replacement: None },
        CaptureError::NoSoundServer { reason } => Notice::SoundServerFailed { reason: reason.clone(), kept },
        CaptureError::Crashed => Notice::PartFailed { part: "recording".to_owned(), kept },
        error if kept => Notice::MicrophoneFailed {
            reason: format!("Nothing heard so far is lost: it is being transcribed. But {error}"),
        },
        error => Notice::MicrophoneFailed { reason: error.to_string() },
    }
}

/// The notice for something that happened while the recording went on.
pub(super) fn happened(heard: Heard, device: Option<&str>) -> Notice {
    match heard {
        Heard::ChosenDeviceMissing { used } => Notice::ChosenMicrophoneMissing { used: used.name },
        Heard::ChosenDeviceFailed { error, used } => {
            Notice::ChosenMicrophoneFailed { reason: error.to_string(), used: used.name }
        }
        Heard::Moved { to, .. } => Notice::MicrophoneLost { replacement: Some(to.name) },
        Heard::Muted { name } => Notice::MicrophoneMuted { name },
        Heard::OnlyZeros => Notice::MicrophoneSilent { name: device.unwrap_or("The microphone").to_owned() },
        Heard::SpoolFailed { reason } => Notice::SpoolFailing { reason },
        heard @ (Heard::Reopened { .. } | Heard::Overrun) => {
            Notice::MicrophoneInterrupted { reason: heard.to_string() }
        }
    }
}

/// The notice for a part that failed, and was started again.
pub(super) fn restarted(room: Room) -> Notice {
    Notice::PartFailed { part: name(room).to_owned(), kept: false }
}

/// The notice for a part that has ended, and is not started again.
pub(super) fn died(room: Room) -> Notice {
    Notice::PartDied { part: name(room).to_owned() }
}

/// What the user knows it by.
fn name(room: Room) -> &'static str {
    match room {
        Room::Capture => "recording",
        Room::Transcription => "speech recognition",
        Room::Delivery => "delivery of texts",
        Room::Focus => "look-up of the focused window",
        Room::Field => "look-up of password fields",
        Room::History => "log",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use scout_core::microphone::DeviceId;
    use scout_speech::capture::Device;

    fn device(name: &str) -> Device {
        Device { id: DeviceId(name.into()), name: name.into(), is_default: false }
    }

    #[test]
    fn each_trouble_has_its_own_words() {
        let headset = || "Headset".to_owned();
        let server = || CaptureError::NoSoundServer { reason: "the sound server has ended".into() };
        let waited = Duration::from_secs(3);
        for (notice, title, remedy) in [
            (failed(&server(), true), "The sound system does not answer", "systemctl --user restart"),
            (failed(&server(), false), "The sound system does not answer", "systemctl --user restart"),
            (failed(&CaptureError::NoMicrophone, false), "No microphone", "Plug one in"),
            (
                failed(&CaptureError::NoMicrophone, true),
                "The microphone was disconnected",
                "Nothing heard so far is lost",
            ),
            (
                failed(&CaptureError::Lost { device: headset() }, true),
                "The microphone was disconnected",
                "again before",
            ),
            (
                failed(&CaptureError::Lost { device: headset() }, false),
                "The microphone does not work",
                "plug it in again",
            ),
            (
                failed(&CaptureError::NoSamples { device: headset(), waited }, true),
                "The microphone does not work",
                "Nothing heard so far is lost",
            ),
            (failed(&CaptureError::Crashed, true), "A part of Scout failed", "Nothing heard so far is lost"),
            (failed(&CaptureError::Crashed, false), "A part of Scout failed", "`scout doctor`"),
            (failed(&CaptureError::Busy { device: headset() }, false), "The microphone does not work", "close it"),
            (
                happened(Heard::ChosenDeviceMissing { used: device("Desk") }, None),
                "Your microphone is not there",
                "Desk is used",
            ),
            (
                happened(
                    Heard::ChosenDeviceFailed { error: CaptureError::Busy { device: headset() }, used: device("Desk") },
                    None,
                ),
                "Your microphone does not work",
                "Desk is used for now",
            ),
            (
                happened(Heard::Moved { from: device("Headset"), to: device("Desk") }, None),
                "The microphone was disconnected",
                "Recording goes on with Desk",
            ),
            (
                happened(Heard::Reopened { device: device("Headset") }, None),
                "Some words may be missing",
                "Headset was gone for a moment",
            ),
            (happened(Heard::Muted { name: headset() }, None), "The microphone is muted", "Unmute Headset"),
            (happened(Heard::Overrun, None), "Some words may be missing", "too busy"),
            (happened(Heard::OnlyZeros, Some("Headset")), "The microphone is silent", "Headset delivers no sound"),
        ] {
            let message = notice.message();
            assert_eq!(message.title, title, "{notice:?}");
            assert!(message.body.contains(remedy), "{message:?}");
        }
    }
}
