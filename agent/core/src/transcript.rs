//! What a recogniser is asked for, and what it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// Positions of the encoder for 30 s, which is all it has.
pub const FULL_CONTEXT: u32 = 1500;
/// The shortest context that was measured to lose nothing: 4.29 % WER, as with the full one, at a third of the time
/// (71 clips, tiny.en). With 512, sentences begin to be repeated.
pub const LEAST_CONTEXT: u32 = 640;

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
    /// Threads; `None` leaves the choice to the recogniser.
    pub threads: Option<usize>,
    /// The shortest context that the encoder may get, in positions of 20 ms; `None` for [`LEAST_CONTEXT`]. A clip that is
    /// read once more gets the full one.
    pub least_context: Option<u32>,
}

impl Options {
    /// The same for a clip in which a pass found less than was said: the full context, and not the words before, which may be
    /// what led that pass astray.
    #[must_use]
    pub fn once_more(self) -> Self {
        Self { before: None, least_context: Some(FULL_CONTEXT), ..self }
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

    /// Notes the time from the call to the transcript.
    pub fn set_total(&mut self, total: Duration) {
        self.total_ms = total.as_secs_f64() * 1000.0;
    }
}

/// Set to end a transcription early, whether it runs or waits. Clones belong together.
#[derive(Debug, Clone, Default)]
pub struct Abort(Arc<Request>);

#[derive(Debug, Default)]
struct Request {
    is_set: AtomicBool,
    asked: AtomicU64,
}

impl Abort {
    /// Ends the transcription as soon as it asks.
    pub fn set(&self) {
        self.0.is_set.store(true, Ordering::Relaxed);
    }

    /// How often the transcription has asked whether it is to end: one that does not ask any more hangs.
    pub fn times_asked(&self) -> u64 {
        self.0.asked.load(Ordering::Relaxed)
    }
}

/// Whether the transcription is to end.
pub fn is_aborted(abort: &Abort) -> bool {
    abort.0.asked.fetch_add(1, Ordering::Relaxed);
    abort.0.is_set.load(Ordering::Relaxed)
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
    NoModel(Arc<dyn std::error::Error + Send + Sync>),
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

/// How the words of a dictation are to be found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recognition {
    /// The model, by a name that the store of models finds.
    pub model: String,
    /// How each pass is made.
    pub options: Options,
    /// Whether what is being said is read again and again, so that words can be typed while they are spoken.
    pub follow_closely: bool,
}

/// What was understood so far of a dictation that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Partial {
    /// All of it.
    pub text: String,
    /// Its beginning that will not be read again, where it is followed closely.
    pub settled: String,
    /// The language, once that is certain.
    pub language: Option<String>,
}

/// What was understood in the end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Words {
    /// The words.
    pub transcript: Transcript,
    /// The model that has found them; `None` where none was asked.
    pub model: Option<String>,
}
