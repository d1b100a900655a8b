//! What Scout needs of the desktop it runs on, as traits, and [`detect`], which chooses their implementations at run time.
//!
//! This crate is the only place with `cfg(target_os)` and `unsafe`. It knows nothing of dictation: it listens to keys, types
//! text, tells which window has the focus, and reaches the clipboard, the keychain and the notification service.

pub mod keys;

use std::time::{Duration, Instant};

pub use keys::{Chord, Key};

/// A key went down or up, anywhere in the user's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyEvent {
    /// Which key.
    pub key: Key,
    /// `true` when it went down. A key held down may send repeated presses without releases between them.
    pub pressed: bool,
    /// When the event reached us.
    pub at: Instant,
}

/// Where key events go. Called on the hook's own thread: it must do nothing but pass the event on, since some systems
/// remove a slow hook.
pub type KeySink = Box<dyn FnMut(KeyEvent) + Send>;

/// Hears every key in the session, whichever window has the focus. Events that an [`Injector`] of this process made do not
/// come back through it.
pub trait KeyHook: Send {
    /// Starts listening on a thread of its own, until the process ends.
    fn start(&mut self, sink: KeySink) -> Result<(), HookError>;
}

/// Sends text and chords to whatever window has the focus.
pub trait Injector {
    /// Types `text`, so that the focused window receives exactly these characters, whatever the keyboard layout, the state
    /// of `CapsLock` and the keys that are held.
    ///
    /// `keep_going` is asked between characters; once it says `false`, typing stops and the report says how far it came.
    /// Afterwards nothing that was pressed is down, and nothing that was rebound stays so, whatever happened.
    fn type_text(
        &mut self,
        text: &str,
        options: &TypeOptions,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<TypeReport, InjectError>;

    /// Presses and releases one chord, such as `ctrl+v`.
    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError>;

    /// Keys that are physically down now.
    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError>;
}

/// How text is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeOptions {
    /// What a line break becomes.
    pub newline: Newline,
    /// Pause between characters. Zero is as fast as the window system takes them.
    pub gap: Duration,
    /// How long to wait for the user to let go of modifiers before they are released for them and restored afterwards.
    pub modifier_wait: Duration,
}

/// What a line break in the text becomes when it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Newline {
    /// The Enter key.
    #[default]
    Enter,
    /// Shift and Enter: chat windows send on a plain Enter.
    ShiftEnter,
    /// A space: the window would send or run what is there.
    Space,
}

/// What typing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeReport {
    /// Characters (Unicode scalar values) of the text that were sent.
    pub chars_sent: usize,
    /// `false` when `keep_going` ended it early.
    pub complete: bool,
    /// From the call to the last key event.
    pub elapsed: Duration,
}

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
    /// The program's process.
    pub pid: Option<u32>,
}

/// Tells which window has the focus.
pub trait FocusProbe: Send {
    /// The focused window; `None` when no window has the focus.
    fn focused(&mut self) -> Result<Option<Target>, FocusError>;
}

/// The plain-text clipboard.
pub trait Clipboard {
    /// Puts `text` on the clipboard, marked as private where the system knows such a mark.
    fn set_text(&mut self, text: &str) -> Result<(), ClipboardError>;
    /// The clipboard's text; `None` when it is empty or holds something else.
    fn text(&mut self) -> Result<Option<String>, ClipboardError>;
}

/// The OS keychain.
pub trait Secrets: Send {
    /// Whether the keychain can be used, and if not, what to do about it.
    fn check(&self) -> Result<(), SecretError>;
    /// The secret of that name; `None` when there is none.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretError>;
    /// Stores a secret, replacing an older one.
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretError>;
    /// Removes a secret; it is no error when there is none.
    fn delete(&self, name: &str) -> Result<(), SecretError>;
}

/// Shows short messages to the user.
pub trait Notifier: Send {
    /// Shows one message. Must not block for longer than the notification service takes to accept it.
    fn notify(&mut self, title: &str, body: &str) -> Result<(), NotifyError>;
}

