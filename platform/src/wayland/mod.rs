//! A Wayland session. No protocol that all compositors have lets a program hear keys, type or see the focus. So each part is
//! found at run time by what this compositor offers, and where it offers nothing the error says what to do instead.

mod fake_input;
mod focus;
mod hook;
mod injector;
mod keyboard;
mod keymap;
mod kwin;
mod link;
mod offer;
mod overlay;
mod paster;
mod portal;
mod process;
mod selection;
mod sway;
mod toplevels;

pub(crate) use process::described;

use std::sync::Arc;

use crate::accessibility::AccessibleField;
use crate::common::clipboard::DesktopClipboard;
use crate::common::keychain::Keychain;
use crate::common::notifications::NotificationService;
use crate::x11;
use crate::{
    Clipboard, ClipboardError, Desktop, FieldProbe, FocusError, FocusProbe, HookError, InjectError, Injector, KeyHook,
    Notifier, Overlay, OverlayError, PasteError, Paster, Secrets, SessionKind,
};

/// A Wayland compositor.
pub(crate) struct WaylandDesktop {
    /// The compositor's socket.
    display: String,
    windows: Arc<focus::Windows>,
    /// The X11 display of XWayland, if it answers. Its programs are reached through the compositor like all others.
    xwayland: Option<String>,
    /// The keyboard and the clipboard as the portal lends them, where the compositor has nothing for it.
    remote: Arc<portal::RemoteControl>,
}

impl WaylandDesktop {
    pub(crate) fn new(display: String, xwayland: Option<String>) -> Self {
        let windows = Arc::new(focus::Windows::new(&display));
        Self { display, windows, xwayland, remote: Arc::default() }
    }
}

impl WaylandDesktop {
    /// Where the compositor shows its clipboard only to the program in use: by the portal, or by XWayland.
    fn foreign_paster(&self) -> Result<Box<dyn Paster>, PasteError> {
        match (portal::PortalPaster::connect(&self.remote), &self.xwayland) {
            (Ok(paster), _) => Ok(Box::new(paster)),
            (Err(PasteError::NotOffered(_)), Some(display)) => x11::xwayland_paster(display),
            (Err(error), _) => Err(error),
        }
    }
}

impl Desktop for WaylandDesktop {
    fn kind(&self) -> SessionKind {
        SessionKind::Wayland
    }

    fn description(&self) -> String {
        let offered = match offer::offered(&self.display) {
            Ok(mut names) => {
                if !offer::presses_keys(&names) && portal::RemoteControl::is_offered() {
                    names.push("keyboard by the portal");
                    names.extend(portal::RemoteControl::lends_clipboard().then_some("clipboard by the portal"));
                }
                if names.is_empty() { "nothing that Scout can use".to_owned() } else { names.join(", ") }
            }
            Err(error) => error.to_string(),
        };
        match &self.xwayland {
            Some(display) => format!("Wayland: {offered}; XWayland on display {display}"),
            None => format!("Wayland: {offered}"),
        }
    }

    fn prepare(&self) {
        let missing = |found: Result<(), InjectError>| matches!(found, Err(InjectError::NotOffered(_)));
        if missing(injector::WaylandInjector::connect(&self.display).map(drop))
            && missing(fake_input::FakeInput::connect(&self.display).map(drop))
            && portal::RemoteControl::is_offered()
        {
            self.remote.ask();
        }
    }

    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Ok(Box::new(hook::WaylandHook::new()))
    }

    fn free_shortcuts(&self) {
        hook::free_shortcuts();
    }

    fn device_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Ok(Box::new(crate::devices::DeviceHook::new()))
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        match injector::WaylandInjector::connect(&self.display) {
            Ok(injector) => return Ok(Box::new(injector)),
            Err(InjectError::NotOffered(_)) => {}
            Err(error) => return Err(error),
        }
        match fake_input::FakeInput::connect(&self.display) {
            Ok(injector) => Ok(Box::new(injector)),
            Err(InjectError::NotOffered(_)) if portal::RemoteControl::is_offered() => {
                Ok(Box::new(portal::PortalInjector::new(&self.remote)))
            }
            Err(error) => Err(error),
        }
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Ok(Box::new(focus::WaylandFocus::new(&self.windows)))
    }

    fn field_probe(&self) -> Option<Box<dyn FieldProbe>> {
        Some(Box::new(AccessibleField))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Ok(Box::new(DesktopClipboard::open(SessionKind::Wayland)?))
    }

    fn paster(&self) -> Result<Box<dyn Paster>, PasteError> {
        match paster::WaylandPaster::connect(&self.display) {
            Ok(paster) => Ok(Box::new(paster)),
            Err(PasteError::NotOffered(_)) => self.foreign_paster(),
            Err(error) => Err(error),
        }
    }

    fn overlay(&self) -> Result<Box<dyn Overlay>, OverlayError> {
        Ok(Box::new(overlay::WaylandOverlay::connect(&self.display)?))
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(Keychain)
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(NotificationService::default())
    }
}
