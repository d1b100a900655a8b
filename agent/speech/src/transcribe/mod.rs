//! From speech to words: [`Transcriber`], and [`Whisper`], which is one.
//!
//! `worker` runs a transcriber on a thread of its own; `recogniser` has the passes run that
//! [`Incremental`](scout_core::incremental::Incremental) asks for; `recording` does the same for a recording that is there as a
//! whole; [`limits`] says how much context and how many threads a pass gets.
//!
//! The text comes as the model wrote it, but for spaces at its ends: cleaning is the work of [`text`](scout_core::text).

pub mod limits;
mod recogniser;
mod recording;
mod whisper;
mod worker;

pub use recogniser::{Recognised, Recogniser};
pub use recording::{Found, transcribe_recording};
use scout_core::transcript::{Abort, Options, TranscribeError, Transcript};
pub use whisper::{LoadError, Whisper, compiled_for};
pub use worker::{Answer, Event, Hang, Job, Passes, Reply, SubmitError, Transcription};

/// Turns audio into text.
pub trait Transcriber {
    /// Transcribes a clip: mono samples at [`SAMPLE_RATE`](scout_core::dictation::SAMPLE_RATE), within -1 to 1, of any length.
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
