//! What is known of one dictation while it is under way.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use scout_desktop::Field;

use super::field::FieldAnswers;
use super::live_typing::LiveTyping;
use super::messages::{Captured, Moment};
use crate::delivery::{Focus, Held, Receipt};
use crate::dictation::{DictationId, Outcome};
use crate::log_entry::{Application, Delivery, Entry, Latencies};
use crate::profile::{DEFAULT, Settings};
use crate::speech::SpeechSpan;
use crate::text::{Composition, Context, Step};
use crate::transcript::{Partial, Words};

/// Where a dictation is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The microphone is opening.
    Opening,
    /// The microphone hears the user.
    Listening,
    /// The key is up, and what follows the last word is recorded.
    Tail,
    /// The words are being found, or the text waits for its turn.
    Transcribing,
    /// The text is on its way to its target.
    Delivering,
}

impl Stage {
    /// Whether the dictation has the microphone.
    pub(super) fn has_microphone(self) -> bool {
        matches!(self, Self::Opening | Self::Listening | Self::Tail)
    }
}

/// A text that is on its way.
#[derive(Debug, Clone, Default)]
pub(super) struct Sending {
    /// What was typed right before it.
    pub(super) behind: String,
    pub(super) text: String,
    /// Whether keys are pressed after it.
    pub(super) presses: bool,
}

/// Whether the log has an entry of a dictation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logged {
    /// It has none.
    No,
    /// Its text is to be logged and offered once the field that it is for is known.
    Later,
    /// It has one.
    Yes,
}

/// One dictation, from the moment it begins until all that is kept of it is kept.
#[derive(Debug)]
pub(super) struct Dictation {
    pub(super) id: DictationId,
    pub(super) stage: Stage,
    /// By the user's clock, for the log.
    started: Timestamp,
    /// By the machine's clock, for latencies.
    pressed: Duration,
    released: Option<Duration>,
    captured: Option<Duration>,
    /// Whether a voice has begun it, so that silence ends it.
    pub(super) by_voice: bool,
    /// The profile that the user chose for this dictation alone.
    pub(super) chosen_profile: Option<String>,
    /// Where the focus was when it began, once that was looked up.
    pub(super) aimed: Focus,
    /// Which profile applies.
    pub(super) profile: String,
    /// What that profile sets.
    pub(super) settings: Settings,
    /// The field that it is for.
    pub(super) field: FieldAnswers,
    /// What was heard, once that is complete.
    pub(super) recording: Option<Captured>,
    /// What was understood so far.
    pub(super) partial: Option<Partial>,
    /// What is typed of it while the user speaks.
    pub(super) typing: LiveTyping,
    /// What was understood in the end.
    pub(super) words: Option<Words>,
    /// Until when a language model is waited for.
    pub(super) rewriting_until: Option<Duration>,
    /// What is to be delivered, and what it was composed with.
    pub(super) composition: Option<Composition>,
    pub(super) context: Context,
    /// What is still to be done of it.
    pub(super) steps: VecDeque<Step>,
    /// The text that is on its way.
    pub(super) sending: Option<Sending>,
    /// Nothing more of it is to be sent: the user has stopped it.
    pub(super) is_stopped: bool,
    /// How its texts arrived.
    pub(super) arrived: Option<Outcome>,
    /// What did not arrive.
    pub(super) held: Option<Held>,
    /// It ends in this way as soon as the piece on its way has reached its end.
    pub(super) ending: Option<Outcome>,
    /// Whether the log has been given an entry.
    pub(super) logged: Logged,
    /// Why it failed, in words for the user.
    pub(super) problem: Option<String>,
    latencies: Latencies,
}

impl Dictation {
    /// A dictation that begins at this moment.
    pub(super) fn new(moment: &Moment, id: DictationId, settings: Settings, chosen_profile: Option<String>) -> Self {
        Self {
            id,
            stage: Stage::Opening,
            started: moment.clock,
            pressed: moment.at,
            released: None,
            captured: None,
            by_voice: false,
            chosen_profile,
            aimed: Focus::Unanswered,
            profile: DEFAULT.to_owned(),
            settings,
            field: FieldAnswers::default(),
            recording: None,
            partial: None,
            typing: LiveTyping::default(),
            words: None,
            rewriting_until: None,
            composition: None,
            context: Context::default(),
            steps: VecDeque::new(),
            sending: None,
            is_stopped: false,
            arrived: None,
            held: None,
            ending: None,
            logged: Logged::No,
            problem: None,
            latencies: Latencies::default(),
        }
    }

    /// The first real samples have arrived.
    pub(super) fn ready(&mut self, now: Duration) {
        self.latencies.ready = Some(now.saturating_sub(self.pressed));
    }

    /// The target is known, and with it the profile.
    pub(super) fn aim(&mut self, focus: Focus, profile: String, settings: Settings) {
        (self.aimed, self.profile, self.settings) = (focus, profile, settings);
        self.heed_field();
    }

    /// The application has said what kind of field it is for, or will not say.
    pub(super) fn field_found(&mut self, field: Option<Field>) {
        self.field.answered(field);
        self.heed_field();
    }

    fn heed_field(&mut self) {
        if self.field.is_password() {
            self.settings.restrict_to_password_field();
        }
    }

