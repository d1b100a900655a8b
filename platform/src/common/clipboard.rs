//! The clipboard, through `arboard`.

#[cfg(target_os = "macos")]
use arboard::SetExtApple as _;
#[cfg(target_os = "linux")]
use arboard::SetExtLinux as _;
#[cfg(windows)]
use arboard::SetExtWindows as _;

use crate::{Clipboard, ClipboardError, SessionKind};

/// The desktop's clipboard. What was copied lives as long as this does, on X11 and Wayland.
pub(crate) struct DesktopClipboard {
    inner: arboard::Clipboard,
    kind: SessionKind,
}

impl DesktopClipboard {
    pub(crate) fn open(kind: SessionKind) -> Result<Self, ClipboardError> {
        let inner = arboard::Clipboard::new().map_err(|error| told(&error, kind))?;
        Ok(Self { inner, kind })
    }
}

impl Clipboard for DesktopClipboard {
    fn set_text(&mut self, text: &str) -> Result<(), ClipboardError> {
        // What was dictated is private: clipboard managers are asked not to keep it.
        self.inner.set().exclude_from_history().text(text).map_err(|error| told(&error, self.kind))
    }

    fn text(&mut self) -> Result<Option<String>, ClipboardError> {
        match self.inner.get_text() {
            Ok(text) => Ok(Some(text)),
            // On X11 the refusal of an owner that has no text arrives as an unknown error.
            Err(
                arboard::Error::ContentNotAvailable
                | arboard::Error::ConversionFailure
                | arboard::Error::Unknown { .. },
            ) => Ok(None),
            Err(error) => Err(told(&error, self.kind)),
        }
    }
}

fn told(error: &arboard::Error, kind: SessionKind) -> ClipboardError {
    match error {
        arboard::Error::ClipboardNotSupported => ClipboardError::NotOffered(kind),
        other => ClipboardError::Busy { reason: other.to_string() },
    }
}
