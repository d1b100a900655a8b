//! Which key an X11 keycode is. On Linux a keycode is the kernel's key number plus 8, whatever the layout.

use rdev::Key as R;

use crate::Key;

/// Keycode, the name that `rdev` gives it, and ours. One table, so that the listener and the injector cannot disagree.
#[rustfmt::skip]
const TABLE: &[(u8, R, &str)] = &[
    (9, R::Escape, "Escape"),
    (10, R::Num1, "1"),
    (11, R::Num2, "2"),
    (12, R::Num3, "3"),
    (13, R::Num4, "4"),
    (14, R::Num5, "5"),
    (15, R::Num6, "6"),
    (16, R::Num7, "7"),
    (17, R::Num8, "8"),
    (18, R::Num9, "9"),
    (19, R::Num0, "0"),
    (20, R::Minus, "Minus"),
    (21, R::Equal, "Equal"),
    (22, R::Backspace, "Backspace"),
    (23, R::Tab, "Tab"),
    (24, R::KeyQ, "Q"),
    (25, R::KeyW, "W"),
    (26, R::KeyE, "E"),
    (27, R::KeyR, "R"),
    (28, R::KeyT, "T"),
    (29, R::KeyY, "Y"),
    (30, R::KeyU, "U"),
    (31, R::KeyI, "I"),
    (32, R::KeyO, "O"),
    (33, R::KeyP, "P"),
    (34, R::LeftBracket, "BracketLeft"),
    (35, R::RightBracket, "BracketRight"),
    (36, R::Return, "Enter"),
    (37, R::ControlLeft, "ControlLeft"),
    (38, R::KeyA, "A"),
    (39, R::KeyS, "S"),
    (40, R::KeyD, "D"),
    (41, R::KeyF, "F"),
    (42, R::KeyG, "G"),
    (43, R::KeyH, "H"),
    (44, R::KeyJ, "J"),
    (45, R::KeyK, "K"),
    (46, R::KeyL, "L"),
    (47, R::SemiColon, "Semicolon"),
    (48, R::Quote, "Quote"),
    (49, R::BackQuote, "Backquote"),
    (50, R::ShiftLeft, "ShiftLeft"),
    (51, R::BackSlash, "Backslash"),
    (52, R::KeyZ, "Z"),
    (53, R::KeyX, "X"),
    (54, R::KeyC, "C"),
    (55, R::KeyV, "V"),
    (56, R::KeyB, "B"),
    (57, R::KeyN, "N"),
    (58, R::KeyM, "M"),
    (59, R::Comma, "Comma"),
    (60, R::Dot, "Period"),
    (61, R::Slash, "Slash"),
    (62, R::ShiftRight, "ShiftRight"),
    (63, R::KpMultiply, "KeypadMultiply"),
    (64, R::Alt, "AltLeft"),
    (65, R::Space, "Space"),
    (66, R::CapsLock, "CapsLock"),
    (67, R::F1, "F1"),
    (68, R::F2, "F2"),
    (69, R::F3, "F3"),
    (70, R::F4, "F4"),
    (71, R::F5, "F5"),
    (72, R::F6, "F6"),
    (73, R::F7, "F7"),
    (74, R::F8, "F8"),
    (75, R::F9, "F9"),
    (76, R::F10, "F10"),
    (77, R::NumLock, "NumLock"),
    (78, R::ScrollLock, "ScrollLock"),
    (79, R::Kp7, "Keypad7"),
    (80, R::Kp8, "Keypad8"),
    (81, R::Kp9, "Keypad9"),
    (82, R::KpMinus, "KeypadMinus"),
    (83, R::Kp4, "Keypad4"),
    (84, R::Kp5, "Keypad5"),
    (85, R::Kp6, "Keypad6"),
    (86, R::KpPlus, "KeypadPlus"),
    (87, R::Kp1, "Keypad1"),
    (88, R::Kp2, "Keypad2"),
    (89, R::Kp3, "Keypad3"),
    (90, R::Kp0, "Keypad0"),
    (91, R::KpDelete, "KeypadDelete"),
    (94, R::IntlBackslash, "IntlBackslash"),
    (95, R::F11, "F11"),
    (96, R::F12, "F12"),
    (104, R::KpReturn, "KeypadEnter"),
    (105, R::ControlRight, "ControlRight"),
    (106, R::KpDivide, "KeypadDivide"),
    (107, R::PrintScreen, "PrintScreen"),
    (108, R::AltGr, "AltRight"),
    (110, R::Home, "Home"),
    (111, R::UpArrow, "Up"),
    (112, R::PageUp, "PageUp"),
    (113, R::LeftArrow, "Left"),
    (114, R::RightArrow, "Right"),
    (115, R::End, "End"),
    (116, R::DownArrow, "Down"),
    (117, R::PageDown, "PageDown"),
    (118, R::Insert, "Insert"),
    (119, R::Delete, "Delete"),
    (127, R::Pause, "Pause"),
    (133, R::MetaLeft, "SuperLeft"),
    (134, R::Unknown(134), "SuperRight"),
    (135, R::Unknown(135), "Menu"),
];

/// The key with that keycode.
pub(crate) fn key(keycode: u8) -> Key {
    TABLE.iter().find(|(code, ..)| *code == keycode).map_or(Key::Code(keycode.into()), |(_, _, name)| Key::Named(name))
}

/// The keycode of a key; `None` for a number that no X11 key can have.
pub(crate) fn keycode(key: Key) -> Option<u8> {
    match key {
        Key::Named(wanted) => TABLE.iter().find(|(_, _, name)| *name == wanted).map(|(code, ..)| *code),
        Key::Code(code) => u8::try_from(code).ok(),
    }
}

/// The keycode behind the name that `rdev` gave a key.
pub(super) fn from_rdev(key: R) -> Option<u8> {
    match key {
        R::Unknown(code) => u8::try_from(code).ok(),
        named => TABLE.iter().find(|(_, name, _)| *name == named).map(|(code, ..)| *code),
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
        assert_eq!(from_rdev(R::Unknown(191)), Some(191));
    }

    #[test]
    fn names_of_the_listener_lead_to_the_same_key() {
        for (code, name, _) in TABLE {
            assert_eq!(from_rdev(*name), Some(*code), "{name:?}");
        }
    }
}
