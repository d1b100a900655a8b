//! What is kept of a dictation that is over: its entry in the log, its line in the menu, its recording. Nothing is, before it
//! is known whether the text was for a password field.

use std::sync::Arc;
use std::time::Instant;

use scout_platform::Field;

use super::closing;
use super::conductor::Conductor;
use super::flight::Flight;
use super::rooms::RECENT;
use crate::dictation::DictationId;
use crate::history::Outcome as Logged;
use crate::session::Outcome;
use crate::ui::Recent;

/// A dictation that is over.
#[derive(Debug)]
pub(super) struct Over {
    id: DictationId,
    flight: Flight,
    outcome: Outcome,
}

impl Over {
    /// The recording, for whoever removes it.
    pub(super) fn recording(&mut self) -> Option<crate::capture::spool::Spooled> {
        self.flight.take_spool()
    }
}

impl Conductor {
    /// Asks for the field that a dictation is for. The session goes on meanwhile.
    pub(super) fn ask_for_field(&mut self, id: DictationId) {
        if let Some(flight) = self.flights.get_mut(&id)
            && self.rooms.fields.look(id)
        {
            flight.field.asked(Instant::now());
        }
    }

    /// The application has said what kind of field it is.
    pub(super) fn field_found(&mut self, id: DictationId, field: Field) {
        self.with(id, |flight| flight.field_found(field));
        if let Some(position) = self.unfiled.iter().position(|over| over.id == id) {
            let mut over = self.unfiled.remove(position);
            over.flight.field_found(field);
            self.file(over.id, over.flight, over.outcome);
        }
    }

    /// Files a dictation that is over, now or as soon as its field is known.
    pub(super) fn file(&mut self, id: DictationId, flight: Flight, outcome: Outcome) {
        let over = Over { id, flight, outcome };
        match over.flight.field.wait_until() {
            Some(until) if until > Instant::now() => self.unfiled.push(over),
            _ => self.file_now(over),
        }
    }

    /// When a dictation is to be filed although its field is not known.
    pub(super) fn files_at(&self) -> Option<Instant> {
        self.unfiled.iter().filter_map(|over| over.flight.field.wait_until()).min()
    }

    /// Files those that have waited long enough.
    pub(super) fn file_overdue(&mut self) {
        for over in std::mem::take(&mut self.unfiled) {
            self.file(over.id, over.flight, over.outcome);
        }
    }

    /// Files those that still wait, at the end.
    pub(super) fn file_all(&mut self) {
        for over in std::mem::take(&mut self.unfiled) {
            self.file_now(over);
        }
    }

    /// Offers a text in the menu. What is for a password field is not offered.
    pub(super) fn offer(&mut self, id: DictationId, text: String) {
        self.recent.insert(0, Recent { id, text });
        self.recent.truncate(RECENT);
    }

    fn file_now(&mut self, over: Over) {
        let Over { id, mut flight, outcome } = over;
        if flight.unkept && !flight.field.is_password() {
            self.offer(id, flight.text().to_owned());
            flight.logged = flight.settings.history.log;
            if flight.logged {
                self.rooms.history.record(flight.entry(Logged::Transcribed));
            }
        }
        if let Some(logged) = closing::logged(outcome, flight.receipt.as_ref().map(|receipt| &receipt.fate)) {
            if flight.logged {
                self.rooms.history.update(id, flight.outcome(logged));
            } else if flight.settings.history.log && !flight.is_nothing_but_commands() {
                self.rooms.history.record(flight.entry(logged));
            }
            if flight.settings.history.log
                && flight.settings.history.audio
                && let Some(utterance) = &flight.utterance
            {
                self.rooms.history.keep_recording(id, Arc::clone(&utterance.samples));
            }
        }
        if let Some(spool) = flight.take_spool() {
            match closing::fate_of_audio(outcome, flight.logged, flight.field.is_password()) {
                // Commands that could not be carried out are not to be carried out another day.
                _ if flight.is_nothing_but_commands() => discard(spool),
                closing::Audio::Discard => discard(spool),
                closing::Audio::DiscardOnceLogged => {
                    if let Some(spool) = self.kept.audio_until_logged(id, spool) {
                        discard(spool);
                    }
                }
                closing::Audio::Keep => drop(spool),
            }
        }
        self.kept.forget_log(id);
    }
}

/// Removes a recording that is not needed any more.
pub(super) fn discard(spool: crate::capture::spool::Spooled) {
    if let Err(error) = spool.discard() {
        tracing::warn!(%error, "a recording that is not needed any more stays on disk");
    }
}
