//! A Wayland session without a screen: sway, with a keyboard, and XWayland for old programs.

mod keyboard;
mod targets;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::place::Place;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

use keyboard::Keyboard;

/// Windows beside each other are all visible; nothing moves the focus but clicks and commands. At the end sway tells where
/// it is.
const SETTINGS: &str = r"
output * resolution 1280x800
output * background #335577 solid_color
focus_follows_mouse no
mouse_warping none
xwayland enable
include SETTINGS_FOLDER/*.conf
exec 'env > PLACE.new && mv PLACE.new PLACE'
";

/// The session.
#[derive(Debug)]
pub struct Wayland {
    pub(crate) place: Place,
    keyboard: Keyboard,
    compositor: Option<Process>,
}

impl Wayland {
    pub(crate) fn start(place: &Place) -> Result<Self> {
        let told = place.file("sway-environment");
        let settings = place.config().join("sway");
        std::fs::create_dir_all(settings.join("config.d"))?;
        let text = SETTINGS
            .replace("SETTINGS_FOLDER", &settings.join("config.d").to_string_lossy())
            .replace("PLACE", &told.to_string_lossy());
        std::fs::write(settings.join("config"), text)?;
        let mut compositor = place.start("sway", command(place, &settings.join("config"))?)?;
        let environment = wait_for("the compositor", || {
            anyhow::ensure!(
                compositor.is_running(),
                "no compositor; `packaging/setup.sh test` installs what the tests need. {}",
                compositor.complaint()
            );
            Ok(std::fs::read_to_string(&told).ok())
        })
        .with_context(|| compositor.complaint())?;
        let variable = |name: &str| {
            let found = environment.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            found.map(str::to_owned).with_context(|| format!("sway did not tell {name}"))
        };
        place.set_wayland(variable("WAYLAND_DISPLAY")?, variable("SWAYSOCK")?)?;
        place.set_display(variable("DISPLAY")?)?;
        Ok(Self { compositor: Some(compositor), ..Self::attach(place)? })
    }

    /// Connects to a session that another process has started.
    pub(crate) fn attach(place: &Place) -> Result<Self> {
        let socket = place.runtime().join(place.wayland().context("the box has no Wayland session")?);
        Ok(Self { place: place.clone(), keyboard: Keyboard::connect(&socket)?, compositor: None })
    }

    /// Presses a key and keeps it down. Names are those of X keysyms: `F9`, `Control_L`, `Return`, `a`.
    pub fn hold(&self, key: &str) -> Result<()> {
        self.keyboard.key(key, true)
    }

    /// Lets a key go.
    pub fn release(&self, key: &str) -> Result<()> {
        self.keyboard.key(key, false)
    }

    /// Presses and releases a key.
    pub fn tap(&self, key: &str) -> Result<()> {
        self.hold(key)?;
        self.release(key)
    }

    /// Has sway carry out a command, as a line of its settings would.
    pub fn sway(&self, order: &str) -> Result<()> {
        output_of(self.place.command("swaymsg").arg("--").arg(order)).map(drop)
    }

    /// The folder whose `*.conf` files are part of sway's settings.
    pub fn settings_folder(&self) -> PathBuf {
        self.place.config().join("sway/config.d")
    }

    /// The title of the window that has the focus.
    pub fn focused_title(&self) -> Result<Option<String>> {
        let tree: Value = serde_json::from_str(&output_of(self.place.command("swaymsg").args(["-t", "get_tree"]))?)?;
        Ok(focused(&tree).and_then(|node| Some(node["name"].as_str()?.to_owned())))
    }

    /// Waits until the window with that title has the focus.
    pub fn wait_focused(&self, title: &str) -> Result<()> {
        let has_focus = || Ok((self.focused_title()?.as_deref() == Some(title)).then_some(()));
        wait_for(&format!("the focus of {title:?}"), has_focus)
    }

    /// Gives the focus to the window with that title.
    pub fn focus(&self, title: &str) -> Result<()> {
        self.sway(&format!("[title=\"^{title}$\"] focus"))?;
        self.wait_focused(title)
    }

    /// Takes a picture of the whole screen.
    pub fn screenshot(&self, file: &Path) -> Result<()> {
        output_of(self.place.command("grim").arg(file)).map(drop)
    }

    /// How many pixels of the screen have that colour, red, green and blue.
    pub fn count_pixels(&self, colour: [u8; 3]) -> Result<usize> {
        let file = self.place.file("tmp/screen.ppm");
        output_of(self.place.command("grim").args(["-t", "ppm"]).arg(&file))?;
        let picture = std::fs::read(&file)?;
        // `P6`, width, height, 255, one byte of white space, then three bytes for each pixel.
        let head = picture.iter().enumerate().filter(|(_, byte)| byte.is_ascii_whitespace()).nth(3);
        let (end, _) = head.context("no picture of the screen")?;
        Ok(picture[end + 1..].chunks_exact(3).filter(|pixel| *pixel == colour).count())
    }

    /// Puts something on the clipboard in one format, as a copy in some application would.
    pub fn copy(&self, format: &str, content: &[u8]) -> Result<ClipboardOwner> {
        copy(&self.place, format, content)
    }

    /// Starts a program that reads everything that is copied, as clipboard managers have it done.
    pub fn watch_clipboard(&self) -> Result<Process> {
        let mut command = self.place.command("wl-paste");
        command.args(["--type", "text/plain", "--watch", "wc", "--bytes"]);
        let mut watcher = self.place.start("wl-paste-watch", command)?;
        // It begins with what is there.
        wait_for("the watcher", || {
            anyhow::ensure!(watcher.is_running(), "{}", watcher.log());
            Ok((!watcher.log().is_empty()).then_some(()))
        })?;
        Ok(watcher)
    }

    /// The compositor hangs for so long, as at a suspend or on a machine that is overloaded.
    pub fn hang(&self, span: std::time::Duration) -> Result<()> {
        let compositor = self.compositor.as_ref().context("another process has started it")?;
        compositor.signal("STOP")?;
        std::thread::sleep(span);
        compositor.signal("CONT")
    }

    /// The clipboard's content in one format. Fails when there is none.
    pub fn clipboard(&self, format: &str) -> Result<Vec<u8>> {
        clipboard(&self.place, format)
    }

    /// The formats that the clipboard offers.
    pub fn clipboard_formats(&self) -> Result<Vec<String>> {
        let list = output_of(self.place.command("wl-paste").arg("--list-types"))?;
        Ok(list.lines().map(str::to_owned).collect())
    }
}

/// Puts something on the clipboard of a compositor that shows it to every program.
pub(crate) fn copy(place: &Place, format: &str, content: &[u8]) -> Result<ClipboardOwner> {
    let file = place.file("tmp/copied");
    std::fs::write(&file, content)?;
    let mut command = place.command("/bin/sh");
    command.args(["-c", r#"exec wl-copy --foreground --type "$1" <"$2""#, "wl-copy", format]).arg(&file);
    let process = place.start("wl-copy", command)?;
    wait_for("the clipboard", || Ok((clipboard(place, format).ok().as_deref() == Some(content)).then_some(())))?;
    Ok(ClipboardOwner { process })
}

/// What is on the clipboard of such a compositor in one format. Fails when there is none.
pub(crate) fn clipboard(place: &Place, format: &str) -> Result<Vec<u8>> {
    let output = place.command("wl-paste").args(["--no-newline", "--type", format]).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

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

fn focused(node: &Value) -> Option<&Value> {
    if node["focused"] == true {
        return Some(node);
    }
    let inner = ["nodes", "floating_nodes"].into_iter().filter_map(|name| node[name].as_array()).flatten();
    inner.into_iter().find_map(focused)
}

fn command(place: &Place, settings: &Path) -> Result<std::process::Command> {
    let mut command = place.command("sway");
    command.arg("--config").arg(settings).env("XDG_SESSION_TYPE", "wayland").envs([
        ("WLR_BACKENDS", "headless"),
        ("WLR_LIBINPUT_NO_DEVICES", "1"),
        ("WLR_RENDERER", "pixman"),
    ]);
    if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(place.home())?) == 0 {
        command.env("LD_PRELOAD", unrooted(place)?);
    }
    Ok(command)
}

/// sway refuses to run as root, and where the tests do, as in a container or a chroot, there is often no user namespace in
/// which it could be somebody else. A library makes it believe that it has given up root.
fn unrooted(place: &Place) -> Result<PathBuf> {
    let source = place.file("tmp/unrooted.c");
    let library = place.file("tmp/unrooted.so");
    std::fs::write(&source, include_str!("unrooted.c"))?;
    output_of(place.command("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]))?;
    Ok(library)
}
