//! From the words to what is done with them: composing, and asking a language model about it.

use std::sync::Arc;
use std::time::Instant;

use super::conductor::Conductor;
use super::event::AppEvent;
use super::rooms::errand;
use super::status::Part;
use crate::capture::Utterance;
use crate::dictation::{DictationId, SAMPLE_RATE};
use crate::rewriter::{self, RewriteError};
use crate::session::Event;
use crate::text::pauses::{self, Timed};
use crate::text::{self, Context, Step};
use crate::transcribe::Transcript;

impl Conductor {
    pub(super) fn understood(&mut self, id: DictationId, transcript: Transcript) {
        let now = Instant::now();
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let placed = match flight.typing.context() {
            // What stands there now may be its own beginning.
            Some(context) => context.clone(),
            None if flight.field.is_password() => Context::default(),
            None => self.joint.before(&flight.aimed, now).map(Context::from).unwrap_or_default(),
        };
        let context = Context {
            language: transcript.language.as_deref().and_then(|code| code.parse().ok()).unwrap_or_default(),
            pauses: flight.utterance.as_ref().map(|utterance| pauses_in(&transcript, utterance)).unwrap_or_default(),
            vocabulary: Arc::new(self.loaded.vocabulary(&flight.settings)),
            ..placed
        };
        let mut composition = text::compose(&transcript.text, &flight.settings, &context);
        // An open microphone can always be closed by a word.
        if self.machine.is_hands_free() && text::asks_to_stop(&transcript.text, context.language) {
            composition.steps = vec![Step::StopListening];
            composition.text.clear();
        }
        // A server sees nothing before it is known that it is no password.
        let rewrites = flight.settings.rewrite.enabled && !flight.field.is_unknown();
        let asks = rewrites.then(|| composition.only_text().map(str::to_owned)).flatten();
        flight.understand(transcript, composition, now.elapsed(), now);
        flight.context = context;
        if let Some(text) = &asks {
            self.ask_for_rewriting(id, text.clone());
        }
        self.order.understood(id, asks.is_none());
        self.pass_on();
    }

    /// Asks aside: a language model takes its time.
    fn ask_for_rewriting(&mut self, id: DictationId, text: String) {
        let Some(flight) = self.flights.get(&id) else { return };
        let (settings, events) = (flight.settings.rewrite.clone(), self.rooms.events.clone());
        let desktop = Arc::clone(&self.rooms.desktop);
        errand("rewriting", move || {
            let answer = rewriter::rewrite(&text, &settings, || desktop.secrets());
            let _ = events.send(AppEvent::Rewritten(id, answer));
        });
    }

    /// A language model has answered, or has not.
    pub(super) fn rewritten(&mut self, id: DictationId, answer: Result<String, RewriteError>) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        match answer {
            Ok(answer) => {
                if let Some(composition) = flight.composition.take() {
                    let composition = text::rewritten(composition, &answer, &flight.settings, &flight.context);
                    flight.composition = Some(composition);
                }
                self.warnings.clear(Part::Rewriting);
            }
            // An answer that was looked at and not taken is no fault of anything.
            Err(error @ (RewriteError::Refused(_) | RewriteError::TooLong)) => {
                tracing::info!(%id, %error, "not rewritten");
            }
            Err(error) => self.warn(Part::Rewriting, error.to_string()),
        }
        self.order.ready(id);
        self.pass_on();
    }

    /// Lets those texts go out whose turn it is.
    pub(super) fn pass_on(&mut self) {
        while let Some(id) = self.order.next() {
            let flight = self.flights.get(&id);
            let composition = flight.and_then(|flight| flight.composition.as_ref());
            let words = composition.is_some_and(|composition| !composition.is_empty())
                || flight.is_some_and(|flight| !flight.typing.typed().is_empty());
            self.step(Event::Transcribed { id, words });
        }
    }
}

/// Where in the transcript the speaker paused.
fn pauses_in(transcript: &Transcript, utterance: &Utterance) -> Vec<usize> {
    let seconds = |samples: usize| samples as f32 / SAMPLE_RATE as f32;
    let voiced: Vec<(f32, f32)> = utterance.spans.iter().map(|span| (seconds(span.start), seconds(span.end))).collect();
    let segments: Vec<Timed<'_>> = transcript
        .segments
        .iter()
        .map(|segment| Timed { text: &segment.text, start: segment.start, end: segment.end })
        .collect();
    pauses::places(&transcript.text, &segments, &voiced)
}
