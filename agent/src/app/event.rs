//! Everything that the session thread hears of, through one channel.

use scout_platform::{Click, Field, KeyEvent};

use crate::capture;
use crate::config::ConfigError;
use crate::control::Call;
use crate::deliver::{Focus, Report};
use crate::dictation::DictationId;
use crate::history;
use crate::rewriter::RewriteError;
use crate::transcribe;
use crate::ui::{Action, Recent};

use super::setup::Loaded;
use super::status::Part;

/// Something happened in one of the rooms.
#[derive(Debug)]
pub enum AppEvent {
    /// A key went down or up.
    Key(KeyEvent),
    /// Something was clicked.
    Clicked(Click),
    /// A client asks for something.
    Call(Call),
    /// The user clicked something.
    Action(Action),
    /// The microphone.
    Capture(capture::Event),
    /// The focus at the moment when a dictation began.
    Aimed(DictationId, Focus),
    /// The field that had the focus when a dictation began or ended.
    Field(DictationId, Field),
    /// The model.
    Transcription(transcribe::Event),
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
    /// A part does not work.
    Broken(Part, String),
    /// A part works again, or for the first time.
    Mended(Part),
    /// The system wants the agent to end.
    Quit,
}
