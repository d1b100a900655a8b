//! Which symbol a key produces in a layout while modifiers are held, by the rules of XKB (XKB protocol, chapter 12). Pure.
//!
//! The core protocol's view of the mapping is not enough: it packs the levels of a key's layouts into columns whose place
//! depends on how wide each of them is.

use x11rb::protocol::xkb::{self, GetMapReply};

/// What a key does besides producing a keysym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Action {
    /// Nothing.
    #[default]
    None,
    /// Holds these real modifiers, as mask bits of the protocol, while it is down.
    Holds(u8),
    /// Anything else: a lock, a latch, a change of the layout, the pointer.
    Other,
}

/// What a key produces at one of its levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Symbol {
    pub(super) keysym: u32,
    pub(super) action: Action,
}

/// Which modifiers choose which level.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyType {
    /// The real modifiers that count.
    pub(super) modifiers: u8,
    /// Those of them that are held, and the level that they choose. Any others choose level 0.
    pub(super) levels: Vec<(u8, u8)>,
}

impl KeyType {
    fn level(&self, held: u8) -> usize {
        let counted = held & self.modifiers;
        self.levels.iter().find(|(modifiers, _)| *modifiers == counted).map_or(0, |(_, level)| usize::from(*level))
    }
}

/// What a key does in a layout that it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum OutOfRange {
    /// The layouts are counted round and round.
    #[default]
    Wrap,
    /// The last layout is used.
    Clamp,
    /// This layout is used; the first if the key does not have it either.
    Redirect(u8),
}

impl OutOfRange {
    /// Reads the byte that XKB has for it, together with the number of layouts.
    pub(super) fn of_group_info(info: u8) -> Self {
        match info & 0xc0 {
            0x40 => Self::Clamp,
            0x80 => Self::Redirect((info & 0x30) >> 4),
            _ => Self::Wrap,
        }
    }
}

/// One key: for each of its layouts the number of its type and the symbols of its levels.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyLayouts {
    pub(super) layouts: Vec<(u8, Vec<Symbol>)>,
    pub(super) out_of_range: OutOfRange,
}

impl KeyLayouts {
    fn in_layout(&self, group: u8) -> Option<&(u8, Vec<Symbol>)> {
        let (group, count) = (usize::from(group), self.layouts.len());
        let index = match self.out_of_range {
            _ if group < count => group,
            OutOfRange::Wrap => group.checked_rem(count)?,
            OutOfRange::Clamp => count.checked_sub(1)?,
            OutOfRange::Redirect(other) if usize::from(other) < count => usize::from(other),
            OutOfRange::Redirect(_) => 0,
        };
        self.layouts.get(index)
    }

    /// All symbols, of all layouts and levels.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.layouts.iter().flat_map(|(_, symbols)| symbols)
    }
}

/// The whole keyboard.
#[derive(Debug, Clone, Default)]
pub(super) struct Layouts {
    /// The keycode of the first key.
    pub(super) first: u8,
    /// One per keycode.
    pub(super) keys: Vec<KeyLayouts>,
    /// The types, by their numbers.
    pub(super) types: Vec<KeyType>,
}

