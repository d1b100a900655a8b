//! Types on macOS: characters are sent as such, whatever the layout and whatever is held.

use crate::common::text_injector::TextInjector;
use crate::{Chord, InjectError, Injector, Key, TypeOptions, TypeReport};

/// `enigo`, which makes its events independent of the real keyboard's state.
pub(super) struct MacInjector {
    inner: TextInjector,
}

impl MacInjector {
    pub(super) fn connect() -> Result<Self, InjectError> {
        const PERMISSION: &str = "allow Scout in System Settings, Privacy & Security, Accessibility";
        Ok(Self { inner: TextInjector::connect(PERMISSION)? })
    }
}

impl Injector for MacInjector {
    fn type_text(
        &mut self,
        text: &str,
        options: &TypeOptions,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<TypeReport, InjectError> {
        self.inner.type_text(text, options, keep_going)
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        self.inner.press_chord(chord)
    }

    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError> {
        // None that matter: what is held does not change what arrives.
        Ok(Vec::new())
    }
}
