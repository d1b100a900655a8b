//! Texts go out in the order in which they were spoken, also when one of them waits for a language model.

use std::collections::VecDeque;

use crate::dictation::DictationId;

/// Dictations whose words are there, in the order in which they were understood.
#[derive(Debug, Default)]
pub(super) struct Order(VecDeque<(DictationId, bool)>);

impl Order {
    /// The words of a dictation are there; `ready` tells whether its text is.
    pub(super) fn understood(&mut self, id: DictationId, ready: bool) {
        self.0.push_back((id, ready));
    }

    /// The text of a dictation is there at last.
    pub(super) fn ready(&mut self, id: DictationId) {
        for (other, ready) in &mut self.0 {
            *ready |= *other == id;
        }
    }

    /// A dictation is over, whatever became of it.
    pub(super) fn over(&mut self, id: DictationId) {
        self.0.retain(|(other, _)| *other != id);
    }

    /// The next dictation whose text may go out, if it is its turn.
    pub(super) fn next(&mut self) -> Option<DictationId> {
        self.0.pop_front_if(|(_, ready)| *ready).map(|(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_text_waits_for_the_earlier_one() {
        let id = DictationId::numbered;
        let mut order = Order::default();
        order.understood(id(1), false);
        order.understood(id(2), true);
        assert_eq!(order.next(), None);
        order.ready(id(1));
        assert_eq!((order.next(), order.next(), order.next()), (Some(id(1)), Some(id(2)), None));
        // One that was cancelled keeps nobody waiting.
        order.understood(id(3), false);
        order.understood(id(4), true);
        order.over(id(3));
        assert_eq!(order.next(), Some(id(4)));
    }
}
