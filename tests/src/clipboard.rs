//! The clipboard, as other programs see it.

use std::io::Write as _;
use std::process::Stdio;

use anyhow::Result;

use crate::display::Display;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

const COPY_EVERYTHING: &str = include_str!("../targets/copy_everything.py");

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

    /// The program hangs: it answers nobody.
    pub fn hang(&self) -> Result<()> {
        self.process.signal("STOP")
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

    /// Puts one format on a selection (`clipboard` or `primary`), as a user's copy in some application would.
    pub fn copy_as(&self, selection: &str, format: &str, bytes: &[u8]) -> Result<ClipboardOwner> {
        let file = tempfile::NamedTempFile::new_in(self.place.file("tmp"))?;
        file.as_file().write_all(bytes)?;
        let mut command = self.place.command("xclip");
        command.args(["-quiet", "-selection", selection, "-t", format, "-in"]).arg(file.path());
        let process = self.place.start("xclip", command)?;
        wait_for("the selection", || Ok((self.selection_as(selection, format)? == bytes).then_some(())))?;
        Ok(ClipboardOwner { process })
    }

    /// Puts text, HTML, a PNG and a list of files on the clipboard, all at once, as applications do.
    pub fn copy_everything(&self) -> Result<ClipboardOwner> {
        let script = self.place.file("copy_everything.py");
        std::fs::write(&script, COPY_EVERYTHING)?;
        let mut command = self.place.command("/usr/bin/python3");
        command.arg(script);
        let process = self.place.start("copy-everything", command)?;
        wait_for("the clipboard", || Ok(self.formats("clipboard")?.contains(&"image/png".to_owned()).then_some(())))?;
        Ok(ClipboardOwner { process })
    }

    /// What a selection gives for a format; nothing if it has none.
    pub fn selection_as(&self, selection: &str, format: &str) -> Result<Vec<u8>> {
        let mut command = self.place.command("xclip");
        Ok(command.args(["-selection", selection, "-t", format, "-out"]).stderr(Stdio::null()).output()?.stdout)
    }

    /// The formats that a selection offers, in order of their names; none if it has no owner.
    pub fn formats(&self, selection: &str) -> Result<Vec<String>> {
        let list = self.selection_as(selection, "TARGETS")?;
        let about = ["TARGETS", "TIMESTAMP", "MULTIPLE", "SAVE_TARGETS"];
        let mut formats: Vec<String> = String::from_utf8_lossy(&list).lines().map(str::to_owned).collect();
        formats.retain(|format| !about.contains(&format.as_str()));
        formats.sort();
        formats.dedup();
        Ok(formats)
    }

    /// Everything that a selection offers: each format with its bytes.
    pub fn everything(&self, selection: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let formats = self.formats(selection)?;
        formats.into_iter().map(|format| Ok((format.clone(), self.selection_as(selection, &format)?))).collect()
    }

    /// The clipboard's text. Fails when it is empty.
    pub fn clipboard(&self) -> Result<String> {
        output_of(self.place.command("xclip").args(["-selection", "clipboard", "-out"]).stderr(Stdio::null()))
    }
}
