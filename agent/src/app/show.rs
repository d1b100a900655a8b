//! What the tray and the clients see of the session.

use jiff::Timestamp;
use scout_core::microphone::DeviceChoice;
use scout_core::profile::DEFAULT as DEFAULT_PROFILE;
use scout_core::session::{Machine, Stage};
use scout_core::setup::Loaded;
use scout_speech::capture;

use crate::control::{Board, State, StatusReport};
use crate::trouble::{Lasting, Part};
use crate::ui::{Choice, UiHandle, View};

/// What was shown last, so that only changes are shown.
#[derive(Debug, Default)]
pub(super) struct Shown {
    since: Option<(State, Timestamp)>,
    view: Option<View>,
}

/// What there is to show.
pub(super) struct Showing<'a> {
    pub machine: &'a Machine,
    pub setup: &'a Loaded,
    pub troubles: &'a Lasting,
    /// The microphones that there are.
    pub microphones: &'a [capture::Device],
    /// The microphone in use.
    pub device: Option<&'a str>,
    /// The model that is loaded.
    pub model: Option<&'a str>,
    /// Whether the last text can be taken back.
    pub can_undo: bool,
}

impl Shown {
    /// Brings tray and status up to date.
    pub(super) fn show(&mut self, what: &Showing<'_>, board: &Board, ui: &UiHandle) {
        let state = state(what.machine.stage(), what.troubles.nothing_works());
        let since = match self.since {
            Some((before, since)) if before == state => since,
            _ => Timestamp::now(),
        };
        self.since = Some((state, since));
        board.publish(report(what, state, since));
        let view = view(what, state);
        if self.view.as_ref() != Some(&view) {
            ui.show(view.clone());
            self.view = Some(view);
        }
    }
}

/// The state to show. Where nothing works, the agent is *idle* only in name.
fn state(stage: Option<Stage>, nothing_works: bool) -> State {
    match stage {
        None if nothing_works => State::Error,
        None => State::Idle,
        Some(Stage::Opening | Stage::Listening) => State::Listening,
        Some(Stage::Tail | Stage::Transcribing) => State::Finishing,
        Some(Stage::Delivering) => State::Delivering,
    }
}

fn report(what: &Showing<'_>, state: State, since: Timestamp) -> StatusReport {
    let machine = what.machine;
    StatusReport {
        state,
        since,
        dictation: machine.current(),
        profile: Some(machine.profile().unwrap_or(DEFAULT_PROFILE).to_owned()),
        device: what.device.map(str::to_owned),
        model: what.model.map(str::to_owned),
        partial: machine.partial().map(str::to_owned),
        held: machine.holds_text(),
        hands_free: machine.is_hands_free(),
        rewrites_at: what.setup.rewrites_at.clone(),
        last: machine.last(),
        in_password_field: machine.is_in_password_field(),
        warnings: what.troubles.lines(),
        ..StatusReport::starting()
    }
}

fn view(what: &Showing<'_>, state: State) -> View {
    let (machine, config) = (what.machine, &what.setup.config);
    let choice = |device: &capture::Device| Choice { id: device.id.0.clone(), label: device.name.clone() };
    View {
        state,
        key: config.key.chord.to_string(),
        profile: machine.profile().unwrap_or(DEFAULT_PROFILE).to_owned(),
        profiles: what.setup.profiles.iter().map(|profile| profile.name.clone()).collect(),
        profile_once: machine.profile_once().map(str::to_owned),
        microphones: what.microphones.iter().map(choice).collect(),
        microphone: match &config.microphone.device {
            DeviceChoice::Id(id) => Some(id.0.clone()),
            DeviceChoice::Default => None,
        },
        models: what.setup.models.clone(),
        model: Some(config.model.name.clone()),
        recent: machine.recent().to_vec(),
        rewrites_at: what.setup.rewrites_at.clone(),
        held: machine.holds_text(),
        hands_free: machine.is_hands_free(),
        can_undo: what.can_undo,
        misconfigured: what.troubles.has(Part::Configuration),
        warnings: what.troubles.lines(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_agent_shows_it_only_while_it_is_idle() {
        assert_eq!(state(None, true), State::Error);
        assert_eq!(state(Some(Stage::Listening), true), State::Listening);
        assert_eq!(state(None, false), State::Idle);
    }
}
