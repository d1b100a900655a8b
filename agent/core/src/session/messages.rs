//! What the machine is told, and what it asks for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use scout_desktop::{Click, Field, Key};

use super::undo::{Asked, UndoRefusal};
use crate::config::schema::RewriteSettings;
use crate::delivery::{Focus, HoldReason, Job, NotThere, Receipt, Undone};
use crate::dictation::{DictationId, Outcome, Recent};
use crate::log_entry::{Delivery, Entry};
use crate::setup::Loaded;
use crate::speech::SpeechSpan;
use crate::transcript::{Partial, Recognition, TranscribeError, Words};

/// The moment of an event, and what else the machine cannot know by itself.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time since any fixed moment, the same for all events.
    pub at: Duration,
    /// The time by the user's clock, for the log.
    pub clock: Timestamp,
    /// An id that no dictation and no delivery has yet, should this event begin one.
    pub fresh: DictationId,
    /// Whether every key and every click of the user is heard: else nothing is known of what the user did to a text.
    pub hears_everything: bool,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A key went down or up.
    Key {
        /// Which one.
        key: Key,
        /// `true` when it went down.
        pressed: bool,
    },
    /// Something was clicked.
    Clicked(Click),
    /// The settings have changed.
    Configured(Arc<Loaded>),
    /// Begin to listen, by command.
    Start {
        /// The profile for this dictation alone.
        profile: Option<String>,
    },
    /// Stop listening, by command.
    Stop,
    /// Begin or stop, by command.
    Toggle,
    /// Throw away what is being said; if nobody is speaking, the newest text that is still on its way.
    Cancel,
    /// The profile that the user has chosen for the next dictation alone, or for none.
    ProfileOnce(Option<String>),
    /// Hands-free mode is turned on or off; `None` means the other of the two.
    HandsFree(Option<bool>),
    /// Deliver the newest held text, or else the newest text once more, to what has the focus now.
    PasteLast,
    /// Take the last text back.
    Undo(Asked),
    /// The newest texts of the log, the newest first.
    Recent(Vec<Recent>),
    /// The user has had every dictation deleted.
    Erased,
    /// The agent is to end.
    Quit,
    /// The time of [`Machine::wakes_at`](super::Machine::wakes_at) has come, or may have.
    Tick,
    /// A voice is heard while nothing is recorded.
    Voice,
    /// Nobody can be heard while nothing is recorded, since the microphone failed.
    Deaf,
    /// The first real samples arrived.
    Ready(DictationId),
    /// What was understood so far of what is being said.
    Partial(DictationId, Partial),
    /// The recording has ended, and all its audio is there. Its words follow if anybody has spoken.
    Captured(DictationId, Captured),
    /// There is no audio, because no microphone could be opened.
    CaptureFailed(DictationId),
    /// The words are there, or could not be had.
    Transcribed(DictationId, Result<Words, TranscribeError>),
    /// Every key and click before the oldest [`Effect::CatchUp`] that was not answered is known, or will not be: then
    /// [`Moment::hears_everything`] is `false`.
    CaughtUp,
    /// Where the focus was when the dictation began, or the delivery of an older text was asked for.
    Aimed(DictationId, Focus),
    /// The kind of field that has the focus; `None`: there will be no answer.
    Field(DictationId, Option<Field>),
    /// A language model has answered; `None` where it has not, or its answer was refused.
    Rewritten(DictationId, Option<String>),
    /// A delivery has ended.
    Delivered(Receipt),
    /// A request to take a text back has ended.
    Undone(Undone),
    /// The entry of this dictation is safe in the log.
    Recorded(DictationId),
    /// A room has died: it answers nothing any more.
    Died(Room),
    /// A room hung, and another one has taken its place: what it was asked for before is not answered.
    Replaced(Room),
}

/// A part of Scout that runs on a thread of its own, and that a dictation may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Records, and has what was heard transcribed.
    Capture,
    /// Has the model. Whoever waits for a pass is answered all the same.
    Transcription,
    /// Types and pastes.
    Delivery,
    /// Looks where the focus is.
    Focus,
    /// Asks which field has the focus.
    Field,
    /// Writes the log.
    History,
}

/// What was heard of a dictation, without the audio.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captured {
    /// How long it is.
    pub length: Duration,
    /// Where speech is in it.
    pub spans: Vec<SpeechSpan>,
    /// The microphone failed; without this, the recording ended because it was asked to, or a voice that began it has fallen
    /// silent.
    pub interrupted: bool,
}

