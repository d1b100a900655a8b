//! Microphone to 16 kHz mono samples: device, ring, resampling, spool.
//!
//! An audio callback writes what a [`Microphone`] hears into a lock-free ring. The capture thread ([`Worker`]) empties
//! it, brings it to 16 kHz mono (`resample`), writes it to the [spool](scout_core::spool) as it arrives and finds the voice
//! in it ([`crate::vad`]). It takes [`Command`]s and answers with [`Event`]s.

mod cpal;
mod devices;
mod errors;
mod file;
mod live_stream;
mod microphone;
mod mixer;
mod pulse;
mod recording;
pub(crate) mod resample;
mod system;
mod tail;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use devices::Device;
pub use errors::CaptureError;
pub use file::FileMicrophone;
pub use microphone::{Format, Microphone, Opened};
pub use system::System;
pub use worker::Worker;

use scout_core::dictation::{DictationId, duration_of};
use scout_core::microphone::DeviceChoice;
use scout_core::speech::SpeechSpan;
use scout_core::spool::SpooledRecording;
use scout_core::transcript::Recognition;

/// How long the recording goes on after the key came up, unless silence ends it before: people let go with the last
/// syllable.
pub const DEFAULT_TAIL: Duration = Duration::from_millis(300);

/// What the capture thread is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Listen. Answered with [`Event::Ready`] when the first samples are there, and in the end with
    /// [`Event::Finished`] or [`Event::Failed`].
    Start {
        /// The dictation that begins.
        id: DictationId,
        /// How to record it.
        settings: Box<Settings>,
    },
    /// The key came up: record the tail, then finish.
    Stop {
        /// The dictation; another one's is ignored.
        id: DictationId,
    },
    /// The key went down again at once: it was no release. Ignored if the tail is over already.
    Resume {
        /// The dictation; another one's is ignored.
        id: DictationId,
    },
    /// Finish now, without a tail.
    End {
        /// The dictation; another one's is ignored.
        id: DictationId,
    },
    /// Throw everything away, and stop looking for words in it. No event follows.
    Cancel {
        /// The dictation, which may have been recorded already.
        id: DictationId,
    },
    /// Find the words of this dictation in another way from now on.
    Recognise {
        /// The dictation, which may have been recorded already.
        id: DictationId,
        /// How.
        recognition: Box<Recognition>,
    },
    /// Silence does not end it any more. Ignored if it is over already.
    HoldOn {
        /// The dictation; another one's is ignored.
        id: DictationId,
    },
    /// Keep a microphone open between dictations; `None`: open it only for dictations, which is the default.
    StandBy(Option<Standby>),
    /// End the thread. What is being recorded stays in the spool.
    Shutdown,
}

/// What an open microphone does between dictations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standby {
    /// Which one is open.
    pub device: DeviceChoice,
    /// How much from before a dictation is kept in memory, and belongs to it.
    pub pre_roll: Duration,
    /// Whether a voice is listened for, and told as [`Event::Voice`].
    pub watch: bool,
}

/// How a dictation is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// With which microphone.
    pub device: DeviceChoice,
    /// How much is recorded after the key came up, at most.
    pub tail: Duration,
    /// The silence that ends the recording by itself, for one that a voice has begun; `None` where nothing but the key or a
    /// command does.
    pub end_after: Option<Duration>,
    /// Whether the samples are kept until the end, for [`Utterance::samples`]. They are transcribed as they are heard, and an hour
    /// of them is 230 MB.
    pub keep_samples: bool,
    /// How its words are to be found.
    pub recognition: Recognition,
    /// Kept beside the spooled audio, for whoever recovers it: when, for which application, with which profile.
    pub note: serde_json::Value,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            device: DeviceChoice::Default,
            tail: DEFAULT_TAIL,
            end_after: None,
            keep_samples: true,
            recognition: Recognition::default(),
            note: serde_json::Value::Null,
        }
    }
}

