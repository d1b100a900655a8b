//! The sound server of a Linux desktop: `PulseAudio`, or `PipeWire` through its `PulseAudio` interface.
//!
//! A stream that is recorded here stays on the source that it was opened on. Sound servers otherwise move a stream to
//! another source when its own is unplugged or the default changes, and the other one may be what a loudspeaker plays.

use std::time::Duration;

/// Something that can be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The server's name for it, the same after a restart.
    pub name: String,
    /// Its name for people.
    pub description: String,
    /// Whether the server records from it unless asked otherwise.
    pub is_default: bool,
    /// Frames per second.
    pub rate: u32,
    /// Samples per frame.
    pub channels: u16,
}

/// Why nothing can be recorded, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SoundServerError {
    /// Use the system's own sound interface, or start a server.
    #[error("no sound server is running")]
    NotRunning,
    /// Restart the server.
    #[error("the sound server {reason}")]
    NoAnswer {
        /// What it does instead.
        reason: String,
    },
    /// Plug the source in again, or record another one.
    #[error("the source is gone")]
    SourceGone,
    /// Wait, or end the other program.
    #[error("the source is in use")]
    Busy,
    /// Permit it.
    #[error("the sound server permits no recording")]
    Denied,
    /// Record another source.
    #[error("the sound server refuses: {reason}")]
    Refused {
        /// What it said.
        reason: String,
    },
}

/// Takes what is recorded. Called on the recording's own thread.
pub trait Listener: Send {
    /// The next interleaved samples, within -1 to 1. The server has confirmed after they arrived that they come from the
    /// source that was opened.
    fn heard(&mut self, samples: &[f32]);

    /// The server's sources, or which of them is the default, have changed.
    fn sources(&mut self, sources: &[Source]);

    /// The source, or the stream itself, is muted now, or no longer: what is heard is silence.
    fn muted(&mut self, muted: bool);

    /// Nothing more will come. Not called when the [`Recording`] is dropped.
    fn ended(&mut self, error: SoundServerError);
}

/// A stream that is being recorded. Dropping it ends the stream, without waiting for that.
#[derive(Debug)]
pub struct Recording {
    #[cfg(target_os = "linux")]
    _open: crate::pulse::Open,
}

/// The sources that there are now.
pub fn sources() -> Result<Vec<Source>, SoundServerError> {
    #[cfg(target_os = "linux")]
    return crate::pulse::sources();
    #[cfg(not(target_os = "linux"))]
    Err(SoundServerError::NotRunning)
}

/// Records a source in blocks of about this length.
pub fn record(source: &Source, block: Duration, listener: Box<dyn Listener>) -> Result<Recording, SoundServerError> {
    #[cfg(target_os = "linux")]
    return crate::pulse::record(source, block, listener).map(|open| Recording { _open: open });
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (source, block, listener);
        Err(SoundServerError::NotRunning)
    }
}
