//! How a dictation ends, and what is kept of it: its entry in the log, its line in the menu, its recording. Nothing is, before it
//! is known whether the text was for a password field.

use std::time::Duration;

use scout_desktop::Field;

use super::dictation::{Logged, Stage};
use super::machine::{Ended, Machine};
use super::messages::{Effect, Notification};
use super::recordings::{Keep, keep};
use crate::dictation::{DictationId, Outcome, Recent};
use crate::log_entry::Entry;

/// Dictations that the tray's menu offers.
pub const RECENT: usize = 10;

impl Machine {
    /// A dictation ends: now, or once the piece of it that is on its way has reached its end.
    pub(super) fn end(&mut self, id: DictationId, outcome: Outcome) {
        self.let_go_of_microphone(id);
        let Some(dictation) = self.get(id) else { return };
        if dictation.typing.is_under_way() {
            dictation.ending.get_or_insert(outcome);
            dictation.stage = Stage::Delivering;
            return self.push(Effect::StopDelivery(id));
        }
        self.close(id, outcome);
    }

    fn close(&mut self, id: DictationId, outcome: Outcome) {
        let Some(place) = self.dictations.iter().position(|dictation| dictation.id == id) else { return };
        let dictation = self.dictations.remove(place);
        if outcome == Outcome::Cancelled && !dictation.typing.typed().is_empty() {
            // The user does not want it.
            self.undo_after_input(None);
        }
        if outcome != Outcome::Suspended {
            self.last = Some(outcome);
        }
        if let Some(held) = dictation.held.as_ref().filter(|held| !held.is_only_spaces()) {
            let (reason, problem) = (held.reason, dictation.problem.clone());
            self.effects.push(Effect::Notify(Notification::Held { reason, problem }));
            if !held.rest.is_empty() {
                self.redeliveries.hold(id, held.rest.clone(), dictation.is_logged());
            }
        }
        self.last_in_password_field = dictation.field.is_password();
        self.push(Effect::Close(id, outcome));
        self.file(Ended { dictation, outcome });
    }

    /// The application has said what kind of field a dictation is for, or will not say.
    pub(super) fn field_found(&mut self, id: DictationId, field: Option<Field>) {
        if let Some(dictation) = self.get(id) {
            dictation.field_found(field);
        }
        if let Some(place) = self.unfiled.iter().position(|over| over.dictation.id == id) {
            let mut over = self.unfiled.remove(place);
            over.dictation.field_found(field);
            self.file(over);
        }
    }

    /// Files a dictation that is over, now or as soon as its field is known.
    fn file(&mut self, over: Ended) {
        match over.dictation.field.wait_until() {
            Some(until) if until > self.moment.at => self.unfiled.push(over),
            _ => self.file_now(over),
        }
    }

    /// When a dictation is to be filed although its field is not known.
    pub(super) fn files_at(&self) -> Option<Duration> {
        self.unfiled.iter().filter_map(|over| over.dictation.field.wait_until()).min()
    }

    /// Files those that have waited long enough.
    pub(super) fn file_overdue(&mut self) {
        for over in std::mem::take(&mut self.unfiled) {
            self.file(over);
        }
    }

    /// Offers a text in the menu. What is for a password field is not offered.
    pub(super) fn offer(&mut self, id: DictationId, text: String) {
        self.recent.insert(0, Recent { id, text });
        self.recent.truncate(RECENT);
    }

    fn file_now(&mut self, over: Ended) {
        let Ended { mut dictation, outcome } = over;
        let id = dictation.id;
        if dictation.logged == Logged::Later && !dictation.field.is_password() {
            self.offer(id, dictation.text().to_owned());
            if dictation.keep() {
                self.log(Box::new(dictation.entry(Outcome::Transcribed)));
            }
        }
        let history = &dictation.settings.history;
        if is_for_the_log(outcome) {
            if dictation.is_logged() {
                self.push(Effect::LogDelivery(id, dictation.delivery(outcome, self.moment.clock)));
            } else if history.log && !dictation.is_nothing_but_commands() {
                self.log(Box::new(dictation.entry(outcome)));
            }
            if history.log && history.audio && dictation.recording.is_some() {
                self.push(Effect::LogAudio(id));
            }
        }
        // Commands that could not be carried out are not to be carried out another day.
        let wanted = match keep(outcome, dictation.is_logged(), dictation.field.is_password()) {
            _ if dictation.is_nothing_but_commands() => Keep::Not,
            wanted => wanted,
        };
        let keep = self.recordings.over(id, wanted);
        if dictation.recording.is_some() {
            self.keep_recording(id, keep);
        }
    }

    fn log(&mut self, entry: Box<Entry>) {
        self.redeliveries.logged(entry.id);
        self.push(Effect::Log(entry));
    }

    fn keep_recording(&mut self, id: DictationId, keep: Option<Keep>) {
        match keep {
            Some(Keep::Not) => self.push(Effect::DiscardRecording(id)),
            Some(Keep::Always) => self.push(Effect::KeepRecording(id)),
            Some(Keep::UntilLogged) | None => {}
        }
    }

    /// A text is safe in the log.
    pub(super) fn recorded(&mut self, id: DictationId) {
        let is_under_way = self.stage_of(id).is_some() || self.unfiled.iter().any(|over| over.dictation.id == id);
        if self.recordings.logged(id, !is_under_way) {
            self.push(Effect::DiscardRecording(id));
        }
    }

    /// Nothing is written into the log any more.
    pub(super) fn log_died(&mut self) {
        for id in self.recordings.log_died() {
            self.push(Effect::KeepRecording(id));
        }
    }

    /// Forgets every text that was dictated before. What is being dictated at this moment goes on.
    pub(super) fn erased(&mut self) {
        self.redeliveries.erase();
        let unfiled = std::mem::take(&mut self.unfiled).into_iter().map(|over| over.dictation.id);
        let unwanted: Vec<DictationId> = self.recordings.erase().into_iter().chain(unfiled).collect();
        for id in unwanted {
            self.push(Effect::DiscardRecording(id));
        }
        self.recent.clear();
        self.spacing.forget();
        self.last_text = super::undo::LastText::default();
        self.last = None;
    }

    /// The agent ends, whatever is still under way: the recordings are offered at the next start.
    pub(super) fn end_everything(&mut self) {
        self.redeliveries.forget();
        for id in self.dictations.iter().map(|dictation| dictation.id).collect::<Vec<_>>() {
            self.close(id, Outcome::Suspended);
        }
        for over in std::mem::take(&mut self.unfiled) {
            self.file_now(over);
        }
    }
}

/// What the user threw away is not logged, nor where nothing was said or left to the next start.
fn is_for_the_log(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::NothingSaid | Outcome::Cancelled | Outcome::Suspended | Outcome::CarriedOut)
}
