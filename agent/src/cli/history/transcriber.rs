//! Transcribes whole recordings: those that a killed agent left, and kept ones once more.

use std::time::Duration;

use scout_core::log_entry::Entry;
use scout_core::speech::SpeechError;
use scout_core::transcript::{Options, TranscribeError};
use scout_log::recovery::RecordingTranscript;
use scout_speech::models::Store;
use scout_speech::transcribe::{Found, LoadError, Whisper, transcribe_recording};
use scout_speech::vad;

use crate::config::ConfigError;
use crate::config::paths::Paths;

/// Why a recording was not transcribed. Each message states the remedy.
#[derive(Debug, thiserror::Error)]
pub(super) enum TranscriptionError {
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

/// Transcribes recordings. Loads a model when it is first needed, and again only if an entry was meant for another one.
#[derive(Debug)]
pub(super) struct RecordingTranscriber<'a> {
    paths: &'a Paths,
    /// The model that the user chose, instead of the one of each entry.
    chosen: Option<String>,
    loaded: Option<(String, Whisper)>,
}

impl<'a> RecordingTranscriber<'a> {
    /// Creates a transcriber with this model. Without one, it uses the model of each entry, or else that of the
    /// configuration.
    pub(super) fn new(paths: &'a Paths, chosen: Option<String>) -> Self {
        Self { paths, chosen, loaded: None }
    }

    /// Transcribes the recording of an entry (16 kHz mono samples) in the language of the entry.
    pub(super) fn transcribe(
        &mut self,
        entry: &Entry,
        audio: &[f32],
    ) -> Result<RecordingTranscript, TranscriptionError> {
        // Without speech, no model is needed.
        if vad::spans(audio)?.is_empty() {
            let segments = serde_json::Value::Array(Vec::new());
            let (speech, text) = (Duration::ZERO, String::new());
            return Ok(RecordingTranscript { text, speech, missing: None, language: None, model: None, segments });
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
        let found = transcribe_recording(&mut whisper, &mut vad::detector()?, audio, &options);
        self.loaded = Some((name.clone(), whisper));
        let Found { transcript, speech, missing } = found?;
        Ok(RecordingTranscript {
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
