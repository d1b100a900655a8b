//! From speech to words: [`Transcriber`], and [`Whisper`], which is one.
//!
//! [`worker`] runs a transcriber on a thread of its own; [`gate`] keeps silence from it; [`checks`] notices a model that
//! runs in circles; [`limits`] says how much context and how many threads a pass gets.
//!
//! The text comes as the model wrote it, but for spaces at its ends: cleaning is the work of [`text`](crate::text).

pub mod checks;
pub mod gate;
pub mod incremental;
pub mod limits;
pub mod recogniser;
pub mod whisper;
pub mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

pub use gate::Gated;
pub use incremental::Incremental;
pub use recogniser::{Partial, Recognised, Recogniser, Recognition, Words};
pub use whisper::{LoadError, Whisper};
pub use worker::{Answer, Event, SubmitError, Transcription};

/// Turns audio into text.
pub trait Transcriber {
    /// Transcribes a clip: mono samples at [`SAMPLE_RATE`](crate::dictation::SAMPLE_RATE), within -1 to 1, of any length.
    /// An empty clip gives an empty transcript.
    ///
    /// The caller may set `abort` from another thread; the call then ends early with [`TranscribeError::Aborted`].
    fn transcribe(&mut self, audio: &[f32], options: &Options, abort: &Abort) -> Result<Transcript, TranscribeError>;

    /// Does once what is slower the first time, so that no dictation waits for it.
    fn warm_up(&mut self) {}
}

impl<T: Transcriber + ?Sized> Transcriber for Box<T> {
    fn transcribe(&mut self, audio: &[f32], options: &Options, abort: &Abort) -> Result<Transcript, TranscribeError> {
        (**self).transcribe(audio, options, abort)
    }

    fn warm_up(&mut self) {
        (**self).warm_up();
    }
}

/// How one clip is to be transcribed. The default is what dictation does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The language spoken, as an ISO 639-1 code such as `en`. `None` lets a multilingual model tell.
    pub language: Option<String>,
    /// What a multilingual model chooses from when it is to tell the language; any when empty.
    pub candidates: Vec<String>,
    /// Whether the text is to be English, whatever is spoken. Only multilingual models can do that.
    pub translate: bool,
    /// Text that might have come before, or names that may occur: the model leans towards its words and its style. Only
    /// its end is used, of about 220 tokens.
    pub prompt: Option<String>,
    /// The words just before the clip. Models that do better with them (`text_before` in the catalogue) take them for the end
    /// of the prompt.
    pub before: Option<String>,
    /// Threads; `None` leaves the choice to [`limits::threads`].
    pub threads: Option<usize>,
    /// The shortest context that the encoder may get, in positions of 20 ms; `None` for [`limits::LEAST_CONTEXT`]. A clip that is
    /// read once more gets the full one.
    pub least_context: Option<u32>,
}

impl Options {
    /// The same for a clip in which a pass found less than was said: the full context, and not the words before, which may be
    /// what led that pass astray.
    #[must_use]
    pub fn once_more(self) -> Self {
        Self { before: None, least_context: Some(limits::FULL_CONTEXT), ..self }
    }
}

/// What was said in a clip.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Transcript {
    /// The text of all segments.
    pub text: String,
    /// Its parts, in order.
    pub segments: Vec<Segment>,
    /// The language, as an ISO 639-1 code; `None` when nothing was transcribed.
    pub language: Option<String>,
    /// How sure the model is of the language, 0 to 1; `None` when it was not asked.
    pub language_probability: Option<f32>,
    /// The text still runs in circles, or the model is still unsure of it, after a second try with the full context: it is
    /// likely to be wrong.
    pub doubtful: bool,
    /// What it cost.
    pub timings: Timings,
}

/// A stretch of text with its place in the clip.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// Where it begins, in seconds from the start of the clip.
    pub start: f32,
    /// Where it ends, in seconds. As the model guesses it, to about 0.1 s; never behind the clip's end.
    pub end: f32,
    /// The text, without spaces at its ends.
    pub text: String,
    /// Mean natural logarithm of the tokens' probabilities: 0 is certain, below -1 is doubtful.
    pub avg_logprob: f32,
    /// How likely the model thinks it that nobody spoke, 0 to 1.
    pub no_speech_probability: f32,
}

/// What a transcript cost. whisper-rs does not tell the encoder's share.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Timings {
    /// Length of the clip, in seconds.
    pub audio_seconds: f64,
    /// From the call to the transcript, in milliseconds.
    pub total_ms: f64,
    /// Positions of the encoder in the last pass; 0 means all of them.
    pub audio_ctx: u32,
    /// Passes over the clip: 0 when nothing was to be done, 2 when the first ran in circles.
    pub passes: u32,
}

impl Timings {
    /// Time spent for each second of audio; below 1 is faster than speech. 0 for an empty clip.
    pub fn real_time_factor(&self) -> f64 {
        if self.audio_seconds > 0.0 { self.total_ms / 1000.0 / self.audio_seconds } else { 0.0 }
    }

    pub(crate) fn set_total(&mut self, total: Duration) {
        self.total_ms = total.as_secs_f64() * 1000.0;
    }
}

/// Set to end a transcription early, whether it runs or waits. Clones belong together.
pub type Abort = Arc<AtomicBool>;

/// Whether the transcription is to end.
pub(crate) fn is_aborted(abort: &Abort) -> bool {
    abort.load(Ordering::Relaxed)
}

/// Why there is no transcript.
#[derive(Debug, thiserror::Error)]
pub enum TranscribeError {
    /// The caller ended it.
    #[error("the transcription was cancelled")]
    Aborted,
    /// The language is not one of Whisper's.
    #[error("{0:?} is no language that the model knows: use an ISO 639-1 code such as \"en\", or leave it out")]
    UnknownLanguage(String),
    /// The model knows English only.
    #[error("the model {model} knows English only: choose a multilingual one, such as \"base\", for {language:?}")]
    EnglishOnly {
        /// The model.
        model: String,
        /// The language asked for.
        language: String,
    },
    /// There is no model.
    #[error("no model is loaded: {0}")]
    NoModel(Arc<LoadError>),
    /// Speech could not be told from silence.
    #[error(transparent)]
    Speech(#[from] crate::speech::SpeechError),
    /// Somebody spoke, and no pass found a word in it.
    #[error("somebody spoke, but no words were understood")]
    NothingUnderstood,
    /// The model failed. It is to be loaded again before the next clip.
    #[error("the model failed ({reason}): try once more, and if it fails again run `scout models verify`")]
    Failed {
        /// What whisper.cpp said.
        reason: String,
    },
}
