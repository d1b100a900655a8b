//! Live typing: when a piece is sent, and what comes of it.

use std::sync::Arc;

use scout_desktop::Chord;
use scout_desktop::keys::Modifier;

use super::delivering::job;
use super::dictation::Stage;
use super::live_typing;
use super::machine::Machine;
use super::messages::Effect;
use crate::delivery::{Guard, Job, Receipt};
use crate::dictation::DictationId;
use crate::text::{self, Context};
use crate::transcript::Partial;

impl Machine {
    /// What was understood so far has changed: types what has become certain of it, if that is wanted here and now.
    pub(super) fn understood_so_far(&mut self, id: DictationId, partial: Partial) {
        let Some(dictation) = self.get(id) else { return };
        dictation.partial = Some(partial);
        // Texts go out in the order in which they were spoken.
        let is_alone = self.dictations.len() == 1 && !self.is_delivering();
        let key = &self.setup.config.key.chord;
        if !is_alone || self.quits_at.is_some() || self.is_key_held() && is_modified(key) {
            return;
        }
        self.type_live(id);
    }

    fn type_live(&mut self, id: DictationId) {
        let (now, setup) = (self.moment.at, Arc::clone(&self.setup));
        let Some(place) = self.dictations.iter().position(|dictation| dictation.id == id) else { return };
        let dictation = &mut self.dictations[place];
        let is_wanted = live_typing::is_wanted(&dictation.settings) && dictation.stage == Stage::Listening;
        if !is_wanted || !dictation.typing.is_ready() || dictation.aimed.target().is_none() {
            return;
        }
        let Some(partial) = &dictation.partial else { return };
        if dictation.typing.context.is_none() {
            let before = self.spacing.before(&dictation.aimed, now).filter(|_| !dictation.field.is_password());
            let vocabulary = Arc::new(setup.vocabulary(&dictation.settings));
            let placed = before.map(Context::from).unwrap_or_default();
            dictation.typing.context = Some(Context { vocabulary, ..placed });
        }
        let Some(piece) = dictation.typing.next(partial, &dictation.settings) else { return };
        let job = Job {
            text: piece.text,
            behind: piece.behind,
            // Whoever leaves the window in the middle of a sentence does not want half of it elsewhere.
            guard: Guard::Hold,
            ..job(dictation)
        };
        self.last_text.sent(!job.behind.is_empty());
        self.push(Effect::Deliver(Box::new(job)));
    }

    /// A piece has reached its end. Why it did not arrive is told once the rest has not either.
    pub(super) fn piece_delivered(&mut self, receipt: Receipt) {
        let (id, now) = (receipt.id, self.moment.at);
        let Some(place) = self.dictations.iter().position(|dictation| dictation.id == id) else { return };
        let dictation = &mut self.dictations[place];
        let rest_waits = dictation.typing.arrived(&receipt.result);
        let has_arrived = receipt.result.as_ref().is_ok_and(|outcome| outcome.is_in_window());
        if has_arrived && dictation.field.is_password() {
            self.spacing.forget();
            dictation.delivered(receipt, now);
        } else if has_arrived {
            let said = dictation.partial.as_ref().map_or("", |partial| &partial.text);
            let is_prose = text::ends_as_prose(said, &dictation.settings);
            self.spacing.typed(&dictation.aimed, dictation.typing.typed(), is_prose, now);
            dictation.delivered(receipt, now);
        } else {
            tracing::debug!(%id, "the rest is typed at the end");
        }
        if let Some(outcome) = dictation.ending.take() {
            self.end(id, outcome);
        } else if rest_waits {
            self.deliver(id);
        }
    }
}

/// Whether holding this chord down gives another meaning to what is typed.
fn is_modified(chord: &Chord) -> bool {
    !chord.modifiers.is_empty() || Modifier::of(chord.key).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_changes_what_is_typed_holds_it_up() {
        for (chord, modified) in [("F9", false), ("ctrl+Space", true), ("ControlRight", true), ("Pause", false)] {
            assert_eq!(is_modified(&chord.parse().unwrap()), modified, "{chord}");
        }
    }
}
