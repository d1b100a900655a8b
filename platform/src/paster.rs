//! Pasting with a receipt: the trait, its options, its report and its errors.

use std::time::Duration;

use crate::{Chord, InjectError, Injector, Legacy, SessionKind};

/// No target reads a paste in one go only: browsers ask twice. The old clipboard is given back when nobody has read for this
/// long.
pub const PASTE_QUIET: Duration = Duration::from_millis(200);
/// A target that has not read by now is taken to have ignored the chord, and the old clipboard is given back.
pub const PASTE_LIMIT: Duration = Duration::from_secs(8);

/// Delivers text by the clipboard and one chord, and proves it: the clipboard is served by us, so we see who reads it.
pub trait Paster {
    /// Saves the clipboard, puts `text` there (marked as private where the system knows such a mark), has `injector` press
    /// `options.chord`, waits until the text has been read and nobody has read it for [`PASTE_QUIET`], at most
    /// [`PASTE_LIMIT`], and gives the old clipboard back in all its formats, unless somebody else has copied meanwhile.
    ///
    /// `keep_going` is asked right before the chord; when it says `false`, nothing is pressed and the clipboard is given
    /// back. It is asked no more after that: a chord cannot be taken back. Only reads that follow the chord count.
    ///
    /// When this returns, nothing is pending: the next paste may follow at once.
    fn paste(
        &mut self,
        text: &str,
        options: &PasteOptions,
        injector: &mut dyn Injector,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<PasteReport, PasteError>;
    /// Whether a paste would be possible now: saves the clipboard, and changes nothing.
    fn check(&mut self) -> Result<(), PasteError> {
        Ok(())
    }
    /// Whether the connection that it needs has ended, so that a new paster has to be made. Asks nobody and does not wait.
    fn is_lost(&self) -> bool {
        false
    }
    /// As [`crate::Clipboard::leave`]: what was on the clipboard before a paste is served by this since.
    fn leave(&mut self) -> Option<Legacy> {
        None
    }
}

/// How text is pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasteOptions {
    /// What pastes in the target.
    pub chord: Chord,
    /// How long to wait for the user to let go of modifiers before they are released for the chord.
    pub modifier_wait: Duration,
}

/// What pasting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasteReport {
    /// Whether the chord was pressed; `false` when `keep_going` said no.
    pub pressed: bool,
    /// How often the text was read after the chord. None means that the target took no notice.
    pub reads: usize,
    /// From the call to the first of these reads.
    pub first_read: Option<Duration>,
    /// What became of the old clipboard.
    pub clipboard: ClipboardFate,
    /// From the call to its end.
    pub elapsed: Duration,
}

impl PasteReport {
    /// Whether the target has the text.
    pub fn arrived(&self) -> bool {
        self.pressed && self.reads > 0
    }
}

/// What became of the clipboard's former content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipboardFate {
    /// It is back, or there was none.
    Restored,
    /// Somebody copied something else meanwhile: that stays.
    LeftToNewOwner,
}

/// Why text could not be pasted. Nothing was pasted then, and the clipboard is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PasteError {
    /// Nothing on this desktop offers it: type instead, or use the plain clipboard.
    #[error("this session ({0}) lets Scout paste nothing")]
    NotOffered(SessionKind),
    /// What is on the clipboard could not be saved, so it is not touched: type instead.
    #[error("what is on the clipboard could not be saved, so it was left alone: {reason}")]
    Unsaved {
        /// What is wrong with it.
        reason: String,
    },
    /// The connection to the desktop failed; a later try with a new paster may work.
    #[error("pasting failed: {reason}")]
    Connection {
        /// What the system said.
        reason: String,
    },
    /// The chord could not be pressed.
    #[error(transparent)]
    Chord(#[from] InjectError),
}
