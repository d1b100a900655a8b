//! The state of the session.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use scout_desktop::keys::ChordMatcher;

use super::dictation::{Dictation, Stage};
use super::gesture::Gesture;
use super::hands_free::HandsFree;
use super::messages::{Effect, Moment};
use super::recordings::Recordings;
use super::redelivery::Redeliveries;
use super::spacing::Spacing;
use super::undo::LastText;
use crate::dictation::{DictationId, Outcome, Recent};
use crate::setup::Loaded;

/// A dictation that is over, and of which nothing is kept before it is known whether it was for a password field.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) dictation: Dictation,
    pub(super) outcome: Outcome,
}

/// Everything that the session knows.
#[derive(Debug)]
pub struct Machine {
    /// Of the event that is being taken.
    pub(super) moment: Moment,
    /// Collected while an event is taken.
    pub(super) effects: Vec<Effect>,
    /// Tells how long composing takes, for the log. Nothing is decided by it.
    pub(super) stopwatch: fn() -> Instant,
    pub(super) setup: Arc<Loaded>,
    pub(super) chord: ChordMatcher,
    pub(super) cancel: Option<ChordMatcher>,
    pub(super) gesture: Gesture,
    pub(super) hands_free: HandsFree,
    /// All that are under way, in the order in which they were begun.
    pub(super) dictations: Vec<Dictation>,
    /// The user wants to speak again while the microphone still records the last tail.
    pub(super) waiting: Option<DictationId>,
    /// The id for a dictation of its own, in case that a tail cannot be resumed because it is over already.
    pub(super) continuation: Option<DictationId>,
    /// Chosen for the next dictation alone.
    pub(super) profile_once: Option<String>,
    pub(super) redeliveries: Redeliveries,
    /// The newest texts, the newest first.
    pub(super) recent: Vec<Recent>,
    pub(super) last_text: LastText,
    /// Those who wait to take the last text back until the keys and clicks before are known: the dictations that go on then.
    pub(super) undos: VecDeque<Option<DictationId>>,
    pub(super) spacing: Spacing,
    pub(super) unfiled: Vec<Ended>,
    pub(super) recordings: Recordings,
    /// How the last dictation ended.
    pub(super) last: Option<Outcome>,
    /// Whether the last dictation was for a password field.
    pub(super) last_in_password_field: bool,
    /// When the agent ends, whatever is still under way; `None` while it is not to end.
    pub(super) quits_at: Option<Duration>,
}

impl Machine {
    /// A session in which nothing has happened yet.
    pub fn new(setup: Arc<Loaded>, stopwatch: fn() -> Instant) -> Self {
        let moment = Moment {
            at: Duration::ZERO,
            clock: Timestamp::UNIX_EPOCH,
            fresh: DictationId::numbered(0),
            hears_everything: false,
        };
        let (chord, cancel) = matchers(&setup);
        Self {
            moment,
            effects: Vec::new(),
            stopwatch,
            setup,
            chord,
            cancel,
            gesture: Gesture::default(),
            hands_free: HandsFree::default(),
            dictations: Vec::new(),
            waiting: None,
            continuation: None,
            profile_once: None,
            redeliveries: Redeliveries::default(),
            recent: Vec::new(),
            last_text: LastText::default(),
            undos: VecDeque::new(),
            spacing: Spacing::default(),
            unfiled: Vec::new(),
            recordings: Recordings::default(),
            last: None,
            last_in_password_field: false,
            quits_at: None,
        }
    }

    pub(super) fn get(&mut self, id: DictationId) -> Option<&mut Dictation> {
        self.dictations.iter_mut().find(|dictation| dictation.id == id)
    }

    pub(super) fn stage_of(&self, id: DictationId) -> Option<Stage> {
        self.dictations.iter().find(|dictation| dictation.id == id).map(|dictation| dictation.stage)
    }

    pub(super) fn set_stage(&mut self, id: DictationId, stage: Stage) {
        if let Some(dictation) = self.get(id) {
            dictation.stage = stage;
        }
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// The dictation that has the microphone.
    pub(super) fn microphone(&self) -> Option<(DictationId, Stage)> {
        let has_it = |dictation: &&Dictation| dictation.stage.has_microphone();
        self.dictations.iter().find(has_it).map(|dictation| (dictation.id, dictation.stage))
    }

    /// The dictation that the user is shown: the one with the microphone before any other.
    pub(super) fn shown(&self) -> Option<&Dictation> {
        let has_microphone = |dictation: &&Dictation| dictation.stage.has_microphone();
        self.dictations.iter().find(has_microphone).or_else(|| self.dictations.first())
    }

    pub(super) fn is_key_held(&self) -> bool {
        self.gesture.held()
    }

    pub(super) fn is_hands_free_on(&self) -> bool {
        self.hands_free.is_on()
    }

    /// When hands-free mode turns itself off.
    pub(super) fn hands_free_until(&self) -> Option<Duration> {
        self.hands_free.until().filter(|_| self.microphone().is_none())
    }
}

/// What finds the dictation key, and the key for cancelling, among all keys.
pub(super) fn matchers(setup: &Loaded) -> (ChordMatcher, Option<ChordMatcher>) {
    let key = &setup.config.key;
    (ChordMatcher::new(key.chord.clone()), key.cancel.clone().map(ChordMatcher::new))
}
