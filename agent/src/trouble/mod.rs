//! What does not work, and what the user has to know: one value, from which everything that is said of it is made.
//!
//! A [`Trouble`] names what has happened, with its error. [`Trouble::notice`] is the one table of words: it gives the part, the
//! effect, the title and the body, of which the notification, the tray, the status and the log line are made. [`Lasting`] has the
//! troubles that are not over; a part that works again ends its own.

mod lasting;
mod words;

use std::fmt;
use std::io;
use std::sync::Arc;

use scout_core::session::{Notification, Room};
use scout_platform::{GrabError, HookError};

use crate::config::ConfigError;
use crate::config::edit::EditError;
use crate::config::last_good::InForce;
use crate::config::watch::WatchError;
use crate::rewriter::RewriteError;
use crate::ui::NoTray;
use scout_log::history::{Doubt, HistoryError, News};
use scout_speech::capture::{self, CaptureError};
use scout_speech::transcribe::{LoadError, SubmitError};

pub use lasting::Lasting;

/// Something that the user has to know, with its error. The errors are named by what the user can do.
#[derive(Debug)]
pub enum Trouble {
    /// A recording failed, or ended before the key came up.
    NotHeard {
        /// Why.
        error: CaptureError,
        /// Whether something was heard before. It is being transcribed.
        kept: bool,
    },
    /// Something happened while the recording went on.
    Recording {
        /// What.
        notice: capture::Notice,
        /// The microphone.
        device: Option<String>,
    },
    /// Hands-free mode was turned off, since the microphone cannot be listened to.
    HandsFreeFailed(CaptureError),
    /// The speech model cannot be used.
    NoModel(Arc<LoadError>),
    /// The speech model was not changed.
    ModelNotChanged(SubmitError),
    /// Something became of a dictation that the user does not expect.
    Dictation(Notification),
    /// A text is not rewritten as the user wants it.
    NotRewritten(RewriteError),
    /// The log does not take new dictations.
    LogFailing(HistoryError),
    /// The key of the log cannot be had; dictations are sealed until it can.
    LogSealed(HistoryError),
    /// Something happened to the log when it was opened.
    LogNews(News),
    /// This many dictations are over a limit of the log, and are kept until the user agrees, or because their age is doubtful.
    OverLimits(u64, Option<Doubt>),
    /// The log was not copied.
    NoBackup(HistoryError),
    /// The key of the log lies in a file, since there is no keychain.
    NoKeychain,
    /// An earlier agent ended in the middle of this many dictations.
    Recoverable(usize),
    /// Keys are not heard.
    NoKeys(HookError),
    /// The applications see the dictation key as well.
    KeyShared(GrabError),
    /// There is no tray icon.
    NoTray(NoTray),
    /// The configuration was changed, but cannot be used as it is.
    ConfigurationRefused {
        /// What is wrong, and in which line.
        error: ConfigError,
        /// What Scout works with instead.
        in_force: InForce,
    },
    /// Changes of the configuration are not noticed.
    ConfigurationNotWatched(WatchError),
    /// What was chosen in the tray was not written into the configuration.
    SettingNotSaved(EditError),
    /// A program that the user's own command starts cannot be started.
    ProgramNotStarted {
        /// Its name.
        program: String,
        /// What the system said.
        error: io::Error,
    },
    /// A part of Scout failed, and was started again.
    Restarted {
        /// Which one.
        part: Part,
        /// How it failed.
        fault: Fault,
        /// Whether something was heard before. It is being transcribed.
        kept: bool,
    },
    /// A part of Scout failed too often, and is not started any more.
    Died(Part),
    /// Scout itself ends unexpectedly.
    Ended,
}

/// How a part of Scout failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It panicked.
    Panicked,
    /// It did not answer within its limit.
    Hung,
}

/// What a trouble is about. A part has one trouble at a time, and its troubles are over once it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The microphone.
    Microphone,
    /// The sound server between the microphone and Scout.
    SoundServer,
    /// What records.
    Recording,
    /// What keeps recordings on disk while they are made.
    Spool,
    /// A voice that begins a dictation.
    HandsFree,
    /// What finds the words.
    Recognition,
    /// The speech model.
    Model,
    /// The language model.
    Rewriting,
    /// What looks where the focus is.
    Focus,
    /// What asks for password fields.
    Field,
    /// What types and pastes.
    Delivery,
    /// The log.
    Log,
    /// The limits of the log.
    Limits,
    /// The copies of the log.
    Backups,
    /// Where the key of the log lies.
    Keychain,
    /// What hears the keyboard.
    Keyboard,
    /// What keeps the dictation key from the applications.
    KeyGrab,
    /// The tray.
    Tray,
    /// Notifications.
    Notifications,
    /// The overlay.
    Overlay,
    /// The sounds.
    Sounds,
    /// The configuration.
    Configuration,
    /// What notices that the configuration has changed.
    ConfigurationWatch,
    /// Programs that spoken commands start.
    Programs,
    /// The agent as a whole.
    Scout,
}

/// The part, as it is called in a sentence.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Microphone => "microphone",
            Self::SoundServer => "sound server",
            Self::Recording => "recording",
            Self::Spool => "copy of recordings on disk",
            Self::HandsFree => "hands-free mode",
            Self::Recognition => "speech recognition",
            Self::Model => "speech model",
            Self::Rewriting => "language model",
            Self::Focus => "look-up of the focused window",
            Self::Field => "look-up of password fields",
            Self::Delivery => "delivery of texts",
            Self::Log => "log",
            Self::Limits => "limits of the log",
            Self::Backups => "copies of the log",
            Self::Keychain => "keychain",
            Self::Keyboard => "keyboard",
            Self::KeyGrab => "grab of the dictation key",
            Self::Tray => "tray",
            Self::Notifications => "display of notifications",
            Self::Overlay => "overlay",
            Self::Sounds => "playback of sounds",
            Self::Configuration => "configuration",
            Self::ConfigurationWatch => "watch over the configuration",
            Self::Programs => "start of programs",
            Self::Scout => "agent",
        })
    }
}

impl From<Room> for Part {
    fn from(room: Room) -> Self {
        match room {
            Room::Capture => Self::Recording,
            Room::Transcription => Self::Recognition,
            Room::Delivery => Self::Delivery,
            Room::Focus => Self::Focus,
            Room::Field => Self::Field,
            Room::History => Self::Log,
        }
    }
}

impl Part {
    /// The room that a dictation may wait for.
    pub fn room(self) -> Option<Room> {
        let rooms = [Room::Capture, Room::Transcription, Room::Delivery, Room::Focus, Room::Field, Room::History];
        rooms.into_iter().find(|room| Self::from(*room) == self)
    }
}

/// What follows from a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// No dictation succeeds until something is done. Each one that fails is notified, and the tray shows it.
    NothingWorks,
    /// Dictation works without the part, until that works again. Notified once.
    WithoutPart,
    /// All works, but not as safely as it could. Shown for as long as it is so, and not notified.
    Advice,
    /// One dictation, or one request of the user: it is over once it is notified.
    Once,
}

/// A trouble in words, with what is to be shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub part: Part,
    /// What follows from it.
    pub effect: Effect,
    /// What happened, in a few words.
    pub title: &'static str,
    /// What it means, and what to do.
    pub body: String,
}

/// The whole on one line, as the log, the status and the tray have it.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.body)
    }
}
