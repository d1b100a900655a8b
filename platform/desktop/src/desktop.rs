//! A desktop as a whole: what kind it is and where its parts come from.

use crate::{
    Chord, Clipboard, ClipboardError, FieldProbe, FocusError, FocusProbe, GrabError, HookError, InjectError, Injector,
    KeyGrab, KeyHook, Legacy, Notifier, Overlay, OverlayError, PasteError, Paster, Secrets,
};

/// What kind of session the user is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// An X11 display.
    X11,
    /// A Wayland compositor (with or without `XWayland`).
    Wayland,
    /// The Windows desktop.
    Windows,
    /// macOS.
    MacOs,
    /// No display at all: a server, a container, a text console.
    Headless,
}

impl std::fmt::Display for SessionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::X11 => "X11",
            Self::Wayland => "Wayland",
            Self::Windows => "Windows",
            Self::MacOs => "macOS",
            Self::Headless => "no display",
        })
    }
}

/// An accessibility setting of the keyboard that changes which key presses count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyboardAid {
    /// A key counts only when it is held for a while.
    SlowKeys,
    /// A key counts again only a while after its last press.
    BounceKeys,
    /// A modifier that is tapped holds for the next key.
    StickyKeys,
}

impl std::fmt::Display for KeyboardAid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SlowKeys => "Slow Keys",
            Self::BounceKeys => "Bounce Keys",
            Self::StickyKeys => "Sticky Keys",
        })
    }
}

/// The desktop's parts. Those that are tied to a thread are made by the thread that uses them.
pub trait Desktop: Send + Sync {
    /// What kind of session this is.
    fn kind(&self) -> SessionKind;
    /// What kind of session this is, in a few words for the user, with what is special about it.
    fn description(&self) -> String {
        self.kind().to_string()
    }
    /// Asks for what this desktop's user has to agree to by hand, so that the first dictation does not wait for it. May take a
    /// few seconds, but does not wait for the answer.
    fn prepare(&self) {}
    /// Listens to keys.
    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError>;
    /// Listens to the keyboards themselves, below the desktop. Only for users who ask for it.
    fn device_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Err(HookError::NotOffered(self.kind()))
    }
    /// Gives back to the applications what a hook of an agent that was killed has registered with the desktop.
    fn free_shortcuts(&self) {}
    /// Takes a chord away from the applications.
    fn key_grab(&self, _chord: &Chord) -> Result<Box<dyn KeyGrab>, GrabError> {
        Err(GrabError::NotOffered(self.kind()))
    }
    /// Types. Made and used on one thread.
    fn injector(&self) -> Result<Box<dyn Injector>, InjectError>;
    /// Tells the focus.
    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError>;
    /// Asks for the focused field; `None` where nobody can be asked.
    fn field_probe(&self) -> Option<Box<dyn FieldProbe>> {
        None
    }
    /// The clipboard. Made and used on one thread, and kept: on X11 what was copied is gone with its owner.
    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError>;
    /// Keeps what another process has left on the clipboard, until somebody copies something else. `ready` is called as soon
    /// as it is kept.
    fn keep_clipboard(&self, _legacy: &Legacy, _ready: &mut dyn FnMut()) -> Result<(), ClipboardError> {
        Err(ClipboardError::NotOffered(self.kind()))
    }
    /// Pastes with a receipt. Made and used on one thread, and kept: it serves the old clipboard after a paste.
    fn paster(&self) -> Result<Box<dyn Paster>, PasteError> {
        Err(PasteError::NotOffered(self.kind()))
    }
    /// Shows a picture above all windows.
    fn overlay(&self) -> Result<Box<dyn Overlay>, OverlayError> {
        Err(OverlayError::NotOffered(self.kind()))
    }
    /// The keyboard's accessibility settings that are on. `None` where they cannot be known.
    fn keyboard_aids(&self) -> Option<Vec<KeyboardAid>> {
        None
    }
    /// The keychain.
    fn secrets(&self) -> Box<dyn Secrets>;
    /// Notifications.
    fn notifier(&self) -> Box<dyn Notifier>;
}
