//! A Wayland session. Compositors let no program hear keys, type or see the focus by the protocols that all of them have, so
//! for now those are bound in the compositor's settings to `scout ctl`, and text is delivered by the clipboard.

use crate::common::clipboard::DesktopClipboard;
use crate::common::keychain::Keychain;
use crate::common::notifications::NotificationService;
use crate::{
    Clipboard, ClipboardError, Desktop, FocusError, FocusProbe, HookError, InjectError, Injector, KeyHook, Notifier,
    Secrets, SessionKind,
};

/// A Wayland compositor.
pub(crate) struct WaylandDesktop {
    /// The X11 display of `XWayland`, if it answers. It serves X11 programs only: keys and focus of the others do not pass
    /// through it, which is why it is not used.
    xwayland: Option<String>,
}

impl WaylandDesktop {
    pub(crate) fn new(xwayland: Option<String>) -> Self {
        Self { xwayland }
    }
}

impl Desktop for WaylandDesktop {
    fn kind(&self) -> SessionKind {
        SessionKind::Wayland
    }

    fn description(&self) -> String {
        match &self.xwayland {
            Some(display) => format!("Wayland (XWayland on display {display} serves X11 programs only)"),
            None => "Wayland".to_owned(),
        }
    }

    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Err(HookError::NotOffered(SessionKind::Wayland))
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        Err(InjectError::NotOffered(SessionKind::Wayland))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Err(FocusError::NotOffered(SessionKind::Wayland))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Ok(Box::new(DesktopClipboard::open(SessionKind::Wayland)?))
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(Keychain)
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(NotificationService::default())
    }
}
