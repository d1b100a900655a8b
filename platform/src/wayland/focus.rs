//! Tells which window has the focus, by the best of what the compositor offers.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::accessibility::Accessibility;
use super::kwin::KWin;
use super::sway;
use super::toplevels::Toplevels;
use crate::session_lock::{Manager, Saver};
use crate::{FocusError, FocusProbe, SessionKind, Target};

/// One source of knowledge for all probes: window numbers mean the same in each.
pub(super) struct Windows {
    display: String,
    /// sway's own socket, where the session has one.
    sway: Option<PathBuf>,
    source: Mutex<Option<Source>>,
}

/// Who tells of windows, besides sway.
enum Source {
    Toplevels(Toplevels),
    KWin(KWin),
    Applications(Accessibility),
}

impl Windows {
    pub(super) fn new(display: &str) -> Self {
        let sway = std::env::var_os("SWAYSOCK").filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { display: display.to_owned(), sway, source: Mutex::new(None) }
    }

    fn focused(&self) -> Result<Option<Target>, FocusError> {
        if let Some(socket) = &self.sway {
            match sway::focused(socket) {
                Ok(target) => return Ok(target),
                // The variable may be left from another session.
                Err(error) => tracing::debug!(%error, "asking the compositor by its protocols instead"),
            }
        }
        // A half-made source is replaced whole.
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = match source.take() {
            Some(source) => source,
            None => self.find_source()?,
        };
        let found = match &asked {
            Source::Toplevels(list) => list.focused().map_err(|error| failed(&error)),
            Source::KWin(kwin) => kwin.focused().map_err(|error| failed(&error)),
            Source::Applications(told) => told.focused().map(Some).map_err(|error| failed(&error)),
        }?;
        *source = Some(asked);
        Ok(found)
    }

    fn find_source(&self) -> Result<Source, FocusError> {
        match Toplevels::connect(&self.display) {
            Ok(list) => return Ok(Source::Toplevels(list)),
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(failed(&error)),
        }
        match KWin::connect() {
            Ok(kwin) => return Ok(Source::KWin(kwin)),
            Err(error) => tracing::debug!(%error, "there is no KWin to ask"),
        }
        Accessibility::connect().map(Source::Applications).map_err(|error| {
            tracing::debug!(%error, "the applications cannot be asked");
            FocusError::NotOffered(SessionKind::Wayland)
        })
    }
}

fn failed(error: &dyn std::error::Error) -> FocusError {
    FocusError::Connection { reason: error.to_string() }
}

/// A probe.
pub(super) struct WaylandFocus {
    windows: Arc<Windows>,
    locks: Option<(Manager, Saver)>,
}

impl WaylandFocus {
    pub(super) fn new(windows: &Arc<Windows>) -> Self {
        Self { windows: Arc::clone(windows), locks: None }
    }
}

impl FocusProbe for WaylandFocus {
    fn focused(&mut self) -> Result<Option<Target>, FocusError> {
        self.windows.focused()
    }

    /// Lockers by the protocol for it, such as swaylock, are not told of; but no window has the focus then.
    fn is_locked(&mut self) -> bool {
        let (manager, saver) = self.locks.get_or_insert_with(|| (Manager::connect(), Saver::connect()));
        saver.says_locked() || manager.says_locked()
    }
}
