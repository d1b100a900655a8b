//! What goes to the delivery thread, and what comes back.

use std::time::Duration;

use scout_desktop::{Chord, PasteOptions, TypeOptions};

use super::plan::{Focus, Guard, HoldReason, Method};
use super::undo::Undone;
use crate::dictation::{DictationId, Outcome};

/// A text on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Whose text it is.
    pub id: DictationId,
    /// Exactly what is to arrive. May be empty if only chords are to be pressed.
    pub text: String,
    /// What stands there already of the same dictation: it is taken back together with the text.
    pub behind: String,
    /// How, by the profile.
    pub method: Method,
    /// What if the focus has moved.
    pub guard: Guard,
    /// Where the focus was when the dictation began.
    pub aimed: Focus,
    /// How it is typed.
    pub options: TypeOptions,
    /// How it is pasted.
    pub paste: PasteOptions,
    /// Pressed one after the other once the whole text has arrived, such as Enter to send it.
    pub then: Vec<Chord>,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whose text it was.
    pub id: DictationId,
    /// Typed, pasted, unconfirmed, copied or logged, as [`Outcome`] calls it, or what was held.
    pub result: Result<Outcome, Held>,
    /// From taking up the job until the text was there.
    pub took: Duration,
    /// Why it failed, if it did, with the remedy.
    pub problem: Option<String>,
    /// Why a key that was to follow the text was not pressed, if it was not.
    pub unpressed: Option<String>,
}

/// A text that was not delivered, or only its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Why.
    pub reason: HoldReason,
    /// What has not arrived.
    pub rest: String,
}

impl Held {
    /// Whether all that counts has arrived: nothing but spaces is left. Nobody wants those delivered by themselves.
    pub fn is_only_spaces(&self) -> bool {
        !self.rest.is_empty() && self.rest.chars().all(|character| character == ' ')
    }
}

impl Receipt {
    /// A text of which nothing was sent.
    pub fn held(id: DictationId, reason: HoldReason, rest: String) -> Self {
        Self { id, result: Err(Held { reason, rest }), took: Duration::ZERO, problem: None, unpressed: None }
    }
}

/// What the thread reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A text has reached its end: once for each job.
    Delivered(Receipt),
    /// What became of a request to undo: once for each.
    Undone(Undone),
}
