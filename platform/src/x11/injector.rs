//! Types on an X11 display: plans the keys, takes the keyboard over, strikes them, and gives the keyboard back.

use std::time::{Duration, Instant};

use x11rb::protocol::xproto::Window;

use super::keycodes;
use super::link::Link;
use super::plan::{Strike, plan, plan_chord};
use super::server::{Server, failed};
use super::takeover::Takeover;
use crate::injector::RELEASE_INTERVAL;
use crate::{Chord, Effort, InjectError, Injector, Key, TypeOptions, TypeReport, WindowId};

/// Characters that go out together, so that a focus change stops all that follow: the server serves nobody else meanwhile,
/// for well under a millisecond.
const BATCH: usize = 10;
/// Time between batches: 2,500 characters a second. Input methods and terminals keep up with that; ten times as much is
/// possible, and gains a short text nothing.
const PACE: Duration = Duration::from_millis(4);

/// The injector. Its connection is made once and kept; after an [`InjectError::Connection`] a new one is needed.
pub(super) struct X11Injector {
    server: Server,
    link: &'static Link,
    aim: Option<Window>,
}

impl X11Injector {
    pub(super) fn connect(display: &str) -> Result<Self, InjectError> {
        Ok(Self { server: Server::connect(display)?, link: Link::of_process(), aim: None })
    }

    /// Strikes one chord so many times.
    fn press(&self, chord: &Chord, times: usize, keep_going: &mut dyn FnMut() -> bool) -> Result<usize, InjectError> {
        let mut keyboard = Takeover::begin(&self.server, self.link, self.aim)?;
        let strike = plan_chord(chord, keyboard.keymap(), keyboard.group())?;
        let mut done = 0;
        while done < times && keep_going() {
            let batch = vec![strike.clone(); BATCH.min(times - done)];
            if !keyboard.strike(&batch)? {
                break;
            }
            done += batch.len();
            std::thread::sleep(if done < times { PACE } else { Duration::ZERO });
        }
        keyboard.finish()?;
        Ok(done)
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
        let nothing = |elapsed| Ok(TypeReport { chars_sent: 0, complete: text.is_empty(), elapsed });
        if text.is_empty() {
            return nothing(start.elapsed());
        }
        let mut keyboard = match Takeover::begin(&self.server, self.link, self.aim) {
            Err(InjectError::Elsewhere) => return nothing(start.elapsed()),
            begun => begun?,
        };
        let runs = plan(text, keyboard.keymap(), keyboard.group(), options.newline)?;
        let total: usize = runs.iter().map(|run| run.strokes.len()).sum();
        let (batch_size, pace) = if options.gap.is_zero() { (BATCH, PACE) } else { (1, options.gap) };
        let mut chars_sent = 0;
        'runs: for run in &runs {
            if !keyboard.bind(&run.bindings, keep_going)? {
                break;
            }
            for strokes in run.strokes.chunks(batch_size) {
                if chars_sent > 0 {
                    std::thread::sleep(pace);
                }
                let mut strikes: Vec<Strike> = Vec::with_capacity(batch_size);
                let wanted = strokes.iter().take_while(|_| keep_going());
                strikes.extend(wanted.map(|stroke| stroke.strike(keyboard.keymap())));
                if !keyboard.strike(&strikes)? {
                    break 'runs;
                }
                chars_sent += strikes.len();
                if strikes.len() < strokes.len() {
                    break 'runs;
                }
            }
        }
        let elapsed = start.elapsed();
        keyboard.finish()?;
        Ok(TypeReport { chars_sent, complete: chars_sent == total, elapsed })
    }

    fn aim(&mut self, window: Option<WindowId>) {
        // Ids of X11 windows have 32 bits; another number can be none of them, and no window is none.
        self.aim = window.and_then(|WindowId(id)| Window::try_from(id).ok());
    }

    fn effort(&mut self, text: &str, options: &TypeOptions) -> Effort {
        let characters = text.chars().count();
        let runs = || {
            let group = self.server.lock_state().ok()?.group;
            plan(text, &self.server.keymap().ok()?, group, options.newline).ok()
        };
        // What cannot be planned cannot be typed: any other way takes less.
        let rebindings = runs().map_or(1, |runs| runs.iter().filter(|run| !run.bindings.is_empty()).count());
        Effort { characters, rebindings, blind: rebindings > 0 && !self.server.focused_window_tells() }
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        match self.press(chord, 1, &mut || true)? {
            0 => Err(InjectError::Elsewhere),
            _ => Ok(()),
        }
    }

    fn press_repeatedly(
        &mut self,
        chord: &Chord,
        times: usize,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<usize, InjectError> {
        self.press(chord, times, keep_going)
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
