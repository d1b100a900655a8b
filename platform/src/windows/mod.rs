//! The Windows desktop.

mod focus;
mod hook;
mod injector;

use crate::common::clipboard::DesktopClipboard;
use crate::common::keychain::Keychain;
use crate::common::notifications::NotificationService;
use crate::{
    Clipboard, ClipboardError, Desktop, FocusError, FocusProbe, HookError, InjectError, Injector, KeyHook, Notifier,
    Secrets, SessionKind,
};

/// The desktop of the user who is logged in.
pub(crate) struct WindowsDesktop;

impl Desktop for WindowsDesktop {
    fn kind(&self) -> SessionKind {
        SessionKind::Windows
    }

    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Ok(Box::new(hook::WindowsHook))
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        Ok(Box::new(injector::WindowsInjector::connect()?))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Ok(Box::new(focus::WindowsFocus))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Ok(Box::new(DesktopClipboard::open(SessionKind::Windows)?))
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(Keychain)
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(NotificationService::default())
    }
}
