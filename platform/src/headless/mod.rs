//! No display: a server, a container, a text console. Files are transcribed there; keychain and notifications may still work.

use crate::common::keychain::Keychain;
use crate::common::notifications::NotificationService;
use crate::{
    Clipboard, ClipboardError, Desktop, FocusError, FocusProbe, HookError, InjectError, Injector, KeyHook, Notifier,
    Secrets, SessionKind,
};

/// A session without a display.
pub(crate) struct HeadlessDesktop;

impl Desktop for HeadlessDesktop {
    fn kind(&self) -> SessionKind {
        SessionKind::Headless
    }

    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Err(HookError::NotOffered(SessionKind::Headless))
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        Err(InjectError::NotOffered(SessionKind::Headless))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Err(FocusError::NotOffered(SessionKind::Headless))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Err(ClipboardError::NotOffered(SessionKind::Headless))
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(Keychain)
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(NotificationService::default())
    }
}
