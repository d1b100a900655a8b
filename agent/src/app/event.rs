//! What the session thread hears of: the user's keys and clicks, and what happens in the rooms. Calls of clients and clicks in
//! the tray have channels of their own.

use scout_core::delivery::{Focus, Report};
use scout_core::dictation::{DictationId, Recent};
use scout_core::setup::Loaded;
use scout_log::history;
use scout_platform::{Click, Field, KeyEvent};
use scout_speech::capture;
use scout_speech::transcribe::{self, Recognised};

use crate::config::ConfigError;
use crate::control::Call;
use crate::rewriter::RewriteError;
use crate::trouble::{Part, Trouble};

/// The user did something.
#[derive(Debug, Clone, Copy)]
pub enum Input {
    /// A key went down or up.
    Key(KeyEvent),
    /// Something was clicked.
    Click(Click),
    /// Every key and click before the request with this number has come.
    CaughtUp(u64),
}

/// Something happened in one of the rooms.
#[derive(Debug)]
pub enum AppEvent {
    /// The microphone.
    Capture(capture::Event),
    /// What was understood.
    Recognised(Recognised),
    /// The focus at the moment when a dictation began, or an older text was asked for.
    Aimed(DictationId, Focus),
    /// The field that had the focus when a dictation began or ended.
    Field(DictationId, Field),
    /// The model.
    Model(transcribe::Event),
    /// A language model rewrote a text, or did not.
    Rewritten(DictationId, Result<String, RewriteError>),
    /// A text reached its end, or was taken back.
    Delivered(Report),
    /// The log.
    History(history::Event),
    /// Everything was deleted, as a client has asked, who is told this.
    Erased(Call, String),
    /// The microphones that there are.
    Microphones(Vec<capture::Device>),
    /// The latest entries of the log, the newest first.
    Recent(Vec<Recent>),
    /// The configuration was changed, or was changed into something that cannot be used.
    Configured(Result<Box<Loaded>, ConfigError>),
    /// Something does not work, or the user has to know of something.
    Trouble(Trouble),
    /// A part works again, or for the first time.
    Works(Part),
    /// A part has ended although nobody asked it to.
    Died(Part),
}
