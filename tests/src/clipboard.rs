//! The clipboard, as other programs see it.

use std::io::Write as _;
use std::process::Stdio;

use anyhow::Result;

use crate::display::Display;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

/// A program that holds something on the clipboard. It ends by itself when another program takes the clipboard over.
#[derive(Debug)]
pub struct ClipboardOwner {
    process: Process,
}

impl ClipboardOwner {
    /// Whether nobody else has touched the clipboard since.
    pub fn is_still_owner(&mut self) -> bool {
        self.process.is_running()
    }
}

impl Display {
    /// Puts text on the clipboard, as a user's copy in some application would.
    pub fn copy(&self, text: &str) -> Result<ClipboardOwner> {
        let file = tempfile::NamedTempFile::new_in(self.place.file("tmp"))?;
        file.as_file().write_all(text.as_bytes())?;
        let mut command = self.place.command("xclip");
        command.args(["-quiet", "-selection", "clipboard", "-in"]).arg(file.path());
        let process = self.place.start("xclip", command)?;
        wait_for("the clipboard", || Ok((self.clipboard().ok().as_deref() == Some(text)).then_some(())))?;
        Ok(ClipboardOwner { process })
    }

    /// The clipboard's text. Fails when it is empty.
    pub fn clipboard(&self) -> Result<String> {
        output_of(self.place.command("xclip").args(["-selection", "clipboard", "-out"]).stderr(Stdio::null()))
    }
}
