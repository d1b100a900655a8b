//! A keychain: gnome-keyring on the box's bus.

use anyhow::Result;

use crate::bus::Bus;
use crate::place::Place;
use crate::process::Process;

/// An unlocked gnome-keyring, whose files lie in the box.
#[derive(Debug)]
pub struct Keychain {
    _daemon: Process,
}

impl Keychain {
    pub(crate) fn start(place: &Place, bus: &Bus) -> Result<Self> {
        std::fs::create_dir_all(place.data().join("keyrings"))?;
        let mut command = place.command("/bin/sh");
        // The daemon reads the password that unlocks it from its standard input.
        command.args(["-c", "printf box | gnome-keyring-daemon --unlock --components=secrets --foreground"]);
        let mut daemon = place.start("gnome-keyring", command)?;
        bus.wait_for_name("org.freedesktop.secrets", &mut daemon)?;
        Ok(Self { _daemon: daemon })
    }
}
