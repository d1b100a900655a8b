//! Which window has the focus, as the applications themselves tell: GNOME's compositor tells nobody.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Bus, Part, SERVICE_LIMIT, States};
use crate::wayland::described;
use crate::{Target, WindowId};

/// Stands for a window whose application tells nothing. It is a window like any other, so that a text for one that told is
/// not sent to it; two of its kind cannot be told apart.
const UNTOLD: WindowId = WindowId(0);

/// Asks for the focused window.
pub(crate) struct FocusedWindow(Bus);

impl FocusedWindow {
    /// `None` where the bus does not run.
    pub(crate) fn connect() -> zbus::Result<Option<Self>> {
        Ok(Bus::running(SERVICE_LIMIT)?.map(Self))
    }

    /// The focused window.
    pub(crate) fn focused(&self) -> zbus::Result<Target> {
        for application in self.0.applications()? {
            // One that is busy, or has just ended, is not the one that takes text now.
            let windows = self.0.children(&application).unwrap_or_default();
            let is_active = |window: &Part| self.0.states(window).is_ok_and(|states| states.has(States::ACTIVE));
            if let Some(window) = windows.into_iter().find(is_active) {
                return Ok(self.target(&application, &window));
            }
        }
        Ok(Target { window: Some(UNTOLD), ..Target::default() })
    }

    fn target(&self, application: &Part, window: &Part) -> Target {
        let mut hasher = DefaultHasher::new();
        (window.0.as_str(), window.1.as_str()).hash(&mut hasher);
        described(Target {
            window: Some(WindowId(hasher.finish())),
            app_id: self.0.name_of(application),
            title: self.0.name_of(window),
            pid: self.0.pid(&application.0),
            ..Target::default()
        })
    }
}
