//! The box's folder, and the environment that every program in the box gets.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};

use crate::process::{Process, Warden};

/// Variables of the test's own environment that programs in the box may see. Everything else is the box's, so that nothing
/// reaches the desktop of whoever runs the tests.
const PASSED_ON: [&str; 6] = ["PATH", "USER", "LOGNAME", "RUST_LOG", "RUST_BACKTRACE", "SCOUT_LOG"];

/// Tells a process in the box which box it is in.
const ROOT: &str = "SCOUT_BOX";

/// Where the box keeps its files: its own home, runtime folder, configuration and data. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Place {
    root: PathBuf,
    warden: Arc<Warden>,
    display: Arc<OnceLock<String>>,
    wayland: Arc<OnceLock<Session>>,
}

/// Where the Wayland session is.
#[derive(Debug)]
struct Session {
    /// `WAYLAND_DISPLAY`.
    display: String,
    /// `SWAYSOCK`.
    sway: String,
}

impl Place {
    /// An empty place, removed when the process ends.
    pub fn new() -> Result<Self> {
        // Directly in /tmp: socket paths are cut at 108 bytes.
        let root = tempfile::Builder::new().prefix("scout-box-").tempdir_in("/tmp")?.keep();
        let warden = Arc::new(Warden::start(Some(&root))?);
        let place = Self { root, warden, display: Arc::default(), wayland: Arc::default() };
        for folder in [place.home(), place.runtime(), place.config(), place.data(), place.logs(), place.file("tmp")] {
            std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        // Sound servers and buses refuse a runtime folder that others can enter.
        std::fs::set_permissions(place.runtime(), std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(place)
    }

    /// The place that this process was started in by [`Self::command`], if it was.
    pub(crate) fn around_us() -> Result<Option<Self>> {
        let Some(root) = std::env::var_os(ROOT) else { return Ok(None) };
        let warden = Arc::new(Warden::start(None)?);
        let place = Self { root: root.into(), warden, display: Arc::default(), wayland: Arc::default() };
        if let (Ok(display), Ok(sway)) = (std::env::var("WAYLAND_DISPLAY"), std::env::var("SWAYSOCK")) {
            place.set_wayland(display, sway)?;
        }
        if let Ok(display) = std::env::var("DISPLAY") {
            place.set_display(display)?;
        }
        Ok(Some(place))
    }

    /// A file or folder in the box.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// `HOME`.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// `XDG_RUNTIME_DIR`.
    pub fn runtime(&self) -> PathBuf {
        self.root.join("run")
    }

    /// `XDG_CONFIG_HOME`.
    pub fn config(&self) -> PathBuf {
        self.home().join(".config")
    }

    /// `XDG_DATA_HOME`.
    pub fn data(&self) -> PathBuf {
        self.home().join(".local/share")
    }

    fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The X display, e.g. `:5`; `None` where the box has none.
    pub fn display(&self) -> Option<&str> {
        self.display.get().map(String::as_str)
    }

    pub(crate) fn set_display(&self, display: String) -> Result<()> {
        self.display.set(display).map_err(|second| anyhow::anyhow!("the box has a display already, not {second}"))
    }

    /// The name of the Wayland session's socket; `None` where the box has none.
    pub fn wayland(&self) -> Option<&str> {
        self.wayland.get().map(|session| session.display.as_str())
    }

    pub(crate) fn set_wayland(&self, display: String, sway: String) -> Result<()> {
        let set = self.wayland.set(Session { display, sway });
        set.map_err(|second| anyhow::anyhow!("the box has a Wayland session already, not {}", second.display))
    }

    pub(crate) fn bus_socket(&self) -> PathBuf {
        self.runtime().join("bus")
    }

    pub(crate) fn sound_socket(&self) -> PathBuf {
        self.runtime().join("pulse/native")
    }

    /// Whether programs can tell what they show, as screen readers need it.
    pub(crate) fn has_accessibility(&self) -> bool {
        self.runtime().join("at-spi").exists()
    }

    /// Where mutter has put the key to its XWayland, if it has.
    fn display_key(&self) -> Option<PathBuf> {
        let is_key =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".mutter-X"));
        std::fs::read_dir(self.runtime()).ok()?.flatten().map(|entry| entry.path()).find(is_key)
    }

    /// The whole environment of a program in the box.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut all: Vec<(String, String)> = PASSED_ON
            .iter()
            .filter_map(|name| std::env::var(name).ok().map(|value| ((*name).to_owned(), value)))
            .collect();
        let own = [
            (ROOT, text(&self.root)),
            ("HOME", text(&self.home())),
            ("TMPDIR", text(&self.file("tmp"))),
            ("LANG", "C.UTF-8".to_owned()),
            ("XDG_RUNTIME_DIR", text(&self.runtime())),
            ("XDG_CONFIG_HOME", text(&self.config())),
            ("XDG_DATA_HOME", text(&self.data())),
            ("XDG_CACHE_HOME", text(&self.home().join(".cache"))),
            ("XDG_STATE_HOME", text(&self.home().join(".local/state"))),
            ("XDG_CURRENT_DESKTOP", "XFCE".to_owned()),
            // Set even where the part is missing: a program must not find the bus or the microphone of the real desktop.
            ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", text(&self.bus_socket()))),
            ("PULSE_RUNTIME_PATH", text(&self.runtime().join("pulse"))),
            ("PULSE_SERVER", format!("unix:{}", text(&self.sound_socket()))),
            ("GSETTINGS_BACKEND", "memory".to_owned()),
            ("GIO_USE_VFS", "local".to_owned()),
            ("GDK_BACKEND", "x11".to_owned()),
        ];
        all.extend(own.map(|(name, value)| (name.to_owned(), value)));
        if !self.has_accessibility() {
            // The bus of the box starts no services by itself; GTK would wait for these.
            all.push(("NO_AT_BRIDGE".to_owned(), "1".to_owned()));
        }
        all.extend(self.display_key().map(|path| ("XAUTHORITY".to_owned(), text(&path))));
        all.extend(self.display().map(|display| ("DISPLAY".to_owned(), display.to_owned())));
        if let Some(session) = self.wayland.get() {
            all.push(("WAYLAND_DISPLAY".to_owned(), session.display.clone()));
            all.push(("SWAYSOCK".to_owned(), session.sway.clone()));
        }
        all
    }

    /// A command that will run in the box.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment()).current_dir(self.home());
        command
    }

    /// Starts a command in the box; `name` names its log.
    pub fn start(&self, name: &str, command: Command) -> Result<Process> {
        Process::start(&self.warden, &self.logs(), name, command)
    }
}
