//! What Scout needs of the desktop it runs on, as traits, and [`detect`], which chooses their implementations at run time.
//!
//! This crate is the only place with `cfg(target_os)` and `unsafe`. It knows nothing of dictation: it listens to keys, types
//! text, tells which window has the focus, and reaches the clipboard, the keychain and the notification service.
//!
//! One file per trait; one folder per desktop below, with one file per trait that it implements itself; `common` for what one
//! crate gives on all systems; `fake` for tests.

mod capabilities;
mod clipboard;
mod common;
mod desktop;
mod detect;
pub mod fake;
mod field;
mod focus;
mod grab;
mod hook;
mod injector;
pub mod keys;
mod keysyms;
mod legacy;
mod notifier;
mod overlay;
mod paster;
mod secrets;
mod sound_server;

#[cfg(target_os = "linux")]
mod accessibility;
#[cfg(target_os = "linux")]
mod devices;
#[cfg(target_os = "linux")]
mod headless;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "linux")]
mod pulse;
#[cfg(target_os = "linux")]
mod session_lock;
#[cfg(target_os = "linux")]
mod wayland;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

/// Pure, so it is tested wherever the tests run.
#[cfg(all(test, not(target_os = "windows")))]
#[path = "windows/scancodes.rs"]
mod windows_scancodes;

pub use capabilities::{Capabilities, Finding, capabilities};
pub use clipboard::{Clipboard, ClipboardError};
pub use common::open::{OpenError, open_document, opener};
pub use common::{cpu, fault, files, mmap, process, regular_file, socket, tray_host};
pub use desktop::{Desktop, KeyboardAid, SessionKind};
pub use detect::{Environment, detect, detect_in};
pub use field::{FIELD_LIMIT, Field, FieldError, FieldProbe};
pub use focus::{FocusError, FocusProbe, Target, WindowId};
pub use grab::{GrabError, KeyGrab};
pub use hook::{CaughtUp, Click, ClickSink, HookError, KeyEvent, KeyHook, KeySink, Shortcut, Trouble};
pub use injector::{Effort, InjectError, Injector, Newline, Obstacle, TypeOptions, TypeReport};
pub use keys::{Chord, Key};
pub use keysyms::keysym_name;
pub use legacy::Legacy;
pub use notifier::{Notifier, NotifyError};
pub use overlay::{Overlay, OverlayError, Picture};
pub use paster::{
    Arrival, ClipboardFate, PASTE_LIMIT, PASTE_QUIET, PasteError, PasteOptions, PasteReport, Paster, RestoreError,
};
pub use secrets::{SecretError, Secrets};
pub use sound_server::{Listener, Recording, SoundServerError, Source, record, sources};

/// The user's keychain, whichever desktop this is. Commands that need nothing else of the desktop use it.
pub fn secrets() -> Box<dyn Secrets> {
    Box::new(common::keychain::Keychain)
}
