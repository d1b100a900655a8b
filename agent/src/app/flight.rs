//! What is known of one dictation while it is under way.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use scout_platform::Field;

use super::live::Typing;
use crate::capture::Utterance;
use crate::capture::spool::Spooled;
use crate::deliver::{Fate, FieldAnswers, Focus, HoldReason, Receipt};
use crate::dictation::DictationId;
use crate::history::{Application, Delivery, Entry, Latencies, Outcome as Logged};
use crate::profile::{DEFAULT, Settings};
use crate::speech::SpeechSpan;
use crate::text::{Composition, Context, Step};
use crate::transcribe::incremental::{Incremental, Rules};
use crate::transcribe::{Abort, Transcript};

/// One dictation, from the key press until it is closed.
#[derive(Debug)]
pub(super) struct Flight {
    id: DictationId,
    /// By the user's clock, for the log.
    started: Timestamp,
    /// By the machine's clock, for latencies.
    pressed: Instant,
    released: Option<Instant>,
    captured: Option<Instant>,
    /// Whether a voice has begun it, so that silence ends it.
    pub by_voice: bool,
    /// The profile that the user chose for this dictation alone.
    pub chosen_profile: Option<String>,
    /// Where the focus was when it began, once that was looked up.
    pub aimed: Focus,
    /// Which profile applies.
    pub profile: String,
    /// What that profile sets.
    pub settings: Settings,
    /// What was heard.
    pub utterance: Option<Utterance>,
    /// Turns it into words while it is heard.
    pub speech: Incremental,
    /// The pass over it that was begun last, and how to end it.
    pub pass: Option<(u32, Abort)>,
    /// What was understood so far.
    pub partial: Option<String>,
    /// What was understood.
    pub transcript: Option<Transcript>,
    /// What is to be delivered.
    pub composition: Option<Composition>,
    /// What it was composed with.
    pub context: Context,
    /// What is typed of it while the user speaks.
    pub typing: Typing,
    /// What is still to be done of it.
    pub steps: VecDeque<Step>,
    /// The text that is on its way, and whether keys are pressed after it.
    pub sending: (String, bool),
    /// The model that was used.
    pub model: Option<String>,
    /// Set to stop transcription and typing.
    pub abort: Abort,
    /// Whether the log has been given an entry.
    pub logged: bool,
    /// Whether its text is still to be logged and offered, since the field that it is for is not known.
    pub unkept: bool,
    /// The field that it is for.
    pub field: FieldAnswers,
    /// What became of the text.
    pub receipt: Option<Receipt>,
    /// Why it failed, in words for the user.
    pub problem: Option<String>,
    latencies: Latencies,
}

impl Flight {
    /// A dictation that begins, with the key that went down at `pressed`.
    pub(super) fn new(id: DictationId, pressed: Instant, settings: Settings, chosen_profile: Option<String>) -> Self {
        Self {
            id,
            started: Timestamp::now(),
            pressed,
            released: None,
            captured: None,
            by_voice: false,
            chosen_profile,
            aimed: Focus::Unanswered,
            profile: DEFAULT.to_owned(),
            settings,
            utterance: None,
            speech: Incremental::new(Rules::DICTATION),
            pass: None,
            partial: None,
            transcript: None,
            composition: None,
            context: Context::default(),
            typing: Typing::default(),
            steps: VecDeque::new(),
            sending: (String::new(), false),
            model: None,
            abort: Abort::default(),
            logged: false,
            unkept: false,
            field: FieldAnswers::default(),
            receipt: None,
            problem: None,
            latencies: Latencies::default(),
        }
    }

    /// The first real samples have arrived.
    pub(super) fn ready(&mut self, now: Instant) {
        self.latencies.ready = Some(now.saturating_duration_since(self.pressed));
    }

    /// The target is known, and with it the profile.
    pub(super) fn aim(&mut self, focus: Focus, profile: String, settings: Settings) {
        (self.aimed, self.profile, self.settings) = (focus, profile, settings);
        self.heed_field();
    }

    /// The application has said what kind of field it is for.
    pub(super) fn field_found(&mut self, field: Field) {
        self.field.answered(field);
        self.heed_field();
    }

    fn heed_field(&mut self) {
        if self.field.is_password() {
            self.settings.restrict_to_password_field();
        }
    }

    /// The user has finished speaking.
    pub(super) fn release(&mut self, now: Instant) {
        self.released = Some(now);
    }

    /// The user has not finished after all.
    pub(super) fn resume(&mut self) {
        self.released = None;
        self.speech.resume();
    }

