//! Types on Windows: characters are sent as such, whatever the layout; held modifiers have to be up meanwhile.
#![allow(unsafe_code)]

use std::time::{Duration, Instant};

use windows_sys::Win32::UI::Input::KeyboardAndMouse::{
    GetAsyncKeyState, VIRTUAL_KEY, VK_LCONTROL, VK_LMENU, VK_LSHIFT, VK_LWIN, VK_RCONTROL, VK_RMENU, VK_RSHIFT, VK_RWIN,
};

use crate::common::text_injector::TextInjector;
use crate::keys::Modifier;
use crate::{Chord, InjectError, Injector, Key, TypeOptions, TypeReport};

/// How often it is looked whether the user has let go of the modifiers. Only while they are held and text is waiting.
const RELEASE_INTERVAL: Duration = Duration::from_millis(10);

/// The keys that change what other keys do while they are held.
const MODIFIERS: [(VIRTUAL_KEY, &str); 8] = [
    (VK_LCONTROL, "ControlLeft"),
    (VK_RCONTROL, "ControlRight"),
    (VK_LSHIFT, "ShiftLeft"),
    (VK_RSHIFT, "ShiftRight"),
    (VK_LMENU, "AltLeft"),
    (VK_RMENU, "AltRight"),
    (VK_LWIN, "SuperLeft"),
    (VK_RWIN, "SuperRight"),
];

/// `enigo`, which sends characters as such.
pub(super) struct WindowsInjector {
    inner: TextInjector,
}

impl WindowsInjector {
    pub(super) fn connect() -> Result<Self, InjectError> {
        Ok(Self { inner: TextInjector::connect("run Scout with the rights of the window that is typed into")? })
    }

    /// Waits for the user to let go of modifiers, then lets go of the rest. They are not pressed again: a modifier that
    /// sticks makes the keyboard unusable, one that is missing is pressed again without a thought.
    fn clear_modifiers(&mut self, wait: Duration, keep_going: &mut dyn FnMut() -> bool) -> Result<(), InjectError> {
        let deadline = Instant::now() + wait;
        while !held().is_empty() && Instant::now() < deadline && keep_going() {
            std::thread::sleep(RELEASE_INTERVAL);
        }
        for key in held() {
            if let Some(modifier) = Modifier::of(key) {
                self.inner.release(modifier)?;
            }
        }
        Ok(())
    }
}

impl Injector for WindowsInjector {
    fn type_text(
        &mut self,
        text: &str,
        options: &TypeOptions,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<TypeReport, InjectError> {
        self.clear_modifiers(options.modifier_wait, keep_going)?;
        self.inner.type_text(text, options, keep_going)
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        self.clear_modifiers(Duration::ZERO, &mut || true)?;
        self.inner.press_chord(chord)
    }

    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError> {
        Ok(held())
    }
}

/// Modifiers that are down. Other keys do no harm to what is typed.
fn held() -> Vec<Key> {
    let is_down = |key: VIRTUAL_KEY| {
        // SAFETY: the call reads the state of a key and takes any number for one.
        let state = unsafe { GetAsyncKeyState(i32::from(key)) };
        // The highest bit tells whether the key is down; it is the sign.
        state < 0
    };
    MODIFIERS.iter().filter(|(key, _)| is_down(*key)).map(|(_, name)| Key::Named(name)).collect()
}
