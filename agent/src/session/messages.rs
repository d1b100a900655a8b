//! What the machine is told, what it asks for, and how dictations end.

use std::time::Duration;

use scout_platform::keys::ChordEdge;

use crate::dictation::DictationId;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The push-to-talk chord went down or up. `fresh` is the id for a dictation, should this begin one.
    Key {
        /// Down, up, or part of a shortcut.
        edge: ChordEdge,
        /// An id that no dictation has yet.
        fresh: DictationId,
    },
    /// Begin to listen, by command.
    Start {
        /// An id that no dictation has yet.
        fresh: DictationId,
    },
    /// Stop listening, by command.
    Stop,
    /// Begin or stop, by command.
    Toggle {
        /// An id that no dictation has yet.
        fresh: DictationId,
    },
    /// Hands-free mode is turned on or off.
    HandsFree(
        /// For how long nobody may speak before it turns itself off, if it is on; `None` turns it off.
        Option<Silence>,
    ),
    /// A voice is heard while nothing is recorded.
    Voice {
        /// An id that no dictation has yet.
        fresh: DictationId,
    },
    /// The user has said that Scout is to stop listening.
    StopListening,
    /// Nobody can be heard while nothing is recorded, since the microphone failed.
    Deaf,
    /// The time of [`Machine::hands_free_until`](super::Machine::hands_free_until) has come, or may have.
    Tick,
    /// Throw away what is being said; if nobody is speaking, the newest text that is still on its way.
    Cancel,
    /// The first real samples arrived.
    Ready {
        /// Whose.
        id: DictationId,
    },
    /// Capture has ended and all its audio is there.
    Captured {
        /// Whose.
        id: DictationId,
        /// Whether there is any voice in it.
        speech: bool,
        /// The microphone failed; without this, capture ended because it was asked to, or a voice that began it has fallen
        /// silent.
        interrupted: bool,
    },
    /// There is no audio, because no microphone could be opened.
    CaptureFailed {
        /// Whose.
        id: DictationId,
    },
    /// The words are there.
    Transcribed {
        /// Whose.
        id: DictationId,
        /// Whether there is any text to deliver.
        words: bool,
    },
    /// The words could not be had.
    TranscribeFailed {
        /// Whose.
        id: DictationId,
    },
    /// Delivery has ended.
    Delivered {
        /// Whose.
        id: DictationId,
        /// Whether all of the text is where it belongs; otherwise it is held.
        complete: bool,
    },
    /// The agent is to end.
    Quit,
}

/// How long nobody may speak before hands-free mode turns itself off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// No longer than this.
    AtMost(Duration),
    /// As long as they like.
    Endless,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Remember which window has the focus, and open the microphone.
    Begin(DictationId),
    /// The same, but a voice has begun it: silence ends it.
    BeginByVoice(DictationId),
    /// Silence does not end it any more: the user has taken it over.
    HoldOn(DictationId),
    /// Listen for a voice while nothing is recorded, or no longer.
    Watch(bool),
    /// Tell the user that the microphone hears them.
    SayReady(DictationId),
    /// The user has finished speaking: record the tail, then hand over the audio.
    StopCapture(DictationId),
    /// They have not: go on recording.
    ResumeCapture(DictationId),
    /// Hand over the audio at once, without a tail.
    EndTail(DictationId),
    /// Throw the audio away.
    CancelCapture(DictationId),
    /// Find the words.
    Transcribe(DictationId),
    /// Stop looking for them.
    AbortTranscription(DictationId),
    /// Compose the text and bring it to its target.
    Deliver(DictationId),
    /// Stop typing; what is left is held.
    AbortDelivery(DictationId),
    /// The dictation is over: log it, and free what it used.
    Close(DictationId, Outcome),
}

/// How a dictation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The text is in its target.
    Delivered,
    /// The text is kept for the user.
    Held,
    /// Nothing was said.
    Nothing,
    /// The user cancelled it.
    Cancelled,
    /// There was no audio, since no microphone could be opened.
    NoAudio,
    /// The words could not be had; the audio is kept.
    Failed,
    /// The agent ended; the audio is kept, and offered at the next start.
    Suspended,
}

/// What the user is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Nothing is going on.
    #[default]
    Idle,
    /// The microphone is opening.
    Opening,
    /// The microphone hears the user.
    Listening,
    /// The words are being found.
    Finishing,
    /// The text is being typed.
    Delivering,
}
