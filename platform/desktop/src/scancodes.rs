//! Which key a Windows scan code is (set 1). They go by place, whatever the layout. Pure.

use crate::Key;

/// Names of the scan codes from 0x01 on; an empty one has no name.
#[rustfmt::skip]
const BASE: [&str; 0x58] = [
    "Escape", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "Minus", "Equal", "Backspace",
    "Tab", "Q", "W", "E", "R", "T", "Y", "U", "I", "O", "P", "BracketLeft", "BracketRight", "Enter",
    "ControlLeft", "A", "S", "D", "F", "G", "H", "J", "K", "L", "Semicolon", "Quote", "Backquote",
    "ShiftLeft", "Backslash", "Z", "X", "C", "V", "B", "N", "M", "Comma", "Period", "Slash", "ShiftRight",
    "KeypadMultiply", "AltLeft", "Space", "CapsLock",
    "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "Pause", "ScrollLock",
    "Keypad7", "Keypad8", "Keypad9", "KeypadMinus", "Keypad4", "Keypad5", "Keypad6", "KeypadPlus",
    "Keypad1", "Keypad2", "Keypad3", "Keypad0", "KeypadDelete", "", "", "IntlBackslash", "F11", "F12",
];

/// Names of the scan codes that come with the "extended" flag.
const EXTENDED: [(u32, &str); 21] = [
    (0x1c, "KeypadEnter"),
    (0x1d, "ControlRight"),
    (0x35, "KeypadDivide"),
    (0x36, "ShiftRight"),
    (0x37, "PrintScreen"),
    (0x38, "AltRight"),
    (0x45, "NumLock"),
    (0x46, "Pause"),
    (0x47, "Home"),
    (0x48, "Up"),
    (0x49, "PageUp"),
    (0x4b, "Left"),
    (0x4d, "Right"),
    (0x4f, "End"),
    (0x50, "Down"),
    (0x51, "PageDown"),
    (0x52, "Insert"),
    (0x53, "Delete"),
    (0x5b, "SuperLeft"),
    (0x5c, "SuperRight"),
    (0x5d, "Menu"),
];

/// The scan code that Windows invents for the Control key that it presses along with `AltGr`.
const INVENTED_CONTROL: u32 = 0x21d;
/// Marks extended scan codes in the number of a key without a name.
const EXTENDED_BIT: u32 = 0x100;

/// The key with that scan code; `None` for one that nobody pressed.
pub fn key(scan_code: u32, extended: bool) -> Option<Key> {
    if scan_code == INVENTED_CONTROL {
        return None;
    }
    let name = if extended {
        EXTENDED.iter().find(|(code, _)| *code == scan_code).map(|(_, name)| *name)
    } else {
        let index = usize::try_from(scan_code).ok().and_then(|code| code.checked_sub(1));
        index.and_then(|index| BASE.get(index)).copied().filter(|name| !name.is_empty())
    };
    Some(name.map_or(Key::Code(scan_code | if extended { EXTENDED_BIT } else { 0 }), Key::Named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::NAMES;

    #[test]
    fn keys_are_named_by_their_place() {
        let cases = [
            (0x01, false, "Escape"),
            (0x1e, false, "A"),
            (0x43, false, "F9"),
            (0x58, false, "F12"),
            (0x1d, true, "ControlRight"),
        ];
        for (code, extended, name) in cases {
            assert_eq!(key(code, extended), Some(Key::Named(name)));
        }
        assert_eq!(key(0x54, false), Some(Key::Code(0x54)));
        assert_eq!(key(0x22, true), Some(Key::Code(0x122)));
        assert_eq!(key(0x21d, false), None);
    }

    #[test]
    fn every_name_is_reached() {
        let reached: Vec<Key> = (0..0x60).flat_map(|code| [key(code, false), key(code, true)]).flatten().collect();
        for name in NAMES {
            assert!(reached.contains(&Key::Named(name)), "{name}");
        }
        let named = |key: &&Key| matches!(key, Key::Named(name) if !NAMES.contains(name));
        assert_eq!(reached.iter().find(named), None);
    }
}
