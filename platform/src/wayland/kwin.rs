//! Asks KWin which window has the focus. It tells no program directly, but runs scripts, and a script can call us.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};

use super::process::described;
use crate::{Target, WindowId};

const KWIN: &str = "org.kde.KWin";
/// Where the script finds us; on the bus we have no name but the connection's own.
const OUR_PATH: &str = "/io/scout/Focus";
const OUR_INTERFACE: &str = "io.scout.Focus";
/// The script's name among KWin's; one of that name that an agent left behind is replaced.
const SCRIPT_NAME: &str = "scout-focus";

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
    script: PathBuf,
}

#[derive(Default)]
struct Known {
    /// Whether anything was told yet.
    told: bool,
    target: Option<Target>,
}

/// The object that the script calls.
struct Listener(Arc<Mutex<Known>>);

#[zbus::interface(name = "io.scout.Focus")]
impl Listener {
    /// A window got the focus; an empty `id` means none.
    #[allow(clippy::needless_pass_by_value)] // what comes by the bus is ours
    fn focused(&self, id: String, class: String, title: String, pid: i32) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.told = true;
        known.target = (!id.is_empty()).then(|| target(&id, class, title, u32::try_from(pid).ok()));
    }
}

impl KWin {
    /// Starts the script. Fails where there is no KWin.
    pub(super) fn connect() -> zbus::Result<Self> {
        let focused: Arc<Mutex<Known>> = Arc::default();
        let bus = Builder::session()?
            .method_timeout(ANSWER_LIMIT)
            .serve_at(OUR_PATH, Listener(Arc::clone(&focused)))?
            .build()?;
        let name = bus.unique_name().map(ToString::to_string).unwrap_or_default();
        let text = SCRIPT.replace("SERVICE", &name).replace("PATH", OUR_PATH).replace("INTERFACE", OUR_INTERFACE);
        let scripting = Proxy::new(&bus, KWIN, "/Scripting", "org.kde.kwin.Scripting")?;
        // Asked first, so that no file is written where there is no KWin.
        let _: bool = scripting.call("unloadScript", &(SCRIPT_NAME,))?;
        let script = write(&text).map_err(|error| zbus::Error::InputOutput(Arc::new(error)))?;
        let number: i32 = scripting.call("loadScript", &(script.to_string_lossy().as_ref(), SCRIPT_NAME))?;
        let run = |path: String| bus.call_method(Some(KWIN), path, Some("org.kde.kwin.Script"), "run", &()).map(drop);
        // The first is where KWin 5 has it, the second where KWin 6 does.
        run(format!("/{number}")).or_else(|_| run(format!("/Scripting/Script{number}")))?;
        Ok(Self { bus, focused, script })
    }

    /// The focused window, as KWin told it last; an error when the bus is gone or nothing was told.
    pub(super) fn focused(&self) -> zbus::Result<Option<Target>> {
        // What KWin sent before its answer to this has arrived with it.
        let scripting = Proxy::new(&self.bus, KWIN, "/Scripting", "org.kde.kwin.Scripting")?;
        let _: bool = scripting.call("isScriptLoaded", &(SCRIPT_NAME,))?;
        let known = self.focused.lock().unwrap_or_else(PoisonError::into_inner);
        if known.told { Ok(known.target.clone()) } else { Err(zbus::Error::Failure("KWin told nothing yet".into())) }
    }
}

impl Drop for KWin {
    fn drop(&mut self) {
        if let Ok(scripting) = Proxy::new(&self.bus, KWIN, "/Scripting", "org.kde.kwin.Scripting") {
            // A KWin that is gone runs no script.
            let _ = scripting.call::<_, _, bool>("unloadScript", &(SCRIPT_NAME,));
        }
        let _ = std::fs::remove_file(&self.script);
    }
}

/// The script has to be a file that KWin can read: in the runtime folder, which only the user can enter.
fn write(text: &str) -> std::io::Result<PathBuf> {
    let folder = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join(format!("{SCRIPT_NAME}-{}.js", std::process::id()));
    std::fs::File::create(&path)?.write_all(text.as_bytes())?;
    Ok(path)
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
