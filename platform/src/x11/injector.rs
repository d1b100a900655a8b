//! Types on an X11 display: plans the keys, takes the keyboard over, strikes them, and gives the keyboard back.

use std::time::{Duration, Instant};

use enigo::Enigo;

use super::keycodes;
use super::keymap::{Keymap, Level};
use super::link::Link;
use super::plan::{plan, plan_chord};
use super::server::{Server, failed};
use super::takeover::Takeover;
use crate::injector::RELEASE_INTERVAL;
use crate::{Chord, InjectError, Injector, Key, TypeOptions, TypeReport};

/// The injector. Its connections are made once and kept; after an [`InjectError::Connection`] a new one is needed.
pub(super) struct X11Injector {
    server: Server,
    enigo: Enigo,
    link: &'static Link,
}

impl X11Injector {
    pub(super) fn connect(display: &str) -> Result<Self, InjectError> {
        let server = Server::connect(display)?;
        let settings = enigo::Settings {
            x11_display: Some(display.to_owned()),
            // `Takeover` does that, and knows which keys the user still holds.
            release_keys_when_dropped: false,
            ..enigo::Settings::default()
        };
        let enigo = Enigo::new(&settings).map_err(|error| match error {
            enigo::NewConError::NoEmptyKeycodes => InjectError::Untypable {
                what: "text".into(),
                reason: "all keycodes are in use and none is left for other characters".into(),
            },
            other => failed(&other),
        })?;
        Ok(Self { server, enigo, link: Link::of_process() })
    }
}

impl Injector for X11Injector {
    fn type_text(
        &mut self,
        text: &str,
        options: &TypeOptions,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<TypeReport, InjectError> {
        let start = Instant::now();
        self.await_release(options.modifier_wait, keep_going)?;
        let mut keyboard = Takeover::begin(&self.server, &mut self.enigo, self.link)?;
        let runs = plan(text, keyboard.keymap(), keyboard.group(), options.newline)?;
        let modifiers = LevelKeys::of(keyboard.keymap());
        let total: usize = runs.iter().map(|run| run.strokes.len()).sum();
        let mut chars_sent = 0;
        'runs: for run in &runs {
            keyboard.bind(&run.bindings)?;
            for stroke in &run.strokes {
                if !keep_going() {
                    break 'runs;
                }
                keyboard.strike(stroke.keycode, &modifiers.for_level(stroke.level), stroke.group)?;
                chars_sent += 1;
                if !options.gap.is_zero() {
                    std::thread::sleep(options.gap);
                }
            }
        }
        let elapsed = start.elapsed();
        keyboard.finish()?;
        Ok(TypeReport { chars_sent, complete: chars_sent == total, elapsed })
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        let mut keyboard = Takeover::begin(&self.server, &mut self.enigo, self.link)?;
        let planned = plan_chord(chord, keyboard.keymap(), keyboard.group())?;
        keyboard.strike(planned.keycode, &planned.modifiers, planned.group)?;
        keyboard.finish()
    }

    fn await_release(&mut self, limit: Duration, keep_going: &mut dyn FnMut() -> bool) -> Result<bool, InjectError> {
        // All keys that the server takes for modifiers, whatever their names.
        let modifiers = self.server.keymap().map_err(|error| failed(&error))?.holdable_modifiers();
        let deadline = Instant::now() + limit;
        loop {
            let down = self.server.keys_down().map_err(|error| failed(&error))?;
            if !modifiers.iter().any(|key| down.contains(*key)) {
                return Ok(true);
            }
            if Instant::now() >= deadline || !keep_going() {
                return Ok(false);
            }
            std::thread::sleep(RELEASE_INTERVAL);
        }
    }

    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError> {
        let down = self.server.keys_down().map_err(|error| failed(&error))?;
        Ok(down.iter().map(keycodes::key).collect())
    }
}

/// The keys that choose a level.
struct LevelKeys {
    shift: Option<u8>,
    altgr: Option<u8>,
}

impl LevelKeys {
    fn of(keymap: &Keymap) -> Self {
        Self { shift: keymap.shift_key(), altgr: keymap.altgr_key() }
    }

    /// The plan uses only levels whose keys exist.
    fn for_level(&self, level: Level) -> Vec<u8> {
        let shift = self.shift.filter(|_| level.shift());
        let altgr = self.altgr.filter(|_| level.altgr());
        [shift, altgr].into_iter().flatten().collect()
    }
}
