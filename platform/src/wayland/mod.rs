//! A Wayland session. No protocol that all compositors have lets a program hear keys, type or see the focus. So each part is
//! found at run time by what this compositor offers, and where it offers nothing the error says what to do instead.

mod focus;
mod injector;
mod keyboard;
mod keymap;
mod link;
mod paster;
mod selection;
mod sway;
mod toplevels;

use std::sync::Arc;

use crate::common::clipboard::DesktopClipboard;
use crate::common::keychain::Keychain;
use crate::common::notifications::NotificationService;
use crate::{
    Clipboard, ClipboardError, Desktop, FocusError, FocusProbe, HookError, InjectError, Injector, KeyHook, Notifier,
    PasteError, Paster, Secrets, SessionKind,
};

/// A Wayland compositor.
pub(crate) struct WaylandDesktop {
    /// The compositor's socket.
    display: String,
    windows: Arc<focus::Windows>,
    /// The X11 display of `XWayland`, if it answers. It serves X11 programs only: keys and focus of the others do not pass
    /// through it, which is why it is not used.
    xwayland: Option<String>,
}

impl WaylandDesktop {
    pub(crate) fn new(display: String, xwayland: Option<String>) -> Self {
        let windows = Arc::new(focus::Windows::new(&display));
        Self { display, windows, xwayland }
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
        Ok(Box::new(injector::WaylandInjector::connect(&self.display)?))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Ok(Box::new(focus::WaylandFocus(Arc::clone(&self.windows))))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Ok(Box::new(DesktopClipboard::open(SessionKind::Wayland)?))
    }

    fn paster(&self) -> Result<Box<dyn Paster>, PasteError> {
        Ok(Box::new(paster::WaylandPaster::connect(&self.display)?))
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(Keychain)
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(NotificationService::default())
    }
}
