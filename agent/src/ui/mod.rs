//! What the user sees: the tray with its menu, notifications, sounds.
//!
//! The agent describes what there is to see as a [`View`] and shows it through a [`UiHandle`]; what the user clicks comes back
//! as an [`Action`]. In between, [`menu`] decides what the menu says, and the tray puts it on the screen.

mod event_loop;
pub mod icons;
pub mod menu;
pub mod notices;
pub mod overlay;
pub mod sounds;
mod tray;
mod tray_host;
mod view;

pub use event_loop::{Ui, UiHandle, run};
pub use view::{Choice, View};

use scout_platform::tray_host::TrayHostError;

use scout_core::dictation::DictationId;

/// What the user asked for in the tray, or what the agent must know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start when idle, stop when listening.
    Toggle,
    /// Drop the current dictation.
    Cancel,
    /// Turn hands-free mode on, or off.
    ToggleHandsFree,
    /// Deliver the last dictation's text again.
    PasteLast,
    /// Take the last delivered text back.
    Undo,
    /// Use this profile for the next dictation only; `None` is the one that the focused application gets.
    UseProfileOnce(Option<String>),
    /// Record from this microphone from now on; `None` is the system's default.
    UseMicrophone(Option<String>),
    /// Transcribe with this model from now on.
    UseModel(String),
    /// Put a dictation's text on the clipboard.
    CopyRecent(DictationId),
    /// Open the configuration file in the user's editor.
    OpenConfiguration,
    /// End the agent.
    Quit,
    /// Nobody asked: the tray cannot be shown. Sent once; the agent works without it, and tells the user where it can.
    NoTray(NoTray),
    /// Nobody asked: the tray that was missed is there now.
    TrayIsThere,
}

/// Why there is no tray icon. Its message is a warning for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTray {
    /// There is no display.
    #[error(
        "there is no tray icon, because no display is reached: steer Scout with `scout ctl`, or start it from a desktop session, where DISPLAY or WAYLAND_DISPLAY is set"
    )]
    NoDisplay,
    /// The desktop's tray is not reached.
    #[error(
        "there is no tray icon, because the session bus is not reached ({reason}): steer Scout with `scout ctl`, or start it from a desktop session, where DBUS_SESSION_BUS_ADDRESS is set"
    )]
    NoSessionBus {
        /// What the system said.
        reason: String,
    },
    /// Nothing shows icons. One that starts later is found.
    #[error("there is no tray icon, because {0}. Until then, steer Scout with `scout ctl`")]
    NoHost(TrayHostError),
}
