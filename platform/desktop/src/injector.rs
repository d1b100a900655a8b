//! Typing: the trait, its options and its errors.

use std::time::{Duration, Instant};

use crate::keys::Modifier;
use crate::{Chord, Key, SessionKind, WindowId};

/// How often it is looked whether the user has let go of the modifiers. Only while they are held and text is waiting.
pub const RELEASE_INTERVAL: Duration = Duration::from_millis(10);

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

    /// From now on keys are sent only while this window gets them, checked right at each of them: typing stops when it loses
    /// the focus or another program grabs the keyboard, and a chord is not pressed ([`InjectError::NotReached`]). `None` sends
    /// them to whatever gets them. Where the desktop cannot do that, this does nothing.
    fn aim(&mut self, _window: Option<WindowId>) {}

    /// What typing `text` would take. By default every character counts as one that a key has.
    fn effort(&mut self, text: &str, _options: &TypeOptions) -> Effort {
        Effort { characters: text.chars().count(), ..Effort::default() }
    }

    /// Presses and releases one chord up to `times` times, while `keep_going` says so and it reaches the window that was aimed at.
    /// Tells how often; [`InjectError::NotReached`] only if not even once.
    fn press_repeatedly(
        &mut self,
        chord: &Chord,
        times: usize,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<usize, InjectError> {
        for done in 0..times {
            if !keep_going() {
                return Ok(done);
            }
            match self.press_chord(chord) {
                Err(InjectError::NotReached(_)) if done > 0 => return Ok(done),
                pressed => pressed?,
            }
        }
        Ok(times)
    }

    /// Waits until the user has let go of all modifiers, at most `limit`, while `keep_going` says so. Tells whether they are
    /// up; where the desktop does not tell which keys are held, they count as up.
    fn await_release(&mut self, limit: Duration, keep_going: &mut dyn FnMut() -> bool) -> Result<bool, InjectError> {
        let deadline = Instant::now() + limit;
        loop {
            let held = self.held_keys()?.into_iter().any(|key| Modifier::of(key).is_some());
            if !held {
                return Ok(true);
            }
            if Instant::now() >= deadline || !keep_going() {
                return Ok(false);
            }
            std::thread::sleep(RELEASE_INTERVAL);
        }
    }

    /// Whether the connection that it needs has ended, so that a new injector has to be made. Asks nobody and does not wait.
    fn is_lost(&self) -> bool {
        false
    }

    /// Keys that are down now.
    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError>;
}

/// What typing a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effort {
    /// Characters to strike.
    pub characters: usize,
    /// How often the keyboard's mapping must be changed for characters that no key has.
    pub rebindings: usize,
    /// Whether such a change must be made without knowing when the application has taken it up: characters may get lost.
    pub blind: bool,
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
    /// `false` when it ended early: `keep_going` said so, the window hangs, or keys would not reach it.
    pub complete: bool,
    /// Why keys would not reach the window that was aimed at any more, if that ended it.
    pub obstacle: Option<Obstacle>,
    /// From the call to the last key event.
    pub elapsed: Duration,
}

/// Why keys would not reach the window that an injector aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// Another window has the focus.
    #[error("another window has the focus")]
    FocusElsewhere,
    /// Another program has grabbed the keyboard: a launcher, a password dialog, a locker, a window manager's own menu.
    #[error("another program has taken the keyboard")]
    KeyboardTaken,
    /// A modifier, a lock or the layout changes again and again.
    #[error("a modifier, a lock or the layout of the keyboard keeps changing; release all keys, and switch locks off")]
    KeyboardUnsteady,
    /// Another program has bound a key that is needed, as hotkey daemons and desktops do: it would get that key.
    #[error("another program has bound a key that is needed")]
    KeyBound,
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
    /// Keys would not reach the window that was aimed at: nothing was sent.
    #[error(transparent)]
    NotReached(#[from] Obstacle),
    /// The user has to grant a permission.
    #[error("typing needs a permission: {remedy}")]
    Permission {
        /// Which setting to change.
        remedy: String,
    },
}
