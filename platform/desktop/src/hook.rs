//! Hearing keys: the trait, its events and its errors.

use std::process::Command;
use std::time::Instant;

use crate::{Chord, Key, SessionKind};

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

/// Where key events go. Called on the hook's own thread, or on the injector's for keys that typing released for the user. It
/// must do nothing but pass the event on, since some systems remove a slow hook.
pub type KeySink = Box<dyn FnMut(KeyEvent) + Send>;

/// A press of a pointer button, or a turn of the wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Click {
    /// It went to a program that does not have the keyboard, such as a panel. `false` where this is not known.
    pub elsewhere: bool,
}

/// Where clicks go. Called on a thread of the hook. It must do nothing but pass the click on.
pub type ClickSink = Box<dyn FnMut(Click) + Send>;

/// Called once everything that happened before a moment has been passed on: see [`KeyHook::catch_up`]. It must do nothing but pass
/// that on.
pub type CaughtUp = Box<dyn FnOnce() + Send>;

/// A chord that the agent wants to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcut {
    /// What the desktop remembers it by. Never changes.
    pub id: &'static str,
    /// What it does, for the desktop's list of shortcuts.
    pub description: String,
    /// The keys. Some desktops let the user choose others.
    pub chord: Chord,
}

/// Takes a problem that comes up after the start, such as a desktop whose user declined, and `Ok` once keys are heard again.
pub type Trouble = Box<dyn Fn(Result<(), HookError>) + Send>;

/// Hears every key in the session, whichever window has the focus. Events that an [`Injector`](crate::Injector) of this process made do not
/// come back through it.
pub trait KeyHook: Send {
    /// Whether listening would work, without starting it.
    fn check(&self) -> Result<(), HookError>;

    /// Tells which chords matter, before the start and whenever they change. Where a program may hear only what it asks for,
    /// it hears these, as if their keys had been struck; elsewhere it hears all keys anyway.
    fn want(&mut self, shortcuts: &[Shortcut]) {
        let _ = shortcuts;
    }

    /// Sets where clicks go. Called before the start; clicks that are not heard are never reported.
    fn on_click(&mut self, sink: ClickSink) {
        drop(sink);
    }

    /// Whether every key and every click of the session is heard now, and not only the chords that were asked for. Where this
    /// is `false`, silence does not mean that the user did nothing.
    fn hears_everything(&self) -> bool {
        false
    }

    /// Calls `caught_up` after every key and every click that the system has taken before this call was passed to its sink: on the
    /// same thread as a key or a click, after it. Returns at once. A command that a program sends can be quicker than the keys that
    /// the user pressed before it, and this puts it in its place.
    ///
    /// `caught_up` is dropped without a call if listening ends first. A system that does not answer delays it without a limit, so
    /// whoever waits needs one. Where not [everything is heard](Self::hears_everything), there is nothing to wait for.
    fn catch_up(&self, caught_up: CaughtUp) {
        caught_up();
    }

    /// Where problems go that come up after the start. Told before the start.
    fn on_trouble(&mut self, trouble: Trouble) {
        drop(trouble);
    }

    /// Some desktops keep a program's keys from all others even after the program was killed. There, this command is started
    /// together with the hook. It has to say with one byte on its standard output that those which were started earlier have
    /// ended, wait for the end of its standard input, and then call [`crate::Desktop::free_shortcuts`]. Told before the start.
    fn keep_by(&mut self, keeper: Command) {
        drop(keeper);
    }

    /// Starts listening on a thread of its own, until the process ends. Started again, it sends to the new sink.
    fn start(&mut self, sink: KeySink) -> Result<(), HookError>;
}

/// Why keys cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Nothing on this desktop offers it: bind keys in the compositor instead.
    #[error(
        "this session ({0}) lets no program hear keys: bind a key to `scout ctl start` and `scout ctl stop` in its \
         settings; on Wayland, `scout setup wayland` tells how and can do it"
    )]
    NotOffered(SessionKind),
    /// The connection to the desktop failed.
    #[error("keys cannot be heard: {reason}. Check that DISPLAY names a running X server with the RECORD extension")]
    Connection {
        /// What the system said.
        reason: String,
    },
    /// What passes the keys on has ended. Nothing is to be done: listening goes on by itself once it is back.
    #[error(
        "{service} has ended. The key is heard again as soon as it is back; until then, `scout ctl toggle` starts and ends a \
         dictation"
    )]
    Interrupted {
        /// What has ended.
        service: &'static str,
    },
    /// The desktop does not give this key: choose another one.
    #[error("the key cannot be had: {reason}")]
    Refused {
        /// Why, with the remedy.
        reason: String,
    },
    /// The user has to grant a permission.
    #[error("keys cannot be heard without permission: {remedy}")]
    Permission {
        /// Which setting to change.
        remedy: String,
    },
}
