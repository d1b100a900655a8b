//! The desktop portal with its shortcuts: the real portal, and a desktop behind it whose user is the test.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::bus::Bus;
use crate::place::Place;
use crate::process::{Process, output_of, program};

const BACKEND: &str = include_str!("../targets/shortcuts_portal.py");
pub(crate) const BACKEND_NAME: &str = "org.freedesktop.impl.portal.desktop.box";

/// Tells the portal which of its parts this desktop has.
const DESCRIPTION: &str = "[portal]
DBusName=org.freedesktop.impl.portal.desktop.box
Interfaces=INTERFACE
UseIn=box
";

/// The portal, running.
#[derive(Debug)]
pub struct ShortcutsPortal {
    place: Place,
    _processes: [Process; 3],
}

impl ShortcutsPortal {
    /// Starts it; the desktop grants what it is asked for, or declines.
    pub(crate) fn start(place: &Place, bus: &Bus, grants: bool) -> Result<Self> {
        let script = place.file("shortcuts_portal.py");
        std::fs::write(&script, BACKEND)?;
        let mut command = place.command("/usr/bin/python3");
        command.arg(script).arg(if grants { "grant" } else { "decline" });
        let mut backend = place.start("shortcuts-backend", command)?;
        bus.wait_for_name(BACKEND_NAME, &mut backend)?;
        let [portal, permissions] = start_portal(place, bus, "org.freedesktop.impl.portal.GlobalShortcuts")?;
        Ok(Self { place: place.clone(), _processes: [portal, permissions, backend] })
    }

    /// What was asked for: the shortcuts by their ids, with `description` and `preferred_trigger`.
    pub fn bound(&self) -> Result<Value> {
        let answer = self.ask("Bound", &[])?;
        let start = answer.find('{').with_context(|| answer.clone())?;
        let end = answer.rfind('}').with_context(|| answer.clone())?;
        Ok(serde_json::from_str(&answer[start..=end])?)
    }

    /// The user presses the shortcut and keeps it down.
    pub fn press(&self, id: &str) -> Result<()> {
        self.ask("Press", &[id]).map(drop)
    }

    /// The user lets it go.
    pub fn release(&self, id: &str) -> Result<()> {
        self.ask("Release", &[id]).map(drop)
    }

    fn ask(&self, method: &str, arguments: &[&str]) -> Result<String> {
        let call = ["call", "--session", "--dest", BACKEND_NAME, "--object-path", "/box", "--method"];
        output_of(self.place.command("gdbus").args(call).arg(format!("box.Keys.{method}")).args(arguments))
    }
}

/// Starts the real portal for a desktop that has that one part.
pub(crate) fn start_portal(place: &Place, bus: &Bus, interface: &str) -> Result<[Process; 2]> {
    let folder = place.file("portals");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("box.portal"), DESCRIPTION.replace("INTERFACE", interface))?;
    let mut permissions = place.start("permission-store", place.command(program("xdg-permission-store")?))?;
    bus.wait_for_name("org.freedesktop.impl.portal.PermissionStore", &mut permissions)?;
    let mut command = place.command(program("xdg-desktop-portal")?);
    command.env("XDG_DESKTOP_PORTAL_DIR", folder).env("XDG_CURRENT_DESKTOP", "box");
    let mut portal = place.start("portal", command)?;
    bus.wait_for_name("org.freedesktop.portal.Desktop", &mut portal)?;
    Ok([portal, permissions])
}
