//! Asks KWin which window has the focus. It tells no program directly, but runs scripts, and a script can call us.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, Proxy};

use super::process::described;
use crate::{Target, WindowId};

const KWIN: &str = "org.kde.KWin";
/// Where the script finds us; on the bus we have no name but the connection's own.
const OUR_PATH: &str = "/io/scout/Focus";
const OUR_INTERFACE: &str = "io.scout.Focus";

/// How the names of our scripts begin. The process id and a number follow: KWin knows a script by its name alone, and a second
/// Scout in the session, such as `scout doctor`, must not replace or unload the agent's.
const SCRIPT_PREFIX: &str = "scout-focus-";

/// How long anything on the bus may take. It takes milliseconds, except on a desktop that hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Tells the focused window now and after each change. KWin 6 has other names than KWin 5.
const SCRIPT: &str = r#"
function tell(window) {
    callDBus("SERVICE", "PATH", "INTERFACE", "Focused", window ? String(window.internalId) : "",
        window ? String(window.resourceClass) : "", window ? String(window.caption) : "", window ? Number(window.pid) : 0);
}
if (workspace.windowActivated) {
    workspace.windowActivated.connect(tell);
    tell(workspace.activeWindow);
} else {
    workspace.clientActivated.connect(tell);
    tell(workspace.activeClient);
}
"#;

/// The script, running in KWin, and what it told.
pub(super) struct KWin {
    bus: Connection,
    focused: Arc<Mutex<Known>>,
    script: Script,
}

#[derive(Default)]
struct Known {
    /// Whether the script has told anything since it was started.
    told: bool,
    target: Option<Target>,
}

/// A script that was started.
struct Script {
    name: String,
    file: PathBuf,
}

/// The object that the script calls.
struct Listener(Arc<Mutex<Known>>);

// Calls are taken one after the other, in the order in which they came.
#[zbus::interface(name = "io.scout.Focus", spawn = false)]
impl Listener {
    /// A window got the focus; an empty `id` means none.
    #[allow(clippy::needless_pass_by_value)] // what comes by the bus is ours
    fn focused(&self, id: String, class: String, title: String, pid: i32) {
        let mut known = lock(&self.0);
        known.told = true;
        known.target = (!id.is_empty()).then(|| target(&id, class, title, u32::try_from(pid).ok()));
    }

    /// Answers once every call that came before has been taken.
    #[allow(clippy::unused_self)] // the bus calls it by its object
    fn settle(&self) {}
}

impl KWin {
    /// Starts the script. `None` where there is no KWin.
    pub(super) fn connect() -> zbus::Result<Option<Self>> {
        let focused: Arc<Mutex<Known>> = Arc::default();
        let Ok(bus) = connect(&focused) else { return Ok(None) };
        // Asked first, so that no file is written where there is no KWin.
        if !DBusProxy::new(&bus)?.name_has_owner(KWIN.try_into()?)? {
            return Ok(None);
        }
        remove_leftovers(&bus);
        let script = Script::start(&bus)?;
        Ok(Some(Self { bus, focused, script }))
    }

    /// The window that has the focus now. The script is started again if it does not run any more, as after a restart of KWin.
    /// An error when KWin does not answer.
    pub(super) fn focused(&mut self) -> zbus::Result<Option<Target>> {
        if !self.script.is_loaded(&self.bus)? {
            tracing::info!("KWin has lost the script that tells the focus: it is started again");
            *lock(&self.focused) = Known::default();
            self.script = Script::start(&self.bus)?;
        }
        // What KWin told before its last answer came before this call, and so is known when this returns.
        let own_name = self.bus.unique_name().map(ToString::to_string);
        self.bus.call_method(own_name.as_deref(), OUR_PATH, Some(OUR_INTERFACE), "Settle", &())?;
        let known = lock(&self.focused);
        if known.told { Ok(known.target.clone()) } else { Err(zbus::Error::Failure("KWin told nothing yet".into())) }
    }
}

impl Drop for KWin {
    fn drop(&mut self) {
        // A KWin that is gone runs no script.
        let _ = unload(&self.bus, &self.script.name);
    }
}

impl Script {
    fn start(bus: &Connection) -> zbus::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{SCRIPT_PREFIX}{}-{number}", std::process::id());
        let script = Self { file: folder().join(format!("{name}.js")), name };
        let own_name = bus.unique_name().map(ToString::to_string).unwrap_or_default();
        let text = SCRIPT.replace("SERVICE", &own_name).replace("PATH", OUR_PATH).replace("INTERFACE", OUR_INTERFACE);
        let written = std::fs::File::create(&script.file).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| zbus::Error::InputOutput(Arc::new(error)))?;
        let file = script.file.to_string_lossy();
        let number: i32 = scripting(bus)?.call("loadScript", &(file.as_ref(), script.name.as_str()))?;
        let run = |path: String| bus.call_method(Some(KWIN), path, Some("org.kde.kwin.Script"), "run", &()).map(drop);
        // The first is where KWin 5 has it, the second where KWin 6 does.
        run(format!("/{number}")).or_else(|_| run(format!("/Scripting/Script{number}")))?;
        Ok(script)
    }

    fn is_loaded(&self, bus: &Connection) -> zbus::Result<bool> {
        scripting(bus)?.call("isScriptLoaded", &(self.name.as_str(),))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // A file that is gone already is what was wanted.
        let _ = std::fs::remove_file(&self.file);
    }
}

fn connect(focused: &Arc<Mutex<Known>>) -> zbus::Result<Connection> {
    let listener = Listener(Arc::clone(focused));
    Builder::session()?.method_timeout(ANSWER_LIMIT).serve_at(OUR_PATH, listener)?.build()
}

fn scripting(bus: &Connection) -> zbus::Result<Proxy<'_>> {
    Proxy::new(bus, KWIN, "/Scripting", "org.kde.kwin.Scripting")
}

fn unload(bus: &Connection, script: &str) -> zbus::Result<bool> {
    scripting(bus)?.call("unloadScript", &(script,))
}

/// Unloads the scripts of processes that were killed.
fn remove_leftovers(bus: &Connection) {
    let Ok(files) = std::fs::read_dir(folder()) else { return };
    for file in files.flatten().map(|entry| entry.path()) {
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let pid = name.strip_prefix(SCRIPT_PREFIX).and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // KWin may have been restarted since.
            let _ = unload(bus, name);
            let _ = std::fs::remove_file(&file);
        }
    }
}

/// A script has to be a file that KWin can read: in the runtime folder, which only the user can enter.
fn folder() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from)
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    // It is replaced whole.
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

fn target(id: &str, class: String, title: String, pid: Option<u32>) -> Target {
    // KWin names windows by UUIDs; only equality matters.
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    described(Target {
        window: Some(WindowId(hasher.finish())),
        app_id: Some(class).filter(|class| !class.is_empty()),
        title: Some(title),
        pid,
        ..Target::default()
    })
}
