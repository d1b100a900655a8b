//! Which keys to strike so that a text arrives exactly. Pure: a text and a keymap in, strokes and bindings out.

use std::collections::{BTreeMap, BTreeSet};

use super::keymap::{Keymap, Level, keysym};
use crate::keys::Modifier;
use crate::{Chord, InjectError, Key, Newline};
use scout_desktop::keycodes;

/// One key, struck once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stroke {
    /// The key.
    pub keycode: u8,
    /// The modifiers that it needs.
    pub level: Level,
    /// The layout that must be locked while it is struck; 0 is the first.
    pub group: u8,
}

/// Strokes that can be struck one after another, after some spare keycodes were bound.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Run {
    /// Keycode and the keysym to bind to it, on all levels.
    pub bindings: Vec<(u8, u32)>,
    /// One stroke per character.
    pub strokes: Vec<Stroke>,
}

/// A press of a key as bindings of other programs know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Press {
    /// The key.
    pub keycode: u8,
    /// The modifiers that are in force before it, as mask bits of the protocol.
    pub held: u8,
}

/// Presses that would not reach the application, because other programs have bound them.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound {
    /// What is bound.
    pub presses: BTreeSet<Press>,
    /// Modifiers that stay locked while keys are struck.
    pub locked: u8,
}

impl Bound {
    fn takes(&self, strike: &Strike, keymap: &Keymap) -> bool {
        strike.presses(keymap, self.locked).any(|press| self.presses.contains(&press))
    }

    fn takes_stroke(&self, stroke: Stroke, keymap: &Keymap) -> bool {
        !self.presses.is_empty() && self.takes(&stroke.strike(keymap), keymap)
    }
}

/// The runs that type `text`, starting from layout `group`, without the presses that are `taken`.
///
/// A character that the current layout has is typed with its key; one that another layout has is typed after
/// switching to it; all others are bound to spare keycodes, as many as there are per run. So a run needs at most one change
/// of the mapping, which makes every program reload its keymap.
pub(super) fn plan(
    text: &str,
    keymap: &Keymap,
    group: u8,
    newline: Newline,
    taken: &Bound,
) -> Result<Vec<Run>, InjectError> {
    let mut spare = keymap.unused_keycodes();
    spare.retain(|keycode| !taken.presses.contains(&Press { keycode: *keycode, held: taken.locked }));
    let mut runs = vec![Run::default()];
    let mut bound: BTreeMap<char, u8> = BTreeMap::new();
    let mut current = if group < keymap.groups() { group } else { 0 };
    for character in text.chars() {
        let (character, shifted) = match (character, newline) {
            ('\n', Newline::Space) => (' ', false),
            ('\n', Newline::ShiftEnter) => ('\n', true),
            (other, _) => (other, false),
        };
        let in_layout = |group| {
            let (keycode, level) = keymap.find(character, group)?;
            let stroke = Stroke { keycode, level: if shifted { Level::Shift } else { level }, group };
            (!taken.takes_stroke(stroke, keymap)).then_some(stroke)
        };
        let elsewhere = || (0..keymap.groups()).find_map(in_layout);
        let level = if shifted { Level::Shift } else { Level::Plain };
        let stroke = if let Some(stroke) = in_layout(current) {
            stroke
        } else if character.is_control() && keymap.find(character, current).is_none() {
            return Err(untypable("a control character", "no key types it"));
        } else if let Some(stroke) = elsewhere() {
            current = stroke.group;
            stroke
        } else if let Some(keycode) = bound.get(&character) {
            Stroke { keycode: *keycode, level, group: current }
        } else {
            if bound.len() == spare.len() {
                bound.clear();
                runs.push(Run::default());
            }
            let Some(keycode) = spare.get(bound.len()).copied() else {
                return Err(untypable("a character that no key has", "all keycodes are in use"));
            };
            let Some(keysym) = keysym(character) else {
                return Err(untypable("a code point that is no character", "X11 has no name for it"));
            };
            bound.insert(character, keycode);
            if let Some(run) = runs.last_mut() {
                run.bindings.push((keycode, keysym));
            }
            Stroke { keycode, level, group: current }
        };
        if let Some(run) = runs.last_mut() {
            run.strokes.push(stroke);
        }
    }
    Ok(runs)
}