/// What the capture thread tells.
#[derive(Debug)]
pub enum Event {
    /// The first samples are there: what is said from now on is heard.
    Ready {
        /// The dictation.
        id: DictationId,
        /// What hears it.
        device: Device,
        /// How long it took from the command.
        after: Duration,
    },
    /// How loud it is, about ten times a second.
    Level {
        /// The dictation.
        id: DictationId,
        /// Root mean square in dB of full scale; 0 is the loudest there is.
        dbfs: f32,
    },
    /// Something that the user should see; the recording goes on.
    Notice {
        /// The dictation.
        id: DictationId,
        /// What it is.
        notice: Notice,
    },
    /// The recording is complete, or was interrupted.
    Finished {
        /// The dictation.
        id: DictationId,
        /// What was heard.
        utterance: Utterance,
    },
    /// Another microphone than before is open while nothing is recorded; `None`: the one that was open is gone.
    Open {
        /// Which one.
        device: Option<Device>,
    },
    /// A voice is heard while nothing is recorded, and a voice is listened for. What it has said so far belongs to a dictation
    /// that is started within a second.
    Voice,
    /// A voice is no longer listened for, since the microphone fails again and again.
    Deaf {
        /// Why, and what to do about it.
        error: CaptureError,
    },
    /// The thread failed while nothing was recorded, and was started again.
    Restarted,
    /// Nothing was heard at all.
    Failed {
        /// The dictation.
        id: DictationId,
        /// Why not, and what to do about it.
        error: CaptureError,
    },
}

/// Something that the user should see, though the recording goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The chosen microphone is not there; the default one is used.
    ChosenDeviceMissing {
        /// What is used instead.
        used: Device,
    },
    /// The chosen microphone is there, but does not open; another one is used.
    ChosenDeviceFailed {
        /// Why it does not open.
        error: CaptureError,
        /// What is used instead.
        used: Device,
    },
    /// The microphone went away and is back; what was said in between is lost.
    Reopened {
        /// The device.
        device: Device,
    },
    /// The microphone went away; the default one goes on.
    Moved {
        /// The device that is gone.
        from: Device,
        /// What is used instead.
        to: Device,
    },
    /// The microphone is muted in the system's sound settings, or was while something was recorded.
    Muted {
        /// The device's name.
        name: String,
    },
    /// The microphone gives nothing but zeros.
    OnlyZeros,
    /// The machine was too busy to record everything.
    Overrun,
    /// The recording is not kept on disk.
    SpoolFailed {
        /// What the system said, and where.
        reason: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChosenDeviceMissing { used } => {
                write!(f, "the chosen microphone is not there: {used} is used instead")
            }
            Self::ChosenDeviceFailed { error, used } => write!(f, "{error}; {used} is used instead"),
            Self::Reopened { device } => write!(f, "the microphone {device} was gone for a moment"),
            Self::Moved { from, to } => write!(f, "the microphone {from} went away: {to} is used instead"),
            Self::Muted { name } => write!(f, "the microphone {name} is muted"),
            Self::OnlyZeros => f.write_str("the microphone gives no sound: is it muted, or still waking up?"),
            Self::Overrun => f.write_str("the machine is too busy: some of what was said was lost"),
            Self::SpoolFailed { reason } => f.write_str(reason),
        }
    }
}

/// What was heard of one dictation.
pub struct Utterance {
    /// Samples heard.
    pub length: usize,
    /// 16 kHz mono samples within -1 to 1. Empty when the key came up before the microphone was ready, or
    /// [`Settings::keep_samples`] does not ask for them.
    pub samples: Arc<[f32]>,
    /// Where speech is in them; nowhere means that there is nothing to transcribe.
    pub spans: Vec<SpeechSpan>,
    /// What heard it last; `None` when nothing was heard.
    pub device: Option<Device>,
    /// Its copy on disk, to be discarded once the text is safe. Dropped, it stays, and is found at the next start.
    pub spool: Option<Box<dyn SpooledRecording>>,
    /// Why it ends before the key came up, if it does.
    pub interrupted: Option<CaptureError>,
    /// How much is missing because the machine was too busy.
    pub(crate) overrun: Duration,
}

impl Utterance {
    /// How much was heard.
    pub fn duration(&self) -> Duration {
        duration_of(self.length)
    }
}

/// Without the audio, which never goes to a log.
impl fmt::Debug for Utterance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Utterance")
            .field("duration", &self.duration())
            .field("spans", &self.spans)
            .field("device", &self.device)
            .field("interrupted", &self.interrupted)
            .field("overrun", &self.overrun)
            .finish_non_exhaustive()
    }
}
