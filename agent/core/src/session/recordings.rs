//! Recordings on disk: a recording stays until its text is safe in the log, or until nothing more can be won from it.

use std::collections::BTreeSet;

use crate::dictation::{DictationId, Outcome};

/// What to do with a recording on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Nothing can be won from it any more.
    Not,
    /// The text is what counts, and it is safe once it is in the log.
    UntilLogged,
    /// It holds words that nobody has yet.
    Always,
}

/// Decides about a recording. Text that the user does not want logged is as good as gone once it was delivered, and is kept as
/// audio as long as it was not. Of what is for a password field nothing is kept.
pub(super) fn keep(outcome: Outcome, is_logged: bool, is_password: bool) -> Keep {
    match outcome {
        _ if is_password => Keep::Not,
        Outcome::Held | Outcome::Typed | Outcome::Pasted | Outcome::Unconfirmed | Outcome::Copied | Outcome::Logged
            if is_logged =>
        {
            Keep::UntilLogged
        }
        Outcome::Held | Outcome::Failed | Outcome::Suspended | Outcome::Transcribed | Outcome::Recovered => {
            Keep::Always
        }
        _ => Keep::Not,
    }
}

/// Recordings of dictations that are over, and what the log has said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recordings {
    /// Their texts are not in the log yet.
    waiting: BTreeSet<DictationId>,
    /// Dictations that are not over, and whose text is in the log already.
    logged: BTreeSet<DictationId>,
    /// The log's thread has died: nothing will be safe there.
    log_died: bool,
}

impl Recordings {
    /// A dictation is over: what to do with its recording now; `None`: later.
    pub(super) fn over(&mut self, id: DictationId, keep: Keep) -> Option<Keep> {
        let is_logged = self.logged.remove(&id);
        match keep {
            Keep::UntilLogged if is_logged => Some(Keep::Not),
            Keep::UntilLogged if self.log_died => Some(Keep::Always),
            Keep::UntilLogged => {
                self.waiting.insert(id);
                None
            }
            Keep::Not | Keep::Always => Some(keep),
        }
    }

    /// A text is in the log. Tells whether its recording has waited for that. A dictation that is not over will ask later.
    pub(super) fn logged(&mut self, id: DictationId, is_over: bool) -> bool {
        if !is_over {
            self.logged.insert(id);
        }
        self.waiting.remove(&id)
    }

    /// The log's thread has died: gives those that waited for it.
    pub(super) fn log_died(&mut self) -> BTreeSet<DictationId> {
        self.log_died = true;
        std::mem::take(&mut self.waiting)
    }

    /// The user has everything deleted: gives those that waited for the log.
    pub(super) fn erase(&mut self) -> BTreeSet<DictationId> {
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_kept_as_long_as_its_words_are_nowhere_else() {
        for (outcome, is_logged, expected) in [
            (Outcome::Typed, true, Keep::UntilLogged),
            (Outcome::Typed, false, Keep::Not),
            (Outcome::Unconfirmed, true, Keep::UntilLogged),
            (Outcome::Logged, true, Keep::UntilLogged),
            (Outcome::Held, true, Keep::UntilLogged),
            (Outcome::Held, false, Keep::Always),
            (Outcome::Failed, true, Keep::Always),
            (Outcome::Suspended, false, Keep::Always),
            (Outcome::Cancelled, false, Keep::Not),
            (Outcome::NothingSaid, false, Keep::Not),
            (Outcome::CarriedOut, false, Keep::Not),
        ] {
            assert_eq!(keep(outcome, is_logged, true), Keep::Not);
            assert_eq!(keep(outcome, is_logged, false), expected, "{outcome:?} {is_logged}");
        }
    }

    #[test]
    fn a_recording_waits_for_the_log_whichever_comes_first() {
        let (one, two, three) = (DictationId::numbered(1), DictationId::numbered(2), DictationId::numbered(3));
        let mut recordings = Recordings::default();
        assert_eq!(recordings.over(one, Keep::UntilLogged), None);
        assert!(recordings.logged(one, true));
        assert!(!recordings.logged(one, true));
        assert!(!recordings.logged(two, false));
        assert_eq!(recordings.over(two, Keep::UntilLogged), Some(Keep::Not));
        assert_eq!(recordings.over(three, Keep::UntilLogged), None);
        assert_eq!(recordings.log_died(), [three].into());
        assert_eq!(recordings.over(one, Keep::UntilLogged), Some(Keep::Always));
    }
}
