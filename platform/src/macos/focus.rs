//! Tells which application has the focus on macOS. Windows and titles would need the permission to record the screen.

use objc2_app_kit::NSWorkspace;

use crate::{FocusError, FocusProbe, Target};

/// Asks the system each time; there is nothing to keep.
pub(super) struct MacFocus;

impl FocusProbe for MacFocus {
    fn focused(&mut self) -> Result<Option<Target>, FocusError> {
        let Some(application) = NSWorkspace::sharedWorkspace().frontmostApplication() else { return Ok(None) };
        let path = application.executableURL().and_then(|url| url.path());
        Ok(Some(Target {
            window: None,
            process: None,
            app_id: application.bundleIdentifier().map(|id| id.to_string()),
            instance: application.localizedName().map(|name| name.to_string()),
            title: None,
            executable: path.map(|path| path.to_string()),
            // An application without a process says -1.
            pid: u32::try_from(application.processIdentifier()).ok(),
        }))
    }
}
