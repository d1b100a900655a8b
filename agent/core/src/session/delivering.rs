//! The last part of a dictation's way: from the text to its target.
//!
//! Texts go out in the order in which they were spoken, one after the other: the next one begins when the one before has reached
//! its end, and is composed only then, when it is known what stands before it. A text that a language model rewrites is composed
//! as soon as its words are there. Live typing and redelivery share the same one place.

use scout_desktop::Chord;

use super::dictation::{Dictation, Logged, Sending, Stage};
use super::machine::Machine;
use super::messages::{Effect, Notification};
use crate::delivery::{Focus, HoldReason, Job, Receipt};
use crate::dictation::{DictationId, Outcome};
use crate::profile::Settings;
use crate::text::spacing::begin_with_space;
use crate::text::{self, Composition, Step};

impl Machine {
    /// Whether something is on its way to a window, or is next.
    pub(super) fn is_delivering(&self) -> bool {
        let is_on_its_way =
            |dictation: &Dictation| dictation.stage == Stage::Delivering || dictation.typing.is_under_way();
        !self.undos.is_empty() || self.redeliveries.is_under_way() || self.dictations.iter().any(is_on_its_way)
    }

    /// Lets the texts go out whose turn it is. Done once at the end of each step.
    pub(super) fn pass_on(&mut self) {
        // A text that goes out now would be the last one when the undo that waits is decided.
        while self.undos.is_empty() && !self.redeliveries.is_under_way() {
            // Its own last piece does not hold up the rest of a dictation: that waits in its place.
            let turn = self.dictations.first().filter(|first| self.quits_at.is_none() && first.is_ready());
            if let Some(id) = turn.map(|first| first.id) {
                if self.awaits_field(id) {
                    return;
                }
                self.begin_delivery(id);
            } else if self.is_delivering() {
                return;
            } else if let Some((id, focus)) = self.redeliveries.next() {
                self.redeliver(id, focus);
            } else {
                return;
            }
        }
    }

    /// A text's turn has come.
    fn begin_delivery(&mut self, id: DictationId) {
        if self.get(id).is_some_and(|dictation| dictation.composition.is_none()) {
            self.compose(id);
        }
        let Some(dictation) = self.get(id) else { return };
        let is_empty = dictation.composition.as_ref().is_none_or(Composition::is_empty);
        if is_empty && dictation.typing.typed().is_empty() {
            return self.end(id, Outcome::NothingSaid);
        }
        dictation.stage = Stage::Delivering;
        self.deliver(id);
    }

    /// The entry goes to the log before the text is sent, so that no failure on the way loses it.
    pub(super) fn deliver(&mut self, id: DictationId) {
        let now = self.moment.at;
        let Some(dictation) = self.get(id) else { return };
        if dictation.typing.holds_up_the_rest() {
            return;
        }
        dictation.plan_steps(now);
        let text = dictation.text().to_owned();
        // A dictation of nothing but commands leaves nothing to remember.
        let keep = !text.trim().is_empty() && !dictation.field.is_password();
        // What is not known to be for no password field is filed at the end.
        if keep && dictation.field.wait_until().is_some() {
            dictation.logged = Logged::Later;
        } else if keep {
            if dictation.keep() {
                let entry = dictation.entry(Outcome::Transcribed);
                self.push(Effect::Log(Box::new(entry)));
            }
            self.offer(id, text);
        }
        self.next_step(id);
    }

    /// Does the next step of a dictation that is being delivered; without any, its delivery has ended.
    pub(super) fn next_step(&mut self, id: DictationId) {
        while let Some(dictation) = self.get(id) {
            match dictation.steps.pop_front() {
                Some(Step::Text(text)) => return self.send(id, text),
                Some(Step::Press(chord)) => {
                    dictation.steps.push_front(Step::Press(chord));
                    return self.send(id, String::new());
                }
                Some(Step::UndoLast) => {
                    self.spacing.forget();
                    return self.undo_after_input(Some(id));
                }
                Some(Step::StopListening) => self.stop_listening(),
                Some(Step::Run(arguments)) => self.push(Effect::Run(arguments)),
                None => {
                    let outcome = dictation.outcome();
                    return self.end(id, outcome);
                }
            }
        }
    }

    /// Sends a text on its way, with the keys that are to be pressed right after it. An empty one is for the keys alone.
    fn send(&mut self, id: DictationId, text: String) {
        let Some(dictation) = self.get(id) else { return };
        let mut then: Vec<Chord> = Vec::new();
        while let Some(Step::Press(_)) = dictation.steps.front() {
            if let Some(Step::Press(chord)) = dictation.steps.pop_front() {
                then.push(chord);
            }
        }
        let delivery = &dictation.settings.delivery;
        let is_text = !text.trim().is_empty() || !dictation.typing.typed().trim().is_empty();
        if then.is_empty() && dictation.steps.is_empty() && is_text {
            then.extend(delivery.submit.clone());
        }
        let job = Job { text, then, behind: dictation.typing.take_behind(), ..job(dictation) };
        dictation.sending =
            Some(Sending { behind: job.behind.clone(), text: job.text.clone(), presses: !job.then.is_empty() });
        if dictation.is_stopped {
            return self.step_delivered(Receipt::held(id, HoldReason::Stopped, job.text));
        }
        self.last_text.sent(!job.behind.is_empty());
        self.push(Effect::Deliver(Box::new(job)));
    }

