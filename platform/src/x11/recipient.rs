//! Which program gets the keys: one that has grabbed the keyboard comes before the one that has the focus, and a pop-up belongs
//! to the program that made it.

use x11rb::connection::Connection as _;
use x11rb::cookie::Cookie;
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::shape::{self, ConnectionExt as _};
use x11rb::protocol::xinput::{ConnectionExt as _, GrabOwner, XIGrabDeviceReply};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, GrabKeyboardReply, GrabMode, GrabPointerReply,
    GrabStatus, InputFocus, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use super::windows::{Windows, gone_is_none};

/// Who gets the keys in spite of the focus, as far as the server tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grab {
    /// Nobody.
    None,
    /// Another connection, which has grabbed the keyboard alone.
    Keyboard,
    /// Another connection has grabbed the keyboard, and the pointer is grabbed as well, as menus do it.
    KeyboardAndPointer,
    /// Another connection has grabbed the server's own device for injected keys: it gets all that is injected.
    Injected,
}

impl Grab {
    /// Whether any program has grabbed what the keys come by.
    pub(super) fn is_on(self) -> bool {
        self != Self::None
    }
}

/// The questions what is grabbed, on their way to the server.
pub(super) struct GrabQuestion<'a> {
    keyboard: Cookie<'a, RustConnection, GrabKeyboardReply>,
    pointer: Cookie<'a, RustConnection, GrabPointerReply>,
    injecting: Option<Cookie<'a, RustConnection, XIGrabDeviceReply>>,
}

impl GrabQuestion<'_> {
    pub(super) fn answer(self) -> Result<Grab, ReplyError> {
        let is_taken = |status| status == GrabStatus::ALREADY_GRABBED;
        let injecting = match self.injecting.map(Cookie::reply) {
            // The device is gone: there are others to inject by, or none.
            None | Some(Err(ReplyError::X11Error(_))) => false,
            Some(answer) => is_taken(answer?.status),
        };
        let pointer = is_taken(self.pointer.reply()?.status);
        Ok(match is_taken(self.keyboard.reply()?.status) {
            _ if injecting => Grab::Injected,
            false => Grab::None,
            true if pointer => Grab::KeyboardAndPointer,
            true => Grab::Keyboard,
        })
    }
}

impl Windows {
    /// Asks what other connections have grabbed, without touching anything: the server is asked to give the devices to a window
    /// that is never shown. It refuses, and gives as the reason a grab, if there is one, before that the window cannot be
    /// seen. So no device is ever ours, and no window hears of it.
    ///
    /// `injecting` is the number of the server's own device for injected keys. The keyboard's answer is the same for grabs of
    /// the core protocol and of XINPUT 2.
    pub(super) fn ask_for_grab(&self, injecting: Option<u8>) -> Result<GrabQuestion<'_>, ConnectionError> {
        let (now, mode) = (x11rb::CURRENT_TIME, GrabMode::ASYNC);
        let window = self.hidden_window()?;
        let connection = self.connection();
        let ask = |id: u8| {
            let nothing = [0];
            let events = GrabOwner::NO_OWNER;
            connection.xinput_xi_grab_device(window, now, x11rb::NONE, id, mode, mode, events, &nothing)
        };
        let none = EventMask::NO_EVENT;
        Ok(GrabQuestion {
            keyboard: connection.grab_keyboard(false, window, now, mode, mode)?,
            pointer: connection.grab_pointer(false, window, none, mode, mode, x11rb::NONE, x11rb::NONE, now)?,
            injecting: injecting.map(ask).transpose()?,
        })
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

    /// Compositors draw on a window that covers all, and lets every click through.
    pub(super) fn takes_input(&self, window: Window) -> Result<bool, ReplyError> {
        let asked = self.connection().shape_get_rectangles(window, shape::SK::INPUT)?;
        Ok(gone_is_none(asked.reply())?.is_some_and(|shape| !shape.rectangles.is_empty()))
    }

    /// Whether a window that the window manager has nothing to do with belongs to `window`: the same connection made it, or it
    /// says so itself. What both say of their process counts for nothing: sandboxes number theirs alike.
    pub(super) fn is_popup_of(&self, popup: Window, window: Window) -> Result<bool, ReplyError> {
        if self.maker(popup) == self.maker(window) {
            return Ok(true);
        }
        if self.window_property(popup, AtomEnum::WM_TRANSIENT_FOR.into())? == Some(window) {
            return Ok(true);
        }
        let leaders = [popup, window].map(|window| self.window_property(window, self.atoms().WM_CLIENT_LEADER));
        Ok(matches!(leaders, [Ok(Some(one)), Ok(Some(two))] if one == two))
    }

    /// The connection that a window was made by, as a number that is only compared.
    pub(super) fn maker(&self, window: Window) -> u32 {
        window & !self.connection().setup().resource_id_mask
    }
}
