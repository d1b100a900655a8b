//! Types by handing whole characters to the system, which Windows and macOS accept. X11 does not: there we plan the keys.

use std::time::Instant;

use enigo::{Direction, Enigo, Keyboard as _};

use crate::keys::Modifier;
use crate::{Chord, InjectError, Key, Newline, TypeOptions, TypeReport};

/// `enigo`, with Scout's options on top.
pub(crate) struct TextInjector {
    enigo: Enigo,
}

impl TextInjector {
    /// `permission` tells the user where to grant it, if the system asks for one.
    pub(crate) fn connect(permission: &str) -> Result<Self, InjectError> {
        let enigo = Enigo::new(&enigo::Settings::default()).map_err(|error| match error {
            enigo::NewConError::NoPermission => InjectError::Permission { remedy: permission.to_owned() },
            other => InjectError::Connection { reason: other.to_string() },
        })?;
        Ok(Self { enigo })
    }

    /// Types `text`, character by character.
    pub(crate) fn type_text(
        &mut self,
        text: &str,
        options: &TypeOptions,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<TypeReport, InjectError> {
        if text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\t')) {
            let (what, reason) = ("a control character".to_owned(), "no key types it".to_owned());
            return Err(InjectError::Untypable { what, reason });
        }
        let start = Instant::now();
        let mut chars_sent = 0;
        let mut complete = true;
        for character in text.chars() {
            if !keep_going() {
                complete = false;
                break;
            }
            self.type_character(character, options.newline)?;
            chars_sent += 1;
            if !options.gap.is_zero() {
                std::thread::sleep(options.gap);
            }
        }
        Ok(TypeReport { chars_sent, complete, obstacle: None, elapsed: start.elapsed() })
    }

    fn type_character(&mut self, character: char, newline: Newline) -> Result<(), InjectError> {
        match (character, newline) {
            ('\n', Newline::Enter) => self.strike(&[], enigo::Key::Return),
            ('\n', Newline::ShiftEnter) => self.strike(&[enigo::Key::Shift], enigo::Key::Return),
            ('\n', Newline::Space) => self.strike(&[], enigo::Key::Space),
            ('\t', _) => self.strike(&[], enigo::Key::Tab),
            (other, _) => self.enigo.text(other.encode_utf8(&mut [0; 4])).map_err(|error| lost(&error)),
        }
    }

    /// Presses and releases a chord.
    pub(crate) fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        let key = key(chord.key).ok_or_else(|| InjectError::Untypable {
            what: "this chord".into(),
            reason: format!("Scout cannot press {} on this system", chord.key),
        })?;
        let modifiers: Vec<enigo::Key> = chord.modifiers.iter().map(|modifier| modifier_key(*modifier)).collect();
        self.strike(&modifiers, key)
    }

    /// Lets go of modifiers that the user holds.
    #[cfg(target_os = "windows")]
    pub(crate) fn release(&mut self, modifier: Modifier) -> Result<(), InjectError> {
        self.enigo.key(modifier_key(modifier), Direction::Release).map_err(|error| lost(&error))
    }

    fn strike(&mut self, modifiers: &[enigo::Key], key: enigo::Key) -> Result<(), InjectError> {
        let mut struck = Ok(());
        let mut down = 0;
        for modifier in modifiers {
            struck = struck.and_then(|()| self.enigo.key(*modifier, Direction::Press));
            down += usize::from(struck.is_ok());
        }
        struck = struck.and_then(|()| self.enigo.key(key, Direction::Click));
        // What was pressed is let go, even if something failed in between.
        for modifier in modifiers[..down].iter().rev() {
            struck = struck.and(self.enigo.key(*modifier, Direction::Release));
        }
        struck.map_err(|error| lost(&error))
    }
}

fn modifier_key(modifier: Modifier) -> enigo::Key {
    match modifier {
        Modifier::Control => enigo::Key::Control,
        Modifier::Shift => enigo::Key::Shift,
        Modifier::Alt => enigo::Key::Alt,
        Modifier::Super => enigo::Key::Meta,
    }
}

/// The keys that chords for pasting, submitting and undoing are made of.
fn key(key: Key) -> Option<enigo::Key> {
    let Key::Named(name) = key else { return None };
    Some(match name {
        "Enter" => enigo::Key::Return,
        "Tab" => enigo::Key::Tab,
        "Space" => enigo::Key::Space,
        "Backspace" => enigo::Key::Backspace,
        "Delete" => enigo::Key::Delete,
        "Escape" => enigo::Key::Escape,
        #[cfg(target_os = "windows")]
        "Insert" => enigo::Key::Insert,
        letter if letter.len() == 1 => enigo::Key::Unicode(letter.chars().next()?.to_ascii_lowercase()),
        _ => return None,
    })
}

fn lost(error: &enigo::InputError) -> InjectError {
    InjectError::Connection { reason: error.to_string() }
}