/// One key with the keys that are held meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strike {
    /// The key.
    pub keycode: u8,
    /// The keys to hold meanwhile.
    pub modifiers: Vec<u8>,
    /// The layout that must be in use.
    pub group: u8,
}

impl Strike {
    /// The presses of all its keys, in order, while `locked` modifiers are in force.
    pub(super) fn presses<'a>(&'a self, keymap: &'a Keymap, locked: u8) -> impl Iterator<Item = Press> + 'a {
        let keys = self.modifiers.iter().chain([&self.keycode]);
        keys.scan(locked, |held, keycode| {
            let press = Press { keycode: *keycode, held: *held };
            *held |= keymap.modifier_mask(*keycode);
            Some(press)
        })
    }
}

/// Splits strikes where a key follows itself, whatever is held meanwhile: it must be up for a while before it is pressed again.
pub(super) fn without_repeats(strikes: &[Strike]) -> impl Iterator<Item = &[Strike]> {
    strikes.chunk_by(|one, next| one.keycode != next.keycode)
}

impl Stroke {
    /// The keys that make the stroke. The plan uses only levels whose keys exist.
    pub(super) fn strike(self, keymap: &Keymap) -> Strike {
        let modifiers = keymap.held_for(self.level, self.group);
        Strike { keycode: self.keycode, modifiers, group: self.group }
    }
}

/// The keys that press `chord` while layout `group` is in use.
///
/// Letters and digits are sought by what they produce, in any layout, because that is what programs compare: on a Dvorak
/// keyboard Ctrl+V is not where it is on a US one. Other keys go by their place.
pub(super) fn plan_chord(chord: &Chord, keymap: &Keymap, group: u8) -> Result<Strike, InjectError> {
    let modifier_key = |modifier: &Modifier| {
        let missing = || untypable("this chord", &format!("the keyboard has no {modifier:?} key"));
        keymap.modifier_key(*modifier, group).ok_or_else(missing)
    };
    let modifiers = chord.modifiers.iter().map(modifier_key).collect::<Result<_, _>>()?;
    let produced = match chord.key {
        Key::Named(name) if name.len() == 1 => name.chars().next().map(|letter| letter.to_ascii_lowercase()),
        _ => None,
    };
    let groups = std::iter::once(group).chain(0..keymap.groups());
    let by_character = produced.and_then(|character| {
        let found = |group| keymap.find(character, group).map(|(keycode, level)| (keycode, level, group));
        groups.filter_map(found).find(|(_, level, _)| *level == Level::Plain)
    });
    match (by_character, keycodes::keycode(chord.key)) {
        (Some((keycode, _, group)), _) => Ok(Strike { keycode, modifiers, group }),
        (None, Some(keycode)) => Ok(Strike { keycode, modifiers, group }),
        (None, None) => Err(untypable("this chord", "no key of an X11 keyboard has that number")),
    }
}

