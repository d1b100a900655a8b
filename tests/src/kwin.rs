//! KDE's compositor without a screen, and without the rest of KDE.

use std::os::unix::net::UnixStream;

use anyhow::{Context as _, Result};
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::{Connection, Dispatch, QueueHandle, delegate_noop};
use wayland_protocols_plasma::fake_input::client::org_kde_kwin_fake_input::OrgKdeKwinFakeInput;

use crate::bus::Bus;
use crate::place::Place;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

const PROGRAM: &str = "/usr/bin/kwin_wayland";
const SOCKET: &str = "wayland-kwin";
/// KWin owns the name of KDE's shortcut service as well.
const SHORTCUTS: &str = "org.kde.kglobalaccel";

/// The kernel's number of F9.
const F9: u32 = 67;

/// The compositor, with the user's hand.
#[derive(Debug)]
pub struct KWin {
    pub(crate) place: Place,
    connection: Connection,
    hand: OrgKdeKwinFakeInput,
    /// Only the process that started it has it.
    compositor: Option<Process>,
    guarded: bool,
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
        if guarded {
            permit(place, "tests", &std::env::current_exe()?)?;
        }
        let compositor = launch(place, bus, guarded)?;
        place.set_wayland(SOCKET.to_owned(), String::new())?;
        Ok(Self { compositor: Some(compositor), guarded, ..Self::attach(place)? })
    }

    /// Kills it, as a crash would. Applications do not survive that.
    pub fn kill(&mut self) -> Result<()> {
        self.compositor.take().context("KWin belongs to another process")?.kill();
        let bus = Bus::attach(&self.place);
        wait_for("KWin's end", || Ok((!bus.has(SHORTCUTS)?).then_some(())))
    }

    /// Starts it again in the same session.
    pub fn start_again(&mut self) -> Result<()> {
        let compositor = launch(&self.place, &Bus::attach(&self.place), self.guarded)?;
        *self = Self { compositor: Some(compositor), guarded: self.guarded, ..Self::attach(&self.place)? };
        Ok(())
    }

    /// Connects to a session that another process has started.
    pub(crate) fn attach(place: &Place) -> Result<Self> {
        let stream = UnixStream::connect(place.runtime().join(SOCKET))?;
        let connection = Connection::from_socket(stream)?;
        let (globals, queue) = registry_queue_init::<Quiet>(&connection)?;
        let hand: OrgKdeKwinFakeInput = globals.bind(&queue.handle(), 4..=4, ())?;
        hand.authenticate("the tests".into(), "they press keys".into());
        Ok(Self { place: place.clone(), connection, hand, compositor: None, guarded: false })
    }

    /// Unloads the script by which the agent learns of the focus.
    pub fn unload_focus_script(&self) -> Result<()> {
        let files = std::fs::read_dir(self.place.runtime())?.flatten().map(|entry| entry.path());
        // A script's file has its name.
        let scripts: Vec<String> = files
            .filter(|file| file.extension().is_some_and(|extension| extension == "js"))
            .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
            .collect();
        anyhow::ensure!(scripts.len() == 1, "one script, and not {scripts:?}");
        let call = ["--session", "--dest", "org.kde.KWin", "--object-path", "/Scripting"];
        let unload = ["--method", "org.kde.kwin.Scripting.unloadScript", &scripts[0]];
        let answer = output_of(self.place.command("gdbus").arg("call").args(call).args(unload))?;
        anyhow::ensure!(answer.contains("true"), "there was no such script: {answer}");
        Ok(())
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

/// Starts the compositor and waits until it answers.
fn launch(place: &Place, bus: &Bus, guarded: bool) -> Result<Process> {
    // The installed program asks for a capability that containers do not give. A copy does not; it must keep its name.
    let program = place.file("kwin/kwin_wayland");
    std::fs::create_dir_all(place.file("kwin"))?;
    // Copied by a program: of a file that this process writes, whatever another test starts at that moment holds a copy, and a
    // program that is open for writing cannot be run.
    let copied = std::process::Command::new("cp").arg(PROGRAM).arg(&program).status()?;
    anyhow::ensure!(copied.success(), "KWin is not installed; `packaging/setup.sh test` installs what the tests need");
    let socket = place.runtime().join(SOCKET);
    // A killed compositor leaves it behind.
    let _ = std::fs::remove_file(&socket);
    let mut command = place.command(program);
    command
        .args(["--virtual", "--width", "1280", "--height", "800", "--no-lockscreen", "--socket", SOCKET])
        .env_remove("WAYLAND_DISPLAY")
        .env("XDG_SESSION_TYPE", "wayland");
    if !guarded {
        command.env("KWIN_WAYLAND_NO_PERMISSION_CHECKS", "1");
    }
    let mut compositor = place.start("kwin", command)?;
    bus.wait_for_name(SHORTCUTS, &mut compositor)?;
    wait_for("KWin's socket", || Ok(UnixStream::connect(&socket).ok()))?;
    Ok(compositor)
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