    /// The user has finished speaking.
    pub(super) fn release(&mut self, now: Duration) {
        self.released = Some(now);
    }

    /// The user has not finished after all.
    pub(super) fn resume(&mut self) {
        self.released = None;
    }

    /// All the audio is there.
    pub(super) fn capture(&mut self, recording: Captured, now: Duration) {
        self.latencies.audio_end = self.since_release(now);
        self.captured = Some(now);
        self.recording = Some(recording);
    }

    /// The words are there.
    pub(super) fn understand(&mut self, words: Words, now: Duration) {
        self.latencies.transcribe = self.captured.map(|at| now.saturating_sub(at));
        self.words = Some(words);
    }

    /// It is known what is to be delivered.
    pub(super) fn compose(&mut self, composition: Composition, context: Context, took: Duration) {
        self.latencies.compose = Some(took);
        (self.composition, self.context) = (Some(composition), context);
    }

    /// Whether its text waits for nothing but its turn.
    pub(super) fn is_ready(&self) -> bool {
        self.stage == Stage::Transcribing && self.words.is_some() && self.rewriting_until.is_none()
    }

    /// Decides what is still to be done for the text, most of which may be typed already.
    pub(super) fn plan_steps(&mut self, now: Duration) {
        let Some(composition) = &mut self.composition else { return };
        self.steps = self.typing.finish(composition, &self.settings).into();
        if self.steps.is_empty() && !composition.text.is_empty() {
            self.latencies.release_to_text = self.since_release(now);
        }
    }

    /// A delivery has ended.
    pub(super) fn delivered(&mut self, receipt: Receipt, now: Duration) {
        self.latencies.deliver = Some(self.latencies.deliver.unwrap_or_default() + receipt.took);
        self.problem = receipt.problem.or(receipt.unpressed);
        match receipt.result {
            Ok(outcome) => {
                if outcome.is_in_window() {
                    self.latencies.release_to_text = self.since_release(now);
                }
                // One uncertain text of several makes the whole delivery uncertain.
                self.arrived = self.arrived.filter(|before| *before == Outcome::Unconfirmed).or(Some(outcome));
            }
            Err(held) => self.held = Some(held),
        }
    }

    fn since_release(&self, now: Duration) -> Option<Duration> {
        self.released.map(|at| now.saturating_sub(at))
    }

    /// How it has ended, with everything done.
    pub(super) fn outcome(&self) -> Outcome {
        let arrived = self.arrived.filter(|_| !self.is_nothing_but_commands());
        if self.held.is_some() { Outcome::Held } else { arrived.unwrap_or(Outcome::CarriedOut) }
    }

    /// Whether the log has an entry of it.
    pub(super) fn is_logged(&self) -> bool {
        self.logged == Logged::Yes
    }

    /// Its text is kept: the log gets an entry, if the profile wants one. Tells whether it does.
    pub(super) fn keep(&mut self) -> bool {
        self.logged = if self.settings.history.log { Logged::Yes } else { Logged::No };
        self.is_logged()
    }

    /// The title of the window that the text is for, as far as it is known.
    pub(super) fn title(&self) -> Option<&str> {
        self.aimed.target().and_then(|target| target.title.as_deref())
    }

    /// The text to deliver, or what was typed of it; empty as long as there is none.
    pub(super) fn text(&self) -> &str {
        self.composition.as_ref().map_or(self.typing.typed(), |composition| &composition.text)
    }

    /// Whether commands were all that was said, so that there is no text to remember.
    pub(super) fn is_nothing_but_commands(&self) -> bool {
        let only_commands = |composition: &Composition| composition.text.trim().is_empty() && !composition.is_empty();
        self.composition.as_ref().is_some_and(only_commands)
    }

    /// The log's entry, as far as it can be told now.
    pub(super) fn entry(&self, outcome: Outcome) -> Entry {
        let mut entry = Entry::new(self.id, self.started, self.profile.clone());
        if let Some(target) = self.aimed.target() {
            entry.application = Application {
                id: target.app_id.clone(),
                title: target.title.clone().filter(|_| self.settings.history.title),
                executable: target.executable.clone(),
            };
        }
        if let Some(Words { transcript, model }) = &self.words {
            entry.raw_text.clone_from(&transcript.text);
            entry.language.clone_from(&transcript.language);
            entry.segments = serde_json::to_value(&transcript.segments).unwrap_or_default();
            entry.model.clone_from(model);
        }
        if let Some(recording) = &self.recording {
            entry.audio = recording.length;
            entry.speech = recording.spans.iter().copied().map(SpeechSpan::duration).sum();
        }
        self.text().clone_into(&mut entry.text);
        entry.latencies = self.latencies;
        entry.outcome = outcome;
        entry.detail.clone_from(&self.problem);
        entry
    }

    /// What became of it, for an entry that is in the log already.
    pub(super) fn delivery(&self, outcome: Outcome, now: Timestamp) -> Delivery {
        let reason = self.held.as_ref().map(|held| held.reason.to_string());
        Delivery {
            outcome,
            detail: self.problem.clone().or(reason),
            ended: now,
            deliver: self.latencies.deliver,
            release_to_text: self.latencies.release_to_text,
        }
    }
}
