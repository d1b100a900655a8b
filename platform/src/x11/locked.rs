//! Whether the screen is locked: what is typed then would go into the password field.

use x11rb::errors::ReplyError;
use x11rb::protocol::screensaver::{ConnectionExt as _, State};
use x11rb::protocol::xproto::{ConnectionExt as _, MapState};

use super::windows::Windows;
use crate::session_lock::Manager;

/// Asks everybody who may know.
pub(super) struct LockProbe {
    manager: Manager,
}

impl LockProbe {
    pub(super) fn new() -> Self {
        Self { manager: Manager::connect() }
    }

    /// What cannot be asked counts as not locked: it is the focus that decides then.
    pub(super) fn is_locked(&self, windows: &Windows) -> bool {
        let seen = |answer: Result<bool, ReplyError>| answer.unwrap_or(false);
        seen(saver_is_on(windows)) || self.manager.says_locked() || seen(locker_is_in_front(windows))
    }
}

fn saver_is_on(windows: &Windows) -> Result<bool, ReplyError> {
    let asked = windows.connection().screensaver_query_info(windows.root())?;
    Ok(asked.reply()?.state == u8::from(State::ON))
}

/// Simple lockers (i3lock, slock, xscreensaver, xsecurelock) cover the screen with a window that the window manager has
/// nothing to do with, and take the keyboard. Either alone means nothing: menus take the keyboard, and games cover the screen.
fn locker_is_in_front(windows: &Windows) -> Result<bool, ReplyError> {
    let (connection, root) = (windows.connection(), windows.root());
    let children = connection.query_tree(root)?.reply()?.children;
    let screen = connection.get_geometry(root)?.reply()?;
    for window in children.into_iter().rev() {
        // Windows may go while we ask.
        let Ok(attributes) = connection.get_window_attributes(window)?.reply() else { continue };
        if attributes.map_state != MapState::VIEWABLE || !attributes.override_redirect {
            continue;
        }
        let Ok(place) = connection.get_geometry(window)?.reply() else { continue };
        if place.width >= screen.width && place.height >= screen.height && windows.takes_input(window)? {
            return Ok(windows.ask_for_grab(None)?.answer()?.is_on());
        }
    }
    Ok(false)
}
