//! Keys and chords, named alike on every system, and the pure matcher that tells when a chord goes down and up.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A physical key, named by what is printed on it on a US keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A key that has a name in [`NAMES`].
    Named(&'static str),
    /// Any other key, by the number that the system gives it.
    Code(u32),
}

/// The numbers that the system gives to keys: X11's keycodes, which are those of Linux plus 8; on other systems, scan codes
/// with a bit for the extended ones.
#[cfg(target_os = "linux")]
const CODES: RangeInclusive<u32> = 9..=255;
#[cfg(not(target_os = "linux"))]
const CODES: RangeInclusive<u32> = 1..=0x1ff;

/// The names that are understood, in lower case, and the way they are written back. Left and right modifiers differ;
/// `ctrl`, `shift`, `alt` and `super` in a chord mean either side.
pub const NAMES: &[&str] = &[
    "A",
    "B",
    "C",
    "D",
    "E",
    "F",
    "G",
    "H",
    "I",
    "J",
    "K",
    "L",
    "M",
    "N",
    "O",
    "P",
    "Q",
    "R",
    "S",
    "T",
    "U",
    "V",
    "W",
    "X",
    "Y",
    "Z",
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "F1",
    "F2",
    "F3",
    "F4",
    "F5",
    "F6",
    "F7",
    "F8",
    "F9",
    "F10",
    "F11",
    "F12",
    "Space",
    "Enter",
    "Tab",
    "Escape",
    "Backspace",
    "Insert",
    "Delete",
    "Home",
    "End",
    "PageUp",
    "PageDown",
    "Up",
    "Down",
    "Left",
    "Right",
    "PrintScreen",
    "ScrollLock",
    "Pause",
    "CapsLock",
    "NumLock",
    "Minus",
    "Equal",
    "BracketLeft",
    "BracketRight",
    "Backslash",
    "Semicolon",
    "Quote",
    "Backquote",
    "Comma",
    "Period",
    "Slash",
    "IntlBackslash",
    "ControlLeft",
    "ControlRight",
    "ShiftLeft",
    "ShiftRight",
    "AltLeft",
    "AltRight",
    "SuperLeft",
    "SuperRight",
    "Menu",
    "Keypad0",
    "Keypad1",
    "Keypad2",
    "Keypad3",
    "Keypad4",
    "Keypad5",
    "Keypad6",
    "Keypad7",
    "Keypad8",
    "Keypad9",
    "KeypadEnter",
    "KeypadPlus",
    "KeypadMinus",
    "KeypadMultiply",
    "KeypadDivide",
    "KeypadDelete",
];

/// A modifier, of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modifier {
    /// Either Control key.
    Control,
    /// Either Shift key.
    Shift,
    /// The Alt key on the left. The right one is `AltGr` on many keyboards and counts as well.
    Alt,
    /// Either Super, Windows or Command key.
    Super,
}

impl Modifier {
    const ALL: [(Self, &'static str, [&'static str; 2]); 4] = [
        (Self::Control, "ctrl", ["ControlLeft", "ControlRight"]),
        (Self::Shift, "shift", ["ShiftLeft", "ShiftRight"]),
        (Self::Alt, "alt", ["AltLeft", "AltRight"]),
        (Self::Super, "super", ["SuperLeft", "SuperRight"]),
    ];

    /// The modifier that a key is, if it is one.
    pub fn of(key: Key) -> Option<Self> {
        let Key::Named(name) = key.as_heard() else { return None };
        Self::ALL.iter().find(|(_, _, keys)| keys.contains(&name)).map(|(modifier, ..)| *modifier)
    }

    fn name(self) -> &'static str {
        // Every variant is in the table above, so the search cannot come up empty.
        Self::ALL.iter().find(|(modifier, ..)| *modifier == self).map_or("", |(_, name, _)| name)
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "ctrl" | "control" => Some(Self::Control),
            "shift" => Some(Self::Shift),
            "alt" | "option" => Some(Self::Alt),
            "super" | "cmd" | "command" | "meta" | "win" => Some(Self::Super),
            _ => None,
        }
    }
}

