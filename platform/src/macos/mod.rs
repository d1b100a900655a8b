//! The macOS desktop.
//!
//! Keys cannot be heard yet: `rdev` ends the process on current systems when it listens off the main thread, which is
//! the event loop's. Until then a shortcut of the system runs `scout ctl start` and `scout ctl stop`.

mod focus;
mod injector;

use crate::common::clipboard::DesktopClipboard;
use crate::common::keychain::Keychain;
use crate::common::notifications::NotificationService;
use crate::{
    Clipboard, ClipboardError, Desktop, FocusError, FocusProbe, HookError, InjectError, Injector, KeyHook, Notifier,
    Secrets, SessionKind,
};

/// The desktop of the user who is logged in.
pub(crate) struct MacDesktop;

impl Desktop for MacDesktop {
    fn kind(&self) -> SessionKind {
        SessionKind::MacOs
    }

    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Err(HookError::NotOffered(SessionKind::MacOs))
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        Ok(Box::new(injector::MacInjector::connect()?))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Ok(Box::new(focus::MacFocus))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Ok(Box::new(DesktopClipboard::open(SessionKind::MacOs)?))
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(Keychain)
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(NotificationService::default())
    }
}
