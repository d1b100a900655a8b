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
        for mut over in std::mem::take(&mut self.unfiled) {
            over.recording().into_iter().for_each(discard);
        }
        self.recent.clear();
        self.joint = Joint::default();
        self.undoable = LastText::default();
        self.last = None;
    }
}