/// A key with the modifiers that must be down with it: `F9`, `ctrl+alt+Space`, `ControlRight`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    /// The modifiers, of either side.
    pub modifiers: BTreeSet<Modifier>,
    /// The key that completes the chord. It may be a bare modifier key.
    pub key: Key,
}

/// Why a key's or a chord's name was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyNameError {
    /// No such key.
    #[error("there is no key named `{0}`: use a name such as F9, Space, ControlRight or Pause, or `code:NUMBER`")]
    Unknown(String),
    /// No key at all, or two keys that are not modifiers.
    #[error("`{0}` is not a chord: write modifiers and one key, joined by `+`, such as ctrl+alt+Space")]
    Shape(String),
}

impl Key {
    /// The key as it is heard: a key that has a name goes by its name, also where it was written by its number. A key that is
    /// sent keeps its number, as that means the key whatever character it has.
    #[must_use]
    pub fn as_heard(self) -> Self {
        let Self::Code(code) = self else { return self };
        #[cfg(target_os = "linux")]
        let named = u8::try_from(code).ok().map(crate::keycodes::key);
        #[cfg(target_os = "windows")]
        let named = crate::scancodes::key(code & 0xff, code > 0xff);
        #[cfg(not(any(target_os = "linux", target_os = "windows")))]
        let named = None;
        named.unwrap_or(Self::Code(code))
    }
}

impl FromStr for Key {
    type Err = KeyNameError;

    fn from_str(word: &str) -> Result<Self, KeyNameError> {
        if let Some(code) = word.strip_prefix("code:") {
            let code = code.parse().ok().filter(|code| CODES.contains(code));
            return code.map(Self::Code).ok_or_else(|| KeyNameError::Unknown(word.to_owned()));
        }
        NAMES
            .iter()
            .find(|name| name.eq_ignore_ascii_case(word))
            .map(|name| Self::Named(name))
            .ok_or_else(|| KeyNameError::Unknown(word.to_owned()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Code(code) => write!(f, "code:{code}"),
        }
    }
}

impl FromStr for Chord {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, KeyNameError> {
        let mut modifiers = BTreeSet::new();
        let words: Vec<&str> = text.split('+').map(str::trim).collect();
        let Some((last, before)) = words.split_last() else {
            return Err(KeyNameError::Shape(text.to_owned()));
        };
        for word in before {
            let modifier = Modifier::parse(&word.to_ascii_lowercase()).ok_or_else(|| match word.parse::<Key>() {
                Ok(_) => KeyNameError::Shape(text.to_owned()),
                Err(error) => error,
            })?;
            modifiers.insert(modifier);
        }
        if last.is_empty() || Modifier::parse(&last.to_ascii_lowercase()).is_some() {
            return Err(KeyNameError::Shape(text.to_owned()));
        }
        Ok(Self { modifiers, key: last.parse()? })
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for modifier in &self.modifiers {
            write!(f, "{}+", modifier.name())?;
        }
        write!(f, "{}", self.key)
    }
}

/// What a chord did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChordEdge {
    /// The chord is complete. Repeated while the keyboard repeats the key.
    Down,
    /// The chord's key was let go, or one of its modifiers.
    Up,
    /// The chord is a bare modifier, and another key went down while it was held: the modifier is part of a shortcut. No
    /// [`ChordEdge::Up`] follows.
    Shortcut,
}

/// Follows all keys and tells when one chord goes down and up.
///
/// A chord is complete when its key goes down while exactly its modifiers are held; it ends when its key or one of those
/// modifiers is let go. A bare modifier counts whatever else is held, but ends as [`ChordEdge::Shortcut`] when another key goes
/// down.
#[derive(Debug, Clone)]
pub struct ChordMatcher {
    chord: Chord,
    held: BTreeSet<Key>,
    down: bool,
}

impl ChordMatcher {
    /// A matcher for `chord`, with no key held.
    pub fn new(chord: Chord) -> Self {
        let chord = Chord { key: chord.key.as_heard(), ..chord };
        Self { chord, held: BTreeSet::new(), down: false }
    }

