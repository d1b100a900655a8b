//! Tells which window has the focus, by the best of what the compositor offers.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::kwin::KWin;
use super::sway;
use super::toplevels::Toplevels;
use crate::accessibility::FocusedWindow;
use crate::session_lock::{Manager, Saver};
use crate::{FocusError, FocusProbe, SessionKind, Target};

/// One source of knowledge for all probes: window numbers mean the same in each.
pub(super) struct Windows {
    display: String,
    /// sway's own socket, where the session has one.
    sway: Option<PathBuf>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    source: Option<Source>,
    /// Who tells in this session, once that was found out. Another one is not asked instead while it does not answer: the
    /// numbers of its windows would mean something else.
    kind: Option<Kind>,
}

/// Who tells of windows, besides sway.
enum Source {
    Toplevels(Toplevels),
    KWin(KWin),
    Applications(FocusedWindow),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Toplevels,
    KWin,
    Applications,
}

impl Windows {
    pub(super) fn new(display: &str) -> Self {
        let sway = std::env::var_os("SWAYSOCK").filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { display: display.to_owned(), sway, known: Mutex::default() }
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
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut source = match known.source.take() {
            Some(source) => source,
            None => self.find_source(known.kind)?,
        };
        known.kind = Some(source.kind());
        let found = match &mut source {
            Source::Toplevels(list) => list.focused().map_err(|error| failed(&error)),
            Source::KWin(kwin) => kwin.focused().map_err(|error| failed(&error)),
            Source::Applications(told) => told.focused().map(Some).map_err(|error| failed(&error)),
        }?;
        known.source = Some(source);
        Ok(found)
    }

    /// Finds out who tells, or connects again to those who did before.
    fn find_source(&self, before: Option<Kind>) -> Result<Source, FocusError> {
        if before.is_none_or(|kind| kind == Kind::Toplevels) {
            match Toplevels::connect(&self.display) {
                Ok(list) => return Ok(Source::Toplevels(list)),
                Err(error) if error.is_missing() && before.is_none() => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        if before.is_none_or(|kind| kind == Kind::KWin) {
            match KWin::connect() {
                Ok(Some(kwin)) => return Ok(Source::KWin(kwin)),
                Ok(None) if before.is_none() => tracing::debug!("there is no KWin to ask"),
                Ok(None) => return Err(FocusError::Connection { reason: "KWin is gone".into() }),
                Err(error) => return Err(failed(&error)),
            }
        }
        match (FocusedWindow::connect(), before) {
            (Ok(Some(applications)), _) => Ok(Source::Applications(applications)),
            (Ok(None), Some(_)) => Err(FocusError::Connection { reason: "the accessibility bus is gone".into() }),
            (Ok(None), None) => {
                tracing::debug!("the accessibility bus does not run");
                Err(FocusError::NotOffered(SessionKind::Wayland))
            }
            (Err(error), Some(_)) => Err(failed(&error)),
            (Err(error), None) => {
                tracing::debug!(%error, "the applications cannot be asked");
                Err(FocusError::NotOffered(SessionKind::Wayland))
            }
        }
    }
}

impl Source {
    fn kind(&self) -> Kind {
        match self {
            Self::Toplevels(_) => Kind::Toplevels,
            Self::KWin(_) => Kind::KWin,
            Self::Applications(_) => Kind::Applications,
        }
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
