//! Whether a text goes into a password field: asked on a thread of its own, since applications may be busy.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use scout_platform::{Desktop, FIELD_LIMIT, Field, Target};

use super::focus::observe;
use crate::dictation::DictationId;

/// Questions that may wait. There are two for each dictation.
const WAITING_LOOKS: usize = 16;

/// A text whose field is not known so long after the question counts as one whose application does not say. Longer than a
/// probe asks, with time for the question before it.
const ANSWER_WITHIN: Duration = FIELD_LIMIT.saturating_mul(3);

/// Asks for the focused field.
#[derive(Debug, Clone)]
pub struct FieldLook {
    requests: Sender<DictationId>,
}

impl FieldLook {
    /// Starts the thread. `found` is called on it, once for each question.
    pub fn spawn(
        desktop: Arc<dyn Desktop>,
        found: impl Fn(DictationId, Field) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (requests, inbox) = bounded(WAITING_LOOKS);
        thread::Builder::new().name("field".into()).spawn(move || {
            let mut focus = None;
            for id in inbox {
                found(id, look(desktop.as_ref(), &mut focus));
            }
        })?;
        Ok(Self { requests })
    }

    /// Asks for the field that has the focus now. `false` if there will be no answer.
    pub fn look(&self, id: DictationId) -> bool {
        self.requests.try_send(id).is_ok()
    }
}

fn look(desktop: &dyn Desktop, focus: &mut Option<Box<dyn scout_platform::FocusProbe>>) -> Field {
    let Some(mut probe) = desktop.field_probe() else { return Field::Unknown };
    // Where the desktop does not tell the window, the applications may.
    let anywhere = Target::default();
    probe.focused(observe(desktop, focus).target().unwrap_or(&anywhere))
}

/// What is known of the field that one dictation is for. It is asked for when the dictation begins and when it ends: the user
/// may have gone to another field of the same window meanwhile.
#[derive(Debug, Default)]
pub struct FieldAnswers {
    is_password: bool,
    answered: bool,
    /// Questions without an answer.
    open: usize,
    asked_at: Option<Instant>,
}

impl FieldAnswers {
    /// The application is asked.
    pub fn asked(&mut self, now: Instant) {
        self.open += 1;
        self.asked_at = Some(now);
    }

    /// An answer. One that names a password field holds, whatever the other says.
    pub fn answered(&mut self, field: Field) {
        self.open = self.open.saturating_sub(1);
        self.answered = true;
        self.is_password |= field == Field::Password;
    }

    /// The text is for a password field.
    pub fn is_password(&self) -> bool {
        self.is_password
    }

    /// Nothing is known yet.
    pub fn is_unknown(&self) -> bool {
        self.open > 0 && !self.answered
    }

    /// Until when an answer is to be waited for before anything is kept of the text; `None` if everything is known.
    pub fn wait_until(&self) -> Option<Instant> {
        let open = self.open > 0 && !self.is_password;
        self.asked_at.filter(|_| open).map(|asked| asked + ANSWER_WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use scout_platform::fake::FakeDesktop;

    use super::*;

    #[test]
    fn the_field_that_has_the_focus_is_asked_for() {
        let desktop = FakeDesktop::new();
        let (sender, answers) = crossbeam_channel::unbounded();
        let found = move |id, field| sender.send((id, field)).unwrap();
        let handle = desktop.handle();
        let fields = FieldLook::spawn(Arc::new(desktop), found).unwrap();
        for (number, field) in [Field::Unknown, Field::Password, Field::Other].into_iter().enumerate() {
            handle.field(field);
            let id = DictationId::numbered(number as u64);
            assert!(fields.look(id));
            assert_eq!(answers.recv_timeout(Duration::from_secs(30)), Ok((id, field)));
        }
    }

    #[test]
    fn one_answer_that_names_a_password_field_is_enough_and_both_are_waited_for() {
        let now = Instant::now();
        let after = |answers: &[Option<Field>]| {
            let mut known = FieldAnswers::default();
            for answer in answers {
                known.asked(now);
                if let Some(field) = answer {
                    known.answered(*field);
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
