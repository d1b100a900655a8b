//! Where the focus is: looked up when a dictation begins and when its text is ready.

use std::sync::Arc;

use crossbeam_channel::{Sender, bounded};
use scout_core::delivery::plan::Focus;
use scout_core::dictation::DictationId;
use scout_platform::{Desktop, FocusError, FocusProbe, fault};

use scout_platform::supervise::{Start, supervise};

/// Dictations that may wait for their target to be looked up. One look takes milliseconds, a new dictation at least
/// [`scout_core::session::gesture::RELEASE_GRACE`]; if the desktop hangs, the session goes on, and the target stays [`Focus::Unanswered`].
const WAITING_LOOKS: usize = 16;

/// Looks up the focus at key down, on a thread of its own: delivery may be busy typing the text before.
#[derive(Debug, Clone)]
pub struct Aim {
    requests: Sender<DictationId>,
}

impl Aim {
    /// Starts the thread. `found` is called on it, once for each dictation, and `restarted` when looking has failed and was
    /// started again.
    pub fn spawn(
        desktop: Arc<dyn Desktop>,
        found: impl Fn(DictationId, Focus) + Send + 'static,
        restarted: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (requests, inbox) = bounded(WAITING_LOOKS);
        let mut in_hand = None;
        supervise("focus", move |start| {
            if start == Start::AfterPanic {
                restarted();
            }
            if let Some(id) = in_hand.take() {
                found(id, Focus::Unanswered);
            }
            let mut probe = None;
            for id in &inbox {
                in_hand = Some(id);
                fault::point("focus");
                let focus = observe(desktop.as_ref(), &mut probe);
                in_hand = None;
                found(id, focus);
            }
        })?;
        Ok(Self { requests })
    }

    /// Looks up the focus for a dictation that begins. `false` if it will not be found, because the desktop does not answer.
    pub fn look(&self, id: DictationId) -> bool {
        let asked = self.requests.try_send(id).is_ok();
        if !asked {
            tracing::warn!("the desktop does not answer: the target of this dictation is unknown");
        }
        asked
    }
}

/// Where the focus is now, or whether the screen is locked. Asked before anything is sent; it takes longer than
/// [`observe`].
pub(super) fn observe_now(desktop: &dyn Desktop, probe: &mut Option<Box<dyn FocusProbe>>) -> Focus {
    let focus = observe(desktop, probe);
    // A desktop that does not tell its windows may still tell that it is locked.
    if probe.is_none() {
        *probe = desktop.focus_probe().ok();
    }
    if probe.as_mut().is_some_and(|probe| probe.is_locked()) { Focus::Locked } else { focus }
}

/// Where the focus is now. A probe that failed is made anew the next time.
pub(super) fn observe(desktop: &dyn Desktop, probe: &mut Option<Box<dyn FocusProbe>>) -> Focus {
    let looked = probe.take().map_or_else(|| desktop.focus_probe(), Ok).and_then(|mut fresh| {
        let focused = fresh.focused()?;
        *probe = Some(fresh);
        Ok(focused)
    });
    match looked {
        Ok(Some(target)) => Focus::In(target),
        Ok(None) => Focus::Nowhere,
        Err(error @ FocusError::NotOffered(_)) => {
            tracing::debug!(%error, "the focus is unknown");
            Focus::Unknown
        }
        Err(error) => {
            tracing::warn!(%error, "the focus is unknown this time");
            Focus::Unanswered
        }
    }
}
