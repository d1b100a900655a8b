//! Keys that a user would press, and what the X server says about the keyboard.

use std::sync::PoisonError;

use anyhow::{Context as _, Result};
use x11rb::connection::Connection as _;
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, CreateWindowAux, GetKeyboardMappingReply, GrabMode,
    GrabStatus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, ModMask, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::display::Display;

/// The core keyboard, in XKB's words.
const CORE_KEYBOARD: u16 = 0x100;

impl Display {
    /// Presses a key and keeps it down. Names are those of X keysyms: `F9`, `Control_R`, `Caps_Lock`, `Return`, `a`.
    ///
    /// The server repeats a held key by itself, as it does for a real one.
    pub fn hold(&self, key: &str) -> Result<()> {
        self.fake(KEY_PRESS_EVENT, key)
    }

    /// Lets a key go.
    pub fn release(&self, key: &str) -> Result<()> {
        self.fake(KEY_RELEASE_EVENT, key)
    }

    /// Presses and releases a key.
    pub fn tap(&self, key: &str) -> Result<()> {
        self.hold(key)?;
        self.release(key)
    }

    /// Takes a key with Super away from the applications, as a desktop does that has bound it. Dropping it gives it back.
    pub fn bind_with_super(&self, key: &str) -> Result<Binding> {
        let (connection, _) = x11rb::connect(Some(self.name()))?;
        let code = self.keycode(key)?;
        connection.grab_key(false, self.root, ModMask::M4, code, GrabMode::ASYNC, GrabMode::ASYNC)?.check()?;
        Ok(Binding { _connection: connection })
    }

    /// Moves the mouse there and presses a button: 1 is the left one, 3 the right one.
    pub fn click(&self, x: i16, y: i16, button: u8) -> Result<()> {
        for (kind, detail) in [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, button), (BUTTON_RELEASE_EVENT, button)] {
            self.connection.xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, self.root, x, y, 0)?.check()?;
        }
        Ok(())
    }

    /// Whether a program has grabbed the keyboard. Asked for a window that is never shown, which gets no grab, so that none fails
    /// because of the question.
    pub fn is_keyboard_grabbed(&self) -> Result<bool> {
        let (now, mode) = (x11rb::CURRENT_TIME, GrabMode::ASYNC);
        let (window, class) = (self.connection.generate_id()?, WindowClass::INPUT_ONLY);
        self.connection.create_window(0, window, self.root, 0, 0, 1, 1, 0, class, 0, &CreateWindowAux::new())?;
        let tried = self.connection.grab_keyboard(true, window, now, mode, mode)?.reply()?.status;
        self.connection.destroy_window(window)?.check()?;
        Ok(tried == GrabStatus::ALREADY_GRABBED)
    }

    /// The codes of all keys that are down now. Empty after everything that Scout does.
    pub fn keys_down(&self) -> Result<Vec<u8>> {
        let bits = self.connection.query_keymap()?.reply()?.keys;
        Ok((0..=u8::MAX).filter(|code| bits[usize::from(code / 8)] & (1 << (code % 8)) != 0).collect())
    }

    /// Whether `CapsLock` is on.
    pub fn caps_lock(&self) -> Result<bool> {
        let pointer = self.connection.query_pointer(self.root)?.reply()?;
        Ok(pointer.mask.contains(x11rb::protocol::xproto::KeyButMask::LOCK))
    }

    /// Chooses a layout of those that are set, as the user's own key for that does: 0 is the first.
    pub fn lock_group(&self, group: u8) -> Result<()> {
        let (none, group) = (ModMask::default(), xkb::Group::from(group));
        self.connection.xkb_use_extension(1, 0)?.reply()?;
        self.connection.xkb_latch_lock_state(CORE_KEYBOARD, none, none, true, group, none, false, 0)?.check()?;
        Ok(())
    }

    /// The layout that is chosen.
    pub fn group(&self) -> Result<u8> {
        self.connection.xkb_use_extension(1, 0)?.reply()?;
        Ok(self.connection.xkb_get_state(CORE_KEYBOARD)?.reply()?.locked_group.into())
    }

    /// The whole keyboard mapping: keysyms of every key code. To compare before and after.
    pub fn keymap(&self) -> Result<Vec<Vec<u32>>> {
        let mapping = self.mapping()?;
        Ok(mapping.keysyms.chunks(usize::from(mapping.keysyms_per_keycode)).map(<[u32]>::to_vec).collect())
    }

    /// The code of the first key that carries this keysym.
    pub fn keycode(&self, key: &str) -> Result<u8> {
        let wanted = keysym(key).with_context(|| format!("{key:?} is no key that the box knows"))?;
        let mapping = self.mapping()?;
        let per_key = usize::from(mapping.keysyms_per_keycode);
        let position = mapping.keysyms.chunks(per_key).position(|keysyms| keysyms.contains(&wanted));
        let index = position.with_context(|| format!("no key on this keyboard carries {key}"))?;
        Ok(self.connection.setup().min_keycode + u8::try_from(index)?)
    }

    /// What a test must leave behind: no key down, and the mapping of the layout that was set last.
    pub fn keyboard_is_clean(&self) -> Result<()> {
        let down = self.keys_down()?;
        anyhow::ensure!(down.is_empty(), "keys are down: {down:?}");
        let before = self.laid_out.lock().unwrap_or_else(PoisonError::into_inner);
        anyhow::ensure!(self.keymap()? == *before, "the keymap is not that of the layout");
        Ok(())
    }

    fn fake(&self, kind: u8, key: &str) -> Result<()> {
        let code = self.keycode(key)?;
        self.connection.xtest_fake_input(kind, code, x11rb::CURRENT_TIME, x11rb::NONE, 0, 0, 0)?.check()?;
        Ok(())
    }

    fn mapping(&self) -> Result<GetKeyboardMappingReply> {
        let (first, last) = (self.connection.setup().min_keycode, self.connection.setup().max_keycode);
        Ok(self.connection.get_keyboard_mapping(first, last - first + 1)?.reply()?)
    }
}

