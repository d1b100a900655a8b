//! Transcribes a whole recording, for crash recovery and for a second transcription of a kept recording.

use std::time::Duration;

use scout_core::incremental::{LEAST_UNHEARD, Missing};
use scout_core::log_entry::Entry;
use scout_core::speech::SpeechError;
use scout_core::transcript::{Options, TranscribeError};

use crate::config::ConfigError;
use crate::config::paths::Paths;
use crate::models::Store;
use crate::speech;
use crate::transcribe::{Found, LoadError, Whisper, transcribe_recording};

/// Why a recording was not transcribed. Each message states the remedy.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptionError {
    /// Correct the configuration, which names the model.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Install the model, or choose another one.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Install Scout again: the voice detector failed.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// Choose another model: the transcription failed.
    #[error(transparent)]
    Transcribe(#[from] TranscribeError),
}

/// The transcription of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcription {
    /// The transcript.
    pub text: String,
    /// The length of the speech in the recording.
    pub speech: Duration,
    /// The speech in which no words were understood, or too few.
    pub missing: Option<Missing>,
    /// The code of the language; `None` if it is not known.
    pub language: Option<String>,
    /// The name of the model; `None` if none was needed, because the recording contains no speech.
    pub model: Option<String>,
    /// The transcriber's segments, as a JSON array.
    pub segments: serde_json::Value,
}

impl Transcription {
    /// Returns whether somebody speaks in the recording, and no words were understood.
    pub fn is_unintelligible(&self) -> bool {
        self.text.trim().is_empty() && self.speech >= LEAST_UNHEARD
    }

    /// Sets the text and the fields of an entry that follow from the transcription.
    pub fn fill_in(self, entry: &mut Entry) {
        self.text.trim().clone_into(&mut entry.text);
        entry.raw_text = self.text;
        entry.speech = self.speech;
        entry.language = self.language.or_else(|| entry.language.take());
        entry.model = self.model.or_else(|| entry.model.take());
        entry.segments = self.segments;
    }
}

/// Transcribes recordings. Loads a model when it is first needed, and again only if an entry was meant for another one.
#[derive(Debug)]
pub struct RecordingTranscriber<'a> {
    paths: &'a Paths,
    /// The model that the user chose, instead of the one of each entry.
    chosen: Option<String>,
    loaded: Option<(String, Whisper)>,
}

impl<'a> RecordingTranscriber<'a> {
    /// Creates a transcriber with this model. Without one, it uses the model of each entry, or else that of the
    /// configuration.
    pub fn new(paths: &'a Paths, chosen: Option<String>) -> Self {
        Self { paths, chosen, loaded: None }
    }

    /// Transcribes the recording of an entry (16 kHz mono samples) in the language of the entry.
    pub fn transcribe(&mut self, entry: &Entry, audio: &[f32]) -> Result<Transcription, TranscriptionError> {
        // Without speech, no model is needed.
        if speech::spans(audio)?.is_empty() {
            let segments = serde_json::Value::Array(Vec::new());
            let (speech, text) = (Duration::ZERO, String::new());
            return Ok(Transcription { text, speech, missing: None, language: None, model: None, segments });
        }
        let name = match self.chosen.as_ref().or(entry.model.as_ref()) {
            Some(name) => name.clone(),
            None => crate::config::files::load(&self.paths.config, &[])?.config.model.name,
        };
        let mut whisper = match self.loaded.take() {
            Some((loaded, whisper)) if loaded == name => whisper,
            _ => Whisper::load(&Store::at(&self.paths.models).find(&name).map_err(LoadError::from)?)?,
        };
        let options = Options { language: entry.language.clone(), ..Options::default() };
        let found = transcribe_recording(&mut whisper, &mut speech::detector()?, audio, &options);
        self.loaded = Some((name.clone(), whisper));
        let Found { transcript, speech, missing } = found?;
        Ok(Transcription {
            text: transcript.text,
            speech,
            missing,
            language: transcript.language,
            model: Some(name),
            // Segments are strings and numbers, which can always be serialized.
            segments: serde_json::to_value(transcript.segments).unwrap_or_default(),
        })
    }
}
