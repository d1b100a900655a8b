//! The clipboard: the trait and its errors.

use crate::{Legacy, SessionKind};

/// The plain-text clipboard.
pub trait Clipboard {
    /// Puts `text` on the clipboard, marked as private where the system knows such a mark.
    fn set_text(&mut self, text: &str) -> Result<(), ClipboardError>;
    /// The clipboard's text; `None` when it is empty or holds something else.
    fn text(&mut self) -> Result<Option<String>, ClipboardError>;
    /// The program is about to end, and this with it. Sees to it that what was copied through it stays on the clipboard: has a
    /// clipboard manager save it, or gives what another process is to keep. `None` where nothing would be lost.
    fn leave(&mut self) -> Option<Legacy> {
        None
    }
}

/// Why the clipboard cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClipboardError {
    /// There is none here.
    #[error("this session ({0}) has no clipboard")]
    NotOffered(SessionKind),
    /// It is there, but did not answer or was busy; a later try may work.
    #[error("the clipboard did not answer: {reason}")]
    Busy {
        /// What the system said.
        reason: String,
    },
}
