//! The focused window: the trait, what is told of a window, and errors.

use crate::SessionKind;

/// Identifies a window for as long as it exists. Only ever compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WindowId(pub u64);

/// The window that has the focus, as far as the desktop tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// The window itself, where windows can be told apart.
    pub window: Option<WindowId>,
    /// The application's id: `WM_CLASS` class, Wayland `app_id`, bundle id. Lower-case is not assumed.
    pub app_id: Option<String>,
    /// `WM_CLASS` instance, where there is one.
    pub instance: Option<String>,
    /// The window's title. Private: never logged above `trace`.
    pub title: Option<String>,
    /// The program's file, e.g. `/usr/bin/gedit`.
    pub executable: Option<String>,
    /// The process's own name. For a script that is the script's, while the executable is its interpreter.
    pub process: Option<String>,
    /// The program's process.
    pub pid: Option<u32>,
}

/// Tells which window has the focus.
pub trait FocusProbe: Send {
    /// The focused window; `None` when no window has the focus.
    fn focused(&mut self) -> Result<Option<Target>, FocusError>;

    /// Lets the user point at a window, and waits until they have; `None` when they pointed at none, or thought better of
    /// it. Desktops that cannot do so say [`FocusError::NoPicking`].
    fn pick(&mut self) -> Result<Option<Target>, FocusError> {
        Err(FocusError::NoPicking)
    }

    /// Whether the screen is locked, as far as the desktop tells: what is typed then would go into the password field.
    fn is_locked(&mut self) -> bool {
        false
    }
}

/// Why the focus is unknown.
#[derive(Debug, thiserror::Error)]
pub enum FocusError {
    /// This desktop does not tell.
    #[error("this session ({0}) does not tell which window has the focus")]
    NotOffered(SessionKind),
    /// Windows cannot be pointed at on this desktop; looking at the focused one may work.
    #[error("on this desktop a window cannot be chosen with the pointer")]
    NoPicking,
    /// The connection to the desktop failed; a later try may work.
    #[error("the focused window is unknown: {reason}")]
    Connection {
        /// What the system said.
        reason: String,
    },
}
