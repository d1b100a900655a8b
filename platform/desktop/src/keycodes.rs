//! Which key an X11 keycode is. On Linux a keycode is the kernel's key number plus 8, whatever the layout.

use crate::Key;

/// Keycodes and the names of their keys. One table, so that the listener and the injector cannot disagree.
#[rustfmt::skip]
const TABLE: &[(u8, &str)] = &[
    (9, "Escape"),
    (10, "1"),
    (11, "2"),
    (12, "3"),
    (13, "4"),
    (14, "5"),
    (15, "6"),
    (16, "7"),
    (17, "8"),
    (18, "9"),
    (19, "0"),
    (20, "Minus"),
    (21, "Equal"),
    (22, "Backspace"),
    (23, "Tab"),
    (24, "Q"),
    (25, "W"),
    (26, "E"),
    (27, "R"),
    (28, "T"),
    (29, "Y"),
    (30, "U"),
    (31, "I"),
    (32, "O"),
    (33, "P"),
    (34, "BracketLeft"),
    (35, "BracketRight"),
    (36, "Enter"),
    (37, "ControlLeft"),
    (38, "A"),
    (39, "S"),
    (40, "D"),
    (41, "F"),
    (42, "G"),
    (43, "H"),
    (44, "J"),
    (45, "K"),
    (46, "L"),
    (47, "Semicolon"),
    (48, "Quote"),
    (49, "Backquote"),
    (50, "ShiftLeft"),
    (51, "Backslash"),
    (52, "Z"),
    (53, "X"),
    (54, "C"),
    (55, "V"),
    (56, "B"),
    (57, "N"),
    (58, "M"),
    (59, "Comma"),
    (60, "Period"),
    (61, "Slash"),
    (62, "ShiftRight"),
    (63, "KeypadMultiply"),
    (64, "AltLeft"),
    (65, "Space"),
    (66, "CapsLock"),
    (67, "F1"),
    (68, "F2"),
    (69, "F3"),
    (70, "F4"),
    (71, "F5"),
    (72, "F6"),
    (73, "F7"),
    (74, "F8"),
    (75, "F9"),
    (76, "F10"),
    (77, "NumLock"),
    (78, "ScrollLock"),
    (79, "Keypad7"),
    (80, "Keypad8"),
    (81, "Keypad9"),
    (82, "KeypadMinus"),
    (83, "Keypad4"),
    (84, "Keypad5"),
    (85, "Keypad6"),
    (86, "KeypadPlus"),
    (87, "Keypad1"),
    (88, "Keypad2"),
    (89, "Keypad3"),
    (90, "Keypad0"),
    (91, "KeypadDelete"),
    (94, "IntlBackslash"),
    (95, "F11"),
    (96, "F12"),
    (104, "KeypadEnter"),
    (105, "ControlRight"),
    (106, "KeypadDivide"),
    (107, "PrintScreen"),
    (108, "AltRight"),
    (110, "Home"),
    (111, "Up"),
    (112, "PageUp"),
    (113, "Left"),
    (114, "Right"),
    (115, "End"),
    (116, "Down"),
    (117, "PageDown"),
    (118, "Insert"),
    (119, "Delete"),
    (127, "Pause"),
    (133, "SuperLeft"),
    (134, "SuperRight"),
    (135, "Menu"),
];

/// The key with that keycode.
pub fn key(keycode: u8) -> Key {
    TABLE.iter().find(|(code, _)| *code == keycode).map_or(Key::Code(keycode.into()), |(_, name)| Key::Named(name))
}

/// The keycode of a key; `None` for a number that no X11 key can have.
pub fn keycode(key: Key) -> Option<u8> {
    match key {
        Key::Named(wanted) => TABLE.iter().find(|(_, name)| *name == wanted).map(|(code, _)| *code),
        Key::Code(code) => u8::try_from(code).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::NAMES;

    #[test]
    fn every_named_key_has_a_keycode_and_is_found_by_it() {
        for name in NAMES {
            let code = keycode(Key::Named(name)).unwrap_or_else(|| panic!("{name} has no keycode"));
            assert_eq!(key(code), Key::Named(name));
        }
        assert_eq!(TABLE.len(), NAMES.len());
    }

    #[test]
    fn keys_without_a_name_go_by_their_number() {
        assert_eq!(key(172), Key::Code(172));
        assert_eq!(keycode(Key::Code(172)), Some(172));
        assert_eq!(keycode(Key::Code(1000)), None);
    }
}
