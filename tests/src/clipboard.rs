//! The clipboard, as other programs see it.

use std::io::Write as _;
use std::process::Stdio;

use anyhow::Result;
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::display::Display;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

const CLAIMER: &str = include_str!("../targets/clipboard_claimer.py");
const COPY_EVERYTHING: &str = include_str!("../targets/copy_everything.py");

/// A program that holds something on the clipboard. It ends by itself when another program takes the clipboard over.
#[derive(Debug)]
pub struct ClipboardOwner {
    process: Process,
}

impl ClipboardOwner {
    pub(crate) fn of(process: Process) -> Self {
        Self { process }
    }

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
        let before = self.owner(selection)?;
        let process = self.place.start("xclip", command)?;
        self.wait_for_new_owner(selection, before)?;
        Ok(ClipboardOwner { process })
    }

    /// Puts text, HTML, a PNG and a list of files on the clipboard, all at once, as applications do.
    pub fn copy_everything(&self) -> Result<ClipboardOwner> {
        let script = self.place.file("copy_everything.py");
        std::fs::write(&script, COPY_EVERYTHING)?;
        let mut command = self.place.command("/usr/bin/python3");
        command.arg(script);
        let before = self.owner("clipboard")?;
        let process = self.place.start("copy-everything", command)?;
        self.wait_for_new_owner("clipboard", before)?;
        Ok(ClipboardOwner { process })
    }

    /// Starts a clipboard manager that claims each text as soon as it is copied, or marked: `clipboard` or `primary`.
    pub fn start_clipboard_claimer(&self, selection: &str) -> Result<Process> {
        let script = self.place.file("clipboard_claimer.py");
        std::fs::write(&script, CLAIMER)?;
        let mut command = self.place.command("/usr/bin/python3");
        command.arg(script).arg(selection.to_uppercase());
        let manager = self.place.start("claimer", command)?;
        wait_for("the clipboard manager", || Ok(manager.log().contains("ready").then_some(())))?;
        Ok(manager)
    }

    /// Asks for the clipboard's text in the name of another program's window, as no honest program does.
    pub fn read_in_the_name_of(&self, window: u32) -> Result<()> {
        let [clipboard, text, property] = ["CLIPBOARD", "UTF8_STRING", "SPOOFED"].map(|name| self.atom(name));
        self.connection.convert_selection(window, clipboard?, text?, property?, x11rb::CURRENT_TIME)?.check()?;
        Ok(())
    }

    /// Starts a clipboard manager, which keeps the clipboard of programs that end.
    pub fn start_clipboard_manager(&self) -> Result<Process> {
        let manager = self.place.start("clipman", self.place.command("xfce4-clipman"))?;
        self.wait_for_new_owner("clipboard_manager", x11rb::NONE)?;
        Ok(manager)
    }

    /// How many processes of an ended Scout keep a clipboard of this display.
    pub fn clipboard_keepers(&self) -> Result<usize> {
        let display = format!("DISPLAY={}", self.name()).into_bytes();
        let mut keepers = 0;
        for process in std::fs::read_dir("/proc")? {
            let folder = process?.path();
            // Processes may end while they are looked at.
            let (Ok(command), Ok(environment)) =
                (std::fs::read(folder.join("cmdline")), std::fs::read(folder.join("environ")))
            else {
                continue;
            };
            let keeps = command.split(|byte| *byte == 0).any(|part| part == b"keep-clipboard");
            keepers += usize::from(keeps && environment.split(|byte| *byte == 0).any(|part| part == display));
        }
        Ok(keepers)
    }

    /// The window that owns a selection; 0 if none does.
    fn owner(&self, selection: &str) -> Result<u32> {
        let atom = self.connection.intern_atom(false, selection.to_uppercase().as_bytes())?.reply()?.atom;
        Ok(self.connection.get_selection_owner(atom)?.reply()?.owner)
    }

    /// What is on a selection does not tell who put it there: the same may have been there before.
    fn wait_for_new_owner(&self, selection: &str, before: u32) -> Result<()> {
        wait_for("a new owner of the selection", || {
            let now = self.owner(selection)?;
            Ok((now != before && now != x11rb::NONE).then_some(()))
        })
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
