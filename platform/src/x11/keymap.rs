//! What the keyboard's keys produce: the X server's mapping, read by character. Pure.

use std::collections::HashMap;

use xkeysym::Keysym;

use super::layout::{Action, Layouts, Symbol};
use crate::keys::Modifier;

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
/// The row of Lock in the modifier mapping, in the order of the protocol's mask bits.
const LOCK_ROW: usize = 1;
/// Mask bits of the modifiers that have the same meaning everywhere.
const SHIFT: u8 = 1 << 0;
const LOCK: u8 = 1 << 1;
const CONTROL: u8 = 1 << 2;

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

impl Level {
    const ALL: [Self; 4] = [Self::Plain, Self::Shift, Self::AltGr, Self::ShiftAltGr];
}

/// A key that holds modifiers while it is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holder {
    keycode: u8,
    /// Real modifiers, as mask bits of the protocol.
    mask: u8,
}

/// What one of the keyboard's layouts has.
#[derive(Debug, Clone, Default)]
struct Characters {
    by_char: HashMap<char, (u8, Level)>,
    /// The keys that choose the levels.
    shift: Option<Holder>,
    altgr: Option<Holder>,
}

impl Characters {
    /// The modifiers that are held for a level; `None` if the keys for it do not exist.
    fn mask(&self, level: Level) -> Option<u8> {
        let shift = if level.shift() { self.shift?.mask } else { 0 };
        let altgr = if level.altgr() { self.altgr?.mask } else { 0 };
        Some(shift | altgr)
    }
}

/// The keyboard as the server describes it.
#[derive(Debug, Clone)]
pub(super) struct Keymap {
    layouts: Layouts,
    /// The keycodes of Shift, Lock, Control and Mod1 to Mod5.
    modifiers: [Vec<u8>; 8],
    /// One for each layout.
    characters: Vec<Characters>,
}

impl Keymap {
    /// A keymap from what XKB says about the keys, and the reply to `GetModifierMapping`.
    pub(super) fn new(layouts: Layouts, modifiers: [Vec<u8>; 8]) -> Self {
        let mut keymap = Self { layouts, modifiers, characters: Vec::new() };
        keymap.characters = (0..keymap.groups()).map(|group| keymap.characters(group)).collect();
        keymap
    }

    /// The number of layouts.
    pub(super) fn groups(&self) -> u8 {
        self.layouts.count()
    }

    fn characters(&self, group: u8) -> Characters {
        let shift = [SHIFT_L, SHIFT_R].into_iter().find_map(|keysym| self.holder(keysym, group, |mask| mask == SHIFT));
        let altgr = self.holder(LEVEL3_SHIFT, group, |mask| mask != 0 && mask & (SHIFT | LOCK | CONTROL) == 0);
        let mut found = Characters { by_char: HashMap::new(), shift, altgr };
        for ordinary in [true, false] {
            for level in Level::ALL {
                let Some(held) = found.mask(level) else { continue };
                for keycode in self.keycodes().filter(|code| ORDINARY_KEYS.contains(code) == ordinary) {
                    if let Some(character) = self.character(keycode, group, held) {
                        found.by_char.entry(character).or_insert((keycode, level));
                    }
                }
            }
        }
        for (character, keysym) in [('\n', RETURN), ('\t', TAB)] {
            if let Some(keycode) = self.key_producing(keysym, group) {
                found.by_char.insert(character, (keycode, Level::Plain));
            }
        }
        found
    }

    /// The character that a key types in a layout with these modifiers, if that is all it does. Keys that belong to the keypad
    /// by their first symbol are left out: `NumLock` decides what they do.
    fn character(&self, keycode: u8, group: u8, held: u8) -> Option<char> {
        let symbol = self.layouts.symbol(keycode, group, held)?;
        let is_keypad = self.key_symbols(keycode).next().is_some_and(|keysym| KEYPAD_KEYSYMS.contains(&keysym));
        if is_keypad || symbol.action != Action::None { None } else { character(symbol.keysym) }
    }

    /// The first key that has this keysym and holds wanted modifiers, whether Shift is held as well or not.
    fn holder(&self, keysym: u32, group: u8, is_wanted: impl Fn(u8) -> bool) -> Option<Holder> {
        self.keycodes().find_map(|keycode| {
            let symbol = self.layouts.symbol(keycode, group, 0)?;
            match symbol.action {
                Action::Holds(mask)
                    if symbol.keysym == keysym
                        && is_wanted(mask)
                        && (mask == SHIFT || self.layouts.symbol(keycode, group, SHIFT) == Some(symbol)) =>
                {
                    Some(Holder { keycode, mask })
                }
                _ => None,
            }
        })
    }

