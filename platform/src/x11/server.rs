//! Our connection to the X server for everything about the keyboard.

use std::cell::Cell;
use std::time::Duration;

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::xinput::{self, ConnectionExt as _, DeviceType, InputStateData};
use x11rb::protocol::xkb::{self, ConnectionExt as _, MapPart};
use x11rb::protocol::xproto::{ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, ModMask, Window};
use x11rb::protocol::xtest::{self, ConnectionExt as _};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::keymap::Keymap;
use super::layout::Layouts;
use super::ping::Pings;
use super::recipient::Grab;
use super::windows::Windows;
use crate::InjectError;

/// The core keyboard, in XKB's words.
pub(super) const CORE_KEYBOARD: u16 = 0x100;
/// A keycode that no key has. Its release changes nothing and reaches nobody, but counts as the use of its keyboard.
const NO_KEY: u8 = u8::MAX;
/// All devices, in `XIQueryDevice`'s words.
const ALL_DEVICES: u16 = 0;
/// What the server calls its own device for injected keys, after the master keyboard's name.
const XTEST_DEVICE: &str = "XTEST keyboard";
/// How long a key is up before it is pressed again. Times of events are whole milliseconds, and `LibreOffice`'s X11 back end takes
/// a release and a press of one key at the same time for a key that repeats by itself, and drops the press.
const UP_TIME: Duration = Duration::from_millis(2);

/// Which keycodes are down, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct KeyBits(pub(super) [u8; 32]);

impl KeyBits {
    pub(super) fn contains(&self, keycode: u8) -> bool {
        self.0[usize::from(keycode / 8)] & (1 << (keycode % 8)) != 0
    }

    /// Notes a key's press or release; tells whether it changes anything.
    pub(super) fn change(&mut self, keycode: u8, pressed: bool) -> bool {
        let changes = self.contains(keycode) != pressed;
        if changes {
            self.0[usize::from(keycode / 8)] ^= 1 << (keycode % 8);
        }
        changes
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(|keycode| self.contains(*keycode))
    }

    pub(super) fn union(mut self, other: &[u8; 32]) -> Self {
        self.0.iter_mut().zip(other).for_each(|(all, more)| *all |= more);
        self
    }
}

/// The keyboard's state beside its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LockState {
    /// Modifiers that are locked, as mask bits of the protocol.
    pub(super) locked: u16,
    /// Modifiers that hold for the next key only (sticky keys).
    pub(super) latched: u16,
    /// The layout in use, 0 is the first.
    pub(super) group: u8,
    /// The layout that is locked, from which the one in use may differ while a key shifts it.
    pub(super) locked_group: u8,
    /// Modifiers whose keys are down.
    pub(super) held: u16,
}

/// The server's keyboards, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Keyboards {
    /// What the applications hear: of all others what was used last.
    pub(super) master: Option<u8>,
    /// The server's own, for keys that XTEST injects.
    pub(super) injecting: Option<u8>,
    /// The user's.
    pub(super) real: Vec<u8>,
}

impl Keyboards {
    pub(super) fn all(&self) -> Vec<u16> {
        self.master.iter().chain(&self.injecting).chain(&self.real).map(|id| u16::from(*id)).collect()
    }
}

/// What decides about the next key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Whether another program's connection has grabbed the keyboard and gets all keys.
    pub(super) grab: Grab,
    /// The window that has the input focus and gets them otherwise.
    pub(super) focus: Window,
    /// Locks, layout and modifiers.
    pub(super) state: LockState,
    /// Keys that are down.
    pub(super) down: KeyBits,
}

/// The connection.
pub(super) struct Server {
    pub(super) windows: Windows,
    has_xinput: bool,
    /// The server's own device for injected keys, as it was last seen.
    injecting: Cell<Option<u8>>,
    /// Asks windows whether they have handled their keys.
    pub(super) pings: Pings,
    /// The key that was struck last.
    struck: Cell<Option<u8>>,
}

impl Server {
    pub(super) fn connect(display: &str) -> Result<Self, InjectError> {
        let windows = Windows::connect(display).map_err(|error| failed(&error))?;
        let connection = windows.connection();
        for extension in [xtest::X11_EXTENSION_NAME, xkb::X11_EXTENSION_NAME] {
            let offered = connection.extension_information(extension).map_err(|error| failed(&error))?;
            if offered.is_none() {
                return Err(InjectError::Connection { reason: format!("the X server has no {extension} extension") });
            }
        }
        let used = connection.xkb_use_extension(1, 0).map_err(|error| failed(&error))?;
        used.reply().map_err(|error| failed(&error))?;
        let has_xinput = has_xinput2(connection).unwrap_or(false);
        let server =
            Self { windows, has_xinput, injecting: Cell::default(), pings: Pings::default(), struck: Cell::default() };
        server.keyboards().map_err(|error| failed(&error))?;
        Ok(server)
    }

