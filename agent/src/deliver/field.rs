//! Whether a text goes into a password field: asked on a thread of its own, since applications may be busy.

use std::sync::Arc;

use crossbeam_channel::{Sender, bounded};
use scout_core::dictation::DictationId;
use scout_platform::{Desktop, Field, Target, fault};

use super::focus::observe;
use scout_platform::supervise::{Start, supervise};

/// Questions that may wait. There are two for each dictation.
const WAITING_LOOKS: usize = 16;

/// Asks for the focused field.
#[derive(Debug, Clone)]
pub struct FieldLook {
    requests: Sender<DictationId>,
}

impl FieldLook {
    /// Starts the thread. `found` is called on it, once for each question, and `restarted` when looking has failed and was started
    /// again.
    pub fn spawn(
        desktop: Arc<dyn Desktop>,
        found: impl Fn(DictationId, Field) + Send + 'static,
        restarted: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (requests, inbox) = bounded(WAITING_LOOKS);
        let mut in_hand = None;
        supervise("field", move |start| {
            if start == Start::AfterPanic {
                restarted();
            }
            if let Some(id) = in_hand.take() {
                found(id, Field::Unknown);
            }
            let mut focus = None;
            for id in &inbox {
                in_hand = Some(id);
                fault::point("field");
                let field = look(desktop.as_ref(), &mut focus);
                in_hand = None;
                found(id, field);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scout_platform::fake::FakeDesktop;

    use super::*;

    #[test]
    fn the_field_that_has_the_focus_is_asked_for() {
        let desktop = FakeDesktop::new();
        let (sender, answers) = crossbeam_channel::unbounded();
        let found = move |id, field| sender.send((id, field)).unwrap();
        let handle = desktop.handle();
        let fields = FieldLook::spawn(Arc::new(desktop), found, || ()).unwrap();
        for (number, field) in [Field::Unknown, Field::Password, Field::Other].into_iter().enumerate() {
            handle.field(field);
            let id = DictationId::numbered(number as u64);
            assert!(fields.look(id));
            assert_eq!(answers.recv_timeout(Duration::from_secs(30)), Ok((id, field)));
        }
    }
}
