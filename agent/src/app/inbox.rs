//! Where everything comes from that the session thread hears of.

use std::time::Instant;

use crossbeam_channel::{Receiver, at, never, select_biased};

use super::event::{AppEvent, Input};
use crate::control::Call;
use crate::ui::Action;

/// The channels in the order of their urgency: a key never waits for anything else.
pub(super) struct Inbox {
    pub inputs: Receiver<Input>,
    pub calls: Receiver<Call>,
    pub actions: Receiver<Action>,
    pub events: Receiver<AppEvent>,
}

/// What comes next.
pub(super) enum Next {
    Input(Input),
    Call(Call),
    Action(Action),
    Event(AppEvent),
    /// The time that was given has come.
    Tick,
    /// Nobody sends there any more.
    Closed,
}

impl Inbox {
    /// Waits for what comes next, but no longer than until `wakes_at`.
    pub(super) fn next(&mut self, wakes_at: Option<Instant>) -> Next {
        let tick = wakes_at.map_or_else(never, at);
        let next = select_biased! {
            recv(self.inputs) -> input => input.map(Next::Input).map_err(|_| self.inputs = never()),
            recv(self.calls) -> call => call.map(Next::Call).map_err(|_| self.calls = never()),
            recv(self.actions) -> action => action.map(Next::Action).map_err(|_| self.actions = never()),
            recv(self.events) -> event => event.map(Next::Event).map_err(|_| self.events = never()),
            recv(tick) -> _ => Ok(Next::Tick),
        };
        next.unwrap_or(Next::Closed)
    }
}
