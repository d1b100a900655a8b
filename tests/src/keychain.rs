//! A keychain: gnome-keyring on the box's bus.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::bus::Bus;
use crate::place::Place;
use crate::process::Process;

/// A gnome-keyring, whose files lie in the box. Unlocked at first.
#[derive(Debug)]
pub struct Keychain {
    place: Place,
    bus: Bus,
    daemon: Option<Process>,
}

impl Keychain {
    pub(crate) fn start(place: &Place, bus: &Bus) -> Result<Self> {
        let mut keychain = Self { place: place.clone(), bus: bus.share(), daemon: None };
        keychain.unlock()?;
        Ok(keychain)
    }

    /// Opens it with its password, as a log-in does; makes it if there is none.
    pub fn unlock(&mut self) -> Result<()> {
        // The daemon reads the password that unlocks it from its standard input.
        self.run("printf box | gnome-keyring-daemon --unlock --components=secrets --foreground")
    }

    /// Locks it, as after a log-in without a password: nobody is there to type it.
    pub fn lock(&mut self) -> Result<()> {
        self.run("exec gnome-keyring-daemon --components=secrets --foreground </dev/null")
    }

    /// Ends it, as on a desktop that has none.
    pub fn stop(&mut self) {
        self.daemon = None;
    }

    /// Makes it hang: it answers nothing, but stays on the bus.
    pub fn hang(&self) -> Result<()> {
        self.signal("STOP")
    }

    /// Makes it go on after it hung.
    pub fn go_on(&self) -> Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> Result<()> {
        self.daemon.as_ref().context("no keychain is running")?.signal_group(name)
    }

    /// Loses everything that was in it, and goes on.
    pub fn empty(&mut self) -> Result<()> {
        self.stop();
        std::fs::remove_dir_all(self.folder())?;
        self.unlock()
    }

    fn folder(&self) -> PathBuf {
        self.place.data().join("keyrings")
    }

    fn run(&mut self, command_line: &str) -> Result<()> {
        // The former one has to leave the bus first.
        self.stop();
        std::fs::create_dir_all(self.folder())?;
        let mut command = self.place.command("/bin/sh");
        command.args(["-c", command_line]);
        let mut daemon = self.place.start("gnome-keyring", command)?;
        self.bus.wait_for_name("org.freedesktop.secrets", &mut daemon)?;
        self.daemon = Some(daemon);
        Ok(())
    }
}
