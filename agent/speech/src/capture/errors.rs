//! Why nothing could be heard, by what the user can do about it.

use std::time::Duration;

/// Why a dictation was not captured, or not to its end. The variants are named by what helps; the messages say it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Plug in or enable a microphone, then try again.
    #[error("there is no microphone: plug one in, or enable it in the sound settings, then try again")]
    NoMicrophone,
    /// Start the sound server, then try again.
    #[error(
        "the microphone cannot be reached, as the sound system does not answer ({reason}): start it, or restart it if it \
         hangs (for example `systemctl --user restart pipewire-pulse` or `systemctl --user restart pulseaudio`), then try again"
    )]
    NoSoundServer {
        /// What the system said.
        reason: String,
    },
    /// Permit it in the system's settings.
    #[error("Scout may not use the microphone ({reason}): permit it in the system's privacy settings")]
    Denied {
        /// What the system said.
        reason: String,
    },
    /// Close the other program, or wait.
    #[error("another program keeps the microphone {device} to itself: close it, or choose another microphone")]
    Busy {
        /// The device's name.
        device: String,
    },
    /// The device was there and is gone; the next dictation looks for it afresh.
    #[error("the microphone {device} went away: plug it in again, or choose another one in the tray menu")]
    Lost {
        /// The device's name.
        device: String,
    },
    /// The device is open, but gives no samples.
    #[error(
        "the microphone {device} gave no sound for {} s: check its switch and cable, wake it if it is \
         wireless, or choose another one in the tray menu",
        waited.as_secs_f32()
    )]
    NoSamples {
        /// The device's name.
        device: String,
        /// How long was waited.
        waited: Duration,
    },
    /// Choose another device.
    #[error("the microphone {device} cannot be used ({reason}): choose another one in the tray menu")]
    Unusable {
        /// The device's name.
        device: String,
        /// What the system said.
        reason: String,
    },
    /// Finish the running dictation first.
    #[error("another dictation is being recorded: finish or cancel it first")]
    AlreadyListening,
    /// A fault of Scout's own. The next dictation begins afresh.
    #[error("recording failed unexpectedly and was started again")]
    Crashed,
    /// Too little memory or too many threads: close programs.
    #[error("the system gives no more threads ({reason}): close some programs, then try again")]
    NoThread {
        /// What the system said.
        reason: String,
    },
}
