//! Whether a dictation is for a password field, as far as the application has answered.

use std::time::Duration;

use scout_desktop::{FIELD_LIMIT, Field};

/// A text whose field is not known so long after the question counts as one whose application does not say. Longer than a
/// probe asks, with time for the question before it.
const ANSWER_WITHIN: Duration = FIELD_LIMIT.saturating_mul(3);

/// A text waits for no longer than this to be spaced and capitalised as its field wants it. Applications answer within some ten
/// milliseconds, unless they are busy or show very much.
const TEXT_WAITS: Duration = Duration::from_millis(100);

/// An answer that is older than this says nothing about where a text goes: a hand needs longer to get to another field.
const ANSWER_HOLDS: Duration = Duration::from_millis(100);

/// What is known of the field that one dictation is for. It is asked for when the dictation begins, when it ends, and once more
/// before the text is composed if that comes later: the user may have gone to another field of the same window meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldAnswers {
    is_password: bool,
    answered: bool,
    /// Questions without an answer.
    open: usize,
    asked_at: Option<Duration>,
    /// It was asked for the text, too.
    asked_for_text: bool,
    /// Until when the text is not composed.
    holds_text_until: Option<Duration>,
}

impl FieldAnswers {
    /// The application is asked.
    pub(super) fn asked(&mut self, now: Duration) {
        self.open += 1;
        self.asked_at = Some(now);
    }

    /// An answer, or that there will be none. One that names a password field holds, whatever the other says.
    pub(super) fn answered(&mut self, field: Option<Field>) {
        self.open = self.open.saturating_sub(1);
        self.answered |= field.is_some();
        self.is_password |= field == Some(Field::Password);
    }

    /// The text is for a password field.
    pub(super) fn is_password(&self) -> bool {
        self.is_password
    }

    /// Nothing is known yet.
    pub(super) fn is_unknown(&self) -> bool {
        self.open > 0 && !self.answered
    }

    /// Whether the application is to be asked once more before the text is composed. It is not asked twice.
    pub(super) fn asks_for_text(&mut self, now: Duration) -> bool {
        let is_first = !std::mem::replace(&mut self.asked_for_text, true);
        let is_old = self.asked_at.is_none_or(|asked| now.saturating_sub(asked) > ANSWER_HOLDS);
        is_first && is_old && !self.is_password
    }

    /// Whether the text is to wait for an answer that is under way.
    pub(super) fn holds_text(&mut self, now: Duration) -> bool {
        let is_open = self.open > 0 && !self.is_password;
        let until = self.asked_at.filter(|_| is_open).map(|asked| asked + TEXT_WAITS);
        self.holds_text_until = until.filter(|until| now < *until);
        self.holds_text_until.is_some()
    }

    /// Until when it waits, if it does.
    pub(super) fn holds_text_until(&self) -> Option<Duration> {
        self.holds_text_until
    }

    /// It waits no longer once that time has come.
    pub(super) fn give_up_for_text(&mut self, now: Duration) {
        self.holds_text_until.take_if(|until| *until <= now);
    }

    /// Until when an answer is to be waited for before anything is kept of the text; `None` if everything is known.
    pub(super) fn wait_until(&self) -> Option<Duration> {
        let open = self.open > 0 && !self.is_password;
        self.asked_at.filter(|_| open).map(|asked| asked + ANSWER_WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_waits_for_its_answer_and_not_for_long() {
        let now = Duration::from_mins(1);
        let mut known = FieldAnswers::default();
        known.asked(now);
        assert!(!known.asks_for_text(now), "the question is under way");
        assert!(known.holds_text(now));
        assert_eq!(known.holds_text_until(), Some(now + TEXT_WAITS));
        known.give_up_for_text(now + TEXT_WAITS);
        assert_eq!(known.holds_text_until(), None);
        assert!(!known.holds_text(now + TEXT_WAITS));
        known.answered(Some(Field::Other));
        assert!(!known.holds_text(now));
        // It took some time until the words were there.
        let mut late = FieldAnswers::default();
        late.asked(now);
        late.answered(Some(Field::Other));
        let then = now + ANSWER_HOLDS * 2;
        assert!(late.asks_for_text(then));
        late.asked(then);
        assert!(late.holds_text(then));
        late.answered(Some(Field::Password));
        assert!(!late.holds_text(then) && late.is_password());
        assert!(!late.asks_for_text(then + ANSWER_HOLDS * 2), "once is enough");
    }

    #[test]
    fn one_answer_that_names_a_password_field_is_enough_and_both_are_waited_for() {
        let now = Duration::from_mins(1);
        let after = |answers: &[Option<Field>]| {
            let mut known = FieldAnswers::default();
            for answer in answers {
                known.asked(now);
                if let Some(field) = answer {
                    known.answered(Some(*field));
                }
            }
            (known.is_password(), known.is_unknown(), known.wait_until().is_some())
        };
        for (answers, expected) in [
            (&[][..], (false, false, false)),
            (&[None], (false, true, true)),
            (&[Some(Field::Other)], (false, false, false)),
            (&[Some(Field::Password)], (true, false, false)),
            (&[Some(Field::Other), None], (false, false, true)),
            (&[Some(Field::Password), None], (true, false, false)),
            (&[Some(Field::Other), Some(Field::Password)], (true, false, false)),
            (&[Some(Field::Password), Some(Field::Other)], (true, false, false)),
            (&[Some(Field::Password), Some(Field::Unknown)], (true, false, false)),
            (&[Some(Field::Unknown), Some(Field::Other)], (false, false, false)),
        ] {
            assert_eq!(after(answers), expected, "{answers:?}");
        }
    }
}
