//! A screen locker.

use anyhow::Result;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, GrabMode, GrabStatus, Window, WindowClass};
use x11rb::rust_connection::RustConnection;

use crate::display::Display;
use crate::wait::wait_for;

/// Does what a simple locker does: covers the screen, and takes the keyboard. Dropping it unlocks.
#[derive(Debug)]
pub struct Locker {
    connection: RustConnection,
    cover: Window,
}

impl Locker {
    /// A window that covers the screen.
    pub fn cover(display: &Display) -> Result<Self> {
        let (connection, screen) = x11rb::connect(Some(display.name()))?;
        let root = connection.setup().roots[screen].clone();
        let cover = connection.generate_id()?;
        let attributes = CreateWindowAux::new().override_redirect(1);
        let (width, height, class) = (root.width_in_pixels, root.height_in_pixels, WindowClass::INPUT_OUTPUT);
        connection.create_window(0, cover, root.root, 0, 0, width, height, 0, class, 0, &attributes)?;
        connection.map_window(cover)?.check()?;
        Ok(Self { connection, cover })
    }

    /// Takes the keyboard.
    pub fn take_keyboard(&self) -> Result<()> {
        let (now, mode) = (x11rb::CURRENT_TIME, GrabMode::ASYNC);
        wait_for("the keyboard", || {
            let grabbed = self.connection.grab_keyboard(true, self.cover, now, mode, mode)?.reply()?.status;
            Ok((grabbed == GrabStatus::SUCCESS).then_some(()))
        })
    }

    /// Lets the screen be seen again, and keeps the keyboard.
    pub fn uncover(&self) -> Result<()> {
        Ok(self.connection.unmap_window(self.cover)?.check()?)
    }
}
