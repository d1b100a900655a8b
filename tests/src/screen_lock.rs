//! Screens that are locked: by a window that takes the keyboard, by a compositor's own locker, or by a desktop's own service.

use anyhow::Result;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, GrabMode, GrabStatus, Window, WindowClass};
use x11rb::rust_connection::RustConnection;

use crate::desktop::Desktop;
use crate::display::Display;
use crate::process::Process;
use crate::wait::wait_for;
use crate::wayland::Wayland;

/// The signal that unlocks swaylock, by its number.
const USR1: u32 = 10;

const SCREEN_SAVER: &str = include_str!("../targets/screen_saver.py");

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

/// The screen is locked. Dropping it unlocks nothing: the locker dies, and a compositor then keeps its screen locked.
#[derive(Debug)]
pub struct Locked(Process);

impl Locked {
    /// The user gives the password.
    pub fn unlock(mut self) -> Result<()> {
        self.0.signal("USR1")?;
        let status = self.0.wait()?;
        anyhow::ensure!(status.success(), "the locker ended with {status}, and the screen stays locked");
        Ok(())
    }
}

impl Wayland {
    /// Locks the screen with swaylock, and waits until it has the keyboard and can be unlocked: until it handles the signal
    /// for that, the signal would kill it, and the screen would stay locked.
    pub fn lock(&self) -> Result<Locked> {
        let mut command = self.place.command("swaylock");
        command.args(["--color", "202020"]);
        let mut locker = self.place.start("swaylock", command)?;
        wait_for("the locked screen", || {
            anyhow::ensure!(locker.is_running(), "{}", locker.complaint());
            Ok((self.focused_title()?.is_none() && locker.handles(USR1)?).then_some(()))
        })?;
        Ok(Locked(locker))
    }
}

impl Desktop {
    /// The desktop's own service says that the screen is locked. `name` and `path` are its own, as on GNOME or KDE.
    pub fn say_locked(&self, name: &str, path: &str) -> Result<Locked> {
        let place = self.place();
        let script = place.file("screen_saver.py");
        std::fs::write(&script, SCREEN_SAVER)?;
        let mut command = place.command("/usr/bin/python3");
        command.arg(script).args([name, path]);
        let mut service = place.start("screen-saver", command)?;
        self.bus()?.wait_for_name(name, &mut service)?;
        Ok(Locked(service))
    }
}
