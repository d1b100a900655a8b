//! The clipboard: the trait and its errors.

use crate::SessionKind;

/// The plain-text clipboard.
pub trait Clipboard {
    /// Puts `text` on the clipboard, marked as private where the system knows such a mark.
    fn set_text(&mut self, text: &str) -> Result<(), ClipboardError>;
    /// The clipboard's text; `None` when it is empty or holds something else.
    fn text(&mut self) -> Result<Option<String>, ClipboardError>;
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
