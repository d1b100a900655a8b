//! What keys are called in the settings of Linux desktops: by the name of the keysym that a US keyboard gives.

use crate::Key;

/// Our names and the keysyms' where they differ by more than the letters' case.
#[rustfmt::skip]
const DIFFERENT: &[(&str, &str)] = &[
    ("Space", "space"), ("Enter", "Return"), ("Backspace", "BackSpace"), ("PageUp", "Prior"), ("PageDown", "Next"),
    ("PrintScreen", "Print"), ("ScrollLock", "Scroll_Lock"), ("CapsLock", "Caps_Lock"), ("NumLock", "Num_Lock"),
    ("Minus", "minus"), ("Equal", "equal"), ("BracketLeft", "bracketleft"), ("BracketRight", "bracketright"),
    ("Backslash", "backslash"), ("Semicolon", "semicolon"), ("Quote", "apostrophe"), ("Backquote", "grave"),
    ("Comma", "comma"), ("Period", "period"), ("Slash", "slash"), ("IntlBackslash", "less"),
    ("ControlLeft", "Control_L"), ("ControlRight", "Control_R"), ("ShiftLeft", "Shift_L"), ("ShiftRight", "Shift_R"),
    ("AltLeft", "Alt_L"), ("AltRight", "Alt_R"), ("SuperLeft", "Super_L"), ("SuperRight", "Super_R"),
    ("Keypad0", "KP_0"), ("Keypad1", "KP_1"), ("Keypad2", "KP_2"), ("Keypad3", "KP_3"), ("Keypad4", "KP_4"),
    ("Keypad5", "KP_5"), ("Keypad6", "KP_6"), ("Keypad7", "KP_7"), ("Keypad8", "KP_8"), ("Keypad9", "KP_9"),
    ("KeypadEnter", "KP_Enter"), ("KeypadPlus", "KP_Add"), ("KeypadMinus", "KP_Subtract"),
    ("KeypadMultiply", "KP_Multiply"), ("KeypadDivide", "KP_Divide"), ("KeypadDelete", "KP_Decimal"),
];

/// The keysym's name; `None` for a key that is known by its number alone.
pub fn keysym_name(key: Key) -> Option<String> {
    let Key::Named(name) = key else { return None };
    let different = DIFFERENT.iter().find(|(ours, _)| *ours == name).map(|(_, keysym)| (*keysym).to_owned());
    let letter = || if name.len() == 1 { name.to_ascii_lowercase() } else { name.to_owned() };
    Some(different.unwrap_or_else(letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::NAMES;

    #[test]
    fn keys_are_called_as_xkb_calls_them() {
        for (ours, keysym) in
            [("F9", "F9"), ("A", "a"), ("7", "7"), ("Space", "space"), ("Pause", "Pause"), ("Up", "Up")]
        {
            assert_eq!(keysym_name(ours.parse().unwrap()).as_deref(), Some(keysym));
        }
        assert_eq!(keysym_name(Key::Code(172)), None);
    }

    #[test]
    fn no_two_keys_share_a_name() {
        let mut names: Vec<String> = NAMES.iter().filter_map(|name| keysym_name(Key::Named(name))).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), NAMES.len());
        assert!(DIFFERENT.iter().all(|(ours, _)| NAMES.contains(ours)));
    }
}
