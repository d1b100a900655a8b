//! Screens that the desktop says are locked, by its own locker or its own service.

use anyhow::Result;

use crate::desktop::Desktop;
use crate::process::Process;
use crate::wait::wait_for;
use crate::wayland::Wayland;

const SCREEN_SAVER: &str = include_str!("../targets/screen_saver.py");

/// The screen is locked. Dropping it unlocks nothing: the locker dies, and a compositor then keeps its screen locked.
#[derive(Debug)]
pub struct Locked(Process);

impl Locked {
    /// The user gives the password.
    pub fn unlock(mut self) -> Result<()> {
        self.0.signal("USR1")?;
        self.0.wait().map(drop)
    }
}

impl Wayland {
    /// Locks the screen with swaylock, and waits until it has the keyboard.
    pub fn lock(&self) -> Result<Locked> {
        let mut command = self.place.command("swaylock");
        command.args(["--color", "202020"]);
        let mut locker = self.place.start("swaylock", command)?;
        wait_for("the locked screen", || {
            anyhow::ensure!(locker.is_running(), "{}", locker.complaint());
            Ok(self.focused_title()?.is_none().then_some(()))
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