    /// A delivery has ended.
    pub(super) fn delivered(&mut self, receipt: Receipt) {
        if let Some(redelivery) = self.redeliveries.ended(receipt.id) {
            self.last_text.delivered(&receipt.result);
            return self.redelivered(redelivery, receipt);
        }
        let Some(dictation) = self.get(receipt.id) else { return };
        let is_piece = dictation.typing.is_under_way();
        if !is_piece && dictation.sending.is_none() {
            return;
        }
        self.last_text.delivered(&receipt.result);
        if is_piece { self.piece_delivered(receipt) } else { self.step_delivered(receipt) }
    }

    /// One text of a dictation has reached its end. Where it is held, so is all that was to follow it, and keys that belong
    /// behind it are not pressed.
    fn step_delivered(&mut self, mut receipt: Receipt) {
        let (id, now) = (receipt.id, self.moment.at);
        let Some(place) = self.dictations.iter().position(|dictation| dictation.id == id) else { return };
        let dictation = &mut self.dictations[place];
        if let Err(held) = &mut receipt.result {
            // What a key was to part does not run together.
            for text in dictation.steps.drain(..).filter_map(|step| step.text().map(str::to_owned)) {
                let text = begin_with_space(&text, Some(&held.rest));
                held.rest.push_str(&text);
            }
        }
        let Sending { behind, text, presses } = dictation.sending.take().unwrap_or_default();
        let text = behind + &text;
        if let Err(held) = &receipt.result
            && held.is_only_spaces()
            && presses
        {
            receipt.unpressed = Some(held.reason.to_string());
        }
        if let Some(reason) = &receipt.unpressed {
            self.effects.push(Effect::Notify(Notification::KeyNotPressed(reason.clone())));
        }
        match &receipt.result {
            // After a key it is not known what the field contains, and nothing of a password is remembered.
            Ok(outcome) if outcome.is_in_window() && (presses || dictation.field.is_password()) => {
                self.spacing.forget();
            }
            Ok(outcome) if outcome.is_in_window() && !text.is_empty() => {
                let raw = dictation.composition.as_ref().map_or("", |composition| &composition.raw);
                let is_prose = text::ends_as_prose(raw, &dictation.settings);
                self.spacing.typed(&dictation.aimed, &text, is_prose, now);
                let is_end = dictation.steps.is_empty();
                if is_end && dictation.composition.as_ref().is_some_and(|composition| composition.lacks_stop) {
                    self.spacing.lacks_stop();
                }
            }
            Ok(_) => {}
            Err(_) => self.spacing.forget(),
        }
        let is_held = receipt.result.is_err();
        dictation.delivered(receipt, now);
        if is_held { self.end(id, Outcome::Held) } else { self.next_step(id) }
    }

    /// Nothing is delivered any more: what was on its way is held.
    pub(super) fn deliveries_lost(&mut self, problem: &str) {
        self.last_text.undone(false);
        let waits = |dictation: &&Dictation| dictation.typing.is_under_way() || dictation.sending.is_some();
        let waiting = self.dictations.iter().filter(waits).map(|dictation| dictation.id);
        let redelivery = self.redeliveries.under_way().map(|redelivery| redelivery.id);
        let ids: Vec<DictationId> = waiting.chain(redelivery).collect();
        for id in ids {
            let rest = self.text_on_its_way(id);
            let problem = Some(problem.to_owned());
            self.delivered(Receipt { problem, ..Receipt::held(id, HoldReason::Failed, rest) });
        }
    }

    /// How much of it has arrived is not known.
    fn text_on_its_way(&mut self, id: DictationId) -> String {
        if let Some(redelivery) = self.redeliveries.under_way().filter(|redelivery| redelivery.id == id) {
            return redelivery.text.clone();
        }
        let Some(dictation) = self.get(id) else { return String::new() };
        let piece = dictation.typing.under_way().map(str::to_owned);
        piece.or_else(|| dictation.sending.as_ref().map(|sending| sending.text.clone())).unwrap_or_default()
    }
}

/// A delivery of no text yet, as the dictation's profile has it.
pub(super) fn job(dictation: &Dictation) -> Job {
    job_for(dictation.id, &dictation.aimed, &dictation.settings)
}

/// The same for a text of any dictation.
pub(super) fn job_for(id: DictationId, aimed: &Focus, settings: &Settings) -> Job {
    let delivery = &settings.delivery;
    Job {
        id,
        text: String::new(),
        behind: String::new(),
        method: delivery.method,
        guard: delivery.guard,
        aimed: aimed.clone(),
        options: delivery.type_options(),
        paste: delivery.paste_options(),
        then: Vec::new(),
    }
}
