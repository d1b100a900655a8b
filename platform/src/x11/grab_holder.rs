//! Whether a grab of the keyboard is the application's own. The server does not tell who has it, so it is decided by what is
//! shown: an open menu of the application, and no window of another program that may have grabbed.

use std::collections::HashMap;

use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, GetGeometryReply, GetWindowAttributesReply, MapState, Window, WindowClass,
};

use super::recipient::Grab;
use super::windows::{Windows, gone_is_none};

/// Menus and dialogs are bigger, in pixels.
const SMALLEST_MENU: u16 = 8;
/// Windows are nested this deep at most in the frames of window managers.
const DEEPEST_FRAME: usize = 6;

/// A child of the root window that is shown.
struct Shown {
    /// What is at the root: a pop-up, or the frame of a managed window.
    outer: Window,
    /// The application's window: in a frame, or the same.
    window: Window,
    is_managed: bool,
}

impl Windows {
    /// Whether a grab can only be that of the program of `target`: it shows something like a menu, the pointer is grabbed
    /// too, as menus do, and no other program shows anything that may have grabbed. When that is not clear, `false`.
    ///
    /// Costs about five round trips, and is asked only while the keyboard is grabbed.
    pub(super) fn is_own_grab(&self, grab: Grab, target: Window) -> Result<bool, ReplyError> {
        if grab != Grab::KeyboardAndPointer {
            return Ok(false);
        }
        let shown = self.shown()?;
        let target_level = shown.iter().position(|it| it.window == target);
        let mut has_menu = false;
        for (level, it) in shown.iter().enumerate() {
            if it.window == target {
                continue;
            }
            let is_own = if it.is_managed {
                self.maker(it.window) == self.maker(target)
            } else {
                self.is_popup_of(it.window, target)?
            };
            if is_own {
                has_menu |= !it.is_managed && self.is_like_menu(it)?;
            } else if self.may_grab(it, target_level.is_none_or(|target| level > target))? {
                return Ok(false);
            }
        }
        Ok(has_menu)
    }

    /// All that is shown, from back to front.
    fn shown(&self) -> Result<Vec<Shown>, ReplyError> {
        let connection = self.connection();
        let children = connection.query_tree(self.root())?.reply()?.children;
        // All questions at once: the server may be serving nobody else meanwhile.
        let mut asked = Vec::with_capacity(children.len());
        for child in children {
            asked.push((child, connection.get_window_attributes(child)?, connection.get_geometry(child)?));
        }
        let (frames, screen) = (self.frames()?, connection.get_geometry(self.root())?.reply()?);
        let mut shown = Vec::new();
        for (outer, attributes, geometry) in asked {
            let attributes = gone_is_none(attributes.reply())?;
            // Of a window that has just gone, the server calls the drawable unknown.
            let Ok(geometry) = geometry.reply() else { continue };
            let Some(attributes) = attributes.filter(is_visible) else { continue };
            let client = frames.get(&outer).copied();
            let is_managed = client.is_some() || !attributes.override_redirect;
            // Toolkits have helper windows off the screen.
            if !is_seen(&geometry, &screen) {
                continue;
            }
            shown.push(Shown { outer, window: client.unwrap_or(outer), is_managed });
        }
        Ok(shown)
    }

    /// The windows that the window manager looks after, by what is around them at the root. Some window managers' frames say
    /// of themselves that no window manager has to do with them.
    fn frames(&self) -> Result<HashMap<Window, Window>, ReplyError> {
        let clients = self.windows_of(self.root(), self.atoms()._NET_CLIENT_LIST)?;
        let mut level: Vec<(Window, Window)> = clients.into_iter().map(|client| (client, client)).collect();
        let mut frames = HashMap::new();
        for _ in 0..DEEPEST_FRAME {
            let mut asked = Vec::with_capacity(level.len());
            for (inner, client) in level {
                asked.push((inner, client, self.connection().query_tree(inner)?));
            }
            level = Vec::new();
            for (inner, client, tree) in asked {
                match gone_is_none(tree.reply())? {
                    Some(tree) if tree.parent == self.root() => {
                        frames.insert(inner, client);
                    }
                    Some(tree) => level.push((tree.parent, client)),
                    None => {}
                }
            }
            if level.is_empty() {
                break;
            }
        }
        Ok(frames)
    }

    fn types(&self, window: Window) -> Result<Vec<Atom>, ReplyError> {
        self.atoms_of(window, self.atoms()._NET_WM_WINDOW_TYPE)
    }

    /// Whether a pop-up may be a menu, a list of completions or the like, by its kind.
    fn is_like_menu(&self, popup: &Shown) -> Result<bool, ReplyError> {
        let atoms = self.atoms();
        let never_grab = [
            atoms._NET_WM_WINDOW_TYPE_DESKTOP,
            atoms._NET_WM_WINDOW_TYPE_DND,
            atoms._NET_WM_WINDOW_TYPE_DOCK,
            atoms._NET_WM_WINDOW_TYPE_NOTIFICATION,
            atoms._NET_WM_WINDOW_TYPE_SPLASH,
            atoms._NET_WM_WINDOW_TYPE_TOOLTIP,
        ];
        Ok(!self.types(popup.window)?.iter().any(|kind| never_grab.contains(kind)) && self.takes_input(popup.outer)?)
    }

    /// Whether another program's window may be that of a launcher, a password dialog or the like.
    fn may_grab(&self, other: &Shown, is_in_front: bool) -> Result<bool, ReplyError> {
        let (atoms, types) = (self.atoms(), self.types(other.window)?);
        let never_grab = [
            atoms._NET_WM_WINDOW_TYPE_DESKTOP,
            atoms._NET_WM_WINDOW_TYPE_DND,
            atoms._NET_WM_WINDOW_TYPE_NOTIFICATION,
            atoms._NET_WM_WINDOW_TYPE_TOOLTIP,
        ];
        if types.iter().any(|kind| never_grab.contains(kind)) || !self.takes_input(other.outer)? {
            return Ok(false);
        }
        // Panels keep a part of the screen for themselves.
        for strut in [atoms._NET_WM_STRUT, atoms._NET_WM_STRUT_PARTIAL] {
            if self.property(other.window, strut, AtomEnum::CARDINAL.into())?.is_some() {
                return Ok(false);
            }
        }
        if is_in_front || !other.is_managed || types.contains(&atoms._NET_WM_WINDOW_TYPE_DIALOG) {
            return Ok(true);
        }
        // A dialog that was refused the focus may be shown behind the window that has it.
        Ok(self.window_property(other.window, AtomEnum::WM_TRANSIENT_FOR.into())?.is_some())
    }
}

/// Whether enough of a window to be a menu, or a dialog, is on the screen.
fn is_seen(window: &GetGeometryReply, screen: &GetGeometryReply) -> bool {
    let reaches = |at: i16, size: u16, screen: u16| {
        size >= SMALLEST_MENU && i32::from(at) + i32::from(size) > 0 && i32::from(at) < i32::from(screen)
    };
    reaches(window.x, window.width, screen.width) && reaches(window.y, window.height, screen.height)
}

fn is_visible(window: &GetWindowAttributesReply) -> bool {
    window.map_state == MapState::VIEWABLE && window.class == WindowClass::INPUT_OUTPUT
}
