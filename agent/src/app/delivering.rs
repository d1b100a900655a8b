//! From the words to the log: what the session does with a text, and with what becomes of it.

use std::time::{Duration, Instant};

use super::closing;
use super::conductor::Conductor;
use super::filing::discard;
use super::status::Part;
use super::undoing::Asked;
use crate::deliver::{Fate, Focus, Guard, HoldReason, Job, Method, Receipt, Report};
use crate::dictation::DictationId;
use crate::history::{self, Outcome as Logged};
use crate::session::Outcome;
use crate::transcribe::Abort;
use crate::ui::notices::Notice;
use crate::vault::Custody;

/// Said for as long as it is so: the key is not as safe there.
const KEY_IN_FILE: &str = "no keychain answered, so the key of the log lies in a file that only you can read: with a keychain, \
     `scout history key move keychain` puts it there";

impl Conductor {
    /// The text goes out first; then the log is told, whether or not it arrives.
    pub(super) fn deliver(&mut self, id: DictationId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        if flight.typing.holds_up_the_rest() {
            return;
        }
        flight.plan_steps(Instant::now());
        let text = flight.text().to_owned();
        // A dictation of nothing but commands leaves nothing to remember.
        let keep = !text.trim().is_empty() && !flight.field.is_password();
        // What is not known to be for no password field is filed at the end.
        flight.unkept = keep && flight.field.wait_until().is_some();
        let keep = keep && !flight.unkept;
        let log = keep && flight.settings.history.log;
        flight.logged = log;
        let entry = log.then(|| flight.entry(Logged::Transcribed));
        let refused = self.next_step(id);
        if let Some(entry) = entry {
            self.rooms.history.record(entry);
        }
        if keep {
            self.offer(id, text);
        }
        if let Some(receipt) = refused {
            self.step_delivered(receipt);
        }
    }

    pub(super) fn reported(&mut self, report: Report) {
        match report {
            Report::Delivered(receipt) => self.delivered(receipt),
            Report::Undone(undone) => self.undone(&undone),
        }
    }

    fn delivered(&mut self, receipt: Receipt) {
        self.undoable.delivered(&receipt.fate);
        if self.flights.get(&receipt.id).is_some_and(|flight| flight.typing.is_under_way()) {
            return self.typed_live(receipt);
        }
        if let Some(original) = self.kept.delivered_again(receipt.id) {
            return self.delivered_again(original, receipt);
        }
        self.step_delivered(receipt);
    }

    /// Delivers the newest text again, or at last, to whatever has the focus now. `false` if there is none.
    pub(super) fn deliver_last(&mut self) -> bool {
        let Some((original, text)) = self.kept.last().or_else(|| {
            let newest = self.recent.first()?;
            Some((newest.id, newest.text.clone()))
        }) else {
            return false;
        };
        let id = DictationId::new();
        self.kept.deliver_again(id, original, text);
        if !self.rooms.aim.look(id) {
            self.aimed_again(id, &Focus::Unanswered);
        }
        true
    }

    /// It is known where an older text is to go, and with it the profile. `false` if it is no such text.
    pub(super) fn aimed_again(&mut self, id: DictationId, focus: &Focus) -> bool {
        let Some(text) = self.kept.take_again(id) else { return false };
        let (_, settings) = self.loaded.profile_for(None, focus.target());
        let delivery = &settings.delivery;
        let method = match delivery.method {
            // The user has asked for it here and now.
            Method::None => Method::Auto,
            method => method,
        };
        let job = Job {
            id,
            text,
            behind: String::new(),
            method,
            // A menu that was clicked may have had the focus just now: it goes where the focus returns to.
            guard: if focus.target().is_some() { Guard::Hold } else { Guard::Follow },
            aimed: focus.clone(),
            options: delivery.type_options(),
            paste: delivery.paste_options(),
            then: Vec::new(),
            abort: Abort::default(),
        };
        self.undoable.sent(false);
        if let Err(job) = self.rooms.deliverer.deliver(job) {
            let fate = Fate::Held { reason: HoldReason::Failed, rest: job.text };
            self.delivered(Receipt { id, fate, took: Duration::ZERO, problem: None, unpressed: None });
        }
        true
    }

    fn delivered_again(&mut self, original: DictationId, receipt: Receipt) {
        if let Fate::Held { reason, rest } = receipt.fate {
            self.rooms.notices.tell(closing::notice(reason, receipt.problem.as_deref()));
            self.kept.hold(original, rest);
        } else if self.kept.release(original) {
            self.rooms.history.update(original, closing::delivered_later());
        }
    }

    /// The dictation is over: log it, and decide about its audio on disk.
    pub(super) fn close(&mut self, id: DictationId, outcome: Outcome) {
        let Some(mut flight) = self.flights.remove(&id) else { return };
        self.order.over(id);
        flight.end_pass();
        tracing::info!(%id, ?outcome, "dictation closed");
        if outcome == Outcome::Cancelled && !flight.typing.typed().is_empty() {
            // The user does not want it.
            self.undo_or_notify(Asked::Dictation);
        }
        self.last = closing::shown(outcome, flight.receipt.as_ref().map(|receipt| &receipt.fate)).or(self.last);
        if let Some((reason, rest)) = flight.held_text() {
            self.rooms.notices.tell(closing::notice(reason, flight.problem.as_deref()));
            if !rest.is_empty() {
                self.kept.hold(id, rest.to_owned());
            }
        }
        self.last_in_password_field = flight.field.is_password();
        self.file(id, flight, outcome);
        self.pass_on();
        self.rooms.look_for_microphones();
    }

    pub(super) fn remembered(&mut self, event: history::Event) {
        match event {
            history::Event::Recorded(id) => {
                let under_way = self.flights.contains_key(&id);
                if let Some(spool) = self.kept.logged(id, under_way) {
                    discard(spool);
                }
            }
            history::Event::Failing { error, .. } => {
                self.warn(Part::History, error.to_string());
                self.rooms.notices.tell(Notice::HistoryFailing { reason: error.to_string() });
            }
            history::Event::Sealing { error } => {
                self.warn(Part::History, error.to_string());
                self.rooms.notices.tell(Notice::LogSealed { reason: error.to_string() });
            }
            history::Event::Working => self.warnings.clear(Part::History),
            history::Event::Opened(Custody::Keychain) => self.warnings.clear(Part::Keychain),
            history::Event::Opened(Custody::File) => self.warn(Part::Keychain, KEY_IN_FILE.to_owned()),
            history::Event::News(news) => self.rooms.notices.tell(Notice::LogNews { news: news.to_string() }),
            history::Event::OverLimits(count) => {
                let reason = format!(
                    "{count} dictations are over a limit of the log, and are kept until you agree: `scout history limits` shows them"
                );
                self.warn(Part::Limits, reason);
            }
            history::Event::Doubtful(count, doubt) => {
                let reason = format!(
                    "{count} dictations are over a limit of the log, and are kept until you agree, because {doubt}: `scout history \
                     limits` shows them"
                );
                // It is found anew every hour.
                if !self.warnings.has(Part::Limits) {
                    self.rooms.notices.tell(Notice::LimitsDoubtful { reason: reason.clone() });
                }
                self.warn(Part::Limits, reason);
            }
            history::Event::KeptUp => self.warnings.clear(Part::Limits),
            history::Event::NoBackup(error) => {
                self.warn(Part::Limits, format!("the log was not copied: {error}"));
            }
        }
    }
}
