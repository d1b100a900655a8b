//! Presses chords by the portal, on desktops that have nothing else. It takes one key at a time, and desktops drop those that
//! the layout does not have; so text goes by the clipboard.

use std::sync::Arc;

use super::RemoteControl;
use super::paster::refused;
use super::session::Stroke;
use crate::keys::Modifier;
use crate::{Chord, Effort, InjectError, Injector, Key, TypeOptions, TypeReport};
use scout_desktop::keycodes;

/// On Wayland a key is known by the kernel's number, 8 less than its keycode.
const KEYCODE_OFFSET: u32 = 8;

/// Keys that are elsewhere on other layouts, by the character that a US keyboard gives. In Latin-1, a character's number is
/// its keysym's.
#[rustfmt::skip]
const SIGNS: &[(&str, char)] = &[
    ("Minus", '-'), ("Equal", '='), ("BracketLeft", '['), ("BracketRight", ']'), ("Backslash", '\\'),
    ("Semicolon", ';'), ("Quote", '\''), ("Backquote", '`'), ("Comma", ','), ("Period", '.'), ("Slash", '/'),
];

/// The injector. The session behind it comes anew after it has ended.
pub(in crate::wayland) struct PortalInjector(Arc<RemoteControl>);

impl PortalInjector {
    /// Nobody is asked for anything yet.
    pub(in crate::wayland) fn new(remote: &Arc<RemoteControl>) -> Self {
        Self(Arc::clone(remote))
    }
}

impl Injector for PortalInjector {
    fn type_text(&mut self, _: &str, _: &TypeOptions, _: &mut dyn FnMut() -> bool) -> Result<TypeReport, InjectError> {
        let reason = "this desktop lets programs press only the keys that the layout has; text is pasted here, which \
                      needs a desktop portal with a clipboard"
            .to_owned();
        Err(InjectError::Untypable { what: "text".to_owned(), reason })
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        let key = stroke(chord.key).ok_or_else(|| InjectError::Untypable {
            what: "this chord".into(),
            reason: format!("{} is on no keyboard", chord.key),
        })?;
        let modifiers: Vec<Stroke> = chord.modifiers.iter().map(|modifier| modifier_key(*modifier)).collect();
        let session = self.0.session().map_err(|error| refused(&error))?;
        let down = modifiers.iter().chain([&key]).try_for_each(|stroke| session.key(*stroke, true));
        // Let go whatever happened, and all of them: a modifier that sticks makes the keyboard unusable.
        let up: Vec<_> = [&key].into_iter().chain(modifiers.iter().rev()).map(|key| session.key(*key, false)).collect();
        down.and_then(|()| up.into_iter().collect()).map_err(|error| refused(&error))
    }

    /// Text is for the clipboard, however short: no layout is sure to have its characters.
    fn effort(&mut self, text: &str, _: &TypeOptions) -> Effort {
        let characters = text.chars().count();
        Effort { characters, rebindings: characters, blind: true }
    }

    /// The portal tells no program which keys are down.
    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError> {
        Ok(Vec::new())
    }
}

/// How the portal is told of a key: by its character where layouts differ, or else by its number.
fn stroke(key: Key) -> Option<Stroke> {
    if let Key::Named(name) = key {
        let sign = SIGNS.iter().find(|(known, _)| *known == name).map(|(_, sign)| *sign);
        let mut letters = name.chars();
        let letter = letters.next().filter(|_| letters.next().is_none()).map(|letter| letter.to_ascii_lowercase());
        if let Some(character) = sign.or(letter) {
            return Some(Stroke::Keysym(character.into()));
        }
    }
    keycodes::keycode(key).map(|keycode| Stroke::Keycode(u32::from(keycode).saturating_sub(KEYCODE_OFFSET)))
}

/// The kernel's number of a modifier's left key.
fn modifier_key(modifier: Modifier) -> Stroke {
    Stroke::Keycode(match modifier {
        Modifier::Shift => 42,
        Modifier::Control => 29,
        Modifier::Alt => 56,
        Modifier::Super => 125,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_by_their_character_where_layouts_differ() {
        for (key, told) in [
            ("V", Stroke::Keysym(0x76)),
            ("7", Stroke::Keysym(0x37)),
            ("Slash", Stroke::Keysym(0x2f)),
            ("Insert", Stroke::Keycode(110)),
            ("Enter", Stroke::Keycode(28)),
            ("code:55", Stroke::Keycode(47)),
        ] {
            assert_eq!(stroke(key.parse().unwrap()), Some(told), "{key}");
        }
    }
}
