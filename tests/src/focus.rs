//! Which window has the focus, and giving it to another.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, MapState, WindowClass};

use crate::display::Display;
use crate::wait::wait_for;

/// A window that has no focus after this long will not get it by itself.
const CLICK_AFTER: Duration = Duration::from_secs(3);

impl Display {
    /// The title of the window that has the focus; `None` when none has, or it has no title.
    pub fn focused_title(&self) -> Result<Option<String>> {
        match self.window_property(self.root, "_NET_ACTIVE_WINDOW")? {
            Some(window) if window != 0 => self.title(window),
            _ => Ok(None),
        }
    }

    /// Waits until the window that has just been opened, whose title contains `title`, has the focus. Where the window
    /// manager gave it none, which happens when both are slow, it is asked to, as a user would by a click.
    pub fn wait_focused(&self, title: &str) -> Result<()> {
        let mut asked = Instant::now();
        wait_for(&format!("the focus of {title:?}"), || {
            if self.has_focus(title)? {
                return Ok(Some(()));
            }
            if asked.elapsed() > CLICK_AFTER {
                asked = Instant::now();
                self.ask_for_focus(title)?;
            }
            Ok(None)
        })
        .with_context(|| format!("the focus is with {:?}", self.focused_title()))
    }

    /// Gives the focus to the window whose title contains `title`, and waits until it has it.
    pub fn focus(&self, title: &str) -> Result<()> {
        wait_for(&format!("the window {title:?}"), || self.find_window(title))?;
        self.ask_for_focus(title)?;
        self.wait_focused(title)
    }

    fn ask_for_focus(&self, title: &str) -> Result<()> {
        let Some(window) = self.find_window(title)? else { return Ok(()) };
        let active = self.atom("_NET_ACTIVE_WINDOW")?;
        // 2: as if the user asked for it; a window manager may refuse applications.
        let message = ClientMessageEvent::new(32, window, active, [2, 0, 0, 0, 0]);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.connection.send_event(false, self.root, mask, message)?;
        Ok(self.connection.flush()?)
    }

    /// The number of the window whose title contains `title`, once the window manager shows it.
    pub fn window(&self, title: &str) -> Result<u32> {
        wait_for(&format!("the window {title:?}"), || self.find_window(title))
    }

    /// The middle of the window whose title contains `title`, on the screen.
    pub fn middle_of(&self, title: &str) -> Result<(i16, i16)> {
        let window = wait_for(&format!("the window {title:?}"), || self.find_window(title))?;
        let size = self.connection.get_geometry(window)?.reply()?;
        let (x, y) = (i16::try_from(size.width / 2)?, i16::try_from(size.height / 2)?);
        let at = self.connection.translate_coordinates(window, self.root, x, y)?.reply()?;
        Ok((at.dst_x, at.dst_y))
    }

    /// Waits until a window is on the screen that the window manager has nothing to do with, such as a menu.
    pub fn wait_for_popup(&self) -> Result<()> {
        wait_for("a pop-up", || {
            for window in self.connection.query_tree(self.root)?.reply()?.children {
                // It may be gone by now.
                let Ok(found) = self.connection.get_window_attributes(window)?.reply() else { continue };
                let is_seen = found.map_state == MapState::VIEWABLE && found.class == WindowClass::INPUT_OUTPUT;
                if found.override_redirect && is_seen {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
    }

    /// The window with that title, as long as the window manager shows it.
    pub(crate) fn find_window(&self, title: &str) -> Result<Option<u32>> {
        let list = self.atom("_NET_CLIENT_LIST")?;
        let reply = self.connection.get_property(false, self.root, list, AtomEnum::WINDOW, 0, 1024)?.reply()?;
        for window in reply.value32().into_iter().flatten() {
            if self.title(window)?.is_some_and(|found| found.contains(title)) {
                return Ok(Some(window));
            }
        }
        Ok(None)
    }

    /// What the window manager says is the active window must also have the keyboard: both change at different times.
    fn has_focus(&self, title: &str) -> Result<bool> {
        if !self.focused_title()?.is_some_and(|found| found.contains(title)) {
            return Ok(false);
        }
        let mut window = self.connection.get_input_focus()?.reply()?.focus;
        // GTK and Chromium put the keyboard on a child of the window that has the title.
        while window > 1 {
            if self.title(window)?.is_some_and(|found| found.contains(title)) {
                return Ok(true);
            }
            let Ok(tree) = self.connection.query_tree(window)?.reply() else { return Ok(false) };
            window = tree.parent;
        }
        Ok(false)
    }

    pub(crate) fn window_property(&self, window: u32, name: &str) -> Result<Option<u32>> {
        let atom = self.atom(name)?;
        let reply = self.connection.get_property(false, window, atom, AtomEnum::WINDOW, 0, 1)?.reply()?;
        Ok(reply.value32().and_then(|mut values| values.next()))
    }

    fn title(&self, window: u32) -> Result<Option<String>> {
        for name in ["_NET_WM_NAME", "WM_NAME"] {
            let atom = self.atom(name)?;
            // A window may go away between two requests: it then has no title.
            let Ok(reply) = self.connection.get_property(false, window, atom, AtomEnum::ANY, 0, 1024)?.reply() else {
                return Ok(None);
            };
            if !reply.value.is_empty() {
                return Ok(Some(String::from_utf8_lossy(&reply.value).into_owned()));
            }
        }
        Ok(None)
    }

    pub(crate) fn atom(&self, name: &str) -> Result<u32> {
        let reply = self.connection.intern_atom(false, name.as_bytes())?.reply();
        Ok(reply.with_context(|| format!("no atom {name}"))?.atom)
    }
}
