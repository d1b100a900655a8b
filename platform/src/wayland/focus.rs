//! Tells which window has the focus, by the best of what the compositor offers.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::sway;
use super::toplevels::Toplevels;
use crate::{FocusError, FocusProbe, SessionKind, Target};

/// One source of knowledge for all probes: window numbers mean the same in each.
pub(super) struct Windows {
    display: String,
    /// sway's own socket, where the session has one.
    sway: Option<PathBuf>,
    toplevels: Mutex<Option<Toplevels>>,
}

impl Windows {
    pub(super) fn new(display: &str) -> Self {
        let sway = std::env::var_os("SWAYSOCK").filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { display: display.to_owned(), sway, toplevels: Mutex::new(None) }
    }

    fn focused(&self) -> Result<Option<Target>, FocusError> {
        if let Some(socket) = &self.sway {
            match sway::focused(socket) {
                Ok(target) => return Ok(target),
                // The variable may be left from another session.
                Err(error) => tracing::debug!(%error, "asking the compositor by its protocols instead"),
            }
        }
        // A half-made list is replaced whole.
        let mut toplevels = self.toplevels.lock().unwrap_or_else(PoisonError::into_inner);
        let list = match toplevels.take() {
            Some(list) => list,
            None => Toplevels::connect(&self.display).map_err(|error| {
                if error.is_missing() {
                    FocusError::NotOffered(SessionKind::Wayland)
                } else {
                    FocusError::Connection { reason: error.to_string() }
                }
            })?,
        };
        let found = list.focused().map_err(|error| FocusError::Connection { reason: error.to_string() })?;
        *toplevels = Some(list);
        Ok(found)
    }
}

/// A probe.
pub(super) struct WaylandFocus(pub(super) Arc<Windows>);

impl FocusProbe for WaylandFocus {
    fn focused(&mut self) -> Result<Option<Target>, FocusError> {
        self.0.focused()
    }
}
