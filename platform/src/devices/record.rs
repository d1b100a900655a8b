//! What the kernel writes of a keyboard. Pure.

use std::collections::BTreeSet;

use crate::Key;
use scout_desktop::keycodes;

/// A record: the time, then two bytes of type, two of code, four of value (`struct input_event`).
pub(super) const SIZE: usize = size_of::<libc::input_event>();

/// Types of records, and the code that says that some were lost (`input-event-codes.h`).
const SYNCHRONISATION: u16 = 0;
const KEY: u16 = 1;
const RELATIVE: u16 = 2;
const LOST: u16 = 3;

/// Values of a key's record. The third, 2, is a repeat of one that is held.
const RELEASED: i32 = 0;
const PRESSED: i32 = 1;

/// Codes below are keys; those from here on are buttons of mice and the like.
const BUTTONS: usize = 0x100;

/// The wheels among what moves, each as turns and in fine steps.
const WHEELS: [u16; 4] = [6, 8, 11, 12];

/// The kernel's number of a key is its keycode less this.
const KEYCODE_OFFSET: u16 = 8;

/// What the user did on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// A key went down, or up.
    Key(Key, bool),
    /// A button was pressed, a wheel turned, or a pad or a screen touched.
    Click,
}

/// The keys of one device that are down.
#[derive(Debug, Default)]
pub(super) struct Down(BTreeSet<u16>);

impl Down {
    /// What the records say.
    pub(super) fn take(&mut self, records: &[u8]) -> Vec<Deed> {
        records.chunks_exact(SIZE).flat_map(|record| self.take_one(record)).collect()
    }

    fn take_one(&mut self, record: &[u8]) -> Vec<Deed> {
        let [.., t0, t1, c0, c1, v0, v1, v2, v3] = record else { return Vec::new() };
        let (kind, code) = (u16::from_ne_bytes([*t0, *t1]), u16::from_ne_bytes([*c0, *c1]));
        let changed = match (kind, i32::from_ne_bytes([*v0, *v1, *v2, *v3])) {
            (KEY, PRESSED) => self.0.insert(code).then_some(true),
            (KEY, RELEASED) => self.0.remove(&code).then_some(false),
            (RELATIVE, _) if WHEELS.contains(&code) => return vec![Deed::Click],
            // Among what was lost may have been a release, or a click.
            (SYNCHRONISATION, _) if code == LOST => {
                let mut deeds = self.release_all();
                deeds.push(Deed::Click);
                return deeds;
            }
            _ => None,
        };
        changed.and_then(|pressed| deed(code, pressed)).into_iter().collect()
    }

    /// No key is down any more.
    pub(super) fn release_all(&mut self) -> Vec<Deed> {
        std::mem::take(&mut self.0).into_iter().filter_map(|code| deed(code, false)).collect()
    }
}

/// Keys beyond those that have a keycode are buttons as far as it matters: what they do is not known.
fn deed(code: u16, pressed: bool) -> Option<Deed> {
    match u8::try_from(code + KEYCODE_OFFSET) {
        Ok(keycode) => Some(Deed::Key(keycodes::key(keycode), pressed)),
        Err(_) => pressed.then_some(Deed::Click),
    }
}

/// What a device has, as far as the user works with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Keys.
    Keyboard,
    /// Buttons only: a mouse, a touchpad, a pen, a touch screen.
    Pointer,
    /// Neither.
    Other,
}

/// Which kind a device is. `described` are the bits of all keys and buttons that it has, in hexadecimal words, the highest
/// first.
pub(super) fn kind(described: &str) -> Kind {
    let words = described.split_whitespace().rev().map(|word| usize::from_str_radix(word, 16).unwrap_or_default());
    let in_use: Vec<bool> = words.map(|word| word != 0).collect();
    let (keys, buttons) = in_use.split_at(in_use.len().min(BUTTONS / usize::BITS as usize));
    match (keys.contains(&true), buttons.contains(&true)) {
        (true, _) => Kind::Keyboard,
        (false, true) => Kind::Pointer,
        (false, false) => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyboards_are_told_from_mice() {
        for (described, expected) in [
            ("402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe", Kind::Keyboard),
            ("8 0", Kind::Keyboard),
            ("1f0000 0 0 0 0", Kind::Pointer),
            ("", Kind::Other),
            ("0", Kind::Other),
        ] {
            assert_eq!(kind(described), expected, "{described}");
        }
    }
}