    /// All the audio is there.
    pub(super) fn capture(&mut self, utterance: Utterance, now: Instant) {
        self.latencies.audio_end = self.released.map(|at| now.saturating_duration_since(at));
        self.captured = Some(now);
        self.utterance = Some(utterance);
    }

    /// The words are there, and so is the text.
    pub(super) fn understand(
        &mut self,
        transcript: Transcript,
        composition: Composition,
        composed_in: Duration,
        now: Instant,
    ) {
        self.latencies.transcribe = self.captured.map(|at| now.saturating_duration_since(at));
        self.latencies.compose = Some(composed_in);
        self.transcript = Some(transcript);
        self.composition = Some(composition);
    }

    /// Decides what is still to be done for the text, most of which may be typed already.
    pub(super) fn plan_steps(&mut self, now: Instant) {
        let Some(composition) = &mut self.composition else { return };
        self.steps = self.typing.finish(composition, &self.settings).into();
        if self.steps.is_empty() && !composition.text.is_empty() {
            self.latencies.release_to_text = self.released.map(|at| now.saturating_duration_since(at));
        }
    }

    /// Nobody waits for the words any more: ends the pass that looks for them.
    pub(super) fn end_pass(&mut self) {
        if let Some((_, abort)) = self.pass.take() {
            abort.store(true, Ordering::Relaxed);
        }
    }

    /// Delivery has ended.
    pub(super) fn deliver(&mut self, receipt: Receipt, now: Instant) {
        self.latencies.deliver = Some(self.latencies.deliver.unwrap_or_default() + receipt.took);
        if matches!(receipt.fate, Fate::Typed | Fate::Pasted | Fate::Unconfirmed) {
            self.latencies.release_to_text = self.released.map(|at| now.saturating_duration_since(at));
        }
        self.problem = receipt.problem.clone().or_else(|| receipt.unpressed.clone());
        self.receipt = Some(receipt);
    }

    /// The audio on disk, for whoever decides about it; what stays in the flight is kept for recovery.
    pub(super) fn take_spool(&mut self) -> Option<Spooled> {
        self.utterance.as_mut().and_then(|utterance| utterance.spool.take())
    }

    /// The title of the window that the text is for, as far as it is known.
    pub(super) fn title(&self) -> Option<&str> {
        self.aimed.target().and_then(|target| target.title.as_deref())
    }

    /// The text to deliver; empty as long as there is none.
    pub(super) fn text(&self) -> &str {
        self.composition.as_ref().map_or("", |composition| &composition.text)
    }

    /// Whether commands were all that was said, so that there is no text to remember.
    pub(super) fn is_nothing_but_commands(&self) -> bool {
        let only_commands = |composition: &Composition| composition.text.trim().is_empty() && !composition.is_empty();
        self.composition.as_ref().is_some_and(only_commands)
    }

    /// What did not arrive, and why; `None` if all did, or nothing was sent.
    pub(super) fn held_text(&self) -> Option<(HoldReason, &str)> {
        match &self.receipt.as_ref()?.fate {
            Fate::Held { reason, rest } => Some((*reason, rest)),
            _ => None,
        }
    }

    /// The log's entry, as far as it can be told now.
    pub(super) fn entry(&self, outcome: Logged) -> Entry {
        let mut entry = Entry::new(self.id, self.started, self.profile.clone());
        if let Some(target) = self.aimed.target() {
            entry.application = Application {
                id: target.app_id.clone(),
                title: target.title.clone().filter(|_| self.settings.history.title),
                executable: target.executable.clone(),
            };
        }
        if let Some(transcript) = &self.transcript {
            entry.raw_text.clone_from(&transcript.text);
            entry.language.clone_from(&transcript.language);
            entry.segments = serde_json::to_value(&transcript.segments).unwrap_or_default();
        }
        if let Some(utterance) = &self.utterance {
            entry.audio = utterance.duration();
            entry.speech = utterance.spans.iter().copied().map(SpeechSpan::duration).sum();
        }
        self.text().clone_into(&mut entry.text);
        entry.model.clone_from(&self.model);
        entry.latencies = self.latencies;
        entry.outcome = outcome;
        entry.detail.clone_from(&self.problem);
        entry
    }

    /// What became of it, for an entry that is in the log already.
    pub(super) fn outcome(&self, outcome: Logged) -> Delivery {
        let reason = self.held_text().map(|(reason, _)| reason.to_string());
        Delivery {
            outcome,
            detail: self.problem.clone().or(reason),
            ended: Timestamp::now(),
            deliver: self.latencies.deliver,
            release_to_text: self.latencies.release_to_text,
        }
    }
}
