//! A program of its own with one small window, which notes the keys that it gets.

use anyhow::Result;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode, GrabStatus, InputFocus,
    PropMode, StackMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::display::Display;
use crate::wait::wait_for;

/// A key event as an application gets it, with the server's time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTime {
    /// The key.
    pub keycode: u8,
    /// Whether it went down.
    pub pressed: bool,
    /// When.
    pub time: u32,
}

/// A window that the window manager has nothing to do with, as launchers, menus and lockers have. Dropping it closes it and ends
/// its grab of the keyboard.
#[derive(Debug)]
pub struct KeyWindow {
    connection: RustConnection,
    root: Window,
    window: Window,
}

impl KeyWindow {
    /// Opens the window, without the focus.
    pub fn open(display: &Display) -> Result<Self> {
        let (connection, screen) = x11rb::connect(Some(display.name()))?;
        let root = connection.setup().roots[screen].root;
        let mut program = Self { connection, root, window: root };
        program.window = program.another()?;
        Ok(program)
    }

    /// Opens another window of the same program. Gives its id.
    pub fn another(&self) -> Result<Window> {
        let window = self.connection.generate_id()?;
        let mask = EventMask::KEY_PRESS | EventMask::KEY_RELEASE;
        let attributes = CreateWindowAux::new().event_mask(mask).override_redirect(1);
        let class = WindowClass::INPUT_OUTPUT;
        self.connection.create_window(0, window, self.root, 0, 0, 100, 100, 0, class, 0, &attributes)?;
        self.connection.map_window(window)?.check()?;
        Ok(window)
    }

    /// The window's id.
    pub fn id(&self) -> Window {
        self.window
    }

    /// The root window's id.
    pub fn root(&self) -> Window {
        self.root
    }

    /// Gives the input focus to a window, without asking anybody.
    pub fn focus(&self, window: Window) -> Result<()> {
        Ok(self.connection.set_input_focus(InputFocus::NONE, window, x11rb::CURRENT_TIME)?.check()?)
    }

    /// The window says of itself that it belongs to another program's.
    pub fn say_transient_for(&self, window: Window) -> Result<()> {
        let (name, kind) = (AtomEnum::WM_TRANSIENT_FOR, AtomEnum::WINDOW);
        Ok(self.connection.change_property32(PropMode::REPLACE, self.window, name, kind, &[window])?.check()?)
    }

    /// Comes to the front, and takes the keyboard from everybody else, whatever has the focus.
    pub fn grab_keyboard(&self) -> Result<()> {
        let front = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        self.connection.configure_window(self.window, &front)?.check()?;
        let (now, mode) = (x11rb::CURRENT_TIME, GrabMode::ASYNC);
        wait_for("the keyboard", || {
            let grabbed = self.connection.grab_keyboard(false, self.window, now, mode, mode)?.reply()?.status;
            Ok((grabbed == GrabStatus::SUCCESS).then_some(()))
        })
    }

    /// Lets everybody have the keyboard again.
    pub fn ungrab_keyboard(&self) -> Result<()> {
        Ok(self.connection.ungrab_keyboard(x11rb::CURRENT_TIME)?.check()?)
    }

    /// All key events since the last time.
    pub fn events(&self) -> Result<Vec<KeyTime>> {
        // What the server has sent before its answer is there with the answer.
        self.connection.get_input_focus()?.reply()?;
        let mut events = Vec::new();
        while let Some(event) = self.connection.poll_for_event()? {
            let (key, pressed) = match event {
                Event::KeyPress(key) => (key, true),
                Event::KeyRelease(key) => (key, false),
                _ => continue,
            };
            events.push(KeyTime { keycode: key.detail, pressed, time: key.time });
        }
        Ok(events)
    }
}