impl Layouts {
    /// Reads the reply to `GetMap`, which must have been asked for types, symbols and actions of all keys.
    pub(super) fn of_reply(reply: &GetMapReply) -> Self {
        let map = &reply.map;
        let mut actions = Vec::new();
        if let Some(found) = &map.key_actions {
            let mut rest = found.acts_rtrn_acts.iter().copied();
            for count in &found.acts_rtrn_count {
                actions.push(rest.by_ref().take(usize::from(*count)).map(action).collect::<Vec<_>>());
            }
        }
        let first_action = usize::from(reply.first_key_action);
        let keys = map.syms_rtrn.iter().flatten().zip(usize::from(reply.first_key_sym)..).map(|(key, keycode)| {
            let actions = keycode.checked_sub(first_action).and_then(|index| actions.get(index));
            let action = |index: usize| actions.and_then(|all| all.get(index)).copied().unwrap_or_default();
            let symbols: Vec<Symbol> =
                (0..).zip(&key.syms).map(|(index, keysym)| Symbol { keysym: *keysym, action: action(index) }).collect();
            let count = usize::from(key.group_info & 0x0f);
            let layouts = key.kt_index.iter().copied().zip(symbols.chunks(usize::from(key.width).max(1)));
            KeyLayouts {
                layouts: layouts.take(count).map(|(kind, symbols)| (kind, symbols.to_vec())).collect(),
                out_of_range: OutOfRange::of_group_info(key.group_info),
            }
        });
        let types = map.types_rtrn.iter().flatten().map(|kind| KeyType {
            modifiers: real(kind.mods_mask),
            levels: kind
                .map
                .iter()
                .filter(|entry| entry.active)
                .map(|entry| (real(entry.mods_mask), entry.level))
                .collect(),
        });
        Self { first: reply.first_key_sym, keys: keys.collect(), types: types.collect() }
    }

    /// The number of layouts, at least 1.
    pub(super) fn count(&self) -> u8 {
        let most = self.keys.iter().map(|key| key.layouts.len()).max();
        most.and_then(|count| u8::try_from(count).ok()).unwrap_or(0).max(1)
    }

    /// All keys, with their keycodes.
    pub(super) fn keys(&self) -> impl Iterator<Item = (u8, &KeyLayouts)> {
        (self.first..=u8::MAX).zip(&self.keys)
    }

    /// What a key produces in a layout while exactly these real modifiers are held or locked.
    pub(super) fn symbol(&self, keycode: u8, group: u8, held: u8) -> Option<Symbol> {
        let key = self.keys.get(usize::from(keycode.checked_sub(self.first)?))?;
        let (kind, symbols) = key.in_layout(group)?;
        symbols.get(self.types.get(usize::from(*kind))?.level(held)).copied()
    }
}

fn action(action: xkb::Action) -> Action {
    let kind = action.as_noaction().type_;
    if kind == xkb::SAType::NO_ACTION {
        Action::None
    } else if kind == xkb::SAType::SET_MODS {
        Action::Holds(real(action.as_setmods().mask))
    } else {
        Action::Other
    }
}

/// The eight real modifiers; the protocol has no others in these places.
fn real(mask: x11rb::protocol::xproto::ModMask) -> u8 {
    let [low, _] = u16::from(mask).to_le_bytes();
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_the_layout_uses_the_one_that_its_rule_names() {
        let key = |out_of_range, count: u8| KeyLayouts {
            layouts: (0..count).map(|kind| (kind, Vec::new())).collect(),
            out_of_range,
        };
        for (info, layouts, group, used) in [
            (0x00, 2, 1, Some(1)),
            (0x00, 2, 2, Some(0)),
            (0x00, 2, 3, Some(1)),
            (0x40, 2, 3, Some(1)),
            (0x90, 3, 3, Some(1)),
            (0xb0, 2, 2, Some(0)),
            (0x00, 0, 0, None),
            (0x40, 0, 1, None),
            (0x80, 0, 1, None),
        ] {
            let key = key(OutOfRange::of_group_info(info), layouts);
            assert_eq!(
                key.in_layout(group).map(|(kind, _)| *kind),
                used,
                "{info:#x}, {layouts} layouts, group {group}"
            );
        }
    }

    #[test]
    fn modifiers_that_a_type_does_not_count_change_nothing() {
        let alphabetic = KeyType { modifiers: 0b11, levels: vec![(0b01, 1), (0b10, 1)] };
        let levels = [0, 0b01, 0b10, 0b11, 0b1000_0000, 0b1000_0001].map(|held| alphabetic.level(held));
        assert_eq!(levels, [0, 1, 1, 0, 0, 1]);
    }
}
