//! The model that hears what was spooled.

use super::{Entry, Heard, Paths};
use crate::models::Store;
use crate::speech;
use crate::transcribe::{Abort, Options, Transcriber, Whisper};

/// Loaded when it is first needed, and again only if a dictation was meant for another one.
pub(in crate::cli::history) struct Model<'a> {
    paths: &'a Paths,
    /// What the user asked for now.
    chosen: Option<String>,
    loaded: Option<(String, Whisper)>,
}

impl<'a> Model<'a> {
    pub(in crate::cli::history) fn new(paths: &'a Paths, chosen: Option<String>) -> Self {
        Self { paths, chosen, loaded: None }
    }

    /// Transcribes the audio of an entry, with the model and the language that it began with.
    pub(in crate::cli::history) fn hear(&mut self, entry: &Entry, audio: &[f32]) -> anyhow::Result<Heard> {
        let speech = speech::spans(audio)?.into_iter().map(speech::SpeechSpan::duration).sum();
        if audio.is_empty() || speech == std::time::Duration::ZERO {
            return Ok(Heard { text: String::new(), speech, language: None, model: None, segments: empty() });
        }
        let name = match self.chosen.as_ref().or(entry.model.as_ref()) {
            Some(name) => name.clone(),
            None => crate::config::load(&self.paths.config, &[])?.config.model.name,
        };
        let mut whisper = match self.loaded.take() {
            Some((loaded, whisper)) if loaded == name => whisper,
            _ => Whisper::load(&Store::at(&self.paths.models).find(&name)?)?,
        };
        let options = Options { language: entry.language.clone(), ..Options::default() };
        let transcript = whisper.transcribe(audio, &options, &Abort::default());
        self.loaded = Some((name.clone(), whisper));
        let transcript = transcript?;
        Ok(Heard {
            text: transcript.text,
            speech,
            language: transcript.language,
            model: Some(name),
            segments: serde_json::to_value(transcript.segments)?,
        })
    }
}

fn empty() -> serde_json::Value {
    serde_json::Value::Array(Vec::new())
}