    fn keycodes(&self) -> impl Iterator<Item = u8> {
        self.layouts.keys().map(|(keycode, _)| keycode)
    }

    fn key_symbols(&self, keycode: u8) -> impl Iterator<Item = u32> {
        let key = keycode.checked_sub(self.layouts.first).and_then(|index| self.layouts.keys.get(usize::from(index)));
        key.into_iter().flat_map(|key| key.symbols().map(|symbol| symbol.keysym))
    }

    fn key_producing(&self, keysym: u32, group: u8) -> Option<u8> {
        let produces = |keycode: &u8| self.layouts.symbol(*keycode, group, 0).is_some_and(|it| it.keysym == keysym);
        self.keycodes().find(produces)
    }

    /// The key and the level at which a layout has a character.
    pub(super) fn find(&self, character: char, group: u8) -> Option<(u8, Level)> {
        self.characters.get(usize::from(group))?.by_char.get(&character).copied()
    }

    /// The keys to hold for a level of a layout.
    pub(super) fn held_for(&self, level: Level, group: u8) -> Vec<u8> {
        let Some(keys) = self.characters.get(usize::from(group)) else { return Vec::new() };
        let (shift, altgr) = (keys.shift.filter(|_| level.shift()), keys.altgr.filter(|_| level.altgr()));
        [shift, altgr].into_iter().flatten().map(|holder| holder.keycode).collect()
    }

    /// The modifiers that a key brings into force, as mask bits of the protocol; 0 for ordinary keys.
    pub(super) fn modifier_mask(&self, keycode: u8) -> u8 {
        let rows = self.modifiers.iter().enumerate();
        rows.filter(|(_, row)| row.contains(&keycode)).fold(0, |mask, (bit, _)| mask | 1 << bit)
    }

