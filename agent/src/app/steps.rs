//! Carrying out what a dictation asks for, one step after the other.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::conductor::Conductor;
use super::rooms::errand;
use super::undoing::Asked;
use crate::deliver::{Fate, HoldReason, Job, Receipt};
use crate::dictation::DictationId;
use crate::session::Event;
use crate::text::{Step, ends_as_prose};
use crate::ui::notices::Notice;

impl Conductor {
    /// Does the next step of a dictation that is being delivered; without any, its delivery has ended. A text that the
    /// delivery thread does not take comes back as held, for the caller to see to.
    pub(super) fn next_step(&mut self, id: DictationId) -> Option<Receipt> {
        while let Some(flight) = self.flights.get_mut(&id) {
            match flight.steps.pop_front() {
                Some(Step::Text(text)) => return self.deliver_text(id, text),
                Some(Step::Press(chord)) => {
                    flight.steps.push_front(Step::Press(chord));
                    return self.deliver_text(id, String::new());
                }
                // Nothing to take back is no failure: the user sees that nothing happens.
                Some(Step::UndoLast) => {
                    self.joint.forget();
                    self.undo_or_notify(Asked::Dictation);
                }
                Some(Step::StopListening) => self.step(Event::StopListening),
                Some(Step::Run(arguments)) => self.start_program(&arguments),
                None => {
                    self.step(Event::Delivered { id, complete: true });
                    return None;
                }
            }
        }
        None
    }

    /// Sends a text on its way, with the keys that are to be pressed right after it. An empty one is for the keys alone.
    fn deliver_text(&mut self, id: DictationId, text: String) -> Option<Receipt> {
        let flight = self.flights.get_mut(&id)?;
        let mut then = Vec::new();
        while let Some(Step::Press(_)) = flight.steps.front() {
            if let Some(Step::Press(chord)) = flight.steps.pop_front() {
                then.push(chord);
            }
        }
        let delivery = &flight.settings.delivery;
        let behind = flight.typing.take_typed();
        let is_text = !text.trim().is_empty() || !behind.trim().is_empty();
        if then.is_empty() && flight.steps.is_empty() && is_text {
            then.extend(delivery.submit.clone());
        }
        let job = Job {
            id,
            text,
            behind,
            then,
            method: delivery.method,
            guard: delivery.guard,
            aimed: flight.aimed.clone(),
            options: delivery.type_options(),
            paste: delivery.paste_options(),
            abort: flight.abort.clone(),
        };
        flight.sending = (format!("{}{}", job.behind, job.text), !job.then.is_empty());
        self.undoable.sent(!job.behind.is_empty());
        self.rooms.deliverer.deliver(job).err().map(|job| {
            let problem = Some("delivery has stopped working: restart Scout".to_owned());
            let fate = Fate::Held { reason: HoldReason::Failed, rest: job.text };
            Receipt { id, fate, took: Duration::ZERO, problem, unpressed: None }
        })
    }

    /// One text of a dictation has reached its end. Where it is held, so is all that was to follow it, and keys that belong
    /// behind it are not pressed.
    pub(super) fn step_delivered(&mut self, mut receipt: Receipt) {
        let id = receipt.id;
        let now = Instant::now();
        let Some(flight) = self.flights.get_mut(&id) else { return self.step(Event::Delivered { id, complete: true }) };
        let complete = if let Fate::Held { rest, .. } = &mut receipt.fate {
            let following: Vec<String> =
                flight.steps.drain(..).filter_map(|step| step.text().map(str::to_owned)).collect();
            rest.extend(following.iter().map(String::as_str));
            false
        } else {
            true
        };
        let (text, pressed) = std::mem::take(&mut flight.sending);
        if let Some(reason) = &receipt.unpressed {
            self.rooms.notices.tell(Notice::KeyNotPressed { reason: reason.clone() });
        }
        match &receipt.fate {
            // After a key nobody knows what stands there, and of a password nothing is remembered.
            Fate::Typed | Fate::Pasted | Fate::Unconfirmed if pressed || flight.field.is_password() => {
                self.joint.forget();
            }
            Fate::Typed | Fate::Pasted | Fate::Unconfirmed if !text.is_empty() => {
                let raw = flight.composition.as_ref().map_or("", |composition| &composition.raw);
                self.joint.typed(&flight.aimed, &text, ends_as_prose(raw, &flight.settings), now);
                let is_end = flight.steps.is_empty();
                if is_end && flight.composition.as_ref().is_some_and(|composition| composition.lacks_stop) {
                    self.joint.lacks_stop();
                }
            }
            Fate::Held { .. } => self.joint.forget(),
            _ => {}
        }
        flight.deliver(receipt, now);
        if complete {
            if let Some(refused) = self.next_step(id) {
                self.step_delivered(refused);
            }
        } else {
            self.step(Event::Delivered { id, complete });
        }
    }

    /// Starts a program, as a command of the user's own asks for. Its output is nobody's.
    fn start_program(&mut self, arguments: &[String]) {
        let Some((program, rest)) = arguments.split_first() else { return };
        let started =
            Command::new(program).args(rest).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        match started {
            // Somebody has to wait for it, or it stays in the table of processes.
            Ok(mut child) => errand("program", move || {
                let _ = child.wait();
            }),
            Err(error) => {
                let reason =
                    format!("`{program}` cannot be started ({error}): check the command in your configuration");
                self.rooms.notices.tell(Notice::CommandFailed { reason });
            }
        }
    }
}
