//! What the keyboard's keys produce: the X server's mapping, read by character. Pure.

use std::collections::HashMap;

use xkeysym::Keysym;

use crate::keys::Modifier;

/// Layouts that the core mapping shows: the first two. More exist in XKB, but not in this view of it.
pub(super) const VISIBLE_GROUPS: u8 = 2;

/// Keycodes of the keys that every keyboard has, letters to the key beside the left Shift. A character is taken from here
/// even if it needs Shift, rather than from a multimedia key that has it plain: virtual machines and remote desktops pass
/// keycodes on, and know only the ordinary ones.
const ORDINARY_KEYS: std::ops::RangeInclusive<u8> = 9..=94;

/// Keypad keys: what they produce depends on `NumLock`.
const KEYPAD_KEYSYMS: std::ops::RangeInclusive<u32> = 0xff80..=0xffbd;
/// Dead keys produce nothing until the next key.
const DEAD_KEYSYMS: std::ops::RangeInclusive<u32> = 0xfe50..=0xfe93;
const RETURN: u32 = 0xff0d;
const TAB: u32 = 0xff09;
const SHIFT_L: u32 = 0xffe1;
const SHIFT_R: u32 = 0xffe2;
const CONTROL_L: u32 = 0xffe3;
const ALT_L: u32 = 0xffe9;
const SUPER_L: u32 = 0xffeb;
const LEVEL3_SHIFT: u32 = 0xfe03;
const NUM_LOCK: u32 = 0xff7f;
/// Rows of the modifier mapping, in the order of the protocol's mask bits.
const SHIFT_ROW: usize = 0;
const LOCK_ROW: usize = 1;

/// Which modifiers a key needs to produce a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Level {
    /// The key alone.
    Plain,
    /// Shift and the key.
    Shift,
    /// `AltGr` and the key.
    AltGr,
    /// Shift, `AltGr` and the key.
    ShiftAltGr,
}

impl Level {
    pub(super) const fn shift(self) -> bool {
        matches!(self, Self::Shift | Self::ShiftAltGr)
    }

    pub(super) const fn altgr(self) -> bool {
        matches!(self, Self::AltGr | Self::ShiftAltGr)
    }
}

/// The columns of the core mapping that hold a group's levels, as the XKB protocol lays them out (XKB protocol, 12.4):
/// G1L1 G1L2 G2L1 G2L2 G1L3 G1L4 G2L3 G2L4.
const COLUMNS: [[(usize, Level); 4]; VISIBLE_GROUPS as usize] = [
    [(0, Level::Plain), (1, Level::Shift), (4, Level::AltGr), (5, Level::ShiftAltGr)],
    [(2, Level::Plain), (3, Level::Shift), (6, Level::AltGr), (7, Level::ShiftAltGr)],
];

/// The keyboard as the server describes it.
#[derive(Debug, Clone)]
pub(super) struct Keymap {
    first: u8,
    /// One row per keycode.
    keysyms: Vec<Vec<u32>>,
    /// The keycodes of Shift, Lock, Control and Mod1 to Mod5.
    modifiers: [Vec<u8>; 8],
    by_char: [HashMap<char, (u8, Level)>; VISIBLE_GROUPS as usize],
}

impl Keymap {
    /// A keymap from the replies to `GetKeyboardMapping` (its rows, of which the first is for keycode `first`) and
    /// `GetModifierMapping`.
    pub(super) fn new(first: u8, keysyms: Vec<Vec<u32>>, modifiers: [Vec<u8>; 8]) -> Self {
        let mut keymap = Self { first, keysyms, modifiers, by_char: [HashMap::new(), HashMap::new()] };
        keymap.by_char = [keymap.characters(0), keymap.characters(1)];
        keymap
    }

    fn characters(&self, group: usize) -> HashMap<char, (u8, Level)> {
        let mut characters = HashMap::new();
        let usable = |level: Level| {
            (!level.shift() || self.shift_key().is_some()) && (!level.altgr() || self.altgr_key().is_some())
        };
        for ordinary in [true, false] {
            for (column, level) in COLUMNS[group].into_iter().filter(|(_, level)| usable(*level)) {
                for (keycode, row) in self.rows().filter(|(code, _)| ORDINARY_KEYS.contains(code) == ordinary) {
                    if let Some(character) = row.get(column).and_then(|keysym| character(*keysym)) {
                        characters.entry(character).or_insert((keycode, level));
                    }
                }
            }
        }
        for (character, keysym) in [('\n', RETURN), ('\t', TAB)] {
            if let Some(keycode) = self.key_producing(keysym) {
                characters.insert(character, (keycode, Level::Plain));
            }
        }
        characters
    }