/// A key combination that belongs to the desktop.
#[derive(Debug)]
pub struct Binding {
    _connection: x11rb::rust_connection::RustConnection,
}

/// The keysyms of the few keys that tests press by name (values from X11's `keysymdef.h`). A single ASCII character is its
/// own keysym.
fn keysym(name: &str) -> Option<u32> {
    const F1: u32 = 0xffbe;
    Some(match name {
        "Control_L" => 0xffe3,
        "Control_R" => 0xffe4,
        "Shift_L" => 0xffe1,
        "Shift_R" => 0xffe2,
        "Alt_L" => 0xffe9,
        "ISO_Level3_Shift" => 0xfe03,
        "Super_L" => 0xffeb,
        "Caps_Lock" => 0xffe5,
        "Return" => 0xff0d,
        "Escape" => 0xff1b,
        "Tab" => 0xff09,
        "BackSpace" => 0xff08,
        "Home" => 0xff50,
        "space" => 0x20,
        "Num_Lock" => 0xff7f,
        "XF86AudioPlay" => 0x1008_ff14,
        _ => match (name.as_bytes(), name.strip_prefix('F').and_then(|number| number.parse::<u32>().ok())) {
            ([character], _) if character.is_ascii_graphic() => u32::from(*character),
            (_, Some(number @ 1..=12)) => F1 + number - 1,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::keysym;

    #[test]
    fn keys_are_known_by_their_x_names() {
        for (name, code) in [("F9", 0xffc6), ("F12", 0xffc9), ("a", 0x61), ("Control_R", 0xffe4)] {
            assert_eq!(keysym(name), Some(code), "{name}");
        }
        assert_eq!(keysym("Fn"), None);
    }
}
