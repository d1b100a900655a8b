//! Types with a keyboard of our own. What the user holds on another keyboard does not mix with it, and an input method keeps
//! working.

use std::time::{Duration, Instant};

use super::keyboard::{ALT, CONTROL, Keyboard, SHIFT, SUPER};
use super::keymap::{Keymap, Stroke};
use super::link::LinkError;
use crate::keys::Modifier;
use crate::{Chord, Effort, InjectError, Injector, Key, SessionKind, TypeOptions, TypeReport};
use scout_desktop::keycodes;

/// The compositor is waited for after this many characters, so that stopping leaves at most so many on the way.
const CHUNK: usize = 32;

/// So many characters may be sent without a pause: in a target that hangs they wait in its socket (some 100 bytes for each;
/// Linux holds 208 KiB), and older compositors end a program whose socket is full.
const BURST: usize = 1000;

/// The pause after each chunk of a text that is longer than that: up to a thousand characters a second.
const PAUSE: Duration = Duration::from_millis(32);

/// Windows of XWayland load a new keymap aside, and would translate what comes at once by the former one.
const KEYMAP_LOADED: Duration = Duration::from_millis(100);

/// Before spare keys get another meaning, such windows must have taken what was struck by the former one. That is a guess:
/// no window tells. Native windows need neither wait, as they are told of everything in order; so few texts need so many
/// different characters that all wait alike.
const KEYS_TAKEN: Duration = Duration::from_millis(400);

/// The injector. After an [`InjectError::Connection`] a new one is needed.
pub(super) struct WaylandInjector {
    keyboard: Keyboard,
    keymap: Keymap,
}

impl WaylandInjector {
    pub(super) fn connect(display: &str) -> Result<Self, InjectError> {
        let mut keyboard = Keyboard::connect(display).map_err(|error| failed(&error))?;
        let keymap = Keymap::default();
        keyboard.use_keymap(&keymap.to_xkb()).map_err(|error| failed(&error))?;
        Ok(Self { keyboard, keymap })
    }

    fn adopt(&mut self, keymap: &Keymap) -> Result<(), InjectError> {
        if *keymap != self.keymap {
            if !self.keymap.is_part_of(keymap) {
                std::thread::sleep(KEYS_TAKEN);
            }
            self.keyboard.use_keymap(&keymap.to_xkb()).map_err(|error| failed(&error))?;
            self.keymap = keymap.clone();
            // The keymap reaches programs with the next key: let it be one that nobody minds.
            self.keyboard.modifiers(0);
            self.settle()?;
            std::thread::sleep(KEYMAP_LOADED);
        }
        Ok(())
    }

    fn strike(&self, stroke: Stroke) {
        const SHIFT_KEY: u8 = 50;
        if stroke.shift {
            self.keyboard.key(SHIFT_KEY, true);
            self.keyboard.modifiers(SHIFT);
        }
        self.keyboard.key(stroke.keycode, true);
        self.keyboard.key(stroke.keycode, false);
        if stroke.shift {
            self.keyboard.key(SHIFT_KEY, false);
            self.keyboard.modifiers(0);
        }
    }

    fn settle(&mut self) -> Result<(), InjectError> {
        self.keyboard.settle().map_err(|error| failed(&error))
    }
}

impl Injector for WaylandInjector {
    fn type_text(
        &mut self,
        text: &str,
        options: &TypeOptions,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<TypeReport, InjectError> {
        let start = Instant::now();
        let runs = self.keymap.plan(text, options.newline)?;
        let total: usize = runs.iter().map(|run| run.strokes.len()).sum();
        let mut chars_sent = 0;
        'runs: for run in &runs {
            self.adopt(&run.keymap)?;
            for stroke in &run.strokes {
                if !keep_going() {
                    break 'runs;
                }
                self.strike(*stroke);
                chars_sent += 1;
                if !options.gap.is_zero() {
                    self.settle()?;
                    std::thread::sleep(options.gap);
                } else if chars_sent % CHUNK == 0 {
                    self.settle()?;
                    if chars_sent > BURST {
                        std::thread::sleep(PAUSE);
                    }
                }
            }
        }
        self.settle()?;
        Ok(TypeReport { chars_sent, complete: chars_sent == total, obstacle: None, elapsed: start.elapsed() })
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        let keycode = keycodes::keycode(chord.key).ok_or_else(|| InjectError::Untypable {
            what: "this chord".into(),
            reason: format!("{} is on no keyboard", chord.key),
        })?;
        let modifiers: Vec<(u8, u32)> = chord.modifiers.iter().map(|modifier| modifier_key(*modifier)).collect();
        let mut down = 0;
        for (key, bit) in &modifiers {
            self.keyboard.key(*key, true);
            down |= bit;
            self.keyboard.modifiers(down);
        }
        self.keyboard.key(keycode, true);
        self.keyboard.key(keycode, false);
        for (key, bit) in modifiers.iter().rev() {
            self.keyboard.key(*key, false);
            down &= !bit;
            self.keyboard.modifiers(down);
        }
        self.settle()
    }

    /// A keymap is only left, and programs load another, when a text has more characters than a keyboard has keys.
    fn effort(&mut self, text: &str, options: &TypeOptions) -> Effort {
        let runs = self.keymap.plan(text, options.newline).map_or(1, |runs| runs.len());
        Effort { characters: text.chars().count(), rebindings: runs - 1, blind: runs > 1 }
    }

    fn is_lost(&self) -> bool {
        self.keyboard.is_lost()
    }

    /// Compositors tell no program which keys are down, and our keyboard has a state of its own: none is in the way.
    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError> {
        Ok(Vec::new())
    }
}

/// The keycode of a modifier's left key, and its bit.
fn modifier_key(modifier: Modifier) -> (u8, u32) {
    match modifier {
        Modifier::Shift => (50, SHIFT),
        Modifier::Control => (37, CONTROL),
        Modifier::Alt => (64, ALT),
        Modifier::Super => (133, SUPER),
    }
}

fn failed(error: &LinkError) -> InjectError {
    if error.is_missing() {
        InjectError::NotOffered(SessionKind::Wayland)
    } else {
        InjectError::Connection { reason: error.to_string() }
    }
}