    pub(super) fn connection(&self) -> &RustConnection {
        self.windows.connection()
    }

    /// Whether the server has XINPUT 2.
    pub(super) fn has_xinput(&self) -> bool {
        self.has_xinput
    }

    pub(super) fn keymap(&self) -> Result<Keymap, ReplyError> {
        let wanted = MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::KEY_ACTIONS;
        // The ranges count only for parts that are not wanted in full.
        let (part, vmods) = (MapPart::default(), xkb::VMod::default());
        let map = self.connection().xkb_get_map(
            CORE_KEYBOARD,
            wanted,
            part,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            vmods,
            0,
            0,
            0,
            0,
            0,
            0,
        )?;
        let modifiers = self.connection().get_modifier_mapping()?;
        let (layouts, modifiers) = (Layouts::of_reply(&map.reply()?), modifiers.reply()?);
        let width = usize::from(modifiers.keycodes_per_modifier());
        let row = |bit: usize| {
            let keys = modifiers.keycodes.get(bit * width..(bit + 1) * width).unwrap_or_default();
            keys.iter().copied().filter(|keycode| *keycode != 0).collect()
        };
        Ok(Keymap::new(layouts, std::array::from_fn(row)))
    }

    pub(super) fn lock_state(&self) -> Result<LockState, ReplyError> {
        let state = self.connection().xkb_get_state(CORE_KEYBOARD)?.reply()?;
        Ok(LockState {
            locked: u16::from(state.locked_mods),
            latched: u16::from(state.latched_mods),
            group: u8::from(state.group),
            locked_group: u8::from(state.locked_group),
            held: u16::from(state.base_mods),
        })
    }

    /// Keys that are down for the applications, whoever pressed them.
    pub(super) fn keys_down(&self) -> Result<KeyBits, ReplyError> {
        Ok(KeyBits(self.connection().query_keymap()?.reply()?.keys))
    }

    /// The keyboards that there are. `None` where the server cannot tell.
    pub(super) fn keyboards(&self) -> Result<Option<Keyboards>, ReplyError> {
        if !self.has_xinput {
            return Ok(None);
        }
        let mut keyboards = Keyboards::default();
        for device in self.connection().xinput_xi_query_device(ALL_DEVICES)?.reply()?.infos {
            let Ok(id) = u8::try_from(device.deviceid) else { continue };
            let is_injecting = || String::from_utf8_lossy(&device.name).ends_with(XTEST_DEVICE);
            match device.type_ {
                DeviceType::MASTER_KEYBOARD => {
                    keyboards.master.get_or_insert(id);
                }
                // While another program has grabbed it, it belongs to no master.
                DeviceType::SLAVE_KEYBOARD | DeviceType::FLOATING_SLAVE if is_injecting() => {
                    keyboards.injecting.get_or_insert(id);
                }
                DeviceType::SLAVE_KEYBOARD => keyboards.real.push(id),
                _ => {}
            }
        }
        self.injecting.set(keyboards.injecting);
        Ok(Some(keyboards))
    }

    /// Keys that are down on real keyboards: not those which XTEST holds, and still those which XTEST released. `None` where
    /// the server cannot tell.
    pub(super) fn keys_down_physically(&self) -> Option<KeyBits> {
        let keyboards = self.keyboards().ok()??;
        let mut keys = KeyBits::default();
        for id in keyboards.real {
            // A keyboard may be unplugged between the two questions: the others still count.
            let Some(state) = self.connection().xinput_query_device_state(id).ok().and_then(|asked| asked.reply().ok())
            else {
                continue;
            };
            for class in state.classes {
                if let InputStateData::Key(down) = class.data {
                    keys = keys.union(&down.keys);
                }
            }
        }
        Some(keys)
    }

    /// Makes one keyboard the one that was used last, without a key of it.
    pub(super) fn touch(&self, keyboard: u8) -> Result<(), ReplyError> {
        let Some(extension) = self.connection().extension_information(xinput::X11_EXTENSION_NAME)? else {
            return Ok(());
        };
        // Of the extension's events, key releases are the third.
        let release = extension.first_event + 2;
        self.connection().xtest_fake_input(release, NO_KEY, 0, x11rb::NONE, 0, 0, keyboard)?.check()
    }

