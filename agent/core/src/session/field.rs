//! Whether a dictation is for a password field, as far as the application has answered.

use std::time::Duration;

use scout_desktop::{FIELD_LIMIT, Field};

/// A text whose field is not known so long after the question counts as one whose application does not say. Longer than a
/// probe asks, with time for the question before it.
const ANSWER_WITHIN: Duration = FIELD_LIMIT.saturating_mul(3);

/// What is known of the field that one dictation is for. It is asked for when the dictation begins and when it ends: the user
/// may have gone to another field of the same window meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldAnswers {
    is_password: bool,
    answered: bool,
    /// Questions without an answer.
    open: usize,
    asked_at: Option<Duration>,
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