    /// The chord that is looked for.
    pub fn chord(&self) -> &Chord {
        &self.chord
    }

    /// Takes one key event; tells what it did to the chord, if anything.
    pub fn feed(&mut self, key: Key, pressed: bool) -> Option<ChordEdge> {
        if pressed && self.is_bare_modifier() && key != self.chord.key {
            self.held.insert(key);
            std::mem::take(&mut self.down).then_some(ChordEdge::Shortcut)
        } else if pressed && self.is_bare_modifier() && !self.down && self.held.contains(&key) {
            // The keyboard repeats a modifier whose press was part of a shortcut.
            None
        } else if pressed {
            let edge = (key == self.chord.key && (self.down || self.modifiers_fit())).then_some(ChordEdge::Down);
            self.held.insert(key);
            self.down |= edge.is_some();
            edge
        } else {
            self.held.remove(&key);
            let part = key == self.chord.key || Modifier::of(key).is_some_and(|m| self.chord.modifiers.contains(&m));
            (part && std::mem::take(&mut self.down)).then_some(ChordEdge::Up)
        }
    }

    /// Takes a click or a turn of the wheel. With a modifier held it is a shortcut of the application, as a key would be.
    pub fn clicked(&mut self) -> Option<ChordEdge> {
        (self.is_bare_modifier() && std::mem::take(&mut self.down)).then_some(ChordEdge::Shortcut)
    }

    fn is_bare_modifier(&self) -> bool {
        Modifier::of(self.chord.key).is_some() && self.chord.modifiers.is_empty()
    }

