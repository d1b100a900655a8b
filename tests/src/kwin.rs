//! KDE's compositor without a screen, and without the rest of KDE.

use std::os::unix::net::UnixStream;

use anyhow::{Context as _, Result};
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::{Connection, Dispatch, QueueHandle, delegate_noop};
use wayland_protocols_plasma::fake_input::client::org_kde_kwin_fake_input::OrgKdeKwinFakeInput;

use crate::bus::Bus;
use crate::place::Place;
use crate::process::Process;
use crate::wait::wait_for;

const PROGRAM: &str = "/usr/bin/kwin_wayland";
const SOCKET: &str = "wayland-kwin";

/// The kernel's number of F9.
const F9: u32 = 67;

/// The compositor, with the user's hand.
#[derive(Debug)]
pub struct KWin {
    pub(crate) place: Place,
    connection: Connection,
    hand: OrgKdeKwinFakeInput,
    _compositor: Option<Process>,
}

#[derive(Debug)]
struct Quiet;

impl Dispatch<WlRegistry, GlobalListContents> for Quiet {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(Quiet: OrgKdeKwinFakeInput);

impl KWin {
    /// Starts it. Where `guarded`, it lets only those press keys whose desktop entry asks for it, as it does for users.
    pub(crate) fn start(place: &Place, bus: &Bus, guarded: bool) -> Result<Self> {
        // The installed program asks for a capability that containers do not give. A copy does not; it must keep its name.
        let program = place.file("kwin/kwin_wayland");
        std::fs::create_dir_all(place.file("kwin"))?;
        std::fs::copy(PROGRAM, &program)
            .context("KWin is not installed; `packaging/setup.sh test` installs what the tests need")?;
        let mut command = place.command(program);
        command
            .args(["--virtual", "--width", "1280", "--height", "800", "--no-lockscreen", "--socket", SOCKET])
            .env("XDG_SESSION_TYPE", "wayland");
        if guarded {
            permit(place, "tests", &std::env::current_exe()?)?;
        } else {
            command.env("KWIN_WAYLAND_NO_PERMISSION_CHECKS", "1");
        }
        let mut compositor = place.start("kwin", command)?;
        bus.wait_for_name("org.kde.kglobalaccel", &mut compositor)?;
        let socket = place.runtime().join(SOCKET);
        wait_for("KWin's socket", || Ok(UnixStream::connect(&socket).ok()))?;
        place.set_wayland(SOCKET.to_owned(), String::new())?;
        Ok(Self { _compositor: Some(compositor), ..Self::attach(place)? })
    }

    /// Connects to a session that another process has started.
    pub(crate) fn attach(place: &Place) -> Result<Self> {
        let stream = UnixStream::connect(place.runtime().join(SOCKET))?;
        let connection = Connection::from_socket(stream)?;
        let (globals, queue) = registry_queue_init::<Quiet>(&connection)?;
        let hand: OrgKdeKwinFakeInput = globals.bind(&queue.handle(), 4..=4, ())?;
        hand.authenticate("the tests".into(), "they press keys".into());
        Ok(Self { place: place.clone(), connection, hand, _compositor: None })
    }

    /// Presses the push-to-talk key, F9, and keeps it down, or lets it go.
    pub fn key(&self, pressed: bool) -> Result<()> {
        self.hand.keyboard_key(F9, u32::from(pressed));
        self.connection.roundtrip()?;
        Ok(())
    }

    /// Puts something on the clipboard in one format, as a copy in some application would.
    pub fn copy(&self, format: &str, content: &[u8]) -> Result<crate::wayland::ClipboardOwner> {
        crate::wayland::copy(&self.place, format, content)
    }

    /// The clipboard's content in one format. Fails when there is none.
    pub fn clipboard(&self, format: &str) -> Result<Vec<u8>> {
        crate::wayland::clipboard(&self.place, format)
    }
}

/// Writes the desktop entry by which KWin lets a program press keys.
fn permit(place: &Place, name: &str, program: &std::path::Path) -> Result<()> {
    let folder = place.data().join("applications");
    std::fs::create_dir_all(&folder)?;
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName={name}\nExec={}\nNoDisplay=true\n\
         X-KDE-Wayland-Interfaces=org_kde_kwin_fake_input\n",
        program.display()
    );
    Ok(std::fs::write(folder.join(format!("{name}.desktop")), entry)?)
}
