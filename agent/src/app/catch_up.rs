//! Requests whose answer depends on what the user did before them: they are served once every earlier key and click is known.
//!
//! A command comes by the socket, a key by the desktop. The command can be quicker, and to take a text back then removes the words
//! that the user has just typed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::control::{Call, Command};
use crate::ui::Action;

/// How long a request waits for the keys and clicks before it. The desktop answers within a millisecond, or some tens of them on
/// a busy machine. One that has not answered by then hangs, and it is not known what the user did.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(2);

/// A request of a client, of the user in the tray, or of the session itself.
#[derive(Debug)]
pub(super) enum Request<C = Call> {
    Call(C),
    Action(Action),
    /// The session is to take a text back: what was said, or cancelled, asks for that.
    Session,
}

impl Request {
    /// Whether its answer depends on what the user did before it.
    pub(super) fn depends_on_input(&self) -> bool {
        match self {
            Self::Call(call) => matches!(call.command(), Command::Undo | Command::PasteLast),
            Self::Action(action) => matches!(action, Action::Undo | Action::PasteLast),
            Self::Session => true,
        }
    }
}

/// Requests that wait, in their order.
#[derive(Debug)]
pub(super) struct Requests<C = Call> {
    waiting: VecDeque<Waiting<C>>,
    next: u64,
}

#[derive(Debug)]
struct Waiting<C> {
    number: u64,
    until: Instant,
    request: Request<C>,
}

impl<C> Default for Requests<C> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), next: 0 }
    }
}

impl<C> Requests<C> {
    /// Keeps a request, and gives its number.
    pub(super) fn push(&mut self, request: Request<C>, now: Instant) -> u64 {
        let number = self.next;
        self.next += 1;
        self.waiting.push_back(Waiting { number, until: now + CATCH_UP_LIMIT, request });
        number
    }

    /// Takes the next request that comes no later than the one with this number.
    pub(super) fn caught_up(&mut self, number: u64) -> Option<Request<C>> {
        self.waiting.pop_front_if(|waiting| waiting.number <= number).map(|waiting| waiting.request)
    }

    /// Takes the next request that has waited too long.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Request<C>> {
        self.waiting.pop_front_if(|waiting| waiting.until <= now).map(|waiting| waiting.request)
    }

    /// When the first one has waited too long.
    pub(super) fn until(&self) -> Option<Instant> {
        self.waiting.front().map(|waiting| waiting.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_served_in_their_order_once_what_came_before_is_known_or_never_will_be() {
        let (mut requests, now) = (Requests::<&str>::default(), Instant::now());
        let later = now + CATCH_UP_LIMIT;
        let name = |request: Option<Request<&'static str>>| match request {
            Some(Request::Call(name)) => name,
            Some(Request::Action(_)) => "action",
            Some(Request::Session) => "session",
            None => "none",
        };
        assert_eq!(requests.until(), None);
        let (first, second) =
            (requests.push(Request::Call("first"), now), requests.push(Request::Call("second"), later));
        requests.push(Request::Action(Action::Undo), later);
        assert_eq!((requests.until(), name(requests.overdue(now))), (Some(later), "none"));
        assert_eq!((name(requests.overdue(later)), name(requests.overdue(later))), ("first", "none"));
        // The answer comes all the same.
        assert_eq!(name(requests.caught_up(first)), "none");
        assert_eq!((name(requests.caught_up(second)), name(requests.caught_up(second))), ("second", "none"));
        assert_eq!(name(requests.overdue(later + CATCH_UP_LIMIT)), "action");
    }
}
