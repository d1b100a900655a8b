//! Typing: the trait, its options and its errors.

use std::time::Duration;

use crate::{Chord, Key, SessionKind};

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

    /// Presses and releases one chord, such as `ctrl+v`. Modifiers that are held are released meanwhile.
    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError>;

    /// Keys that are down now.
    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError>;
}

/// How text is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeOptions {
    /// What a line break becomes.
    pub newline: Newline,
    /// Pause between characters. Zero is as fast as the window system takes them.
    pub gap: Duration,
    /// How long to wait for the user to let go of modifiers before they are released for them. Those that the user still
    /// holds afterwards are restored where the system tells which they are.
    pub modifier_wait: Duration,
}

impl Default for TypeOptions {
    /// As fast as the window system takes it, with a second of patience for held modifiers: a hand that has just let go of
    /// the push-to-talk chord needs a few hundred milliseconds for the rest of it.
    fn default() -> Self {
        Self { newline: Newline::Enter, gap: Duration::ZERO, modifier_wait: Duration::from_secs(1) }
    }
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

/// Why text could not be typed.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// Nothing on this desktop offers it: the text is kept instead.
    #[error("this session ({0}) lets Scout type nothing: use `scout history` or `scout ctl paste-last`")]
    NotOffered(SessionKind),
    /// The connection to the desktop failed; a later try with a new injector may work.
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
