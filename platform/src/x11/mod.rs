//! The X11 desktop: `rdev` listens, `enigo` strikes the keys that we plan, and `x11rb` tells the rest.

mod focus;
mod hook;
mod injector;
pub(crate) mod keycodes;
mod keymap;
mod ledger;
mod link;
mod plan;
mod server;
mod takeover;
mod windows;

use crate::common::clipboard::DesktopClipboard;
use crate::common::keychain::Keychain;
use crate::common::notifications::NotificationService;
use crate::{
    Clipboard, ClipboardError, Desktop, FocusError, FocusProbe, HookError, InjectError, Injector, KeyHook, Notifier,
    Secrets, SessionKind,
};

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
        Ok(Box::new(hook::X11Hook { display: self.display.clone() }))
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        Ok(Box::new(injector::X11Injector::connect(&self.display)?))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Ok(Box::new(focus::X11Focus::connect(&self.display)?))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Ok(Box::new(DesktopClipboard::open(SessionKind::X11)?))
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(Keychain)
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(NotificationService::default())
    }
}
