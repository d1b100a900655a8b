//! What the tray and the clients see of the session.

use jiff::Timestamp;

use super::conductor::Conductor;
use super::status::{Part, state};
use super::undoing::Asked;
use crate::capture::DeviceChoice;
use crate::control::{State, StatusReport};
use crate::ui::{Choice, View};

/// What was shown last, so that only changes are shown.
#[derive(Debug, Default)]
pub(super) struct Shown {
    since: Option<(State, Timestamp)>,
    view: Option<View>,
}

impl Conductor {
    pub(super) fn warn(&mut self, part: Part, warning: String) {
        tracing::warn!(?part, "{warning}");
        self.warnings.set(part, warning);
    }

    /// Brings tray and status up to date.
    pub(super) fn show(&mut self) {
        let state = state(self.machine.stage(), self.warnings.are_fatal());
        let since = match self.shown.since {
            Some((before, since)) if before == state => since,
            _ => Timestamp::now(),
        };
        self.shown.since = Some((state, since));
        let current = self.machine.current();
        let flight = current.and_then(|id| self.flights.get(&id));
        let in_password_field = flight.map_or(self.last_in_password_field, |flight| flight.field.is_password());
        // What is for a password field is not to be read on the screen.
        let partial = flight.filter(|_| !in_password_field).and_then(|flight| flight.partial.clone());
        let profile = flight.map_or_else(|| super::setup::DEFAULT_PROFILE.to_owned(), |flight| flight.profile.clone());
        self.rooms.board.publish(StatusReport {
            state,
            since,
            dictation: current,
            profile: Some(profile.clone()),
            device: self.device.clone(),
            model: self.model.clone(),
            partial,
            held: self.kept.holds_text(),
            hands_free: self.machine.is_hands_free(),
            rewrites_at: self.loaded.rewrites_at.clone(),
            last: self.last,
            in_password_field,
            warnings: self.warnings.sentences(),
            ..StatusReport::starting()
        });
        let view = self.view(state, profile);
        if self.shown.view.as_ref() != Some(&view) {
            self.rooms.ui.show(view.clone());
            self.shown.view = Some(view);
        }
    }

    fn view(&self, state: State, profile: String) -> View {
        let config = &self.loaded.config;
        View {
            state,
            key: config.key.chord.to_string(),
            profile,
            profiles: self.loaded.profiles.iter().map(|profile| profile.name.clone()).collect(),
            profile_once: self.profile_once.clone(),
            microphones: self
                .microphones
                .iter()
                .map(|device| Choice { id: device.id.0.clone(), label: device.name.clone() })
                .collect(),
            microphone: match &config.microphone.device {
                DeviceChoice::Id(id) => Some(id.0.clone()),
                DeviceChoice::Default => None,
            },
            models: self.loaded.models.clone(),
            model: Some(config.model.name.clone()),
            recent: self.recent.clone(),
            rewrites_at: self.loaded.rewrites_at.clone(),
            held: self.kept.holds_text(),
            hands_free: self.machine.is_hands_free(),
            can_undo: self.undo_refusal(Asked::Tray).is_none(),
            misconfigured: self.warnings.has(Part::Configuration),
            warnings: self.warnings.sentences(),
        }
    }
}
