//! The keymap of our virtual keyboard: a US keyboard, with the characters that it lacks on its spare keys. Pure.
//!
//! The US part never changes, so that chords are where every application looks for them and plain English needs no new
//! keymap, which each application has to load. Characters are put on spare keys as texts need them, and stay there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{InjectError, Newline};

/// Keycode and the keysyms that it gives without and with Shift: the printable keys of a US keyboard.
#[rustfmt::skip]
const PRINTED: &[(u8, char, char)] = &[
    (10, '1', '!'), (11, '2', '@'), (12, '3', '#'), (13, '4', '$'), (14, '5', '%'), (15, '6', '^'), (16, '7', '&'),
    (17, '8', '*'), (18, '9', '('), (19, '0', ')'), (20, '-', '_'), (21, '=', '+'),
    (24, 'q', 'Q'), (25, 'w', 'W'), (26, 'e', 'E'), (27, 'r', 'R'), (28, 't', 'T'), (29, 'y', 'Y'), (30, 'u', 'U'),
    (31, 'i', 'I'), (32, 'o', 'O'), (33, 'p', 'P'), (34, '[', '{'), (35, ']', '}'),
    (38, 'a', 'A'), (39, 's', 'S'), (40, 'd', 'D'), (41, 'f', 'F'), (42, 'g', 'G'), (43, 'h', 'H'), (44, 'j', 'J'),
    (45, 'k', 'K'), (46, 'l', 'L'), (47, ';', ':'), (48, '\'', '"'), (49, '`', '~'), (51, '\\', '|'),
    (52, 'z', 'Z'), (53, 'x', 'X'), (54, 'c', 'C'), (55, 'v', 'V'), (56, 'b', 'B'), (57, 'n', 'N'), (58, 'm', 'M'),
    (59, ',', '<'), (60, '.', '>'), (61, '/', '?'), (65, ' ', ' '),
];

/// The other keys that chords are made of, by keycode and keysym.
#[rustfmt::skip]
const NAMED: &[(u8, &str)] = &[
    (9, "Escape"), (22, "BackSpace"), (23, "Tab"), (36, "Return"), (37, "Control_L"), (50, "Shift_L"), (62, "Shift_R"),
    (64, "Alt_L"), (66, "Caps_Lock"), (67, "F1"), (68, "F2"), (69, "F3"), (70, "F4"), (71, "F5"), (72, "F6"), (73, "F7"),
    (74, "F8"), (75, "F9"), (76, "F10"), (77, "Num_Lock"), (78, "Scroll_Lock"), (95, "F11"), (96, "F12"),
    (104, "KP_Enter"), (105, "Control_R"), (107, "Print"), (108, "Alt_R"), (110, "Home"), (111, "Up"), (112, "Prior"),
    (113, "Left"), (114, "Right"), (115, "End"), (116, "Down"), (117, "Next"), (118, "Insert"), (119, "Delete"),
    (127, "Pause"), (133, "Super_L"), (134, "Super_R"), (135, "Menu"),
];

/// Which keys are which modifier. GTK finds a chord only where they are named.
const MODIFIERS: &[(&str, &[u8])] = &[
    ("Shift", &[50, 62]),
    ("Lock", &[66]),
    ("Control", &[37, 105]),
    ("Mod1", &[64, 108]),
    ("Mod2", &[77]),
    ("Mod4", &[133, 134]),
];

/// Keycodes are those of X11, so that windows of XWayland get them too: 8 to 255.
const KEYCODES: std::ops::RangeInclusive<u8> = 9..=255;

/// The Enter and Tab keys.
const ENTER: u8 = 36;
const TAB: u8 = 23;

/// One key, struck once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stroke {
    /// The key.
    pub(super) keycode: u8,
    /// Whether Shift is down with it.
    pub(super) shift: bool,
}

/// Strokes that one keymap is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// The keymap that they need.
    pub(super) keymap: Keymap,
    /// One stroke per character.
    pub(super) strokes: Vec<Stroke>,
}

