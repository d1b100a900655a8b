//! What outlives a dictation: texts that are held for the user, and audio that waits for its text to be in the log.

use std::collections::{HashMap, HashSet};

use crate::capture::spool::Spooled;
use crate::dictation::DictationId;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Texts that are not where they belong, the newest last.
    held: Vec<(DictationId, String)>,
    /// Deliveries of older texts that are under way, by their own ids, with the dictation that each text is of.
    again: HashMap<DictationId, DictationId>,
    /// Their texts, until it is known where they are to go.
    unaimed: HashMap<DictationId, String>,
    /// Audio of closed dictations whose text is not in the log yet.
    audio: HashMap<DictationId, Spooled>,
    /// Dictations under way whose text is in the log already.
    in_log: HashSet<DictationId>,
}

impl Kept {
    /// Holds a text for the user.
    pub(super) fn hold(&mut self, id: DictationId, text: String) {
        self.release(id);
        self.held.push((id, text));
    }

    /// Whether a text waits for the user.
    pub(super) fn holds_text(&self) -> bool {
        !self.held.is_empty()
    }

    /// The newest text that waits.
    pub(super) fn last(&self) -> Option<(DictationId, String)> {
        self.held.last().cloned()
    }

    /// The text has arrived; `false` if none was held.
    pub(super) fn release(&mut self, id: DictationId) -> bool {
        let before = self.held.len();
        self.held.retain(|(other, _)| *other != id);
        self.held.len() != before
    }

    /// A text goes out once more, under an id of its own.
    pub(super) fn deliver_again(&mut self, delivery: DictationId, original: DictationId, text: String) {
        self.again.insert(delivery, original);
        self.unaimed.insert(delivery, text);
    }

    /// Whether such a text is on its way.
    pub(super) fn delivers_again(&self) -> bool {
        !self.again.is_empty()
    }

    /// It is known where such a text is to go: takes it, once.
    pub(super) fn take_again(&mut self, delivery: DictationId) -> Option<String> {
        self.unaimed.remove(&delivery)
    }

    /// Such a delivery has ended: the dictation that its text is of.
    pub(super) fn delivered_again(&mut self, delivery: DictationId) -> Option<DictationId> {
        self.again.remove(&delivery)
    }

    /// Keeps audio until its text is in the log; gives it back if the text is there already.
    pub(super) fn audio_until_logged(&mut self, id: DictationId, spool: Spooled) -> Option<Spooled> {
        if self.in_log.contains(&id) {
            return Some(spool);
        }
        self.audio.insert(id, spool);
        None
    }

    /// A text is in the log: gives the audio that waited for that. A dictation that is still under way will ask later.
    pub(super) fn logged(&mut self, id: DictationId, is_under_way: bool) -> Option<Spooled> {
        if is_under_way {
            self.in_log.insert(id);
        }
        self.audio.remove(&id)
    }

    /// The user has everything deleted: forgets all texts, and gives the audio that waited for its text to be in the log.
    pub(super) fn erase(&mut self) -> Vec<Spooled> {
        self.held.clear();
        self.again.retain(|id, _| !self.unaimed.contains_key(id));
        self.unaimed.clear();
        self.audio.drain().map(|(_, spool)| spool).collect()
    }

    /// The dictation is closed, and has asked.
    pub(super) fn forget_log(&mut self, id: DictationId) {
        self.in_log.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_held_text_comes_first_and_is_released_once() {
        let (one, two) = (DictationId::numbered(1), DictationId::numbered(2));
        let mut kept = Kept::default();
        kept.hold(one, "one".into());
        kept.hold(two, "two".into());
        assert_eq!(kept.last(), Some((two, "two".into())));
        assert!(kept.release(two));
        assert!(!kept.release(two));
        assert_eq!(kept.last(), Some((one, "one".into())));
        kept.hold(one, "the rest".into());
        assert_eq!(kept.last(), Some((one, "the rest".into())));
        assert!(kept.release(one));
        assert!(!kept.holds_text());
    }

    #[test]
    fn nothing_is_kept_once_everything_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        crate::vault::test_spool(folder.path());
        let one = DictationId::numbered(1);
        let mut kept = Kept::default();
        kept.hold(one, "held".into());
        kept.deliver_again(DictationId::numbered(2), one, "held".into());
        let spool = Spooled::create(folder.path(), one, &serde_json::Value::Null).unwrap();
        assert!(kept.audio_until_logged(one, spool).is_none());
        assert_eq!(kept.erase().len(), 1);
        assert!(!kept.holds_text() && !kept.delivers_again());
        assert!(kept.take_again(DictationId::numbered(2)).is_none());
        assert!(kept.logged(one, false).is_none());
    }

    #[test]
    fn audio_waits_for_the_log_whichever_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        crate::vault::test_spool(folder.path());
        let spool = |id| Spooled::create(folder.path(), id, &serde_json::Value::Null).unwrap();
        let (one, two) = (DictationId::numbered(1), DictationId::numbered(2));
        let mut kept = Kept::default();
        assert!(kept.audio_until_logged(one, spool(one)).is_none());
        assert!(kept.logged(one, false).is_some());
        assert!(kept.logged(one, false).is_none());
        assert!(kept.logged(two, true).is_none());
        assert!(kept.audio_until_logged(two, spool(two)).is_some());
        kept.forget_log(two);
        assert!(kept.audio_until_logged(two, spool(two)).is_none());
    }
}
