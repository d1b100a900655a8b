//! A program of its own with one small window, which notes the keys that it gets.

use anyhow::{Context as _, Result};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{ConnectionExt as _, GrabMode22, GrabOwner, GrabType, XIEventMask};
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode, GrabStatus, InputFocus,
    ModMask, PropMode, StackMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::display::Display;
use crate::wait::wait_for;

/// All keyboards that applications hear, in XINPUT 2's words.
const ALL_MASTER_DEVICES: u16 = 1;
/// A binding with this is for the key with any modifiers, in XINPUT 2's words.
const ANY_XINPUT_MODIFIER: u32 = 1 << 31;

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

    /// Comes to the front.
    pub fn raise(&self) -> Result<()> {
        let front = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        Ok(self.connection.configure_window(self.window, &front)?.check()?)
    }

    /// Comes to the front, and takes the keyboard from everybody else, whatever has the focus.
    pub fn grab_keyboard(&self) -> Result<()> {
        self.raise()?;
        let (now, mode) = (x11rb::CURRENT_TIME, GrabMode::ASYNC);
        wait_for("the keyboard", || {
            let grabbed = self.connection.grab_keyboard(false, self.window, now, mode, mode)?.reply()?.status;
            Ok((grabbed == GrabStatus::SUCCESS).then_some(()))
        })
    }

    /// Takes the keyboard without a window of its own, and the pointer as well if `with_pointer`.
    pub fn grab_by_the_root(&self, with_pointer: bool) -> Result<()> {
        let (now, mode) = (x11rb::CURRENT_TIME, GrabMode::ASYNC);
        let keyboard = self.connection.grab_keyboard(false, self.root, now, mode, mode)?.reply()?.status;
        anyhow::ensure!(keyboard == GrabStatus::SUCCESS, "{keyboard:?}");
        if with_pointer {
            let (events, none) = (EventMask::NO_EVENT, x11rb::NONE);
            let pointer = self.connection.grab_pointer(false, self.root, events, mode, mode, none, none, now)?;
            let pointer = pointer.reply()?.status;
            anyhow::ensure!(pointer == GrabStatus::SUCCESS, "{pointer:?}");
        }
        Ok(())
    }

    /// Takes the server's own device for injected keys from everybody else, by XINPUT 2.
    pub fn grab_injected_keys(&self) -> Result<()> {
        self.connection.xinput_xi_query_version(2, 2)?.reply()?;
        let devices = self.connection.xinput_xi_query_device(0_u16)?.reply()?.infos;
        let injecting = devices.iter().find(|device| device.name.ends_with(b"XTEST keyboard"));
        let id = injecting.context("the server has a device for injected keys")?.deviceid;
        let (now, mode, keys) = (x11rb::CURRENT_TIME, GrabMode::ASYNC, u32::from(XIEventMask::KEY_PRESS));
        let events = GrabOwner::NO_OWNER;
        let grabbed =
            self.connection.xinput_xi_grab_device(self.root, now, x11rb::NONE, id, mode, mode, events, &[keys])?;
        let status = grabbed.reply()?.status;
        anyhow::ensure!(status == GrabStatus::SUCCESS, "{status:?}");
        Ok(())
    }

    /// Binds a key with modifiers for itself, as hotkey daemons do, by the core protocol or by XINPUT 2.
    pub fn bind(&self, keycode: u8, modifiers: ModMask, by_xinput: bool) -> Result<()> {
        let mode = GrabMode::ASYNC;
        if !by_xinput {
            return Ok(self.connection.grab_key(false, self.root, modifiers, keycode, mode, mode)?.check()?);
        }
        self.connection.xinput_xi_query_version(2, 2)?.reply()?;
        let held = if modifiers == ModMask::ANY { ANY_XINPUT_MODIFIER } else { u32::from(u16::from(modifiers)) };
        let bound = self.connection.xinput_xi_passive_grab_device(
            x11rb::CURRENT_TIME,
            self.root,
            x11rb::NONE,
            keycode.into(),
            ALL_MASTER_DEVICES,
            GrabType::KEYCODE,
            GrabMode22::ASYNC,
            mode,
            GrabOwner::NO_OWNER,
            &[u32::from(XIEventMask::KEY_PRESS)],
            &[held],
        )?;
        let refused = bound.reply()?.modifiers;
        anyhow::ensure!(refused.is_empty(), "{refused:?}");
        Ok(())
    }

    /// The window says what kind of window one of the program's is, e.g. `TOOLTIP`.
    pub fn say_kind(&self, window: Window, kind: &str) -> Result<()> {
        let kind = self.atom(&format!("_NET_WM_WINDOW_TYPE_{kind}"))?;
        let (name, atom) = (self.atom("_NET_WM_WINDOW_TYPE")?, AtomEnum::ATOM);
        Ok(self.connection.change_property32(PropMode::REPLACE, window, name, atom, &[kind])?.check()?)
    }

    /// The window says which process it belongs to, true or not.
    pub fn say_process(&self, pid: u32) -> Result<()> {
        let (name, number) = (self.atom("_NET_WM_PID")?, AtomEnum::CARDINAL);
        Ok(self.connection.change_property32(PropMode::REPLACE, self.window, name, number, &[pid])?.check()?)
    }

    /// One of the program's windows goes.
    pub fn close(&self, window: Window) -> Result<()> {
        Ok(self.connection.destroy_window(window)?.check()?)
    }

    fn atom(&self, name: &str) -> Result<u32> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    /// Lets everybody have the keyboard again, and the pointer.
    pub fn ungrab_keyboard(&self) -> Result<()> {
        self.connection.ungrab_pointer(x11rb::CURRENT_TIME)?.check()?;
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
                Event::XinputKeyPress(key) => {
                    events.push(KeyTime { keycode: u8::try_from(key.detail)?, pressed: true, time: key.time });
                    continue;
                }
                _ => continue,
            };
            events.push(KeyTime { keycode: key.detail, pressed, time: key.time });
        }
        Ok(events)
    }
}
