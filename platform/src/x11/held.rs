//! The modifier keys that the hook's sink takes for held, and how that is corrected when an event was lost. Pure.

use std::collections::BTreeSet;

use super::server::KeyBits;
use crate::keys::Modifier;
use scout_desktop::keycodes;

/// A modifier's bits in the state that comes with each event, where nearly every keyboard map puts them: Shift, Control, Mod1
/// and Mod5 (the right Alt key is `AltGr` in many), Mod4. A map with others costs a question each time, and nothing else.
const MASKS: [(Modifier, u16); 4] = [
    (Modifier::Shift, 1 << 0),
    (Modifier::Control, 1 << 2),
    (Modifier::Alt, 1 << 3 | 1 << 7),
    (Modifier::Super, 1 << 6),
];

/// The keycodes of modifier keys that were reported as pressed and not yet as released.
#[derive(Debug, Default)]
pub(super) struct HeldModifiers(BTreeSet<u8>);

impl HeldModifiers {
    /// Notes what the sink is told of a key.
    pub(super) fn note(&mut self, keycode: u8, pressed: bool) {
        if pressed && modifier(keycode).is_some() {
            self.0.insert(keycode);
        } else {
            self.0.remove(&keycode);
        }
    }

    /// Whether this is what the server says in `state`, which comes with every event.
    pub(super) fn agrees_with(&self, state: u16) -> bool {
        self.in_doubt(state).next().is_none()
    }

    /// The releases and presses that the sink has missed, where `state` disagrees and these keys are `down`.
    ///
    /// The state is that of the event's own moment, but locks and sticky keys are in it as well: so the keys decide, and only
    /// where there is a doubt, because they are those of a later moment.
    pub(super) fn corrections(&self, state: u16, down: &KeyBits) -> Vec<(u8, bool)> {
        let doubted: Vec<Modifier> = self.in_doubt(state).collect();
        let is_doubted = |keycode: &u8| modifier(*keycode).is_some_and(|it| doubted.contains(&it));
        let released = self.0.iter().copied().filter(|keycode| !down.contains(*keycode));
        let pressed = down.iter().filter(|keycode| !self.0.contains(keycode));
        let missed = released.map(|keycode| (keycode, false)).chain(pressed.map(|keycode| (keycode, true)));
        missed.filter(|(keycode, _)| is_doubted(keycode)).collect()
    }

    fn in_doubt(&self, state: u16) -> impl Iterator<Item = Modifier> {
        MASKS.into_iter().filter_map(move |(wanted, mask)| {
            let is_held = self.0.iter().any(|keycode| modifier(*keycode) == Some(wanted));
            (is_held != (state & mask != 0)).then_some(wanted)
        })
    }
}

fn modifier(keycode: u8) -> Option<Modifier> {
    Modifier::of(keycodes::key(keycode))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIFT_L: u8 = 50;
    const SHIFT_R: u8 = 62;
    const CONTROL_L: u8 = 37;
    const ALT_R: u8 = 108;
    const F9: u8 = 75;

    fn held(keycodes: &[u8]) -> HeldModifiers {
        let mut held = HeldModifiers::default();
        for keycode in keycodes {
            held.note(*keycode, true);
        }
        held
    }

    fn down(keycodes: &[u8]) -> KeyBits {
        let mut down = KeyBits::default();
        for keycode in keycodes {
            down.change(*keycode, true);
        }
        down
    }

    #[test]
    fn what_the_server_says_with_each_event_settles_it() {
        for (keycodes, state, agrees) in [
            (&[][..], 0, true),
            (&[SHIFT_L], 1, true),
            (&[SHIFT_L, SHIFT_R], 1, true),
            (&[SHIFT_L], 0, false),
            (&[], 1, false),
            (&[CONTROL_L], 4, true),
            (&[CONTROL_L], 5, false),
            // AltGr is Mod5 on one layout, Mod1 on another.
            (&[ALT_R], 0x80, true),
            (&[ALT_R], 0x08, true),
            (&[ALT_R], 0, false),
            // CapsLock, NumLock and a mouse button are no modifiers that are held.
            (&[], 0x112, true),
        ] {
            assert_eq!(held(keycodes).agrees_with(state), agrees, "{keycodes:?} {state:#x}");
        }
    }

    #[test]
    fn lost_events_are_made_up_for() {
        for (keycodes, state, really_down, missed) in [
            // The release was lost.
            (&[SHIFT_L][..], 0, &[F9][..], &[(SHIFT_L, false)][..]),
            (&[ALT_R], 0, &[], &[(ALT_R, false)]),
            // The press was lost.
            (&[], 4, &[CONTROL_L, F9], &[(CONTROL_L, true)]),
            (&[SHIFT_L], 4, &[CONTROL_L], &[(SHIFT_L, false), (CONTROL_L, true)]),
            // Sticky or locked: no key is down.
            (&[], 1, &[F9], &[]),
            // A key that means something else on this keyboard is held all the same.
            (&[CONTROL_L], 0, &[CONTROL_L], &[]),
            // Pressed only after the event: no doubt, no correction.
            (&[SHIFT_L], 0, &[CONTROL_L], &[(SHIFT_L, false)]),
        ] {
            let held = held(keycodes);
            assert_eq!(held.corrections(state, &down(really_down)), missed, "{keycodes:?} {state:#x} {really_down:?}");
        }
    }

    #[test]
    fn only_modifier_keys_are_remembered() {
        assert!(held(&[F9]).0.is_empty());
        let mut held = held(&[SHIFT_L]);
        held.note(SHIFT_L, false);
        assert!(held.0.is_empty());
    }
}
