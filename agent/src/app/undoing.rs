//! Taking the last text back: whether there is one, and what the user is told.

use scout_platform::keys::Modifier;
use scout_platform::{Key, KeyEvent};

use super::conductor::Conductor;
use crate::config::schema::KeySettings;
use crate::deliver::{Fate, Undone};
use crate::ui::notices::Notice;

/// Whether the last text that was delivered can still be taken back.
///
/// It cannot once the user has typed something after it: the Backspace key would remove that instead.
#[derive(Debug, Default)]
pub(super) struct LastText {
    is_there: bool,
    /// Modifiers that are down: chords with them, such as the one that asks to undo, type nothing.
    held: Vec<Key>,
}

impl LastText {
    /// Something was delivered, or was to be.
    pub(super) fn delivered(&mut self, fate: &Fate) {
        match fate {
            Fate::Typed | Fate::Pasted => self.is_there = true,
            Fate::Held { .. } => self.is_there = false,
            Fate::Copied | Fate::Logged => {}
        }
    }

    /// The user pressed a key, or let it go.
    pub(super) fn key(&mut self, event: KeyEvent, ours: &KeySettings) {
        let modifier = Modifier::of(event.key);
        if modifier.is_some() {
            self.held.retain(|key| *key != event.key);
            if event.pressed {
                self.held.push(event.key);
            }
            return;
        }
        let is_ours = event.key == ours.chord.key || ours.cancel.as_ref().is_some_and(|chord| chord.key == event.key);
        let is_chord = self.held.iter().any(|key| Modifier::of(*key) != Some(Modifier::Shift));
        if event.pressed && !is_ours && !is_chord {
            self.is_there = false;
        }
    }

    /// Whether there is one.
    pub(super) fn is_there(&self) -> bool {
        self.is_there
    }

    /// Asks to take it back: `false` if there is none. It is gone then, whatever comes of it.
    fn take(&mut self) -> bool {
        std::mem::take(&mut self.is_there)
    }
}

impl Conductor {
    /// Takes the last text back. `false` if there is none that can be.
    pub(super) fn undo(&mut self) -> bool {
        let can = self.undoable.take();
        if can {
            self.rooms.deliverer.undo();
        }
        can
    }

    pub(super) fn undone(&mut self, undone: &Undone) {
        match undone {
            Undone::Removed { graphemes } => tracing::info!(graphemes, "the last text was taken back"),
            Undone::Nothing => {}
            Undone::Elsewhere(reason) => {
                // It is still there, and can be taken back where it is.
                self.undoable.is_there = true;
                self.rooms.notices.tell(Notice::NotUndone { reason: reason.to_string() });
            }
            Undone::Failed { reason } => self.rooms.notices.tell(Notice::NotUndone { reason: reason.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn after(keys: &[(&str, bool)]) -> bool {
        let mut last = LastText::default();
        last.delivered(&Fate::Typed);
        let ours = KeySettings::default();
        for (key, pressed) in keys {
            let event = KeyEvent { key: key.parse().unwrap(), pressed: *pressed, at: Instant::now() };
            last.key(event, &ours);
        }
        last.take()
    }

    #[test]
    fn a_text_is_taken_back_once_and_not_after_the_user_typed() {
        assert!(after(&[]));
        assert!(after(&[("F9", true), ("F9", false)]), "the dictation key types nothing");
        assert!(
            after(&[("SuperLeft", true), ("Z", true), ("Z", false), ("SuperLeft", false)]),
            "a chord types nothing"
        );
        assert!(!after(&[("A", true), ("A", false)]));
        assert!(!after(&[("ShiftLeft", true), ("A", true)]), "with Shift it does");
        assert!(!after(&[("SuperLeft", true), ("SuperLeft", false), ("A", true)]));
        let mut last = LastText::default();
        assert!(!last.take(), "nothing was delivered");
        last.delivered(&Fate::Pasted);
        assert!(last.take());
        assert!(!last.take(), "the second time nothing happens");
    }
}
