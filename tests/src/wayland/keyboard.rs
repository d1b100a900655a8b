//! The keyboard of the Wayland session. Without one, programs would not expect keys at all.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_keyboard::KeymapFormat;
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_seat::WlSeat;
use wayland_client::{Connection, Dispatch, QueueHandle, delegate_noop};
use wayland_protocols_misc::zwp_virtual_keyboard_v1::client::zwp_virtual_keyboard_manager_v1::ZwpVirtualKeyboardManagerV1;
use wayland_protocols_misc::zwp_virtual_keyboard_v1::client::zwp_virtual_keyboard_v1::ZwpVirtualKeyboardV1;

/// What a US keyboard sends, as the compositor's own keymaps have it.
const KEYMAP: &str = r#"xkb_keymap {
xkb_keycodes { include "evdev+aliases(qwerty)" };
xkb_types { include "complete" };
xkb_compat { include "complete" };
xkb_symbols { include "pc+us+inet(evdev)" };
};
"#;

/// The kernel's numbers of the keys that tests press, with the modifier bit that a key sets.
const KEYS: &[(&str, u32, u32)] = &[
    ("Escape", 1, 0),
    ("Tab", 15, 0),
    ("Return", 28, 0),
    ("Control_L", 29, 4),
    ("Shift_L", 42, 1),
    ("F8", 66, 0),
    ("F9", 67, 0),
    ("F10", 68, 0),
    ("a", 30, 0),
    ("b", 48, 0),
    ("v", 47, 0),
    ("x", 45, 0),
];

/// A keyboard that stays plugged in as long as this exists.
#[derive(Debug)]
pub(super) struct Keyboard {
    connection: Connection,
    device: ZwpVirtualKeyboardV1,
    epoch: Instant,
}

#[derive(Debug)]
struct Quiet;

impl Dispatch<WlRegistry, GlobalListContents> for Quiet {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(Quiet: ignore WlSeat);
delegate_noop!(Quiet: ZwpVirtualKeyboardManagerV1);
delegate_noop!(Quiet: ZwpVirtualKeyboardV1);

impl Keyboard {
    pub(super) fn connect(socket: &Path) -> Result<Self> {
        let connection = Connection::from_socket(UnixStream::connect(socket)?)?;
        let (globals, queue) = registry_queue_init::<Quiet>(&connection)?;
        let handle = queue.handle();
        let manager: ZwpVirtualKeyboardManagerV1 = globals.bind(&handle, 1..=1, ())?;
        let seat: WlSeat = globals.bind(&handle, 1..=1, ())?;
        let device = manager.create_virtual_keyboard(&seat, &handle, ());
        let mut file = tempfile::tempfile()?;
        file.write_all(KEYMAP.as_bytes())?;
        file.write_all(&[0])?;
        device.keymap(KeymapFormat::XkbV1.into(), file.as_fd(), u32::try_from(KEYMAP.len() + 1)?);
        connection.roundtrip()?;
        Ok(Self { connection, device, epoch: Instant::now() })
    }

    pub(super) fn key(&self, name: &str, pressed: bool) -> Result<()> {
        let (_, code, modifier) = KEYS
            .iter()
            .find(|(known, ..)| *known == name)
            .with_context(|| format!("{name:?} is no key that the box knows"))?;
        let time = u32::try_from(self.epoch.elapsed().as_millis())?;
        self.device.key(time, *code, u32::from(pressed));
        if *modifier != 0 {
            self.device.modifiers(if pressed { *modifier } else { 0 }, 0, 0, 0);
        }
        self.connection.roundtrip()?;
        Ok(())
    }
}
