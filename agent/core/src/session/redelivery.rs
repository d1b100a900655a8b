//! Redelivery: texts that are held for the user, and their way to where the user wants them in the end.
//!
//! *Paste last* delivers the newest held text, or once more the newest text at all. Requests are served one after the other, and
//! each takes its text when it is its turn: a held text that two requests ask for in quick succession goes out once, and what
//! was left of it goes out with the second.

use std::collections::VecDeque;
use std::time::Duration;

use crate::delivery::Focus;
use crate::dictation::DictationId;

/// How long a request waits for the answer where the focus is. A look takes milliseconds; a desktop that does not answer
/// within this time does not answer.
const LOOK_WITHIN: Duration = Duration::from_secs(2);

/// Held texts, and the requests to deliver one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Redeliveries {
    /// Texts that are not where they belong, the newest last.
    held: Vec<HeldText>,
    /// Requests that wait for their turn, in their order.
    requests: VecDeque<Request>,
    /// The delivery that is under way.
    under_way: Option<Redelivery>,
}

/// A text that is not where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HeldText {
    /// The dictation whose text it is.
    id: DictationId,
    /// What has not arrived.
    text: String,
    /// Whether the log has an entry for it.
    is_logged: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    /// The delivery's own id.
    id: DictationId,
    /// Where the focus is, once that is known.
    focus: Option<Focus>,
    /// When it counts as not answered.
    until: Duration,
}

/// A delivery of an older text that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redelivery {
    /// Its own id.
    pub(super) id: DictationId,
    /// The dictation whose text it is.
    pub(super) original: DictationId,
    /// The user has had everything deleted meanwhile: nothing of it is held or logged.
    pub(super) is_erased: bool,
    /// Where it goes.
    pub(super) focus: Focus,
    pub(super) text: String,
}

impl Redeliveries {
    /// Holds a text for the user, in place of what was held of the same dictation.
    pub(super) fn hold(&mut self, id: DictationId, text: String, is_logged: bool) {
        let was_logged = self.release(id).unwrap_or_default();
        self.held.push(HeldText { id, text, is_logged: is_logged || was_logged });
    }

    /// The log has an entry for this text now, if it is held.
    pub(super) fn logged(&mut self, id: DictationId) {
        for held in self.held.iter_mut().filter(|held| held.id == id) {
            held.is_logged = true;
        }
    }

    /// Whether a text waits for the user.
    pub(super) fn holds_text(&self) -> bool {
        !self.held.is_empty()
    }

    /// The newest text that waits.
    pub(super) fn newest(&self) -> Option<(DictationId, String)> {
        self.held.last().map(|held| (held.id, held.text.clone()))
    }

    /// The text has arrived. If it was held, tells whether the log has an entry for it.
    pub(super) fn release(&mut self, id: DictationId) -> Option<bool> {
        let place = self.held.iter().position(|held| held.id == id)?;
        Some(self.held.remove(place).is_logged)
    }

    /// The user asks for a text, by a delivery with this id.
    pub(super) fn request(&mut self, id: DictationId, now: Duration) {
        self.requests.push_back(Request { id, focus: None, until: now + LOOK_WITHIN });
    }

    /// It is known where a text is to go. `false` if no request has this id.
    pub(super) fn aimed(&mut self, id: DictationId, focus: &Focus) -> bool {
        let request = self.requests.iter_mut().find(|request| request.id == id);
        request.map(|request| request.focus.get_or_insert_with(|| focus.clone())).is_some()
    }

    /// Takes the request whose turn it is, if it is known where its text is to go, and nothing is under way.
    pub(super) fn next(&mut self) -> Option<(DictationId, Focus)> {
        let is_ready = self.under_way.is_none() && self.requests.front()?.focus.is_some();
        let request = self.requests.pop_front_if(|_| is_ready)?;
        Some((request.id, request.focus?))
    }

    /// A text is sent on its way.
    pub(super) fn begun(&mut self, redelivery: Redelivery) {
        self.under_way = Some(redelivery);
    }

    /// Whether one is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// The delivery under way has ended, if it is this one.
    pub(super) fn ended(&mut self, id: DictationId) -> Option<Redelivery> {
        self.under_way.take_if(|redelivery| redelivery.id == id)
    }

    /// The delivery under way.
    pub(super) fn under_way(&self) -> Option<&Redelivery> {
        self.under_way.as_ref()
    }

    /// Whether nothing is under way or waits for its turn.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_none() && self.requests.is_empty()
    }

    /// When the first of those that wait counts as not answered.
    pub(super) fn until(&self) -> Option<Duration> {
        self.requests.iter().filter(|request| request.focus.is_none()).map(|request| request.until).min()
    }

    /// The desktop has not said in time where the focus is.
    pub(super) fn give_up_looking(&mut self, now: Duration) {
        for request in self.requests.iter_mut().filter(|request| request.until <= now) {
            request.focus.get_or_insert(Focus::Unanswered);
        }
    }

    /// Waits for nothing any more.
    pub(super) fn forget(&mut self) {
        self.requests.clear();
        self.under_way = None;
    }

    /// The user has everything deleted: forgets all texts. A delivery that is under way cannot be taken back.
    pub(super) fn erase(&mut self) {
        self.held.clear();
        self.requests.clear();
        if let Some(redelivery) = &mut self.under_way {
            redelivery.is_erased = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> DictationId {
        DictationId::numbered(number)
    }

    #[test]
    fn the_newest_held_text_comes_first_and_is_released_once() {
        let mut texts = Redeliveries::default();
        texts.hold(id(1), "one".into(), true);
        texts.hold(id(2), "two".into(), false);
        assert_eq!(texts.newest(), Some((id(2), "two".into())));
        texts.logged(id(2));
        assert_eq!((texts.release(id(2)), texts.release(id(2))), (Some(true), None));
        texts.hold(id(1), "the rest".into(), false);
        assert_eq!(texts.newest(), Some((id(1), "the rest".into())));
        assert_eq!(texts.release(id(1)), Some(true), "its entry is still there");
        assert!(!texts.holds_text());
    }

    #[test]
    fn requests_are_served_one_after_the_other_in_their_order() {
        let now = Duration::from_mins(1);
        let mut texts = Redeliveries::default();
        texts.request(id(1), now);
        texts.request(id(2), now);
        assert!(texts.aimed(id(2), &Focus::Nowhere));
        assert_eq!(texts.next(), None, "the first one is not aimed");
        assert!(texts.aimed(id(1), &Focus::Unknown));
        let (first, focus) = texts.next().unwrap();
        assert_eq!((first, &focus), (id(1), &Focus::Unknown));
        texts.begun(Redelivery { id: first, original: id(9), is_erased: false, focus, text: "text".into() });
        assert_eq!(texts.next(), None, "the first one is under way");
        assert_eq!(texts.ended(id(2)), None);
        assert!(texts.ended(id(1)).is_some());
        assert_eq!(texts.next(), Some((id(2), Focus::Nowhere)));
        assert!(texts.is_idle());
    }

    #[test]
    fn a_desktop_that_does_not_answer_holds_nobody_up() {
        let now = Duration::from_mins(1);
        let mut texts = Redeliveries::default();
        texts.request(id(1), now);
        let until = texts.until().unwrap();
        assert_eq!(until, now + LOOK_WITHIN);
        texts.give_up_looking(now);
        assert_eq!(texts.next(), None);
        texts.give_up_looking(until);
        assert_eq!((texts.until(), texts.next()), (None, Some((id(1), Focus::Unanswered))));
    }
}
