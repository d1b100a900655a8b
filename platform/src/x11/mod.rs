//! The X11 desktop, by `x11rb`: keys that are heard and keys that we plan, the focus, the clipboard.

mod accessx;
mod bindings;
mod catch_up;
mod clicks;
mod clients;
mod focus;
mod grab;
mod grab_holder;
mod held;
mod hook;
mod injector;
mod keymap;
mod layout;
mod ledger;
mod link;
mod locked;
mod pick;
mod ping;
mod plan;
mod recipient;
mod selection;
mod server;
mod takeover;
mod waiting;
mod windows;

use crate::accessibility::AccessibleField;
use crate::common::keychain::Keychain;
use crate::common::notifications::NotificationService;
use crate::{
    Chord, Clipboard, ClipboardError, Desktop, FieldProbe, FocusError, FocusProbe, GrabError, HookError, InjectError,
    Injector, KeyGrab, KeyHook, KeyboardAid, Legacy, Notifier, PasteError, Paster, Secrets, SessionKind,
};

/// Pastes into the windows of a Wayland compositor, through the clipboard that it shares with its XWayland on `display`.
pub(crate) fn xwayland_paster(display: &str) -> Result<Box<dyn Paster>, PasteError> {
    Ok(Box::new(selection::X11Paster::through_compositor(display)?))
}

/// One X11 display.
pub(crate) struct X11Desktop {
    display: String,
}

impl X11Desktop {
    /// The desktop on `display`, such as `:0`. Nothing is connected yet.
    pub(crate) fn new(display: String) -> Self {
        Self { display }
    }

    /// Whether an X server answers there.
    pub(crate) fn opens(display: &str) -> bool {
        x11rb::connect(Some(display)).is_ok()
    }
}

impl Desktop for X11Desktop {
    fn kind(&self) -> SessionKind {
        SessionKind::X11
    }

    fn description(&self) -> String {
        format!("X11 on display {}", self.display)
    }

    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Ok(Box::new(hook::X11Hook::new(self.display.clone())))
    }

    fn device_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Ok(Box::new(crate::devices::DeviceHook::new()))
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        Ok(Box::new(injector::X11Injector::connect(&self.display)?))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Ok(Box::new(focus::X11Focus::connect(&self.display)?))
    }

    fn field_probe(&self) -> Option<Box<dyn FieldProbe>> {
        Some(Box::new(AccessibleField))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Ok(Box::new(selection::X11Clipboard::connect(&self.display)?))
    }

    fn keep_clipboard(&self, legacy: &Legacy, ready: &mut dyn FnMut()) -> Result<(), ClipboardError> {
        selection::keep(&self.display, legacy, ready)
    }

    fn paster(&self) -> Result<Box<dyn Paster>, PasteError> {
        Ok(Box::new(selection::X11Paster::connect(&self.display)?))
    }

    fn key_grab(&self, chord: &Chord) -> Result<Box<dyn KeyGrab>, GrabError> {
        Ok(Box::new(grab::X11Grab::start(&self.display, chord)?))
    }

    fn keyboard_aids(&self) -> Option<Vec<KeyboardAid>> {
        let server = server::Server::connect(&self.display).ok()?;
        accessx::in_use(&server).ok()
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(Keychain)
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(NotificationService::default())
    }
}
