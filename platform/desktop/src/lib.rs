//! A desktop as Scout sees it: keys and chords, windows and fields, and one file per trait that each desktop implements.
//!
//! `scout-platform` has the implementations, and `fake` has one for tests. This package calls no system, so that `scout-core`
//! is built without them.

mod capabilities;
mod clipboard;
mod desktop;
pub mod fake;
mod field;
mod focus;
mod grab;
mod hook;
mod injector;
#[cfg(target_os = "linux")]
pub mod keycodes;
pub mod keys;
mod keysyms;
mod legacy;
mod notifier;
mod overlay;
mod paster;
/// Pure, so it is tested wherever the tests run.
#[cfg(any(target_os = "windows", test))]
pub mod scancodes;
mod secrets;

pub use capabilities::{Capabilities, Finding, capabilities};
pub use clipboard::{Clipboard, ClipboardError};
pub use desktop::{Desktop, KeyboardAid, SessionKind};
pub use field::{FIELD_LIMIT, Field, FieldError, FieldProbe, TextBefore};
pub use focus::{FocusError, FocusProbe, Target, WindowId};
pub use grab::{GrabError, KeyGrab};
pub use hook::{CaughtUp, Click, ClickSink, HookError, KeyEvent, KeyHook, KeySink, Shortcut, Trouble};
pub use injector::{Effort, InjectError, Injector, Newline, Obstacle, RELEASE_INTERVAL, TypeOptions, TypeReport};
pub use keys::{Chord, Key};
pub use keysyms::keysym_name;
pub use legacy::Legacy;
pub use notifier::{Notifier, NotifyError};
pub use overlay::{Overlay, OverlayError, Picture};
pub use paster::{
    Arrival, ClipboardFate, PASTE_LIMIT, PASTE_QUIET, Paste, PasteError, PasteOptions, PasteReport, Paster,
    RestoreError,
};
pub use secrets::{SecretError, Secrets};