    /// All keys that are ever held to type a character.
    pub(super) fn level_keys(&self) -> Vec<u8> {
        let holders = self.characters.iter().flat_map(|keys| [keys.shift, keys.altgr]).flatten();
        let mut keys: Vec<u8> = holders.map(|holder| holder.keycode).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// A key of that modifier, in a layout.
    pub(super) fn modifier_key(&self, modifier: Modifier, group: u8) -> Option<u8> {
        match modifier {
            Modifier::Shift => self.held_for(Level::Shift, group).first().copied(),
            Modifier::Control => self.key_producing(CONTROL_L, group),
            Modifier::Alt => self.key_producing(ALT_L, group),
            Modifier::Super => self.key_producing(SUPER_L, group),
        }
    }

    /// Keycodes that produce nothing and do nothing, to be bound for a while to characters that no key has. A key without a
    /// symbol may still be a modifier.
    ///
    /// Keycode 8 is left out: it stands for key 0 of the kernel, which means "no key", and is dropped on the way by some.
    pub(super) fn unused_keycodes(&self) -> Vec<u8> {
        let is_modifier = |keycode: &u8| self.modifiers.iter().flatten().any(|modifier| modifier == keycode);
        let unused = self.layouts.keys().filter(|(_, key)| key.symbols().all(|symbol| *symbol == Symbol::default()));
        unused.map(|(keycode, _)| keycode).filter(|keycode| *keycode != 8 && !is_modifier(keycode)).collect()
    }

    /// Modifier keys that change what a key produces while they are held. Locks are not among them: it is their state that
    /// counts, not whether the key is down.
    pub(super) fn holdable_modifiers(&self) -> Vec<u8> {
        let mut keys: Vec<u8> = self.modifiers.iter().flatten().copied().collect();
        keys.retain(|key| {
            // A key that holds modifiers is no lock, although it may be one together with Shift.
            let holds = self.layouts.symbol(*key, 0, 0).is_some_and(|it| matches!(it.action, Action::Holds(_)));
            holds || !(self.modifiers[LOCK_ROW].contains(key) || self.is_num_lock(*key))
        });
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The mask bits of locks that change what letters and digits become. `NumLock` is left alone where it acts on the keypad
    /// only, which is never used here: its lamp would blink.
    pub(super) fn harmful_locks(&self) -> u16 {
        let num_lock = self.num_lock();
        let spared = if self.depends_on(num_lock) { 0 } else { num_lock };
        u16::from(!spared)
    }

    fn num_lock(&self) -> u8 {
        let rows = self.modifiers.iter().enumerate();
        let has_it = |row: &Vec<u8>| row.iter().any(|key| self.is_num_lock(*key));
        rows.filter(|(_, row)| has_it(row)).fold(0, |mask, (bit, _)| mask | 1 << bit)
    }

    fn is_num_lock(&self, keycode: u8) -> bool {
        self.layouts.symbol(keycode, 0, 0).is_some_and(|symbol| symbol.keysym == NUM_LOCK)
    }

    /// Whether a modifier changes a character that is typed with a key.
    fn depends_on(&self, modifier: u8) -> bool {
        (0..).zip(&self.characters).any(|(group, keys)| {
            keys.by_char.values().any(|(keycode, level)| {
                let held = keys.mask(*level).unwrap_or_default();
                self.layouts.symbol(*keycode, group, held) != self.layouts.symbol(*keycode, group, held | modifier)
            })
        })
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
    match character {
        '\n' => return Some(RETURN),
        '\t' => return Some(TAB),
        _ => {}
    }
    Some(Keysym::from_char(character).raw()).filter(|keysym| *keysym != 0)
}

#[cfg(test)]
pub(super) mod recorded {
    //! Keymaps as an X server gave them.

    use super::super::layout::{Action, KeyLayouts, KeyType, Layouts, OutOfRange, Symbol};
    use super::Keymap;

    pub(in crate::x11) const US: &str = include_str!("recorded/us.keymap");
    pub(in crate::x11) const FR: &str = include_str!("recorded/fr.keymap");
    pub(in crate::x11) const DE: &str = include_str!("recorded/de.keymap");
    pub(in crate::x11) const US_RU: &str = include_str!("recorded/us_ru.keymap");
    pub(in crate::x11) const US_DE: &str = include_str!("recorded/us_de.keymap");
    pub(in crate::x11) const CA_MULTIX: &str = include_str!("recorded/ca_multix.keymap");
    pub(in crate::x11) const DE_NEO: &str = include_str!("recorded/de_neo.keymap");
    pub(in crate::x11) const ALL: [&str; 7] = [US, FR, DE, US_RU, US_DE, CA_MULTIX, DE_NEO];

    const MODIFIERS: [&str; 8] = ["shift", "lock", "control", "mod1", "mod2", "mod3", "mod4", "mod5"];

    /// Reads a recorded keymap. Its lines are:
    ///
    /// * a modifier and the keycodes of its keys
    /// * `type`, its number, `mask` and the modifiers that count, and each combination of them with the level that it chooses
    /// * `keys` and the first and last keycode
    /// * a keycode, `wrap` and the upper half of the byte that says what the key does in a layout that it does not have; then
    ///   for each layout `|`, the number of its type and its keysyms, with `=` and the modifiers where it holds some, and with
    ///   `!` where it does something else
    ///
    /// All but keycodes, numbers of types and levels is hexadecimal.
    pub(in crate::x11) fn read(text: &str) -> Keymap {
        let hex = |digits: &str| u8::from_str_radix(digits, 16).unwrap();
        let (mut layouts, mut modifiers) = (Layouts::default(), std::array::from_fn(|_| Vec::new()));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            if let Some(row) = MODIFIERS.iter().position(|name| *name == words[0]) {
                modifiers[row] = words[1..].iter().map(|word| word.parse().unwrap()).collect();
            } else if words[0] == "type" {
                let levels = words[4..].iter().map(|word| word.split_once(':').unwrap());
                let index: usize = words[1].parse().unwrap();
                layouts.types.resize(index + 1, KeyType::default());
                layouts.types[index] = KeyType {
                    modifiers: hex(words[3]),
                    levels: levels.map(|(held, level)| (hex(held), level.parse().unwrap())).collect(),
                };
            } else if words[0] == "keys" {
                let range: Vec<u8> = words[1..].iter().map(|word| word.parse().unwrap()).collect();
                layouts.first = range[0];
                layouts.keys = (range[0]..=range[1]).map(|_| KeyLayouts::default()).collect();
            } else {
                let keycode: u8 = words[0].parse().unwrap();
                layouts.keys[usize::from(keycode - layouts.first)] = KeyLayouts {
                    layouts: line.split(" | ").skip(1).map(layout).collect(),
                    out_of_range: OutOfRange::of_group_info(hex(words[2])),
                };
            }
        }
        Keymap::new(layouts, modifiers)
    }

    fn layout(text: &str) -> (u8, Vec<Symbol>) {
        let (kind, symbols) = text.split_once(' ').unwrap();
        (kind.parse().unwrap(), symbols.split(' ').map(symbol).collect())
    }

    fn symbol(text: &str) -> Symbol {
        let (keysym, action) = if let Some((keysym, mask)) = text.split_once('=') {
            (keysym, Action::Holds(u8::from_str_radix(mask, 16).unwrap()))
        } else {
            text.strip_suffix('!').map_or((text, Action::None), |keysym| (keysym, Action::Other))
        };
        Symbol { keysym: u32::from_str_radix(keysym, 16).unwrap(), action }
    }
}

#[cfg(test)]
mod tests {
    use super::recorded::{ALL, CA_MULTIX, DE, DE_NEO, FR, US, US_DE, US_RU, read};
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
            // The keys of the American layout have two levels, those of the German one four.
            (US_DE, '„', 0, None),
            (US_DE, '“', 0, None),
            (US_DE, '€', 0, None),
            (US_DE, 'ł', 0, None),
            (US_DE, 'q', 0, Some((24, Level::Plain))),
            (US_DE, '„', 1, Some((55, Level::AltGr))),
            (US_DE, '“', 1, Some((56, Level::AltGr))),
            (US_DE, '€', 1, Some((26, Level::AltGr))),
            (US_DE, 'ł', 1, Some((46, Level::AltGr))),
            (US_DE, 'ß', 1, Some((20, Level::Plain))),
            // Eight levels, of which the upper four need LevelFive.
            (CA_MULTIX, 'é', 0, Some((61, Level::Plain))),
            (CA_MULTIX, '@', 0, Some((11, Level::Shift))),
            (CA_MULTIX, '{', 0, Some((16, Level::AltGr))),
            (CA_MULTIX, 'ß', 0, None),
            (CA_MULTIX, '²', 0, None),
            (DE_NEO, 'ß', 0, Some((34, Level::Plain))),
            (DE_NEO, '“', 0, Some((18, Level::Shift))),
            (DE_NEO, '@', 0, Some((48, Level::AltGr))),
            (DE_NEO, 'α', 0, Some((40, Level::ShiftAltGr))),
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
        for keymap in [US, FR, DE, US_RU, US_DE, CA_MULTIX] {
            let keymap = read(keymap);
            for group in 0..keymap.groups() {
                assert_eq!(keymap.held_for(Level::ShiftAltGr, group), [50, 92]);
            }
            let spare = keymap.unused_keycodes();
            assert!(spare.len() >= 10 && !spare.contains(&8), "{spare:?}");
            let held = keymap.holdable_modifiers();
            assert!([37, 50, 62, 64, 133].iter().all(|key| held.contains(key)), "{held:?}");
            assert!(!held.contains(&66) && !held.contains(&77), "CapsLock and NumLock are no modifiers to hold");
            assert_eq!(keymap.harmful_locks(), 0b1110_1111, "all but Mod2, where NumLock is");
        }
    }

    #[test]
    fn a_modifier_without_a_symbol_is_no_spare_key() {
        let neo = read(DE_NEO);
        assert!(!neo.unused_keycodes().contains(&207), "it holds Mod2");
        assert_eq!(neo.harmful_locks(), 0b1111_1111, "NumLock changes the letters");
        let held = neo.holdable_modifiers();
        assert!([50, 62, 92, 203, 207].iter().all(|key| held.contains(key)), "Shift locks only with Shift: {held:?}");
        assert_eq!(neo.held_for(Level::ShiftAltGr, 0), [50, 51]);
    }

    #[test]
    fn num_lock_is_spared_only_where_no_character_depends_on_it() {
        let with_num_lock = |counted: &str| {
            read(&format!(
                "mod2 77\ntype 0 mask 00\ntype 1 mask {counted} 10:1\nkeys 38 77\n38 wrap 00 | 1 61 62\n77 wrap 00 | 0 ff7f!"
            ))
        };
        assert_eq!(with_num_lock("01").harmful_locks(), 0b1110_1111);
        assert_eq!(with_num_lock("10").harmful_locks(), 0b1111_1111);
    }
}
