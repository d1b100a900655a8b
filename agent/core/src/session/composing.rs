//! From the words to the text: composing, and asking a language model about it.

use std::sync::Arc;
use std::time::Duration;

use super::dictation::Stage;
use super::machine::Machine;
use super::messages::{Captured, Effect, Notification};
use crate::delivery::Focus;
use crate::dictation::{DictationId, Outcome, SAMPLE_RATE};
use crate::text::pauses::{self, Timed};
use crate::text::{self, Context, Step};
use crate::transcript::{TranscribeError, Transcript, Words};

/// How much longer than its own limit the session waits for a language model. The thread that asks it keeps the limit, so this
/// passes only if that thread has died.
const REWRITING_GRACE: Duration = Duration::from_secs(2);

impl Machine {
    /// Where a dictation began, or where an older text is to go, is known, and with it the profile.
    pub(super) fn aimed(&mut self, id: DictationId, focus: Focus) {
        if self.redeliveries.aimed(id, &focus) {
            return;
        }
        let setup = Arc::clone(&self.setup);
        let Some(dictation) = self.get(id) else { return };
        let (profile, settings) = setup.profile_for(dictation.chosen_profile.as_deref(), focus.target());
        tracing::debug!(%id, profile, app = focus.target().and_then(|target| target.app_id.as_deref()), "aimed");
        dictation.aim(focus, profile, settings);
        let recognition = self.recognition(id);
        self.push(Effect::Recognise(id, recognition));
    }

    /// The words are there, or could not be had.
    pub(super) fn transcribed(&mut self, id: DictationId, result: Result<Words, TranscribeError>) {
        let now = self.moment.at;
        let Some(dictation) = self.get(id) else { return };
        if dictation.stage != Stage::Transcribing || dictation.words.is_some() {
            return;
        }
        match result {
            Ok(words) => {
                dictation.understand(words, now);
                // A server sees nothing before it is known that it is no password.
                if dictation.settings.rewrite.enabled && !dictation.field.is_unknown() {
                    self.compose(id);
                    self.rewrite(id);
                }
            }
            // Nobody asked for this dictation: a noise began it more often than a word.
            Err(TranscribeError::NothingUnderstood) if dictation.by_voice => self.end(id, Outcome::NothingSaid),
            Err(error) => {
                let reason = error.to_string();
                let kept = !dictation.field.is_password();
                dictation.problem = Some(reason.clone());
                self.push(Effect::Notify(Notification::NotTranscribed { reason, kept }));
                self.end(id, Outcome::Failed);
            }
        }
    }

    /// Whether a text waits to be composed until it is known whether its field is for a password.
    pub(super) fn awaits_field(&mut self, id: DictationId) -> bool {
        let now = self.moment.at;
        let Some(dictation) = self.get(id) else { return false };
        if dictation.composition.is_some() {
            return false;
        }
        if dictation.field.asks_for_text(now) {
            self.ask_for_field(id);
        }
        self.get(id).is_some_and(|dictation| dictation.field.holds_text(now))
    }

    /// Decides what is to be delivered.
    pub(super) fn compose(&mut self, id: DictationId) {
        let (now, setup, stopwatch) = (self.moment.at, Arc::clone(&self.setup), self.stopwatch);
        let is_hands_free = self.is_hands_free_on();
        let Some(place) = self.dictations.iter().position(|dictation| dictation.id == id) else { return };
        let dictation = &mut self.dictations[place];
        let Some(Words { transcript, .. }) = &dictation.words else { return };
        let placed = match &dictation.typing.context {
            // What stands there now may be its own beginning.
            Some(context) => context.clone(),
            None if dictation.field.is_password() => Context::default(),
            None => self.spacing.before(&dictation.aimed, now).map(Context::from).unwrap_or_default(),
        };
        let context = Context {
            language: transcript.language.as_deref().and_then(|code| code.parse().ok()).unwrap_or_default(),
            pauses: dictation.recording.as_ref().map(|recording| pauses_in(transcript, recording)).unwrap_or_default(),
            vocabulary: Arc::new(setup.vocabulary(&dictation.settings)),
            ..placed
        };
        let started = stopwatch();
        let mut composition = text::compose(&transcript.text, &dictation.settings, &context);
        // An open microphone can always be closed by a word.
        if is_hands_free && text::asks_to_stop(&transcript.text, context.language) {
            composition.steps = vec![Step::StopListening];
            composition.text.clear();
        }
        dictation.compose(composition, context, stopwatch().saturating_duration_since(started));
    }

    fn rewrite(&mut self, id: DictationId) {
        let now = self.moment.at;
        let Some(dictation) = self.get(id) else { return };
        let text = dictation.composition.as_ref().and_then(|composition| composition.only_text().map(str::to_owned));
        let Some(text) = text else { return };
        let settings = dictation.settings.rewrite.clone();
        dictation.rewriting_until = Some(now + Duration::from(settings.limit_ms) + REWRITING_GRACE);
        self.push(Effect::Rewrite(id, text, Box::new(settings)));
    }

    /// A language model has answered, or has not: then the text goes out as it is.
    pub(super) fn rewritten(&mut self, id: DictationId, answer: Option<String>) {
        let Some(dictation) = self.get(id) else { return };
        if dictation.rewriting_until.take().is_none() {
            return;
        }
        let Some(answer) = answer else { return };
        if let Some(composition) = dictation.composition.take() {
            let context = &dictation.context;
            let composition = text::rewritten(composition, &answer, &dictation.settings, context);
            dictation.composition = Some(composition);
        }
    }

    /// When the first language model counts as not answering.
    pub(super) fn rewriting_until(&self) -> Option<Duration> {
        self.dictations.iter().filter_map(|dictation| dictation.rewriting_until).min()
    }

    /// Language models that have not answered in time are not waited for any more.
    pub(super) fn give_up_rewriting(&mut self) {
        let now = self.moment.at;
        let mut is_late = false;
        for dictation in &mut self.dictations {
            is_late |= dictation.rewriting_until.take_if(|until| *until <= now).is_some();
        }
        if is_late {
            self.push(Effect::Notify(Notification::NotRewritten));
        }
    }
}

/// Where in the transcript the speaker paused.
fn pauses_in(transcript: &Transcript, recording: &Captured) -> Vec<usize> {
    let seconds = |samples: usize| samples as f32 / SAMPLE_RATE as f32;
    let voiced: Vec<(f32, f32)> = recording.spans.iter().map(|span| (seconds(span.start), seconds(span.end))).collect();
    let segments: Vec<Timed<'_>> = transcript
        .segments
        .iter()
        .map(|segment| Timed { text: &segment.text, start: segment.start, end: segment.end })
        .collect();
    pauses::places(&transcript.text, &segments, &voiced)
}