/// What kind of session the user is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// An X11 display.
    X11,
    /// A Wayland compositor (with or without `XWayland`).
    Wayland,
    /// The Windows desktop.
    Windows,
    /// macOS.
    MacOs,
    /// No display at all: a server, a container, a text console.
    Headless,
}

impl std::fmt::Display for SessionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::X11 => "X11",
            Self::Wayland => "Wayland",
            Self::Windows => "Windows",
            Self::MacOs => "macOS",
            Self::Headless => "no display",
        })
    }
}

/// The desktop's parts. Those that are tied to a thread are made by the thread that uses them.
pub trait Desktop: Send + Sync {
    /// What kind of session this is.
    fn kind(&self) -> SessionKind;
    /// Listens to keys.
    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError>;
    /// Types. Made and used on one thread.
    fn injector(&self) -> Result<Box<dyn Injector>, InjectError>;
    /// Tells the focus.
    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError>;
    /// The clipboard. Made and used on one thread, and kept: on X11 what was copied is gone with its owner.
    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError>;
    /// The keychain.
    fn secrets(&self) -> Box<dyn Secrets>;
    /// Notifications.
    fn notifier(&self) -> Box<dyn Notifier>;
}

/// Why keys cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Nothing on this desktop offers it: bind keys in the compositor instead.
    #[error(
        "this session ({0}) lets no program hear keys: bind a key to `scout ctl start` and `scout ctl stop` in its settings"
    )]
    NotOffered(SessionKind),
    /// The connection to the desktop failed.
    #[error("keys cannot be heard: {reason}. Check that DISPLAY names a running X server with the RECORD extension")]
    Connection {
        /// What the system said.
        reason: String,
    },
    /// The user has to grant a permission.
    #[error("keys cannot be heard without permission: {remedy}")]
    Permission {
        /// Which setting to change.
        remedy: String,
    },
}

/// Why text could not be typed.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// Nothing on this desktop offers it: the text is kept instead.
    #[error("this session ({0}) lets Scout type nothing: use `scout history` or `scout ctl paste-last`")]
    NotOffered(SessionKind),
    /// The connection to the desktop failed; a later try may work.
    #[error("typing failed: {reason}. Check that DISPLAY names a running X server with the XTEST extension")]
    Connection {
        /// What the system said.
        reason: String,
    },
    /// This text cannot be typed here; another way of delivery may work.
    #[error("{what} cannot be typed with this keyboard: {reason}")]
    Untypable {
        /// The kind of character or key, never the text itself.
        what: String,
        /// Why not.
        reason: String,
    },
    /// The user has to grant a permission.
    #[error("typing needs a permission: {remedy}")]
    Permission {
        /// Which setting to change.
        remedy: String,
    },
}

/// Why the focus is unknown.
#[derive(Debug, thiserror::Error)]
pub enum FocusError {
    /// This desktop does not tell.
    #[error("this session ({0}) does not tell which window has the focus")]
    NotOffered(SessionKind),
    /// The connection to the desktop failed; a later try may work.
    #[error("the focused window is unknown: {reason}")]
    Connection {
        /// What the system said.
        reason: String,
    },
}

/// Why the clipboard cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClipboardError {
    /// There is none here.
    #[error("this session ({0}) has no clipboard")]
    NotOffered(SessionKind),
    /// It is there, but did not answer or was busy; a later try may work.
    #[error("the clipboard did not answer: {reason}")]
    Busy {
        /// What the system said.
        reason: String,
    },
}

/// Why the keychain cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No keychain service answers.
    #[error(
        "no keychain answers ({reason}): install and start one, such as gnome-keyring or KWallet, then log in again"
    )]
    Absent {
        /// What the system said.
        reason: String,
    },
    /// The keychain is locked.
    #[error("the keychain is locked: unlock it (it usually opens at log-in) and try again")]
    Locked,
    /// It answered with something else.
    #[error("the keychain failed: {reason}")]
    Failed {
        /// What the system said.
        reason: String,
    },
}

/// Why a notification was not shown.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// No notification service answers.
    #[error("no notification service answers ({reason}): install one, such as dunst or notification-daemon")]
    Absent {
        /// What the system said.
        reason: String,
    },
}
