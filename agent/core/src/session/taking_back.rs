//! Taking the last text back: when it is decided, and what comes of it.
//!
//! Whether a text may be taken back depends on what the user did before that was asked for. A command and the tray's menu wait for
//! that before they get here. What is said, and a dictation that is cancelled after its first words were typed, wait here; until
//! it is decided, no other text goes out.

use super::machine::Machine;
use super::messages::{Effect, NotUndone, Notification, Refusal};
use super::undo::{Asked, UndoRefusal};
use crate::delivery::Undone;
use crate::dictation::DictationId;

impl Machine {
    /// Takes the last text back as soon as every key and click before this moment is known. This dictation goes on after that.
    pub(super) fn undo_after_input(&mut self, then: Option<DictationId>) {
        self.undos.push_back(then);
        self.push(Effect::CatchUp);
    }

    /// Every key and click before the first undo that waits is known, or it is known that they will not be.
    pub(super) fn caught_up(&mut self) {
        let Some(then) = self.undos.pop_front() else { return };
        self.undo(Asked::Dictation);
        if let Some(id) = then {
            self.next_step(id);
        }
    }

    /// Takes the last text back, or says why not.
    pub(super) fn undo(&mut self, asked: Asked) {
        match self.last_text.refusal(asked, self.moment.hears_everything) {
            None => {
                self.last_text.taken_back();
                self.push(Effect::Undo);
            }
            Some(refusal) if asked == Asked::Command => self.push(Effect::Refuse(Refusal::Undo(refusal))),
            // The user sees that nothing happens.
            Some(UndoRefusal::Nothing) => {}
            Some(refusal) => self.push(Effect::Notify(Notification::NotUndone(NotUndone::Refused(refusal)))),
        }
    }

    /// A request to take a text back has ended.
    pub(super) fn undone(&mut self, undone: Undone) {
        self.last_text.undone(matches!(undone, Undone::Elsewhere(_)));
        let reason = match undone {
            Undone::Removed { graphemes } => {
                tracing::info!(graphemes, "the last text was taken back");
                return;
            }
            Undone::Nothing => return,
            // It is still there, and can be taken back where it is.
            Undone::Elsewhere(reason) => NotUndone::Elsewhere(reason),
            Undone::Disturbed => NotUndone::Refused(UndoRefusal::Pressed),
            Undone::Failed { reason } => NotUndone::Failed(reason),
        };
        self.push(Effect::Notify(Notification::NotUndone(reason)));
    }
}
