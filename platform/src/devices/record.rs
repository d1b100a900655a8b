//! What the kernel writes of a keyboard. Pure.

use std::collections::BTreeSet;

use crate::Key;
use crate::x11::keycodes;

/// A record: the time, then two bytes of type, two of code, four of value (`struct input_event`).
pub(super) const SIZE: usize = size_of::<libc::input_event>();

/// Types of records, and the code that says that some were lost (`input-event-codes.h`).
const SYNCHRONISATION: u16 = 0;
const KEY: u16 = 1;
const LOST: u16 = 3;

/// Values of a key's record. The third, 2, is a repeat of one that is held.
const RELEASED: i32 = 0;
const PRESSED: i32 = 1;

/// Codes below are keys; those from here on are buttons of mice and the like.
const BUTTONS: usize = 0x100;

/// The kernel's number of a key is its keycode less this.
const KEYCODE_OFFSET: u16 = 8;

/// The keys of one keyboard that are down.
#[derive(Debug, Default)]
pub(super) struct Down(BTreeSet<u16>);

impl Down {
    /// What the records say: keys that went down or up.
    pub(super) fn take(&mut self, records: &[u8]) -> Vec<(Key, bool)> {
        records.chunks_exact(SIZE).flat_map(|record| self.take_one(record)).collect()
    }

    fn take_one(&mut self, record: &[u8]) -> Vec<(Key, bool)> {
        let [.., t0, t1, c0, c1, v0, v1, v2, v3] = record else { return Vec::new() };
        let (kind, code) = (u16::from_ne_bytes([*t0, *t1]), u16::from_ne_bytes([*c0, *c1]));
        let changed = match (kind, i32::from_ne_bytes([*v0, *v1, *v2, *v3])) {
            (KEY, PRESSED) => self.0.insert(code).then_some(true),
            (KEY, RELEASED) => self.0.remove(&code).then_some(false),
            // Among what was lost may have been a release.
            (SYNCHRONISATION, _) if code == LOST => return self.release_all(),
            _ => None,
        };
        changed.and_then(|pressed| Some((key(code)?, pressed))).into_iter().collect()
    }

    /// No key is down any more.
    pub(super) fn release_all(&mut self) -> Vec<(Key, bool)> {
        std::mem::take(&mut self.0).into_iter().filter_map(|code| Some((key(code)?, false))).collect()
    }
}

fn key(code: u16) -> Option<Key> {
    u8::try_from(code + KEYCODE_OFFSET).ok().map(keycodes::key)
}

/// Whether a device has keys. `described` are the bits of all that it has, in hexadecimal words, the highest first.
pub(super) fn has_keys(described: &str) -> bool {
    let words = described.split_whitespace().rev().map(|word| usize::from_str_radix(word, 16).unwrap_or_default());
    words.take(BUTTONS / usize::BITS as usize).any(|word| word != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyboards_are_told_from_mice() {
        for (described, expected) in [
            ("402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe", true),
            ("8 0", true),
            ("1f0000 0 0 0 0", false),
            ("", false),
            ("0", false),
        ] {
            assert_eq!(has_keys(described), expected, "{described}");
        }
    }
}
