//! *Paste last*: when an older text goes out, and what comes of it.

use std::time::Duration;

use super::delivering::job_for;
use super::machine::Machine;
use super::messages::{Effect, Notification, Refusal};
use super::redelivery::Redelivery;
use crate::delivery::{Focus, Guard, Job, Method, Receipt};
use crate::dictation::{DictationId, Outcome};
use crate::log_entry::Delivery;

/// What the log says of it.
const DELIVERED_LATER: &str = "delivered later, where the user asked for it";

impl Machine {
    /// Delivers the newest held text, or else the newest text once more, to whatever has the focus now.
    pub(super) fn paste_last(&mut self) {
        if !self.redeliveries.holds_text() && self.recent.is_empty() {
            return self.push(Effect::Refuse(Refusal::NothingDictated));
        }
        let id = self.moment.fresh;
        self.redeliveries.request(id, self.moment.at);
        self.push(Effect::LookUpFocus(id));
    }

    /// The turn of an older text has come.
    pub(super) fn redeliver(&mut self, id: DictationId, focus: Focus) {
        let newest = || self.recent.first().map(|newest| (newest.id, newest.text.clone()));
        let Some((original, text)) = self.redeliveries.newest().or_else(newest) else { return };
        let (_, settings) = self.setup.profile_for(None, focus.target());
        let method = match settings.delivery.method {
            // The user has asked for it here and now.
            Method::None => Method::Auto,
            method => method,
        };
        // A menu that was clicked may have had the focus just now: it goes where the focus returns to.
        let guard = if focus.target().is_some() { Guard::Hold } else { Guard::Follow };
        let job = Job { text: text.clone(), method, guard, ..job_for(id, &focus, &settings) };
        for dictation in &mut self.dictations {
            dictation.typing.detach();
        }
        self.redeliveries.begun(Redelivery { id, original, is_erased: false, focus, text });
        self.last_text.sent(false);
        self.push(Effect::Deliver(Box::new(job)));
    }

    pub(super) fn redelivered(&mut self, redelivery: Redelivery, receipt: Receipt) {
        let Redelivery { original, is_erased, focus, text, .. } = redelivery;
        match receipt.result {
            Err(_) if is_erased => self.spacing.forget(),
            Err(held) if held.is_only_spaces() => {
                self.spacing.forget();
                self.redeliveries.release(original);
            }
            Err(held) => {
                self.spacing.forget();
                self.push(Effect::Notify(Notification::Held { reason: held.reason, problem: receipt.problem }));
                self.redeliveries.hold(original, held.rest, false);
            }
            Ok(outcome) => {
                if outcome.is_in_window() {
                    // Nobody knows any more how it was written.
                    self.spacing.typed(&focus, &text, false, self.moment.at);
                }
                if let Some(is_logged) = self.redeliveries.release(original) {
                    self.held_text_arrived(original, outcome, is_logged, receipt.took);
                }
            }
        }
    }

    /// The log is told, now or when the entry is made.
    fn held_text_arrived(&mut self, id: DictationId, outcome: Outcome, is_logged: bool, took: Duration) {
        let detail = Some(DELIVERED_LATER.to_owned());
        if is_logged {
            let ended = self.moment.clock;
            let delivery = Delivery { outcome, detail, ended, deliver: Some(took), release_to_text: None };
            self.push(Effect::LogDelivery(id, delivery));
        } else if let Some(over) = self.unfiled.iter_mut().find(|over| over.dictation.id == id) {
            over.outcome = outcome;
            over.dictation.problem = detail;
        }
    }
}
