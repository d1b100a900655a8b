//! What the rooms say: translated for the machine, and for the user where something does not work.

use scout_core::delivery::Report;
use scout_core::session::{Captured, Event, Room};
use scout_log::history;
use scout_log::vault::Custody;
use scout_speech::capture::{self, Notice as Heard, Utterance};
use scout_speech::transcribe::{self, Recognised};

use super::coordinator::{Audio, Coordinator};
use super::event::AppEvent;
use super::status::Part;
use super::troubles;
use crate::rewriter::RewriteError;
use crate::ui::notices::Notice;

/// Said for as long as it is so: the key is not as safe there.
const KEY_IN_FILE: &str = "no keychain answered, so the key of the log lies in a file that only you can read: with a keychain, \
     `scout history key move keychain` puts it there";

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
                match &answer {
                    Ok(_) => self.warnings.clear(Part::Rewriting),
                    // An answer that was looked at and not taken is no fault of anything.
                    Err(RewriteError::Refused(_) | RewriteError::TooLong) => {}
                    Err(error) => self.warn(Part::Rewriting, error.to_string()),
                }
                if let Err(error) = &answer {
                    tracing::info!(%id, %error, "not rewritten");
                }
                self.happened(Event::Rewritten(id, answer.ok()));
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
            AppEvent::Broken(part, warning) => self.warn(part, warning),
            AppEvent::Mended(part) => self.warnings.clear(part),
            AppEvent::Restarted(room) => self.restarted(room),
            AppEvent::Died(room) => self.died(room),
        }
    }

    fn captured(&mut self, event: capture::Event) {
        match event {
            capture::Event::Ready { id, device, after } => {
                tracing::debug!(%id, %device, ?after, "the microphone hears");
                self.device = Some(device.name);
                self.warnings.clear(Part::Microphone);
                self.happened(Event::Ready(id));
            }
            // Shown by the overlay, which has them from the capture thread.
            capture::Event::Level { .. } => {}
            capture::Event::Notice { notice, .. } => self.heard(notice),
            capture::Event::Finished { id, utterance } => {
                if let Some(error) = &utterance.interrupted {
                    tracing::warn!(%id, %error, "the recording was interrupted");
                    self.warn(Part::Microphone, error.to_string());
                    self.rooms.notices.tell(troubles::failed(error, true));
                    self.rooms.look_for_microphones();
                }
                let captured = Captured {
                    length: utterance.duration(),
                    interrupted: utterance.interrupted.is_some(),
                    spans: utterance.spans.clone(),
                };
                let Utterance { spool, samples, .. } = utterance;
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
                self.warn(Part::Microphone, error.to_string());
                self.rooms.notices.tell(Notice::HandsFreeFailed { reason: error.to_string() });
                self.rooms.look_for_microphones();
            }
            capture::Event::Failed { id, error } => {
                self.warn(Part::Microphone, error.to_string());
                self.rooms.notices.tell(troubles::failed(&error, false));
                self.rooms.look_for_microphones();
                self.happened(Event::CaptureFailed(id));
            }
        }
    }

    fn heard(&mut self, notice: Heard) {
        tracing::warn!(%notice, "microphone");
        if let Heard::ChosenDeviceMissing { used: device }
        | Heard::ChosenDeviceFailed { used: device, .. }
        | Heard::Moved { to: device, .. } = &notice
        {
            self.device = Some(device.name.clone());
            self.rooms.look_for_microphones();
        }
        self.rooms.notices.tell(troubles::happened(notice, self.device.as_deref()));
    }

    fn model(&mut self, event: transcribe::Event) {
        match event {
            transcribe::Event::Loaded { model, took } => {
                tracing::info!(model, ?took, "model loaded");
                self.model = Some(model);
                self.warnings.clear(Part::Model);
            }
            transcribe::Event::Unloaded => {
                tracing::info!("the model was unloaded");
                self.model = None;
            }
            transcribe::Event::Unusable { error } => {
                self.model = None;
                self.warn(Part::Model, error.to_string());
                self.rooms.notices.tell(Notice::ModelFailed { reason: error.to_string() });
            }
        }
    }

    fn logged(&mut self, event: history::Event) {
        match event {
            history::Event::Recorded(id) => self.happened(Event::Recorded(id)),
            history::Event::Failing { error, .. } => {
                self.warn(Part::History, error.to_string());
                self.rooms.notices.tell(Notice::HistoryFailing { reason: error.to_string() });
            }
            history::Event::Sealing { error } => {
                self.warn(Part::History, error.to_string());
                self.rooms.notices.tell(Notice::LogSealed { reason: error.to_string() });
            }
            history::Event::Working => self.warnings.clear(Part::History),
            history::Event::Restarted => self.restarted(Room::History),
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

    fn restarted(&mut self, room: Room) {
        self.rooms.notices.tell(troubles::restarted(room));
    }

    fn died(&mut self, room: Room) {
        tracing::error!(?room, "a room has died");
        self.rooms.notices.tell(troubles::died(room));
        self.happened(Event::Died(room));
    }
}
