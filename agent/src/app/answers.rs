//! What the rooms report: translated for the machine, and for the user where something does not work.

use std::time::Instant;

use scout_core::delivery::Report;
use scout_core::session::{Captured, Event, Room};
use scout_log::history;
use scout_log::vault::Custody;
use scout_speech::capture::{self, Notice as Heard, Utterance};
use scout_speech::transcribe::{self, Hang, Recognised};

use super::coordinator::{Audio, Coordinator};
use super::event::AppEvent;
use crate::rewriter::RewriteError;
use crate::setup;
use crate::trouble::{Fault, Part, Trouble};

impl Coordinator {
    /// Takes what happened in a room.
    pub(super) fn take(&mut self, event: AppEvent) {
        match event {
            AppEvent::Capture(event) => self.captured(event),
            AppEvent::Recognised(Recognised::Partial(id, partial)) => self.happened(Event::Partial(id, partial)),
            AppEvent::Recognised(Recognised::Words(id, words)) => self.happened(Event::Transcribed(id, words)),
            AppEvent::Aimed(id, focus) => self.happened(Event::Aimed(id, focus)),
            AppEvent::Field(id, field) => self.happened(Event::Field(id, Some(field))),
            AppEvent::Model(event) => self.model(event),
            AppEvent::Rewritten(id, answer) => {
                let answer = match answer {
                    Ok(text) => {
                        self.works(Part::Rewriting);
                        Some(text)
                    }
                    Err(error) => {
                        tracing::info!(%id, %error, "not rewritten");
                        // An answer that was looked at and not taken is no fault of anything.
                        if !matches!(error, RewriteError::Refused(_) | RewriteError::TooLong) {
                            self.report(&Trouble::NotRewritten(error));
                        }
                        None
                    }
                };
                self.happened(Event::Rewritten(id, answer));
            }
            AppEvent::Delivered(Report::Delivered(receipt)) => self.happened(Event::Delivered(receipt)),
            AppEvent::Delivered(Report::Undone(undone)) => self.happened(Event::Undone(undone)),
            AppEvent::History(event) => self.logged(event),
            AppEvent::Erased(call, said) => {
                self.happened(Event::Erased);
                // Whoever is told that it is done sees it, too.
                self.show();
                call.answer_saying(Ok(said));
            }
            AppEvent::Microphones(devices) => self.microphones = devices,
            AppEvent::Recent(recent) => self.happened(Event::Recent(recent)),
            AppEvent::Configured(loaded) => self.configured(loaded),
            AppEvent::Trouble(trouble) => self.report(&trouble),
            AppEvent::Works(part) => self.works(part),
            AppEvent::Died(part) => self.died(part),
        }
    }

    fn captured(&mut self, event: capture::Event) {
        match event {
            capture::Event::Ready { id, device, after } => {
                tracing::debug!(%id, %device, ?after, "the microphone hears");
                self.device = Some(device.name);
                self.hears();
                self.happened(Event::Ready(id));
            }
            // Shown by the overlay, which has them from the capture thread.
            capture::Event::Level { .. } => {}
            capture::Event::Notice { notice, .. } => self.heard(notice),
            capture::Event::Finished { id, utterance } => {
                let captured = Captured {
                    length: utterance.duration(),
                    interrupted: utterance.interrupted.is_some(),
                    spans: utterance.spans.clone(),
                };
                let Utterance { spool, samples, interrupted, .. } = utterance;
                if let Some(error) = interrupted {
                    self.hears_nothing(&Trouble::NotHeard { error, kept: true });
                }
                self.recordings.insert(id, Audio { spool, samples });
                self.happened(Event::Captured(id, captured));
            }
            capture::Event::Open { device } => {
                self.device = device.map(|device| device.name);
                self.rooms.look_for_microphones();
            }
            capture::Event::Voice => self.happened(Event::Voice),
            capture::Event::Deaf { error } => {
                self.happened(Event::Deaf);
                self.hears_nothing(&Trouble::HandsFreeFailed(error));
            }
            capture::Event::Restarted => self.restarted(Part::Recording, Fault::Panicked),
            capture::Event::Failed { id, error } => {
                self.hears_nothing(&Trouble::NotHeard { error, kept: false });
                self.happened(Event::CaptureFailed(id));
            }
        }
    }

