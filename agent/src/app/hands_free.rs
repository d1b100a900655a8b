//! Hands-free mode, as the agent carries it out.

use std::time::{Duration, Instant};

use super::conductor::Conductor;
use super::status::Part;
use crate::capture::{self, CaptureError};
use crate::config::schema::HandsFreeSettings;
use crate::session::Event;
use crate::ui::notices::Notice;

impl Conductor {
    /// Turns it on or off; `None` means the other of the two.
    pub(super) fn switch_hands_free(&mut self, on: Option<bool>) {
        let on = on.unwrap_or(!self.machine.is_hands_free());
        let silence = self.loaded.config.hands_free.silence();
        self.step(Event::HandsFree(on.then_some(silence)));
    }

    /// The agent has started.
    pub(super) fn hands_free_from_the_start(&mut self) {
        if self.loaded.config.hands_free.enabled {
            self.switch_hands_free(Some(true));
        }
    }

    /// Its settings were changed. What was turned on or off by hand stays so, unless it is this that was changed.
    pub(super) fn hands_free_configured(&mut self, before: &HandsFreeSettings) {
        let settings = &self.loaded.config.hands_free;
        if settings.enabled != before.enabled {
            self.switch_hands_free(Some(settings.enabled));
        } else if self.machine.is_hands_free() {
            self.switch_hands_free(Some(true));
        }
    }

    /// Has a voice listened for, or no longer.
    pub(super) fn watch(&mut self, on: bool) {
        tracing::info!(on, "hands-free");
        self.rooms.record(capture::Command::StandBy(self.loaded.standby(on)));
    }

    /// When it may have to be turned off.
    pub(super) fn hands_free_until(&self) -> Option<Instant> {
        self.machine.hands_free_until().map(|until| self.epoch + until)
    }

    /// Nobody has spoken for as long as the user wants.
    pub(super) fn hands_free_timed_out(&mut self) {
        self.step(Event::Tick);
        if !self.machine.is_hands_free() {
            let minutes = u64::from(self.loaded.config.hands_free.off_after_minutes);
            self.rooms.notices.tell(Notice::HandsFreeOver { silence: Duration::from_mins(minutes) });
        }
    }

    /// The microphone cannot be listened to.
    pub(super) fn deaf(&mut self, error: &CaptureError) {
        self.step(Event::Deaf);
        self.warn(Part::Microphone, error.to_string());
        self.rooms.notices.tell(Notice::HandsFreeFailed { reason: error.to_string() });
        self.rooms.look_for_microphones();
    }
}
