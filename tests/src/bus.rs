//! The session bus.

use anyhow::{Context as _, Result};

use crate::place::Place;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

/// Without service folders: the box starts every service itself, or leaves it out on purpose.
const SETTINGS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"#;

/// The box's session bus, on which nothing is but what the box has started.
#[derive(Debug)]
pub struct Bus {
    place: Place,
    /// Only the first of those that share the bus ends it.
    _daemon: Option<Process>,
}

impl Bus {
    pub(crate) fn start(place: &Place) -> Result<Self> {
        let socket = place.bus_socket();
        let settings = place.file("bus.conf");
        std::fs::write(&settings, SETTINGS.replace("SOCKET", &socket.to_string_lossy()))?;
        let mut command = place.command("dbus-daemon");
        command.arg("--nofork").arg("--config-file").arg(settings);
        let mut daemon = place.start("dbus", command)?;
        wait_for("the session bus", || {
            anyhow::ensure!(daemon.is_running(), "no session bus. {}", daemon.complaint());
            Ok(std::os::unix::net::UnixStream::connect(&socket).ok())
        })?;
        Ok(Self { place: place.clone(), _daemon: Some(daemon) })
    }

    /// The same bus, for a part that outlives no bus.
    pub(crate) fn share(&self) -> Self {
        Self::attach(&self.place)
    }

    /// The bus that another process has started.
    pub(crate) fn attach(place: &Place) -> Self {
        Self { place: place.clone(), _daemon: None }
    }

    /// Whether somebody on the bus owns that name.
    pub fn has(&self, name: &str) -> Result<bool> {
        let call = ["--dest", "org.freedesktop.DBus", "--object-path", "/org/freedesktop/DBus"];
        let answer = output_of(self.place.command("gdbus").args(["call", "--session"]).args(call).args([
            "--method",
            "org.freedesktop.DBus.NameHasOwner",
            name,
        ]))?;
        Ok(answer.contains("true"))
    }

    pub(crate) fn wait_for_name(&self, name: &str, owner: &mut Process) -> Result<()> {
        wait_for(name, || {
            anyhow::ensure!(owner.is_running(), "nobody answers as {name}. {}", owner.complaint());
            Ok(self.has(name)?.then_some(()))
        })
    }

    /// Starts xfconfd, which the window manager and the panel read their settings from.
    pub(crate) fn start_settings_service(&self) -> Result<Process> {
        // Its folder is named after the processor, e.g. /usr/lib/x86_64-linux-gnu.
        let program = std::fs::read_dir("/usr/lib")?
            .flatten()
            .map(|folder| folder.path().join("xfce4/xfconf/xfconfd"))
            .find(|program| program.exists())
            .context("xfconfd is not installed; `packaging/setup.sh test` installs what the tests need")?;
        let mut service = self.place.start("xfconfd", self.place.command(program))?;
        self.wait_for_name("org.xfce.Xfconf", &mut service)?;
        Ok(service)
    }
}