    fn modifiers_fit(&self) -> bool {
        if self.is_bare_modifier() {
            return true;
        }
        let held: BTreeSet<Modifier> = self.held.iter().filter_map(|key| Modifier::of(*key)).collect();
        held == self.chord.modifiers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(chord: &str, events: &str) -> Vec<Option<ChordEdge>> {
        let mut matcher = ChordMatcher::new(chord.parse().unwrap());
        events
            .split_whitespace()
            .map(|event| {
                let (direction, key) = event.split_at(1);
                matcher.feed(key.parse().unwrap(), direction == "+")
            })
            .collect()
    }

    const DOWN: Option<ChordEdge> = Some(ChordEdge::Down);
    const UP: Option<ChordEdge> = Some(ChordEdge::Up);

    #[test]
    fn a_number_that_no_key_has_is_no_key() {
        for (code, is_key) in [("0", false), ("172", true), ("-1", false), ("512", false), ("4294967296", false)] {
            assert_eq!(format!("code:{code}").parse::<Key>().is_ok(), is_key, "{code}");
            assert_eq!(format!("ctrl+code:{code}").parse::<Chord>().is_ok(), is_key, "{code}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_key_with_a_name_is_the_same_by_its_number() {
        assert_eq!(edges("code:75", "+F9 -F9"), [DOWN, UP]);
        assert_eq!(edges("code:105", "+ControlRight +C"), [DOWN, Some(ChordEdge::Shortcut)]);
        assert_eq!(edges("ctrl+code:75", "+ControlLeft +F9 -F9"), [None, DOWN, UP]);
        for code in 9..=255 {
            let key: Key = format!("code:{code}").parse().unwrap();
            assert_eq!(key.as_heard(), crate::keycodes::key(code), "{code}");
        }
    }

    #[test]
    fn a_modifier_that_is_held_for_a_click_is_part_of_a_shortcut() {
        for (chord, expected) in [("ControlRight", Some(ChordEdge::Shortcut)), ("F9", None), ("ctrl+Space", None)] {
            let mut matcher = ChordMatcher::new(chord.parse().unwrap());
            assert_eq!(matcher.clicked(), None, "{chord} is not held");
            for modifier in &matcher.chord().modifiers.clone() {
                assert_eq!(*modifier, Modifier::Control);
                matcher.feed("ControlLeft".parse().unwrap(), true);
            }
            let key = matcher.chord().key;
            assert_eq!(matcher.feed(key, true), DOWN, "{chord}");
            assert_eq!(matcher.clicked(), expected, "{chord}");
            // Its repetition begins nothing, and its release ends nothing that a shortcut was.
            let after = if expected.is_some() { [None, None] } else { [DOWN, UP] };
            assert_eq!([matcher.feed(key, true), matcher.feed(key, false)], after, "{chord}");
        }
    }

    #[test]
    fn a_plain_key_goes_down_and_up() {
        assert_eq!(edges("F9", "+F9 +F9 -F9 -F9"), [DOWN, DOWN, UP, None]);
        assert_eq!(edges("f9", "+F8 -F8"), [None, None]);
    }

    #[test]
    fn a_plain_key_with_a_foreign_modifier_is_another_chord() {
        assert_eq!(edges("F9", "+ShiftLeft +F9 -F9"), [None, None, None]);
    }

    #[test]
    fn a_chord_needs_exactly_its_modifiers_of_either_side() {
        assert_eq!(edges("ctrl+Space", "+ControlRight +Space -Space"), [None, DOWN, UP]);
        assert_eq!(edges("ctrl+Space", "+Space -Space"), [None, None]);
        assert_eq!(edges("ctrl+Space", "+ControlLeft +ShiftLeft +Space"), [None, None, None]);
    }

    #[test]
    fn letting_go_of_the_modifier_ends_the_chord_once() {
        assert_eq!(edges("ctrl+Space", "+ControlLeft +Space -ControlLeft -Space"), [None, DOWN, UP, None]);
    }

    #[test]
    fn a_bare_modifier_counts_whatever_else_is_held() {
        assert_eq!(edges("ControlRight", "+ControlRight -ControlRight"), [DOWN, UP]);
        assert_eq!(edges("ControlRight", "+ShiftLeft +ControlRight -ControlRight"), [None, DOWN, UP]);
        assert_eq!(edges("ControlRight", "+ControlLeft"), [None]);
    }

    #[test]
    fn a_bare_modifier_with_another_key_is_a_shortcut() {
        const SHORTCUT: Option<ChordEdge> = Some(ChordEdge::Shortcut);
        assert_eq!(edges("ControlRight", "+ControlRight +C -C -ControlRight"), [DOWN, SHORTCUT, None, None]);
        assert_eq!(edges("ControlRight", "+ControlRight +C +ControlRight -C"), [DOWN, SHORTCUT, None, None]);
        assert_eq!(
            edges("AltRight", "+AltRight +ShiftLeft +Q -Q -ShiftLeft -AltRight +AltRight -AltRight"),
            [DOWN, SHORTCUT, None, None, None, None, DOWN, UP]
        );
        assert_eq!(edges("ControlRight", "+C +ControlRight -C -ControlRight"), [None, DOWN, None, UP]);
        assert_eq!(edges("ctrl+Space", "+ControlLeft +Space +C -Space"), [None, DOWN, None, UP]);
    }

    #[test]
    fn names_are_written_back_as_they_are_read() {
        for text in ["F9", "ctrl+alt+Space", "ControlRight", "shift+code:172", "Pause"] {
            assert_eq!(text.parse::<Chord>().unwrap().to_string(), text);
        }
        for name in NAMES {
            assert_eq!(name.parse::<Key>().unwrap().to_string(), *name);
        }
    }

    #[test]
    fn bad_names_are_told_apart() {
        assert!(matches!("Blub".parse::<Chord>(), Err(KeyNameError::Unknown(name)) if name == "Blub"));
        assert!(matches!("F9+F10".parse::<Chord>(), Err(KeyNameError::Shape(_))));
        assert!(matches!("ctrl+".parse::<Chord>(), Err(KeyNameError::Shape(_))));
        assert!(matches!("ctrl".parse::<Chord>(), Err(KeyNameError::Shape(_))));
        assert!(matches!("".parse::<Chord>(), Err(KeyNameError::Shape(_))));
    }
}