fn untypable(what: &str, reason: &str) -> InjectError {
    InjectError::Untypable { what: what.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::keymap::recorded::{ALL, DE, FR, US, US_RU, read};
    use super::*;

    /// What a program makes of the strokes: it looks each one up in the keymap as it is bound at that moment.
    fn typed(runs: &[Run], keymap: &Keymap) -> String {
        let mut text = String::new();
        for run in runs {
            let bound: BTreeMap<u8, u32> = run.bindings.iter().copied().collect();
            for stroke in &run.strokes {
                let character = bound.get(&stroke.keycode).map_or_else(
                    || {
                        every_character()
                            .find(|c| keymap.find(*c, stroke.group) == Some((stroke.keycode, stroke.level)))
                    },
                    |sym| every_character().find(|c| keysym(*c) == Some(*sym)),
                );
                text.push(character.unwrap());
            }
        }
        text
    }

    fn every_character() -> impl Iterator<Item = char> {
        ['\n', '\t']
            .into_iter()
            .chain((' '..='\u{2fff}').chain('\u{4e00}'..='\u{4eff}').chain('\u{1f300}'..='\u{1faff}'))
    }

    fn keymaps() -> impl Strategy<Value = (Keymap, u8)> {
        (prop::sample::select(ALL.to_vec()), 0..3_u8).prop_map(|(text, group)| (read(text), group))
    }

    fn character() -> impl Strategy<Value = char> {
        use prop::char::range;
        prop_oneof![4 => range(' ', '~'), 2 => range('À', 'я'), 1 => range('一', '仿'), 1 => range('🌀', '🗿'), 1 => Just('\n')]
    }

    fn texts() -> impl Strategy<Value = String> {
        prop::collection::vec(character(), 0..60).prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_is_planned_is_what_arrives((keymap, group) in keymaps(), text in texts()) {
            let runs = plan(&text, &keymap, group, Newline::Enter, &Bound::default()).unwrap();
            prop_assert_eq!(typed(&runs, &keymap), text);
        }

        #[test]
        fn only_spare_keycodes_are_bound_and_none_twice_in_a_run((keymap, group) in keymaps(), text in texts()) {
            let spare = keymap.unused_keycodes();
            for run in plan(&text, &keymap, group, Newline::Enter, &Bound::default()).unwrap() {
                let mut codes: Vec<u8> = run.bindings.iter().map(|(code, _)| *code).collect();
                prop_assert!(codes.iter().all(|code| spare.contains(code)));
                codes.sort_unstable();
                codes.dedup();
                prop_assert_eq!(codes.len(), run.bindings.len());
            }
        }
    }

    #[test]
    fn prose_needs_no_binding_where_the_keyboard_has_its_characters() {
        for keymap in [US, FR, DE, US_RU] {
            let runs = plan(
                "Don't (really) panic: 42 + 1 = {43}? \"Yes!\"\n",
                &read(keymap),
                0,
                Newline::Enter,
                &Bound::default(),
            )
            .unwrap();
            assert_eq!(runs.len(), 1);
            assert_eq!(runs[0].bindings, []);
        }
    }

    #[test]
    fn a_second_layout_is_switched_to_rather_than_bound_and_not_left_for_a_space() {
        let runs = plan("ok, да да ok", &read(US_RU), 0, Newline::Enter, &Bound::default()).unwrap();
        assert_eq!(runs[0].bindings, []);
        let groups: Vec<u8> = runs[0].strokes.iter().map(|stroke| stroke.group).collect();
        assert_eq!(groups, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0]);
    }

    #[test]
    fn a_press_that_another_program_has_bound_is_made_with_a_spare_key() {
        let keymap = read(US);
        let (spare, num_lock) = (keymap.unused_keycodes(), 1 << 4);
        let bound = |keycode, held| Press { keycode, held: held | num_lock };
        for (text, presses, expected) in [
            // The letter, without and with Shift; the Shift key alone; Enter; a spare key.
            ("haH", vec![bound(43, 0)], vec![spare[0], 38, 43]),
            ("haH", vec![bound(43, 1)], vec![43, 38, spare[0]]),
            ("haH", vec![bound(50, 0)], vec![43, 38, spare[0]]),
            ("a\nh", vec![bound(36, 0)], vec![38, spare[0], 43]),
            ("hé", vec![bound(43, 0), bound(spare[0], 0)], vec![spare[1], spare[2]]),
            // With other modifiers it is another press.
            ("h", vec![bound(43, 4), Press { keycode: 43, held: 0 }], vec![43]),
        ] {
            let taken = Bound { presses: presses.into_iter().collect(), locked: num_lock };
            let runs = plan(text, &keymap, 0, Newline::Enter, &taken).unwrap();
            let keycodes: Vec<u8> = runs[0].strokes.iter().map(|stroke| stroke.keycode).collect();
            assert_eq!(keycodes, expected, "{text:?}");
            assert!(runs[0].strokes.iter().all(|stroke| !taken.takes_stroke(*stroke, &keymap)), "{text:?}");
        }
    }

    #[test]
    fn a_dead_key_is_not_relied_on() {
        let runs = plan("^ ê", &read(DE), 0, Newline::Enter, &Bound::default()).unwrap();
        let bound: Vec<_> = runs[0].bindings.iter().map(|(_, keysym)| Some(*keysym)).collect();
        assert_eq!(bound, [keysym('^'), keysym('ê')]);
    }

    #[test]
    fn more_new_characters_than_spare_keycodes_make_more_runs() {
        let keymap = read(US);
        let spare = keymap.unused_keycodes().len();
        let text: String = ('一'..).take(spare * 2 + 1).chain("abc".chars()).collect();
        let runs = plan(&text, &keymap, 0, Newline::Enter, &Bound::default()).unwrap();
        assert_eq!(runs.iter().map(|run| run.bindings.len()).collect::<Vec<_>>(), [spare, spare, 1]);
        assert_eq!(runs.iter().map(|run| run.strokes.len()).sum::<usize>(), text.chars().count());
    }

    #[test]
    fn strikes_are_split_only_where_a_key_follows_itself() {
        for (text, expected) in [
            ("", &[] as &[&str]),
            ("banana", &["banana"]),
            ("letters", &["let", "ters"]),
            ("Aa 00)", &["A", "a 0", "0", ")"]),
            ("aaa", &["a", "a", "a"]),
        ] {
            let keymap = read(US);
            let runs = plan(text, &keymap, 0, Newline::Enter, &Bound::default()).unwrap();
            let strikes: Vec<Strike> = runs[0].strokes.iter().map(|stroke| stroke.strike(&keymap)).collect();
            let lengths: Vec<usize> = without_repeats(&strikes).map(<[Strike]>::len).collect();
            assert_eq!(lengths, expected.iter().map(|part| part.len()).collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn a_line_break_becomes_what_the_profile_says() {
        let stroke = |newline| plan("\n", &read(US), 0, newline, &Bound::default()).unwrap()[0].strokes[0];
        assert_eq!((stroke(Newline::Enter).keycode, stroke(Newline::Enter).level), (36, Level::Plain));
        assert_eq!((stroke(Newline::ShiftEnter).keycode, stroke(Newline::ShiftEnter).level), (36, Level::Shift));
        assert_eq!((stroke(Newline::Space).keycode, stroke(Newline::Space).level), (65, Level::Plain));
    }

    #[test]
    fn chords_find_letters_by_what_they_produce_and_other_keys_by_their_place() {
        let chord = |keymap, text: &str, group| {
            let planned = plan_chord(&text.parse().unwrap(), &read(keymap), group).unwrap();
            (planned.keycode, planned.modifiers, planned.group)
        };
        assert_eq!(chord(US, "ctrl+V", 0), (55, vec![37], 0));
        assert_eq!(chord(FR, "ctrl+A", 0), (24, vec![37], 0), "on AZERTY A is where Q is elsewhere");
        assert_eq!(chord(US_RU, "ctrl+V", 1), (55, vec![37], 0), "the Russian layout has no V");
        assert_eq!(chord(FR, "ctrl+shift+Insert", 0), (118, vec![37, 50], 0));
        assert_eq!(chord(FR, "alt+1", 0), (10, vec![64], 0), "a digit that needs Shift is taken by its place");
    }

    #[test]
    fn control_characters_are_refused_before_anything_is_typed() {
        for text in ["a\u{7}", "\u{1b}[0m", "\r"] {
            assert!(matches!(
                plan(text, &read(US), 0, Newline::Enter, &Bound::default()),
                Err(InjectError::Untypable { .. })
            ));
        }
    }

    #[test]
    fn a_keyboard_without_spare_keycodes_types_what_it_has() {
        let full = read("type 1 mask 01 01:1\nkeys 38 38\n38 wrap 00 | 1 61 41");
        assert_eq!(plan("aa", &full, 0, Newline::Enter, &Bound::default()).unwrap()[0].strokes.len(), 2);
        assert!(matches!(plan("aé", &full, 0, Newline::Enter, &Bound::default()), Err(InjectError::Untypable { .. })));
    }
}
