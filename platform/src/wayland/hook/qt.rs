//! Keys as Qt numbers them (`Qt::Key` and `Qt::KeyboardModifier`), which KDE's services go by.

use crate::keys::Modifier;
use crate::{Chord, Key};

const SHIFT: i32 = 0x0200_0000;
const CONTROL: i32 = 0x0400_0000;
const ALT: i32 = 0x0800_0000;
const META: i32 = 0x1000_0000;
const F1: i32 = 0x0100_0030;

/// Keys that are neither a printed character nor a function key.
#[rustfmt::skip]
const NAMED: &[(&str, i32)] = &[
    ("Escape", 0x0100_0000), ("Tab", 0x0100_0001), ("Backspace", 0x0100_0003), ("Enter", 0x0100_0004),
    ("Insert", 0x0100_0006), ("Delete", 0x0100_0007), ("Pause", 0x0100_0008), ("PrintScreen", 0x0100_0009),
    ("Home", 0x0100_0010), ("End", 0x0100_0011), ("Left", 0x0100_0012), ("Up", 0x0100_0013), ("Right", 0x0100_0014),
    ("Down", 0x0100_0015), ("PageUp", 0x0100_0016), ("PageDown", 0x0100_0017), ("ScrollLock", 0x0100_0026),
    ("Menu", 0x0100_0055), ("Space", 0x20), ("Quote", 0x27), ("Comma", 0x2c), ("Minus", 0x2d), ("Period", 0x2e),
    ("Slash", 0x2f), ("Semicolon", 0x3b), ("Equal", 0x3d), ("BracketLeft", 0x5b), ("Backslash", 0x5c),
    ("BracketRight", 0x5d), ("Backquote", 0x60),
];

/// The number of a chord; `None` for keys that Qt does not take as a shortcut, such as a bare modifier.
pub(super) fn key(chord: &Chord) -> Option<i32> {
    let Key::Named(name) = chord.key.as_heard() else { return None };
    let function = || name.strip_prefix('F')?.parse::<i32>().ok().map(|number| F1 + number - 1);
    let character = || name.bytes().next().filter(|_| name.len() == 1).map(i32::from);
    let named = || NAMED.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    let key = character().or_else(function).or_else(named)?;
    let modifiers = chord.modifiers.iter().map(|modifier| match modifier {
        Modifier::Shift => SHIFT,
        Modifier::Control => CONTROL,
        Modifier::Alt => ALT,
        Modifier::Super => META,
    });
    Some(key | modifiers.fold(0, |all, bit| all | bit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_have_qts_numbers() {
        for (chord, number) in
            [("F9", 0x0100_0038), ("ctrl+Space", 0x0400_0020), ("super+shift+D", 0x1200_0044), ("Pause", 0x0100_0008)]
        {
            assert_eq!(key(&chord.parse().unwrap()), Some(number), "{chord}");
        }
        assert_eq!(key(&"ControlRight".parse().unwrap()), None);
        assert_eq!(key(&"code:172".parse().unwrap()), None);
    }
}
