//! Our own key events, remembered until the hook has seen them, so that it does not pass them on.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long an event of ours is waited for. The server sends it to the hook within milliseconds, within a second on a
/// machine that is overloaded; one that never comes must not swallow what the user presses later.
const LIFETIME: Duration = Duration::from_secs(2);

/// Key events that were sent and have not come back yet, oldest first.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    expected: VecDeque<Expected>,
}

#[derive(Debug)]
struct Expected {
    keycode: u8,
    pressed: bool,
    sent: Instant,
}

impl Ledger {
    /// Notes an event that is about to be sent.
    pub(super) fn note(&mut self, keycode: u8, pressed: bool, now: Instant) {
        self.forget_old(now);
        self.expected.push_back(Expected { keycode, pressed, sent: now });
    }

    /// Whether an event that was heard is one of ours. If so it is struck off.
    pub(super) fn is_ours(&mut self, keycode: u8, pressed: bool, now: Instant) -> bool {
        self.forget_old(now);
        let found = self.expected.iter().position(|event| event.keycode == keycode && event.pressed == pressed);
        found.and_then(|index| self.expected.remove(index)).is_some()
    }

    fn forget_old(&mut self, now: Instant) {
        while self.expected.front().is_some_and(|event| now.saturating_duration_since(event.sent) > LIFETIME) {
            self.expected.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_of_ours_is_swallowed_once() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        ledger.note(38, true, now);
        ledger.note(38, false, now);
        assert!(ledger.is_ours(38, true, now));
        assert!(!ledger.is_ours(38, true, now), "the user pressed the same key");
        assert!(ledger.is_ours(38, false, now));
        assert!(!ledger.is_ours(38, false, now));
    }

    #[test]
    fn foreign_keys_pass_while_ours_are_awaited() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        ledger.note(38, true, now);
        assert!(!ledger.is_ours(75, true, now));
        assert!(!ledger.is_ours(38, false, now));
        assert!(ledger.is_ours(38, true, now));
    }

    #[test]
    fn an_event_that_never_came_does_not_eat_a_later_key_press() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        ledger.note(105, true, now);
        assert!(!ledger.is_ours(105, true, now + LIFETIME + Duration::from_millis(1)));
    }
}
