//! GNOME's compositor without a screen and without the shell, and the portal of such a desktop.

use std::os::unix::net::UnixStream;

use anyhow::{Context as _, Result};

use crate::bus::Bus;
use crate::clipboard::ClipboardOwner;
use crate::place::Place;
use crate::process::{Process, output_of};
use crate::shortcuts::{BACKEND_NAME, start_portal};
use crate::wait::wait_for;

const PORTAL: &str = include_str!("../targets/remote_portal.py");
const SOCKET: &str = "wayland-gnome";

/// Which portal the desktop has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GnomePortal {
    /// One as desktops have it today, written for the tests: it remembers permissions and lends the clipboard.
    Current,
    /// The real one that is installed, with a desktop's side written for the tests.
    Installed,
}

/// The compositor, with the user's hand.
#[derive(Debug)]
pub struct Gnome {
    pub(crate) place: Place,
    _processes: Vec<Process>,
}

/// The portal, with the user who answers its question.
#[derive(Debug)]
pub struct RemotePortal {
    place: Place,
    name: &'static str,
    _processes: Vec<Process>,
}

impl Gnome {
    pub(crate) fn start(place: &Place, bus: &Bus) -> Result<Self> {
        let mut command = place.command("mutter");
        command
            .args(["--wayland", "--headless", "--virtual-monitor", "1280x800", "--wayland-display", SOCKET])
            .env("XDG_SESSION_TYPE", "wayland");
        let mut compositor = place.start("mutter", command)?;
        bus.wait_for_name("org.gnome.Mutter.RemoteDesktop", &mut compositor)?;
        let socket = place.runtime().join(SOCKET);
        wait_for("mutter's socket", || Ok(UnixStream::connect(&socket).ok()))?;
        place.set_wayland(SOCKET.to_owned(), String::new())?;
        let said = || compositor.log().split("public X11 display ").nth(1)?.split(',').next().map(str::to_owned);
        place.set_display(wait_for("XWayland", || Ok(said()))?)?;
        // As in every session of GNOME's.
        let accessibility = bus.start_accessibility()?;
        Ok(Self { _processes: vec![accessibility, compositor], ..Self::attach(place) })
    }

    /// The session that another process has started.
    pub(crate) fn attach(place: &Place) -> Self {
        Self { place: place.clone(), _processes: Vec::new() }
    }

    /// Puts something on the clipboard, as a user's copy in an application of XWayland would.
    pub fn copy(&self, format: &str, bytes: &[u8]) -> Result<ClipboardOwner> {
        let file = self.place.file("tmp/copied");
        std::fs::write(&file, bytes)?;
        let mut command = self.place.command("xclip");
        command.args(["-quiet", "-selection", "clipboard", "-t", format, "-in"]).arg(file);
        let owner = ClipboardOwner::of(self.place.start("xclip", command)?);
        wait_for("the clipboard", || Ok((self.clipboard(format)? == bytes).then_some(())))?;
        Ok(owner)
    }

    /// What the clipboard gives for a format; nothing if it has none, or no answer comes: mutter owes one for good where the
    /// owner changes in the moment of the question, and `xclip` waits for good.
    pub fn clipboard(&self, format: &str) -> Result<Vec<u8>> {
        const ANSWER_SECONDS: &str = "5";
        let mut command = self.place.command("timeout");
        command.args([ANSWER_SECONDS, "xclip", "-selection", "clipboard", "-t", format, "-out"]);
        command.stderr(std::process::Stdio::null());
        Ok(command.output()?.stdout)
    }
}

impl RemotePortal {
    pub(crate) fn start(place: &Place, bus: &Bus, kind: GnomePortal, grants: bool) -> Result<Self> {
        let script = place.file("remote_portal.py");
        std::fs::write(&script, PORTAL)?;
        let mut command = place.command("/usr/bin/python3");
        let (argument, name) = match kind {
            GnomePortal::Current => ("portal", "org.freedesktop.portal.Desktop"),
            GnomePortal::Installed => ("backend", BACKEND_NAME),
        };
        command.arg(script).arg(argument).arg(if grants { "grant" } else { "decline" });
        let mut side = place.start("remote-portal", command)?;
        bus.wait_for_name(name, &mut side)?;
        let mut processes = vec![side];
        if kind == GnomePortal::Installed {
            processes.extend(start_portal(place, bus, "org.freedesktop.impl.portal.RemoteDesktop")?);
        }
        Ok(Self { place: place.clone(), name, _processes: processes })
    }

    /// How often the user was asked.
    pub fn asked(&self) -> Result<u32> {
        let answer = self.call("Asked", &[])?;
        let number: String = answer.trim_start_matches("(uint32 ").chars().take_while(char::is_ascii_digit).collect();
        number.parse().with_context(|| answer)
    }

    /// The user ends the remote control, as the button in the panel does.
    pub fn stop(&self) -> Result<()> {
        self.call("Stop", &[]).map(drop)
    }

    /// The user presses a key, by the kernel's number, and keeps it down, or lets it go.
    pub fn key(&self, number: u32, pressed: bool) -> Result<()> {
        self.call("Key", &[&number.to_string(), if pressed { "true" } else { "false" }]).map(drop)
    }

    fn call(&self, method: &str, arguments: &[&str]) -> Result<String> {
        let call = ["call", "--session", "--dest", self.name, "--object-path", "/box", "--method"];
        output_of(self.place.command("gdbus").args(call).arg(format!("box.User.{method}")).args(arguments))
    }
}