/// What is to be done about it. Written without texts, so that it can be logged.
#[derive(PartialEq)]
pub enum Effect {
    /// Open the microphone, and record.
    Record {
        /// The dictation that begins.
        id: DictationId,
        /// A voice has begun it, so silence ends it.
        by_voice: bool,
        /// How its words are to be found, until that is changed.
        recognition: Box<Recognition>,
    },
    /// Silence does not end it any more: the user has taken it over.
    HoldOn(DictationId),
    /// Listen for a voice while nothing is recorded, or no longer.
    Watch(bool),
    /// Tell the user that the microphone hears them.
    CueReady(DictationId),
    /// Tell the user that they are not heard any more.
    CueStopped(DictationId),
    /// The user has finished speaking: record the tail, then hand over the audio.
    StopCapture(DictationId),
    /// They have not: go on recording.
    ResumeCapture(DictationId),
    /// Hand over the audio at once, without a tail.
    EndTail(DictationId),
    /// Throw the audio away, and stop looking for words in it.
    CancelCapture(DictationId),
    /// Find the words of this dictation in this way from now on.
    Recognise(DictationId, Box<Recognition>),
    /// Stop looking for the words.
    AbortTranscription(DictationId),
    /// Look where the focus is.
    LookUpFocus(DictationId),
    /// Ask which field has the focus.
    LookUpField(DictationId),
    /// Ask a language model to rewrite this text.
    Rewrite(DictationId, String, Box<RewriteSettings>),
    /// Bring this text to its target.
    Deliver(Box<Job>),
    /// Stop the delivery under way; what is left is held.
    StopDelivery(DictationId),
    /// Answer with [`Event::CaughtUp`] once every key and click before this moment is known.
    CatchUp,
    /// Take the last delivered text back.
    Undo,
    /// The user does something: stop taking the text back.
    StopUndo,
    /// Start this program.
    Run(Vec<String>),
    /// Write this entry into the log.
    Log(Box<Entry>),
    /// Write into the log what became of an entry.
    LogDelivery(DictationId, Delivery),
    /// Keep the audio in the log.
    LogAudio(DictationId),
    /// Delete the copy of the recording on disk: nothing more can be won from it.
    DiscardRecording(DictationId),
    /// Leave the copy of the recording on disk, where it is offered for recovery.
    KeepRecording(DictationId),
    /// Tell the user something.
    Notify(Notification),
    /// Tell whoever has just asked for something why it is not done.
    Refuse(Refusal),
    /// The dictation is over.
    Close(DictationId, Outcome),
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { id, by_voice, .. } => write!(f, "Record({id}, by_voice: {by_voice})"),
            Self::HoldOn(id) => write!(f, "HoldOn({id})"),
            Self::Watch(on) => write!(f, "Watch({on})"),
            Self::CueReady(id) => write!(f, "CueReady({id})"),
            Self::CueStopped(id) => write!(f, "CueStopped({id})"),
            Self::StopCapture(id) => write!(f, "StopCapture({id})"),
            Self::ResumeCapture(id) => write!(f, "ResumeCapture({id})"),
            Self::EndTail(id) => write!(f, "EndTail({id})"),
            Self::CancelCapture(id) => write!(f, "CancelCapture({id})"),
            Self::Recognise(id, recognition) => write!(f, "Recognise({id}, {})", recognition.model),
            Self::AbortTranscription(id) => write!(f, "AbortTranscription({id})"),
            Self::LookUpFocus(id) => write!(f, "LookUpFocus({id})"),
            Self::LookUpField(id) => write!(f, "LookUpField({id})"),
            Self::Rewrite(id, ..) => write!(f, "Rewrite({id})"),
            Self::Deliver(job) => write!(f, "Deliver({})", job.id),
            Self::StopDelivery(id) => write!(f, "StopDelivery({id})"),
            Self::CatchUp => f.write_str("CatchUp"),
            Self::Undo => f.write_str("Undo"),
            Self::StopUndo => f.write_str("StopUndo"),
            Self::Run(_) => f.write_str("Run"),
            Self::Log(entry) => write!(f, "Log({}, {})", entry.id, entry.outcome),
            Self::LogDelivery(id, delivery) => write!(f, "LogDelivery({id}, {})", delivery.outcome),
            Self::LogAudio(id) => write!(f, "LogAudio({id})"),
            Self::DiscardRecording(id) => write!(f, "DiscardRecording({id})"),
            Self::KeepRecording(id) => write!(f, "KeepRecording({id})"),
            Self::Notify(notification) => write!(f, "Notify({notification:?})"),
            Self::Refuse(refusal) => write!(f, "Refuse({refusal:?})"),
            Self::Close(id, outcome) => write!(f, "Close({id}, {outcome})"),
        }
    }
}

/// What the user is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// A text is kept for them.
    Held {
        /// Why.
        reason: HoldReason,
        /// What went wrong, with the remedy.
        problem: Option<String>,
    },
    /// A key that was to follow a text was not pressed, for this reason.
    KeyNotPressed(String),
    /// The words could not be had.
    NotTranscribed {
        /// Why.
        reason: String,
        /// Whether the recording is kept.
        kept: bool,
    },
    /// The last text was not taken back.
    NotUndone(NotUndone),
    /// The language model has not answered at all.
    NotRewritten,
    /// Nobody has spoken for this long, so that hands-free mode was turned off.
    HandsFreeOver(Duration),
}

/// Why a text was not taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotUndone {
    /// It was not tried.
    Refused(UndoRefusal),
    /// It is not certain to be before the cursor.
    Elsewhere(NotThere),
    /// The keys could not be pressed, for this reason.
    Failed(String),
}

impl fmt::Display for NotUndone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Elsewhere(reason) => reason.fmt(f),
            Self::Failed(reason) => f.write_str(reason),
        }
    }
}

/// Why something that was asked for is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no text to deliver.
    #[error("nothing has been dictated yet")]
    NothingDictated,
    /// There is no such profile.
    #[error("there is no profile named {0}: `scout profiles list` shows all")]
    NoProfile(String),
    /// The last text may not be taken back.
    #[error("{0}")]
    Undo(UndoRefusal),
}
