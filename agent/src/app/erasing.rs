//! What the session forgets when the user has everything deleted.

use super::conductor::Conductor;
use super::filing::discard;
use super::joint::Joint;
use super::undoing::LastText;

impl Conductor {
    /// Forgets every text that was dictated before. What is being dictated at this moment goes on.
    pub(super) fn erased(&mut self) {
        for recording in self.kept.erase() {
            discard(recording);
        }
        self.recent.clear();
        self.joint = Joint::default();
        self.undoable = LastText::default();
        self.last = None;
    }
}
