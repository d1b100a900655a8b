//! What the fake desktop remembers, and the handle that plays the user.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::{Chord, Field, Key, KeyEvent, KeySink, Target, TextBefore};

/// How a part fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// This kind of session does not offer it.
    NotOffered,
    /// The connection broke: a later try may work.
    Connection,
    /// The user has to grant a permission, or to unlock something.
    Permission,
}

/// Something that an application received from the injector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// One call to type text.
    Text {
        /// What arrived.
        text: String,
        /// The window that had the focus when it began.
        target: Option<Target>,
    },
    /// A paste.
    Paste {
        /// What the application read from the clipboard.
        text: String,
        /// The chord that made it do so.
        chord: Chord,
        /// The window that had the focus.
        target: Option<Target>,
    },
    /// A chord.
    Chord {
        /// Which.
        chord: Chord,
        /// The window that had the focus.
        target: Option<Target>,
    },
}

/// A notification that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its title.
    pub title: String,
    /// Its body.
    pub body: String,
}

/// Plays the user and the applications of a [`FakeDesktop`](super::FakeDesktop). Clones play the same one.
#[derive(Clone, Default)]
pub struct Handle {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) sink: Option<KeySink>,
    pub(super) held: BTreeSet<Key>,
    pub(super) focus: Option<Target>,
    pub(super) field: Field,
    pub(super) text_before: Option<TextBefore>,
    pub(super) is_locked: bool,
    pub(super) taken_after: Option<usize>,
    pub(super) typed: Vec<Typed>,
    pub(super) clipboard: Option<String>,
    pub(super) ignores_pastes: bool,
    pub(super) secrets: BTreeMap<String, Vec<u8>>,
    pub(super) shown: Vec<Shown>,
    pub(super) failures: Failures,
}

#[derive(Default, Clone, Copy)]
pub(super) struct Failures {
    pub(super) hook: Option<Failure>,
    pub(super) typing: Option<Failure>,
    pub(super) focus: Option<Failure>,
    pub(super) clipboard: Option<Failure>,
    pub(super) pasting: Option<Failure>,
    /// Somebody reads everything that is copied, and the reader is not known.
    pub(super) watched: bool,
    /// The old clipboard cannot be given back.
    pub(super) restoring: bool,
    pub(super) secrets: Option<Failure>,
    pub(super) notifications: Option<Failure>,
}

impl Handle {
    /// Presses a key, or repeats it while it is held.
    pub fn press(&self, key: Key) {
        self.key(key, true);
    }

    /// Lets a key go.
    pub fn release(&self, key: Key) {
        self.key(key, false);
    }

    fn key(&self, key: Key, pressed: bool) {
        let mut state = self.lock();
        if pressed {
            state.held.insert(key)
        } else {
            state.held.remove(&key)
        };
        // The sink is called without the lock: it may ask the desktop something.
        let Some(mut sink) = state.sink.take() else { return };
        drop(state);
        sink(KeyEvent { key, pressed, at: Instant::now() });
        self.lock().sink.get_or_insert(sink);
    }

    /// Moves the focus.
    pub fn focus(&self, target: Option<Target>) {
        self.lock().focus = target;
    }

    /// Gives the focus to a field of this kind.
    pub fn field(&self, field: Field) {
        self.lock().field = field;
    }

    /// Sets what stands before the cursor; `None` is all that was typed.
    pub fn text_before(&self, text: Option<TextBefore>) {
        self.lock().text_before = text;
    }

    /// Locks the screen, or unlocks it.
    pub fn lock_screen(&self, locked: bool) {
        self.lock().is_locked = locked;
    }

    /// Another program grabs the keyboard once so many more characters of the next text have arrived; `None` ends the grab.
    pub fn take_keyboard(&self, after: Option<usize>) {
        self.lock().taken_after = after;
    }

    /// All that was typed, in order.
    pub fn typed(&self) -> Vec<Typed> {
        self.lock().typed.clone()
    }

    /// The text that was typed, whatever window got it.
    pub fn text(&self) -> String {
        let texts = self.typed().into_iter().filter_map(|typed| match typed {
            Typed::Text { text, .. } | Typed::Paste { text, .. } => Some(text),
            Typed::Chord { .. } => None,
        });
        texts.collect()
    }

    /// The clipboard's text.
    pub fn clipboard(&self) -> Option<String> {
        self.lock().clipboard.clone()
    }

    /// Copies text, as another application would.
    pub fn copy(&self, text: &str) {
        self.lock().clipboard = Some(text.to_owned());
    }

    /// The notifications that were shown, in order.
    pub fn shown(&self) -> Vec<Shown> {
        self.lock().shown.clone()
    }

    /// Makes the hook fail from now on, or work again.
    pub fn fail_hook(&self, failure: Option<Failure>) {
        self.lock().failures.hook = failure;
    }

    /// Makes typing fail from now on, or work again.
    pub fn fail_typing(&self, failure: Option<Failure>) {
        self.lock().failures.typing = failure;
    }

    /// Makes the focus unknown from now on, or known again.
    pub fn fail_focus(&self, failure: Option<Failure>) {
        self.lock().failures.focus = failure;
    }

    /// Makes the clipboard fail from now on, or work again.
    pub fn fail_clipboard(&self, failure: Option<Failure>) {
        self.lock().failures.clipboard = failure;
    }

    /// Makes pasting fail from now on, or work again.
    pub fn fail_pasting(&self, failure: Option<Failure>) {
        self.lock().failures.pasting = failure;
    }

    /// Whether applications take no notice of pastes from now on.
    pub fn ignore_pastes(&self, ignores: bool) {
        self.lock().ignores_pastes = ignores;
    }

    /// Whether it is not known who reads the clipboard from now on, and another program reads everything that is copied.
    pub fn watch_clipboard(&self, is_watched: bool) {
        self.lock().failures.watched = is_watched;
    }

    /// Whether the old clipboard cannot be given back from now on.
    pub fn fail_restoring(&self, fails: bool) {
        self.lock().failures.restoring = fails;
    }

    /// Makes the keychain fail from now on, or work again.
    pub fn fail_secrets(&self, failure: Option<Failure>) {
        self.lock().failures.secrets = failure;
    }

    /// Makes notifications fail from now on, or work again.
    pub fn fail_notifications(&self, failure: Option<Failure>) {
        self.lock().failures.notifications = failure;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it held the lock has failed already.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
