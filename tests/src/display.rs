//! The X server without a screen, its keyboard layout, and the window manager.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};
use x11rb::rust_connection::RustConnection;

use crate::bus::Bus;
use crate::place::Place;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

/// Big enough for a few windows and a panel.
const SCREEN: &str = "1280x800x24";

/// A screen that stays the same for this long has been painted; a blinking cursor changes it every half second.
const UNCHANGED: std::time::Duration = std::time::Duration::from_millis(200);

/// The box's X server: its keyboard (see `keys.rs`), its windows (see `focus.rs`), and pictures of it.
#[derive(Debug)]
pub struct Display {
    pub(crate) place: Place,
    pub(crate) connection: RustConnection,
    pub(crate) root: u32,
    /// The mapping of the layout that was set last.
    pub(crate) laid_out: Mutex<Vec<Vec<u32>>>,
    _server: Option<Process>,
    manager: Option<[Process; 2]>,
}

impl Display {
    pub(crate) fn start(place: &Place, layout: &str) -> Result<Self> {
        let number_file = place.file("display-number");
        let mut command = place.command("/bin/sh");
        // The server picks a free number itself: no race with other boxes.
        command
            .args(["-c", r#"exec Xvfb -displayfd 3 -screen 0 "$1" -nolisten tcp 3>"$2""#, "Xvfb", SCREEN])
            .arg(&number_file);
        let mut server = place.start("xvfb", command)?;
        let number = wait_for("the X server", || {
            anyhow::ensure!(
                server.is_running(),
                "no X server; `packaging/setup.sh test` installs what the tests need. {}",
                server.complaint()
            );
            let written = std::fs::read_to_string(&number_file).unwrap_or_default();
            Ok(written.strip_suffix('\n').map(str::to_owned))
        })?;
        let name = format!(":{number}");
        place.set_display(name)?;
        let display = Self { _server: Some(server), ..Self::attach(place)? };
        display.set_layout(layout)?;
        Ok(display)
    }

    /// Connects to a display that another process has started.
    pub(crate) fn attach(place: &Place) -> Result<Self> {
        let (connection, screen) = x11rb::connect(place.display()).context("the X server does not answer")?;
        let root = x11rb::connection::Connection::setup(&connection).roots[screen].root;
        let display =
            Self { place: place.clone(), connection, root, laid_out: Mutex::default(), _server: None, manager: None };
        display.remember_layout()?;
        Ok(display)
    }

    /// The display's name, e.g. `:5`.
    pub fn name(&self) -> &str {
        self.place.display().unwrap_or_default()
    }

    /// Sets the keyboard layout as `setxkbmap` knows it, e.g. `fr` or `us,ru`.
    pub fn set_layout(&self, layout: &str) -> Result<()> {
        output_of(self.place.command("setxkbmap").args(["-layout", layout]))?;
        self.remember_layout()
    }

    fn remember_layout(&self) -> Result<()> {
        *self.laid_out.lock().unwrap_or_else(PoisonError::into_inner) = self.keymap()?;
        Ok(())
    }

    /// Starts xfwm4. It needs the session bus for its settings. (openbox would do without, but loses track of the focus for
    /// seconds when a program changes the keyboard mapping.)
    pub(crate) fn start_window_manager(&mut self, bus: &Bus) -> Result<()> {
        let settings = bus.start_settings_service()?;
        let mut command = self.place.command("xfwm4");
        command.arg("--compositor=off");
        let mut manager = self.place.start("xfwm4", command)?;
        wait_for("the window manager", || {
            anyhow::ensure!(manager.is_running(), "no window manager. {}", manager.complaint());
            Ok(self.window_property(self.root, "_NET_SUPPORTING_WM_CHECK")?.map(drop))
        })?;
        self.manager = Some([manager, settings]);
        Ok(())
    }

    /// What is on the screen, pixel by pixel: to be compared, not looked at.
    fn pixels(&self) -> Result<Vec<u8>> {
        let size = self.connection.get_geometry(self.root)?.reply()?;
        let whole = (0, 0, size.width, size.height);
        let image =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, whole.0, whole.1, whole.2, whole.3, u32::MAX);
        Ok(image?.reply()?.data)
    }

    /// Does something that changes what is on the screen, and waits until it has been painted: changed, and then unchanged
    /// for a moment.
    pub fn watch_it_change(&self, what: &str, act: impl FnOnce() -> Result<()>) -> Result<()> {
        let (before, mut last) = (self.pixels()?, Vec::new());
        act()?;
        wait_for(what, || {
            std::thread::sleep(UNCHANGED);
            let previous = std::mem::replace(&mut last, self.pixels()?);
            Ok((last == previous && last != before).then_some(()))
        })
    }

    /// Takes a picture of the whole screen, once all that is under way has been painted.
    pub fn screenshot(&self, file: &std::path::Path) -> Result<()> {
        let mut last = self.pixels()?;
        wait_for("a screen that stands still", || {
            std::thread::sleep(UNCHANGED);
            let previous = std::mem::replace(&mut last, self.pixels()?);
            Ok((last == previous).then_some(()))
        })?;
        output_of(self.place.command("import").args(["-window", "root"]).arg(file)).map(drop)
    }
}