/// What the spare keys give.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Keymap {
    spare: BTreeMap<char, u8>,
}

impl Keymap {
    /// The runs that type `text`, starting with this keymap. A keymap is left only when its spare keys are used up.
    pub(super) fn plan(&self, text: &str, newline: Newline) -> Result<Vec<Run>, InjectError> {
        let mut runs = vec![Run { keymap: self.clone(), strokes: Vec::new() }];
        for character in text.chars() {
            let stroke = match (character, newline) {
                ('\n', Newline::Enter) => Some(Stroke { keycode: ENTER, shift: false }),
                ('\n', Newline::ShiftEnter) => Some(Stroke { keycode: ENTER, shift: true }),
                ('\n', Newline::Space) => printed(' '),
                ('\t', _) => Some(Stroke { keycode: TAB, shift: false }),
                (other, _) if other.is_control() => {
                    let (what, reason) = ("a control character".to_owned(), "no key types it".to_owned());
                    return Err(InjectError::Untypable { what, reason });
                }
                (other, _) => printed(other),
            };
            let last = runs.len() - 1;
            let stroke = stroke.or_else(|| runs[last].keymap.on_spare(character));
            let stroke = stroke.unwrap_or_else(|| {
                let mut fresh = Self::default();
                let first = fresh.on_spare(character);
                runs.push(Run { keymap: fresh, strokes: Vec::new() });
                // An empty keymap has room.
                first.unwrap_or(Stroke { keycode: TAB, shift: false })
            });
            let last = runs.len() - 1;
            runs[last].strokes.push(stroke);
        }
        Ok(runs)
    }

    /// The stroke for a character that is on a spare key, or is put on one. `None` when all are in use.
    fn on_spare(&mut self, character: char) -> Option<Stroke> {
        let keycode = if let Some(keycode) = self.spare.get(&character) {
            *keycode
        } else {
            let keycode = spare_keycodes().nth(self.spare.len())?;
            self.spare.insert(character, keycode);
            keycode
        };
        Some(Stroke { keycode, shift: false })
    }

    /// Whether `other` has everything that this has, in the same places.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        self.spare.iter().all(|(character, keycode)| other.spare.get(character) == Some(keycode))
    }

    /// The keymap in the XKB text format, as compositors read it.
    pub(super) fn to_xkb(&self) -> String {
        let mut text = String::from("xkb_keymap {\nxkb_keycodes \"scout\" {\nminimum = 8;\nmaximum = 255;\n");
        // Writing to a string cannot fail.
        for keycode in KEYCODES {
            let _ = writeln!(text, "<K{keycode}> = {keycode};");
        }
        text.push_str("};\nxkb_types \"scout\" { include \"complete\" };\n");
        text.push_str("xkb_compatibility \"scout\" { include \"complete\" };\n");
        text.push_str("xkb_symbols \"scout\" {\nname[group1] = \"English (US)\";\n");
        for (keycode, plain, shifted) in PRINTED {
            let _ = writeln!(text, "key <K{keycode}> {{ [ {}, {} ] }};", keysym(*plain), keysym(*shifted));
        }
        for (keycode, name) in NAMED {
            let _ = writeln!(text, "key <K{keycode}> {{ [ {name} ] }};");
        }
        for (character, keycode) in &self.spare {
            let _ = writeln!(text, "key <K{keycode}> {{ [ {} ] }};", keysym(*character));
        }
        for (modifier, keycodes) in MODIFIERS {
            let keys: Vec<String> = keycodes.iter().map(|keycode| format!("<K{keycode}>")).collect();
            let _ = writeln!(text, "modifier_map {modifier} {{ {} }};", keys.join(", "));
        }
        text.push_str("};\n};\n");
        text
    }
}