    fn rows(&self) -> impl Iterator<Item = (u8, &[u32])> {
        (self.first..=u8::MAX).zip(self.keysyms.iter().map(Vec::as_slice))
    }

    fn key_producing(&self, keysym: u32) -> Option<u8> {
        self.rows().find(|(_, row)| row.first() == Some(&keysym)).map(|(keycode, _)| keycode)
    }

    /// The key and the level at which `group` (0 or 1) has a character.
    pub(super) fn find(&self, character: char, group: u8) -> Option<(u8, Level)> {
        self.by_char.get(usize::from(group))?.get(&character).copied()
    }

    /// A Shift key.
    pub(super) fn shift_key(&self) -> Option<u8> {
        let is_shift = |keycode: &u8| self.modifiers[SHIFT_ROW].contains(keycode);
        [SHIFT_L, SHIFT_R].into_iter().filter_map(|keysym| self.key_producing(keysym)).find(is_shift)
    }

    /// A key that chooses the third level, whatever else is printed on it.
    pub(super) fn altgr_key(&self) -> Option<u8> {
        self.key_producing(LEVEL3_SHIFT)
    }

    /// A key of that modifier.
    pub(super) fn modifier_key(&self, modifier: Modifier) -> Option<u8> {
        match modifier {
            Modifier::Shift => self.shift_key(),
            Modifier::Control => self.key_producing(CONTROL_L),
            Modifier::Alt => self.key_producing(ALT_L),
            Modifier::Super => self.key_producing(SUPER_L),
        }
    }

    /// Keycodes that produce nothing, to be bound for a while to characters that no key has.
    ///
    /// Keycode 8 is left out: it stands for key 0 of the kernel, which means "no key", and is dropped on the way by some.
    pub(super) fn unused_keycodes(&self) -> Vec<u8> {
        self.rows().filter(|(code, row)| *code != 8 && row.iter().all(|sym| *sym == 0)).map(|(code, _)| code).collect()
    }

    /// Modifier keys that change what a key produces while they are held. Locks are not among them: it is their state that
    /// counts, not whether the key is down.
    pub(super) fn holdable_modifiers(&self) -> Vec<u8> {
        let mut keys: Vec<u8> = self.modifiers.iter().flatten().copied().collect();
        keys.retain(|key| !self.modifiers[LOCK_ROW].contains(key) && self.row(*key).first() != Some(&NUM_LOCK));
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The mask bits of locks that change what letters and digits become. `NumLock` is left alone: it acts on the keypad,
    /// which is never used here, and its lamp would blink.
    pub(super) fn harmful_locks(&self) -> u16 {
        let is_num_lock = |row: &Vec<u8>| row.iter().any(|key| self.row(*key).first() == Some(&NUM_LOCK));
        let rows = self.modifiers.iter().enumerate();
        rows.filter(|(_, row)| !is_num_lock(row)).fold(0, |mask, (bit, _)| mask | 1 << bit)
    }

    fn row(&self, keycode: u8) -> &[u32] {
        keycode
            .checked_sub(self.first)
            .and_then(|index| self.keysyms.get(usize::from(index)))
            .map_or(&[], Vec::as_slice)
    }
}

/// The character that a key with this keysym types, if it types one by itself.
fn character(keysym: u32) -> Option<char> {
    if keysym == 0 || KEYPAD_KEYSYMS.contains(&keysym) || DEAD_KEYSYMS.contains(&keysym) {
        return None;
    }
    Keysym::new(keysym).key_char().filter(|character| !character.is_control())
}

/// The keysym that makes a key type this character; `None` for code points that Unicode keeps free of characters.
pub(super) fn keysym(character: char) -> Option<u32> {
    Some(Keysym::from_char(character).raw()).filter(|keysym| *keysym != 0)
}

#[cfg(test)]
pub(super) mod recorded {
    //! Keymaps as an X server gave them.

    use super::Keymap;

