//! Tells which window has the focus on an X11 display.

use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::Window;

use super::locked::LockProbe;
use super::pick::pick;
use super::windows::Windows;
use crate::{FocusError, FocusProbe, Target, WindowId};

/// Asks the X server, over a connection that is made anew when it broke.
pub(super) struct X11Focus {
    display: String,
    windows: Option<Windows>,
    /// Made when it is first needed: most probes are never asked.
    locks: Option<LockProbe>,
}

impl X11Focus {
    pub(super) fn connect(display: &str) -> Result<Self, FocusError> {
        let mut probe = Self { display: display.to_owned(), windows: None, locks: None };
        probe.windows()?;
        Ok(probe)
    }

    fn windows(&mut self) -> Result<&Windows, FocusError> {
        if self.windows.is_none() {
            let connected = Windows::connect(&self.display);
            self.windows = Some(connected.map_err(|error| FocusError::Connection { reason: error.to_string() })?);
        }
        // It was filled just now if it was empty.
        self.windows.as_ref().ok_or_else(|| FocusError::Connection { reason: "no connection".into() })
    }
}

impl FocusProbe for X11Focus {
    fn focused(&mut self) -> Result<Option<Target>, FocusError> {
        match describe(self.windows()?) {
            Ok(target) => Ok(target),
            Err(ReplyError::ConnectionError(error)) => {
                tracing::debug!(%error, "connecting to the X server again");
                self.windows = None;
                describe(self.windows()?).map_err(|error| FocusError::Connection { reason: error.to_string() })
            }
            Err(error) => Err(FocusError::Connection { reason: error.to_string() }),
        }
    }

    fn pick(&mut self) -> Result<Option<Target>, FocusError> {
        let windows = self.windows()?;
        let picked = pick(windows).and_then(|window| window.map(|window| target(windows, window)).transpose());
        picked.map_err(|error| FocusError::Connection { reason: error.to_string() })
    }

    fn is_locked(&mut self) -> bool {
        let locks = self.locks.take().unwrap_or_else(LockProbe::new);
        let locked = self.windows().is_ok_and(|windows| locks.is_locked(windows));
        self.locks = Some(locks);
        locked
    }
}

fn describe(windows: &Windows) -> Result<Option<Target>, ReplyError> {
    windows.focused()?.map(|window| target(windows, window)).transpose()
}

fn target(windows: &Windows, window: Window) -> Result<Target, ReplyError> {
    let (instance, class) = windows.class(window)?.unzip();
    let pid = windows.pid(window)?;
    let executable = pid.and_then(|pid| std::fs::read_link(format!("/proc/{pid}/exe")).ok());
    let process = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/comm")).ok());
    Ok(Target {
        window: Some(WindowId(window.into())),
        app_id: class.filter(|class| !class.is_empty()),
        instance: instance.filter(|instance| !instance.is_empty()),
        title: windows.title(window)?,
        executable: executable.map(|path| path.to_string_lossy().into_owned()),
        process: process.map(|name| name.trim_end_matches('\n').to_owned()),
        pid,
    })
}
