//! Pasting with a receipt: the trait, its options, its report and its errors.

use std::time::Duration;

use crate::{Chord, InjectError, Injector, Legacy, SessionKind};

/// No target reads a paste in one go only: browsers ask twice. The old clipboard is given back when nobody has read for this
/// long.
pub const PASTE_QUIET: Duration = Duration::from_millis(200);
/// A target that has not read by now is reported: it has ignored the chord, or hangs.
pub const PASTE_LIMIT: Duration = Duration::from_secs(8);

/// Delivers text by the clipboard and one chord, and proves it: the clipboard is served by us, so we see who reads it.
pub trait Paster {
    /// Saves the clipboard, puts the text there (marked as private where the system knows such a mark), has the injector press
    /// the chord, waits until the target has read the text and nobody has read it for [`PASTE_QUIET`], at most
    /// [`PASTE_LIMIT`], and gives the old clipboard back in all its formats, unless somebody else has copied meanwhile.
    ///
    /// `keep_going` is asked right before the chord; when it says `false`, nothing is pressed and the clipboard is given
    /// back. It is asked no more after that: a chord cannot be taken back. Only reads that follow the chord count. An error
    /// means that the chord was not pressed, or ([`PasteError::Chord`]) that it is not known; what goes wrong after it is in
    /// the report.
    ///
    /// A target that reads later than [`PASTE_LIMIT`] gets the text all the same, up to a minute after the chord. The next
    /// paste may follow at once.
    fn paste(&mut self, paste: Paste<'_>) -> Result<PasteReport, PasteError>;
    /// From now on pastes are refused with [`PasteError::Watched`] where the reader is not known and another program reads
    /// everything that is copied.
    fn refuse_watched(&mut self, _refuse: bool) {}
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

/// A text to paste, and what it is pasted by.
pub struct Paste<'a> {
    /// Exactly what is to arrive.
    pub text: &'a str,
    /// How it is pasted.
    pub options: &'a PasteOptions,
    /// What presses the chord.
    pub injector: &'a mut dyn Injector,
    /// Asked right before the chord whether it is still wanted.
    pub keep_going: &'a mut dyn FnMut() -> bool,
}

impl<'a> Paste<'a> {
    /// A paste of this text.
    pub fn new(
        text: &'a str,
        options: &'a PasteOptions,
        injector: &'a mut dyn Injector,
        keep_going: &'a mut dyn FnMut() -> bool,
    ) -> Self {
        Self { text, options, injector, keep_going }
    }

    /// Waits until the user has let go of modifiers, or releases them for the chord.
    ///
    /// # Errors
    /// When the keys cannot be asked for, or not be released.
    pub fn await_release(&mut self) -> Result<(), InjectError> {
        self.injector.await_release(self.options.modifier_wait, self.keep_going).map(drop)
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

/// What pasting did, from the chord on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasteReport {
    /// Whether the chord was pressed; `false` when `keep_going` said no.
    pub pressed: bool,
    /// Whether the target has the text.
    pub arrival: Arrival,
    /// How often the text was read after the chord by what is or may be the target.
    pub reads: usize,
    /// From the call to the first of these reads.
    pub first_read: Option<Duration>,
    /// What became of the old clipboard, or why it could not be given back. That is no reason to deliver the text again.
    pub restored: Result<ClipboardFate, RestoreError>,
    /// From the call to its end.
    pub elapsed: Duration,
}

/// Whether the target has the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The target has not read it, as far as that is known: it took no notice of the chord, or is busy and reads it later.
    Unread,
    /// Somebody has read it after the chord. The desktop does not tell who.
    Unconfirmed,
    /// The target has read it.
    Confirmed,
}

impl PasteReport {
    /// Whether it is certain that the target has the text.
    pub fn arrived(&self) -> bool {
        self.pressed && self.arrival == Arrival::Confirmed
    }
}

/// What became of the clipboard's former content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipboardFate {
    /// It is back, or there was none. A target that has not read yet still gets the text where it is told from others.
    Restored,
    /// Somebody copied something else meanwhile: that stays.
    LeftToNewOwner,
    /// It comes back once somebody has read the text, at most a minute after the chord. Until then the text stays, because the
    /// target may be busy, and is not told from others.
    Later,
}

/// Why the old clipboard could not be given back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what was on the clipboard before could not be put back: {reason}. Copy it again if you need it")]
pub struct RestoreError {
    /// What the system said.
    pub reason: String,
}

/// Why text could not be pasted. The chord was not pressed then, and the clipboard is as it was as far as possible.
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
    /// The target has not read the text that was pasted before: it would read this one twice, or in the wrong order.
    #[error("the window has not taken the text before this one yet")]
    Awaited,
    /// Another program reads everything that is copied, so that nobody could tell whether the target has read the text, and
    /// [`Paster::refuse_watched`] asks for that: type instead.
    #[error("another program reads everything that is copied")]
    Watched,
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
