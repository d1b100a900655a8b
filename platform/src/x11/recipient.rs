//! Which program gets the keys: one that has grabbed the keyboard comes before the one that has the focus, and a pop-up belongs
//! to the program that made it.

use x11rb::connection::Connection as _;
use x11rb::cookie::Cookie;
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::shape::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, GetWindowAttributesReply, GrabKeyboardReply, GrabMode, GrabStatus,
    InputFocus, MapState, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use super::windows::{Windows, gone_is_none};

/// The question whether the keyboard is grabbed, on its way to the server.
pub(super) struct GrabQuestion<'a>(Cookie<'a, RustConnection, GrabKeyboardReply>);

impl GrabQuestion<'_> {
    /// Whether another connection has grabbed the keyboard: it gets all keys, whatever has the focus.
    pub(super) fn answer(self) -> Result<bool, ReplyError> {
        Ok(self.0.reply()?.status == GrabStatus::ALREADY_GRABBED)
    }
}

impl Windows {
    /// Asks whether another connection has grabbed the keyboard, without touching anything: the server is asked to give the
    /// keyboard to a window that is never shown. It refuses, and gives as the reason a grab, if there is one, before that
    /// the window cannot be seen. So the keyboard is never ours, and no window hears of it.
    pub(super) fn ask_for_grab(&self) -> Result<GrabQuestion<'_>, ConnectionError> {
        let now = x11rb::CURRENT_TIME;
        let window = self.hidden_window()?;
        Ok(GrabQuestion(self.connection().grab_keyboard(false, window, now, GrabMode::ASYNC, GrabMode::ASYNC)?))
    }

    fn hidden_window(&self) -> Result<Window, ConnectionError> {
        if let Some(window) = self.hidden.get() {
            return Ok(window);
        }
        let connection = self.connection();
        let window = connection.generate_id().map_err(|_| ConnectionError::UnknownError)?;
        // Not for the window manager.
        let attributes = CreateWindowAux::new().override_redirect(1);
        connection.create_window(0, window, self.root(), -1, -1, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &attributes)?;
        self.hidden.set(Some(window));
        Ok(window)
    }

    /// Whether keys that go to `focus` go to `window`: to a part of it, or to a pop-up of the same program.
    pub(super) fn is_within(&self, focus: Window, window: Window) -> Result<bool, ReplyError> {
        let mut inner = focus;
        loop {
            if inner == window {
                return Ok(true);
            }
            // Whoever gets the keys then, it is no window of the program.
            if inner == self.root() || inner <= u32::from(InputFocus::POINTER_ROOT) {
                return Ok(false);
            }
            let managed = self.property(inner, self.atoms().WM_STATE, AtomEnum::ANY.into())?;
            if managed.is_some() {
                return Ok(false);
            }
            let Some(tree) = gone_is_none(self.connection().query_tree(inner)?.reply())? else { return Ok(false) };
            if tree.parent == self.root() {
                return self.is_popup_of(inner, window);
            }
            inner = tree.parent;
        }
    }

    /// Whether the program of `window` seems to be the one that has grabbed the keyboard. The server does not tell who has. A
    /// menu takes the keyboard while it is in front of everything else; so do launchers, password dialogs and lockers.
    pub(super) fn popup_in_front_is_of(&self, window: Window) -> Result<bool, ReplyError> {
        let connection = self.connection();
        let children = connection.query_tree(self.root())?.reply()?.children;
        // All questions at once: the server may be serving nobody else meanwhile.
        let asked: Vec<_> = children
            .into_iter()
            .rev()
            .map(|child| Ok((child, connection.get_window_attributes(child)?)))
            .collect::<Result<_, ConnectionError>>()?;
        for (popup, attributes) in asked {
            if gone_is_none(attributes.reply())?.is_some_and(|found| is_popup(&found)) && self.takes_input(popup)? {
                return self.is_popup_of(popup, window);
            }
        }
        Ok(false)
    }

    /// Compositors draw on a window that covers all, and lets every click through.
    pub(super) fn takes_input(&self, window: Window) -> Result<bool, ReplyError> {
        let asked = self.connection().shape_get_rectangles(window, shape::SK::INPUT)?;
        Ok(gone_is_none(asked.reply())?.is_some_and(|shape| !shape.rectangles.is_empty()))
    }

    /// Whether a window that the window manager has nothing to do with belongs to `window`: the same program made it, or it
    /// says so itself.
    fn is_popup_of(&self, popup: Window, window: Window) -> Result<bool, ReplyError> {
        let made_by = |window: Window| window & !self.connection().setup().resource_id_mask;
        if made_by(popup) == made_by(window) {
            return Ok(true);
        }
        if self.window_property(popup, AtomEnum::WM_TRANSIENT_FOR.into())? == Some(window) {
            return Ok(true);
        }
        let leaders = [popup, window].map(|window| self.window_property(window, self.atoms().WM_CLIENT_LEADER));
        if let [Ok(Some(one)), Ok(Some(two))] = leaders
            && one == two
        {
            return Ok(true);
        }
        let process = self.pid(popup)?;
        Ok(process.is_some() && process == self.pid(window)?)
    }
}

/// Something that is shown in spite of the window manager. Window managers have invisible ones of their own at the edges of the
/// screen.
fn is_popup(window: &GetWindowAttributesReply) -> bool {
    window.override_redirect && window.map_state == MapState::VIEWABLE && window.class == WindowClass::INPUT_OUTPUT
}