/// The stroke for a character that is printed on a US keyboard.
fn printed(character: char) -> Option<Stroke> {
    PRINTED.iter().find_map(|(keycode, plain, shifted)| match character {
        c if c == *plain => Some(Stroke { keycode: *keycode, shift: false }),
        c if c == *shifted => Some(Stroke { keycode: *keycode, shift: true }),
        _ => None,
    })
}

fn spare_keycodes() -> impl Iterator<Item = u8> {
    KEYCODES.filter(|keycode| {
        PRINTED.iter().all(|(used, ..)| used != keycode) && NAMED.iter().all(|(used, _)| used != keycode)
    })
}

/// XKB takes any character by its number.
fn keysym(character: char) -> String {
    format!("U{:04X}", u32::from(character))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the runs type, by their own keymaps.
    fn typed(runs: &[Run]) -> String {
        let mut text = String::new();
        for run in runs {
            for stroke in &run.strokes {
                let on_us = PRINTED.iter().find(|(keycode, ..)| *keycode == stroke.keycode);
                text.push(match (stroke.keycode, on_us) {
                    (ENTER, _) => '\n',
                    (TAB, _) => '\t',
                    (_, Some((_, plain, shifted))) => {
                        if stroke.shift {
                            *shifted
                        } else {
                            *plain
                        }
                    }
                    (keycode, None) => *run.keymap.spare.iter().find(|(_, code)| **code == keycode).unwrap().0,
                });
            }
        }
        text
    }

    proptest! {
        #[test]
        fn what_is_planned_is_what_arrives(text in "(\\PC|\n|\t){0,400}", before in "\\PC{0,50}") {
            let keymap = Keymap::default().plan(&before, Newline::Enter).unwrap().pop().unwrap().keymap;
            prop_assert_eq!(typed(&keymap.plan(&text, Newline::Enter).unwrap()), text);
        }
    }

    #[test]
    fn plain_english_needs_no_new_keymap() {
        let runs = Keymap::default().plan("Hello, World! ~100 % \"sure\"\n", Newline::Enter).unwrap();
        assert_eq!(runs.len(), 1);
        assert_eq!(runs[0].keymap, Keymap::default());
    }

    #[test]
    fn characters_stay_on_their_keys_until_all_are_in_use() {
        let first = Keymap::default().plan("äöü", Newline::Enter).unwrap().remove(0);
        let second = first.keymap.plan("üöä ß", Newline::Enter).unwrap().remove(0);
        assert!(first.keymap.spare.iter().all(|(character, keycode)| second.keymap.spare[character] == *keycode));
        let many: String = ('\u{4e00}'..).take(spare_keycodes().count() + 1).collect();
        let runs = Keymap::default().plan(&many, Newline::Enter).unwrap();
        assert_eq!(runs.iter().map(|run| run.strokes.len()).collect::<Vec<_>>(), [spare_keycodes().count(), 1]);
    }

    #[test]
    fn a_line_break_becomes_what_the_profile_says() {
        let stroke = |newline| Keymap::default().plan("\n", newline).unwrap()[0].strokes[0];
        assert_eq!(stroke(Newline::Enter), Stroke { keycode: ENTER, shift: false });
        assert_eq!(stroke(Newline::ShiftEnter), Stroke { keycode: ENTER, shift: true });
        assert_eq!(stroke(Newline::Space), printed(' ').unwrap());
        assert!(Keymap::default().plan("\u{7}", Newline::Enter).is_err());
    }

    #[test]
    fn each_keycode_has_one_meaning_and_named_keys_are_where_chords_look_for_them() {
        let mut used: Vec<u8> =
            PRINTED.iter().map(|(code, ..)| *code).chain(NAMED.iter().map(|(code, _)| *code)).collect();
        let count = used.len();
        used.sort_unstable();
        used.dedup();
        assert_eq!(used.len(), count);
        for (name, keycode) in [("V", 55), ("Insert", 118), ("Enter", 36), ("ControlLeft", 37)] {
            assert_eq!(scout_desktop::keycodes::keycode(name.parse().unwrap()), Some(keycode));
        }
    }
}
