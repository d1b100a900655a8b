//! Keeps the dictation key from the applications, where the desktop lets it.

use std::sync::Arc;

use scout_platform::{Chord, Desktop, GrabError, KeyGrab};

/// Holds the grab of the key that is in use.
pub(super) struct KeyGrabber {
    desktop: Arc<dyn Desktop>,
    grab: Option<Box<dyn KeyGrab>>,
    /// A key that is not heard must not be grabbed: nobody would have it then.
    is_heard: bool,
}

impl KeyGrabber {
    pub(super) fn new(desktop: Arc<dyn Desktop>) -> Self {
        Self { desktop, grab: None, is_heard: false }
    }

    /// Keys are heard, so that they may be grabbed.
    pub(super) fn allow(&mut self) {
        self.is_heard = true;
    }

    /// Grabs this chord from now on, and gives the former back.
    ///
    /// # Errors
    /// When another program has it: it works all the same, but the application sees it too.
    pub(super) fn grab(&mut self, chord: &Chord) -> Result<(), GrabError> {
        if !self.is_heard || self.grab.as_ref().is_some_and(|grab| grab.chord() == chord) {
            return Ok(());
        }
        // Given back first: the new one may be another chord of the same key.
        self.grab = None;
        match self.desktop.key_grab(chord) {
            Ok(grab) => self.grab = Some(grab),
            Err(error @ GrabError::NotOffered(_)) => tracing::debug!(%error, "the key is only observed"),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
