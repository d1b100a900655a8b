//! The disk that the log lies on, which can fill up or become one that can only be read.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::place::Place;
use crate::process::output_of;

/// The code that stands before the C library's calls.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/disk.c");

/// A disk that does what the test wants, for an agent that is started with it: [`crate::Agent::start_on`].
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    library: PathBuf,
    state: PathBuf,
}

impl Disk {
    /// The disk under Scout's data in this box. Good at first.
    pub fn new(place: &Place) -> Result<Self> {
        let library = place.file("disk.so");
        // The linker of every Rust tool chain is a C compiler.
        output_of(place.command("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).args([SOURCE, "-ldl"]))?;
        Ok(Self { folder: place.data().join("scout"), library, state: place.file("disk-state") })
    }

    /// No byte more can be written.
    pub fn fill_up(&self) -> Result<()> {
        Ok(std::fs::write(&self.state, "full")?)
    }

    /// Nothing can be changed any more, as after an error of the file system.
    pub fn make_read_only(&self) -> Result<()> {
        Ok(std::fs::write(&self.state, "read-only")?)
    }

    /// All is well again.
    pub fn mend(&self) -> Result<()> {
        Ok(std::fs::remove_file(&self.state)?)
    }

    pub(crate) fn lie_under(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("SCOUT_DISK", &self.folder).env("SCOUT_DISK_STATE", &self.state);
    }
}