    /// The same for our own keyboard. On its way after the next [`Self::flush`].
    pub(super) fn touch_injecting(&self) -> Result<(), ConnectionError> {
        self.key(NO_KEY, false)
    }

    /// Locks exactly `locked` of the modifiers in `affected`, drops their latches, and locks layout `group`.
    pub(super) fn set_locks(&self, affected: u16, locked: u16, group: u8) -> Result<(), ReplyError> {
        let affected = ModMask::from(affected);
        self.connection()
            .xkb_latch_lock_state(
                CORE_KEYBOARD,
                affected,
                ModMask::from(locked),
                true,
                xkb::Group::from(group),
                affected,
                false,
                0,
            )?
            .check()
    }

    /// Locks layout `group` and leaves all else; on its way after the next [`Self::flush`].
    pub(super) fn lock_group(&self, group: u8) -> Result<(), ConnectionError> {
        let (none, group) = (ModMask::default(), xkb::Group::from(group));
        self.connection().xkb_latch_lock_state(CORE_KEYBOARD, none, none, true, group, none, false, 0)?;
        Ok(())
    }

    /// Gives keycodes one keysym each, on both of their levels; 0 frees them again.
    pub(super) fn bind(&self, bindings: &[(u8, u32)]) -> Result<(), ReplyError> {
        for (keycode, keysym) in bindings {
            // Two of them: from a single one the server would derive an upper-case one for Shift.
            self.connection().change_keyboard_mapping(1, *keycode, 2, &[*keysym, *keysym])?;
        }
        self.connection().sync()
    }

    /// Presses or releases a key. It is on its way after the next [`Self::flush`].
    pub(super) fn key(&self, keycode: u8, pressed: bool) -> Result<(), ConnectionError> {
        let kind = if pressed { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT };
        self.connection().xtest_fake_input(kind, keycode, 0, x11rb::NONE, 0, 0, 0)?;
        Ok(())
    }

    /// Notes the key that was struck last.
    pub(super) fn has_struck(&self, keycode: u8) {
        self.struck.set(Some(keycode));
    }

    /// Lets a key rest that was the last to be struck and is to be struck again: it has been up for [`UP_TIME`] by then. Any
    /// other key may follow at once.
    pub(super) fn rest(&self, keycode: u8) -> Result<(), ReplyError> {
        if self.struck.get() == Some(keycode) {
            // The server answers once it has processed what was sent before, so the time counts from the real release.
            self.connection().sync()?;
            std::thread::sleep(UP_TIME);
        }
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), ConnectionError> {
        self.connection().flush()
    }

    /// Waits until the server has done all that was asked for.
    pub(super) fn sync(&self) -> Result<(), ReplyError> {
        self.connection().sync()
    }

    /// Has the server serve nobody but us, so that nothing changes between a look and what follows from it.
    pub(super) fn hold_still(&self) -> Result<(), ConnectionError> {
        self.connection().grab_server()?;
        Ok(())
    }

    /// Has the server serve everybody again.
    pub(super) fn let_go(&self) -> Result<(), ConnectionError> {
        self.connection().ungrab_server()?;
        self.flush()
    }

    /// Who gets the next key, and the keyboard's state, in one round trip.
    pub(super) fn look(&self) -> Result<Look, ReplyError> {
        let grab = self.windows.ask_for_grab(self.injecting.get())?;
        let focus = self.connection().get_input_focus()?;
        let down = self.connection().query_keymap()?;
        let state = self.lock_state()?;
        Ok(Look { grab: grab.answer()?, focus: focus.reply()?.focus, state, down: KeyBits(down.reply()?.keys) })
    }
}

fn has_xinput2(connection: &RustConnection) -> Result<bool, ReplyError> {
    if connection.extension_information(xinput::X11_EXTENSION_NAME)?.is_none() {
        return Ok(false);
    }
    let version = connection.xinput_xi_query_version(2, 0)?.reply()?;
    Ok(version.major_version >= 2)
}

pub(super) fn failed(error: &dyn std::error::Error) -> InjectError {
    InjectError::Connection { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_changes_only_from_up_to_down_and_back() {
        let mut down = KeyBits::default();
        let changes = [(50, false), (50, true), (50, true), (51, false), (50, false), (50, false)]
            .map(|(keycode, pressed)| down.change(keycode, pressed));
        assert_eq!(changes, [false, true, false, false, true, false]);
        assert_eq!(down, KeyBits::default());
        assert!(down.change(u8::MAX, true) && down.contains(u8::MAX) && down.iter().eq([u8::MAX]));
    }
}