    pub(in crate::x11) const US: &str = include_str!("recorded/us.keymap");
    pub(in crate::x11) const FR: &str = include_str!("recorded/fr.keymap");
    pub(in crate::x11) const DE: &str = include_str!("recorded/de.keymap");
    pub(in crate::x11) const US_RU: &str = include_str!("recorded/us_ru.keymap");
    pub(in crate::x11) const ALL: [&str; 4] = [US, FR, DE, US_RU];

    /// Reads a recorded keymap.
    pub(in crate::x11) fn read(text: &str) -> Keymap {
        let (mut first, mut keysyms, mut modifiers) = (0, Vec::new(), Vec::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            if let Ok(keycode) = words[0].parse::<usize>() {
                let row = words[1..].iter().map(|word| u32::from_str_radix(word, 16).unwrap()).collect();
                keysyms[keycode - usize::from(first)] = row;
            } else if words[0] == "range" {
                let numbers: Vec<usize> = words[1..].iter().map(|word| word.parse().unwrap()).collect();
                first = u8::try_from(numbers[0]).unwrap();
                keysyms = vec![vec![0; numbers[2]]; numbers[1] - numbers[0] + 1];
            } else {
                modifiers.push(words[1..].iter().map(|word| word.parse().unwrap()).collect());
            }
        }
        Keymap::new(first, keysyms, modifiers.try_into().unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::recorded::{ALL, DE, FR, US, US_RU, read};
    use super::*;

    #[test]
    fn characters_are_found_on_the_key_and_level_that_a_user_would_use() {
        let cases = [
            (US, 'a', 0, Some((38, Level::Plain))),
            (US, 'A', 0, Some((38, Level::Shift))),
            (US, '(', 0, Some((18, Level::Shift))), // although keycode 187 has it plain
            (US, '|', 0, Some((51, Level::Shift))), // although keycode 94 has it with AltGr
            (US, '\n', 0, Some((36, Level::Plain))),
            (US, '\t', 0, Some((23, Level::Plain))),
            (US, 'é', 0, None),
            (FR, 'a', 0, Some((24, Level::Plain))),
            (FR, '1', 0, Some((10, Level::Shift))),
            (FR, 'é', 0, Some((11, Level::Plain))),
            (FR, '@', 0, Some((19, Level::AltGr))),
            (DE, 'ß', 0, Some((20, Level::Plain))),
            (DE, '@', 0, Some((24, Level::AltGr))),
            (DE, '¡', 0, Some((10, Level::ShiftAltGr))),
            (DE, 'z', 0, Some((29, Level::Plain))),
            (US_RU, 'q', 0, Some((24, Level::Plain))),
            (US_RU, 'й', 1, Some((24, Level::Plain))),
            (US_RU, 'Й', 1, Some((24, Level::Shift))),
            (US_RU, 'й', 0, None),
            (US_RU, 'q', 1, None),
            (US_RU, ' ', 1, Some((65, Level::Plain))),
        ];
        for (keymap, character, group, expected) in cases {
            assert_eq!(read(keymap).find(character, group), expected, "{character:?} in group {group}");
        }
    }

    #[test]
    fn dead_keys_and_the_keypad_type_nothing_by_themselves() {
        // The German keyboard has the acute accent and the circumflex as dead keys only.
        assert_eq!(read(DE).find('^', 0), None);
        for keymap in ALL {
            let (keycode, _) = read(keymap).find('7', 0).unwrap();
            assert_eq!(keycode, 16);
        }
    }

    #[test]
    fn modifiers_and_spare_keys_are_known() {
        for keymap in ALL {
            let keymap = read(keymap);
            assert_eq!(keymap.shift_key(), Some(50));
            assert_eq!(keymap.altgr_key(), Some(92));
            let spare = keymap.unused_keycodes();
            assert!(spare.len() >= 10 && !spare.contains(&8), "{spare:?}");
            let held = keymap.holdable_modifiers();
            assert!([37, 105, 50, 62, 64, 133].iter().all(|key| held.contains(key)), "{held:?}");
            assert!(!held.contains(&66) && !held.contains(&77), "CapsLock and NumLock are no modifiers to hold");
            assert_eq!(keymap.harmful_locks(), 0b1110_1111, "all but Mod2, where NumLock is");
        }
    }
}