    /// The microphone, or the sound server before it, fails: what was known of both is out of date.
    fn hears_nothing(&mut self, trouble: &Trouble) {
        self.hears();
        self.report(trouble);
        self.rooms.look_for_microphones();
    }

    fn hears(&mut self) {
        self.works(Part::Microphone);
        self.works(Part::SoundServer);
    }

    fn heard(&mut self, notice: Heard) {
        if let Heard::ChosenDeviceMissing { used: device }
        | Heard::ChosenDeviceFailed { used: device, .. }
        | Heard::Moved { to: device, .. } = &notice
        {
            self.device = Some(device.name.clone());
            self.rooms.look_for_microphones();
        }
        self.report(&Trouble::Recording { notice, device: self.device.clone() });
    }

    fn model(&mut self, event: transcribe::Event) {
        match event {
            transcribe::Event::Loaded { model, took } => {
                tracing::info!(model, ?took, "model loaded");
                self.model = Some(model);
                self.works(Part::Model);
            }
            transcribe::Event::Unloaded => {
                tracing::info!("the model was unloaded");
                self.model = None;
            }
            transcribe::Event::Ended => self.died(Part::Recognition),
            transcribe::Event::Unusable { error } => {
                self.model = None;
                self.report(&Trouble::NoModel(error));
            }
        }
    }

    fn logged(&mut self, event: history::Event) {
        match event {
            history::Event::Recorded(id) => self.happened(Event::Recorded(id)),
            history::Event::Failing { error, .. } => self.report(&Trouble::LogFailing(error)),
            history::Event::Sealing { error } => self.report(&Trouble::LogSealed(error)),
            history::Event::Working => self.works(Part::Log),
            history::Event::Restarted => self.restarted(Part::Log, Fault::Panicked),
            history::Event::Opened(Custody::Keychain) => self.works(Part::Keychain),
            history::Event::Opened(Custody::File) => self.report(&Trouble::NoKeychain),
            history::Event::News(news) => self.report(&Trouble::LogNews(news)),
            history::Event::OverLimits(count) => self.report(&Trouble::OverLimits(count, None)),
            history::Event::Doubtful(count, doubt) => self.report(&Trouble::OverLimits(count, Some(doubt))),
            history::Event::WithinLimits => self.works(Part::Limits),
            history::Event::NoBackup(error) => self.report(&Trouble::NoBackup(error)),
            history::Event::BackedUp => self.works(Part::Backups),
        }
    }

    /// Replaces the rooms that hang. The dictations that they had in hand end: what was heard or composed of them is kept.
    pub(super) fn look_after_rooms(&mut self, now: Instant) {
        if self.rooms.capture.is_hung(now) {
            if self.rooms.capture.replace() {
                self.restarted(Part::Recording, Fault::Hung);
                let standby = setup::standby(&self.setup, self.machine.is_hands_free());
                self.record(capture::Command::StandBy(standby));
                self.happened(Event::Replaced(Room::Capture));
            } else {
                self.died(Part::Recording);
            }
        }
        if self.rooms.deliverer.is_hung(now) {
            let is_idle = self.machine.is_idle();
            if self.rooms.deliverer.replace() {
                // A text that was not delivered is reported as such.
                if is_idle {
                    self.restarted(Part::Delivery, Fault::Hung);
                }
                self.happened(Event::Replaced(Room::Delivery));
            } else {
                self.died(Part::Delivery);
            }
        }
        match self.rooms.transcription.look(now) {
            None => {}
            Some(Hang::Replaced) => {
                self.restarted(Part::Recognition, Fault::Hung);
                self.model = None;
                self.load_model(&self.setup.config.model.name.clone());
            }
            Some(Hang::GivenUp) => {
                self.model = None;
                self.died(Part::Recognition);
            }
        }
    }

    fn restarted(&mut self, part: Part, fault: Fault) {
        self.report(&Trouble::Restarted { part, fault, kept: false });
    }

    fn died(&mut self, part: Part) {
        self.report(&Trouble::Died(part));
        if let Some(room) = part.room() {
            self.happened(Event::Died(room));
        }
    }
}
