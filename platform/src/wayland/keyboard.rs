//! A keyboard of our own, by the protocol that wlroots, Hyprland, niri, river, labwc and COSMIC offer.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::time::Instant;

use wayland_client::globals::registry_queue_init;
use wayland_client::protocol::wl_keyboard::KeymapFormat;
use wayland_client::protocol::wl_seat::WlSeat;
use wayland_client::{Connection, EventQueue, delegate_noop};
use wayland_protocols_misc::zwp_virtual_keyboard_v1::client::zwp_virtual_keyboard_manager_v1::ZwpVirtualKeyboardManagerV1;
use wayland_protocols_misc::zwp_virtual_keyboard_v1::client::zwp_virtual_keyboard_v1::ZwpVirtualKeyboardV1;

use super::link::{LinkError, connect, ignore_registry, is_closed};

/// On Wayland a key is known by the kernel's number, 8 less than its keycode.
const KEYCODE_OFFSET: u32 = 8;

/// Modifiers as XKB numbers them in every keymap.
pub(super) const SHIFT: u32 = 1 << 0;
pub(super) const CONTROL: u32 = 1 << 2;
pub(super) const ALT: u32 = 1 << 3;
pub(super) const SUPER: u32 = 1 << 6;

/// The keyboard. It is there as long as this is, so that the compositor need not go back to another one after each text.
pub(super) struct Keyboard {
    connection: Connection,
    queue: EventQueue<Quiet>,
    device: ZwpVirtualKeyboardV1,
    epoch: Instant,
}

/// Nothing of what a keyboard needs sends events.
struct Quiet;

ignore_registry!(Quiet);
delegate_noop!(Quiet: ignore WlSeat);
delegate_noop!(Quiet: ZwpVirtualKeyboardManagerV1);
delegate_noop!(Quiet: ZwpVirtualKeyboardV1);

impl Keyboard {
    /// Asks the compositor for a keyboard on its first seat.
    pub(super) fn connect(display: &str) -> Result<Self, LinkError> {
        let connection = connect(display)?;
        let (globals, queue) = registry_queue_init::<Quiet>(&connection)?;
        let handle = queue.handle();
        let manager: ZwpVirtualKeyboardManagerV1 = globals.bind(&handle, 1..=1, ())?;
        let seat: WlSeat = globals.bind(&handle, 1..=1, ())?;
        let device = manager.create_virtual_keyboard(&seat, &handle, ());
        let mut keyboard = Self { connection, queue, device, epoch: Instant::now() };
        // A compositor that lets us have none says so now, not in the middle of a text.
        keyboard.settle()?;
        Ok(keyboard)
    }

    /// Changes what the keys mean, and waits until the compositor knows.
    pub(super) fn use_keymap(&mut self, xkb: &str) -> Result<(), LinkError> {
        let memory =
            rustix::fs::memfd_create("scout-keymap", rustix::fs::MemfdFlags::CLOEXEC).map_err(std::io::Error::from)?;
        let mut file = std::fs::File::from(memory);
        file.write_all(xkb.as_bytes())?;
        file.write_all(&[0])?;
        // A keymap has some ten kilobytes.
        let size = u32::try_from(xkb.len() + 1).unwrap_or(u32::MAX);
        self.device.keymap(KeymapFormat::XkbV1.into(), file.as_fd(), size);
        self.settle()
    }

    /// Presses a key or lets it go.
    pub(super) fn key(&self, keycode: u8, pressed: bool) {
        let time = self.epoch.elapsed().as_millis() as u32;
        self.device.key(time, u32::from(keycode).saturating_sub(KEYCODE_OFFSET), u32::from(pressed));
    }

    /// Says which modifiers are down. Compositors do not find that out by themselves from a virtual keyboard's keys.
    pub(super) fn modifiers(&self, down: u32) {
        self.device.modifiers(down, 0, 0, 0);
    }

    /// Whether the compositor has ended, or has ended the connection.
    pub(super) fn is_lost(&self) -> bool {
        is_closed(&self.connection)
    }

    /// Waits until the compositor has taken everything.
    pub(super) fn settle(&mut self) -> Result<(), LinkError> {
        self.queue.roundtrip(&mut Quiet)?;
        Ok(())
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.device.destroy();
        // A compositor that is gone has no keyboard of ours either.
        let _ = self.queue.flush();
    }
}
