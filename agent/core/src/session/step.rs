//! One event, one step: what comes of it depends on the state and the event alone.

use std::time::Duration;

use scout_desktop::PASTE_LIMIT;

use super::dictation::Stage;
use super::machine::Machine;
use super::messages::{Effect, Event, Moment, Room};
use super::undo::Asked;
use crate::dictation::{DictationId, Outcome, Recent};

/// When the agent ends, what is on its way gets this long. Typing stops within milliseconds; a paste whose chord has been
/// pressed cannot be taken back, and the old clipboard may return only when the text has been read.
const LAST_DELIVERY_WITHIN: Duration = PASTE_LIMIT.saturating_add(Duration::from_secs(2));

/// What is reported about a text that no delivery thread finishes.
const NO_DELIVERY: &str = "delivery has stopped working: restart Scout";

/// The same where another thread delivers the next one.
const DELIVERY_HUNG: &str =
    "delivery did not answer any more and was started again, so a part of the text may be there already";

impl Machine {
    /// Takes one event, and gives what is to be done about it.
    #[must_use]
    pub fn step(&mut self, moment: Moment, event: Event) -> Vec<Effect> {
        self.moment = moment;
        if self.quits_at.is_none() || !is_new(&event) {
            self.take(event);
        }
        self.pass_on();
        std::mem::take(&mut self.effects)
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Key { key, pressed } => self.key(key, pressed),
            Event::Clicked(click) => self.clicked(click),
            Event::Configured(setup) => self.configured(setup),
            Event::Start { profile } => self.start_with(profile),
            Event::Stop => self.stop(),
            Event::Toggle => self.toggle(),
            Event::Cancel => self.cancel(),
            Event::ProfileOnce(profile) => self.profile_once = profile,
            Event::HandsFree(on) => self.switch_hands_free(on.unwrap_or(!self.is_hands_free())),
            Event::PasteLast => self.paste_last(),
            Event::Undo(asked) => self.undo(asked),
            Event::Recent(recent) => self.recent = recent,
            Event::Erased => self.erased(),
            Event::Quit => self.quit(self.moment.at + LAST_DELIVERY_WITHIN),
            Event::Tick => self.tick(),
            Event::Voice => self.begin_by_voice(),
            Event::Deaf => self.stop_watching(),
            Event::Ready(id) => self.ready(id),
            Event::Partial(id, partial) => self.understood_so_far(id, partial),
            Event::Captured(id, recording) => self.captured(id, recording),
            Event::CaptureFailed(id) => self.capture_failed(id),
            Event::Transcribed(id, result) => self.transcribed(id, result),
            Event::Aimed(id, focus) => self.aimed(id, focus),
            Event::Field(id, field) => self.field_found(id, field),
            Event::Rewritten(id, answer) => self.rewritten(id, answer),
            Event::Delivered(receipt) => self.delivered(receipt),
            Event::Undone(undone) => self.undone(undone),
            Event::CaughtUp => self.caught_up(),
            Event::Recorded(id) => self.recorded(id),
            Event::Died(Room::Capture) => self.capture_died(),
            Event::Replaced(Room::Capture) => self.recordings_lost(),
            Event::Died(Room::Delivery) => self.deliveries_lost(NO_DELIVERY),
            Event::Replaced(Room::Delivery) => self.deliveries_lost(DELIVERY_HUNG),
            Event::Died(Room::History) => self.log_died(),
            // Their answers are not waited for without a limit; passes are answered by whoever has them run.
            Event::Died(Room::Transcription | Room::Focus | Room::Field) | Event::Replaced(_) => {}
        }
    }

    fn tick(&mut self) {
        let now = self.moment.at;
        if self.hands_free_until().is_some_and(|until| now >= until) {
            self.hands_free_timed_out();
        }
        self.give_up_rewriting();
        self.redeliveries.give_up_looking(now);
        for dictation in &mut self.dictations {
            dictation.field.give_up_for_text(now);
        }
        self.file_overdue();
        if self.quits_at.is_some_and(|at| now >= at) {
            self.end_everything();
        }
    }

    /// When to send [`Event::Tick`] although nothing happens.
    pub fn wakes_at(&self) -> Option<Duration> {
        let deadlines = [
            self.hands_free_until(),
            self.rewriting_until(),
            self.redeliveries.until(),
            self.files_at(),
            self.dictations.iter().filter_map(|dictation| dictation.field.holds_text_until()).min(),
            self.quits_at,
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Whether the agent may end.
    pub fn is_over(&self) -> bool {
        self.quits_at.is_some() && self.is_idle() && self.redeliveries.is_idle() && self.unfiled.is_empty()
    }

    /// Where the dictation is that the user is shown, the one with the microphone before any other; `None` if nothing is under
    /// way.
    pub fn stage(&self) -> Option<Stage> {
        self.shown().map(|dictation| dictation.stage)
    }

    /// The dictation that [`Machine::stage`] speaks of.
    pub fn current(&self) -> Option<DictationId> {
        self.shown().map(|dictation| dictation.id)
    }

    /// Its profile.
    pub fn profile(&self) -> Option<&str> {
        self.shown().map(|dictation| dictation.profile.as_str())
    }

    /// What was understood of it so far. What is for a password field is not to be read on the screen.
    pub fn partial(&self) -> Option<&str> {
        let shown = self.shown().filter(|dictation| !dictation.field.is_password())?;
        shown.partial.as_ref().map(|partial| partial.text.as_str())
    }

    /// Whether it, or else the last one, is for a password field.
    pub fn is_in_password_field(&self) -> bool {
        self.shown().map_or(self.last_in_password_field, |dictation| dictation.field.is_password())
    }

    /// How the last dictation ended.
    pub fn last(&self) -> Option<Outcome> {
        self.last
    }

    /// The profile that was chosen for the next dictation alone.
    pub fn profile_once(&self) -> Option<&str> {
        self.profile_once.as_deref()
    }

    /// The newest texts, the newest first.
    pub fn recent(&self) -> &[Recent] {
        &self.recent
    }

    /// Whether a text waits for the user.
    pub fn holds_text(&self) -> bool {
        self.redeliveries.holds_text()
    }

    /// Whether the last text can be taken back from the tray.
    pub fn can_undo(&self, hears_everything: bool) -> bool {
        self.last_text.refusal(Asked::Tray, hears_everything).is_none()
    }

    /// Whether a voice begins a dictation.
    pub fn is_hands_free(&self) -> bool {
        self.is_hands_free_on()
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.dictations.is_empty()
    }
}

/// Whether this would begin something. Nothing new begins once the agent is to end.
fn is_new(event: &Event) -> bool {
    !matches!(
        event,
        Event::Tick
            | Event::Erased
            | Event::Recent(_)
            | Event::Captured(..)
            | Event::Aimed(..)
            | Event::Field(..)
            | Event::Delivered(_)
            | Event::Undone(_)
            | Event::CaughtUp
            | Event::Recorded(_)
            | Event::Died(_)
            | Event::Replaced(_)
    )
}
