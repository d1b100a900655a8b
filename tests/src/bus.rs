//! The session bus.

use anyhow::{Context as _, Result};

use crate::place::Place;
use crate::process::{Process, output_of, program};
use crate::wait::wait_for;

/// With an empty folder of services: the box starts every service itself, or leaves it out on purpose.
const SETTINGS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <servicedir>SERVICES</servicedir>
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
        let services = place.file("services");
        std::fs::create_dir_all(&services)?;
        let text = SETTINGS.replace("SOCKET", &socket.to_string_lossy());
        std::fs::write(&settings, text.replace("SERVICES", &services.to_string_lossy()))?;
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

    /// Notices from now on if a program has the bus start this service: gives the file that is there then.
    pub fn trap(&self, name: &str) -> Result<std::path::PathBuf> {
        let file = self.place.file(&format!("started-{name}"));
        let service = format!("[D-BUS Service]\nName={name}\nExec=/usr/bin/touch {}\n", file.display());
        std::fs::write(self.place.file(&format!("services/{name}.service")), service)?;
        let call = ["--dest", "org.freedesktop.DBus", "--object-path", "/org/freedesktop/DBus"];
        let reload = ["--method", "org.freedesktop.DBus.ReloadConfig"];
        output_of(self.place.command("gdbus").args(["call", "--session"]).args(call).args(reload))?;
        Ok(file)
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

    /// A property of a service, as gdbus prints it.
    pub fn property(&self, name: &str, path: &str, interface: &str, property: &str) -> Result<String> {
        let call = ["call", "--session", "--dest", name, "--object-path", path, "--method"];
        let get = ["org.freedesktop.DBus.Properties.Get", interface, property];
        output_of(self.place.command("gdbus").args(call).args(get))
    }

    pub(crate) fn wait_for_name(&self, name: &str, owner: &mut Process) -> Result<()> {
        wait_for(name, || {
            anyhow::ensure!(owner.is_running(), "nobody answers as {name}. {}", owner.complaint());
            Ok(self.has(name)?.then_some(()))
        })
    }

    /// Starts the bus on which applications tell what they show. Applications that start after it take part.
    pub(crate) fn start_accessibility(&self) -> Result<Process> {
        let mut command = self.place.command(program("at-spi-bus-launcher")?);
        command.arg("--launch-immediately");
        let mut accessibility = self.place.start("at-spi", command)?;
        self.wait_for_name("org.a11y.Bus", &mut accessibility)?;
        wait_for("the accessibility bus", || Ok(self.place.has_accessibility().then_some(())))?;
        Ok(accessibility)
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
