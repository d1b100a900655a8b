//! Types on an X11 display: plans the keys, takes the keyboard over, strikes them, and gives the keyboard back.

use std::time::{Duration, Instant};

use x11rb::protocol::xproto::Window;

use super::bindings::plan_around;
use super::link::Link;
use super::plan::{Strike, plan_chord, without_repeats};
use super::server::{Server, failed};
use super::takeover::Takeover;
use crate::{Chord, Effort, InjectError, Injector, Key, Obstacle, RELEASE_INTERVAL, TypeOptions, TypeReport, WindowId};
use scout_desktop::keycodes;

/// Characters that go out together, so that a focus change stops all that follow: the server serves nobody else meanwhile,
/// for well under a millisecond.
const BATCH: usize = 10;
/// Time between batches: 2,500 characters a second. Input methods and terminals keep up with that; ten times as much is
/// possible, and gains a short text nothing.
const PACE: Duration = Duration::from_millis(4);
/// A busy machine wakes us late. So much of what was lost is made up for, by batches without time between them: the pace holds
/// on the average, and nobody is overrun.
const CATCH_UP: Duration = Duration::from_millis(40);

/// When the next batch is due.
#[derive(Debug)]
struct Beat {
    pace: Duration,
    catch_up: Duration,
    /// `None` before the first.
    last: Option<Instant>,
}

impl Beat {
    fn every(pace: Duration, catch_up: Duration) -> Self {
        Self { pace, catch_up, last: None }
    }

    /// Sleeps until the next batch is due; not before the first.
    fn wait(&mut self) {
        let due = self.next(Instant::now());
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }

    fn next(&mut self, now: Instant) -> Instant {
        let due = match self.last {
            None => now,
            // Without a claim to make up for, the pace counts from the moment that the last batch has gone.
            Some(_) if self.catch_up.is_zero() => now + self.pace,
            Some(last) => (last + self.pace).max(now.checked_sub(self.catch_up).unwrap_or(now)),
        };
        self.last = Some(due);
        due
    }
}

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
        if keyboard.is_bound_by_others(&strike)? {
            return Err(Obstacle::KeyBound.into());
        }
        let mut done = 0;
        let mut beat = Beat::every(PACE, CATCH_UP);
        'times: while done < times && keep_going() {
            beat.wait();
            let batch = vec![strike.clone(); BATCH.min(times - done)];
            for strikes in without_repeats(&batch) {
                match keyboard.strike(strikes) {
                    // What was pressed counts: the caller has to know.
                    Err(InjectError::NotReached(_)) if done > 0 => break 'times,
                    struck => struck?,
                }
                done += strikes.len();
            }
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
        let nothing =
            |obstacle| TypeReport { chars_sent: 0, complete: text.is_empty(), obstacle, elapsed: start.elapsed() };
        if text.is_empty() {
            return Ok(nothing(None));
        }
        let mut keyboard = match Takeover::begin(&self.server, self.link, self.aim) {
            Err(InjectError::NotReached(obstacle)) => return Ok(nothing(Some(obstacle))),
            begun => begun?,
        };
        let runs = match keyboard.plan(text, options.newline) {
            Err(InjectError::NotReached(obstacle)) => return Ok(nothing(Some(obstacle))),
            planned => planned?,
        };
        let total: usize = runs.iter().map(|run| run.strokes.len()).sum();
        let mut beat = Beat::every(PACE, CATCH_UP);
        let mut batch_size = BATCH;
        if !options.gap.is_zero() {
            // The application is known to need that much time: it gets no less.
            (beat, batch_size) = (Beat::every(options.gap, Duration::ZERO), 1);
        }
        let (mut chars_sent, mut obstacle) = (0, None);
        'runs: for run in &runs {
            if !keyboard.bind(&run.bindings, keep_going)? {
                break;
            }
            for strokes in run.strokes.chunks(batch_size) {
                beat.wait();
                let mut strikes: Vec<Strike> = Vec::with_capacity(batch_size);
                let wanted = strokes.iter().take_while(|_| keep_going());
                strikes.extend(wanted.map(|stroke| stroke.strike(keyboard.keymap())));
                for strikes in without_repeats(&strikes) {
                    match keyboard.strike(strikes) {
                        Err(InjectError::NotReached(reason)) => {
                            obstacle = Some(reason);
                            break 'runs;
                        }
                        struck => struck?,
                    }
                    chars_sent += strikes.len();
                }
                if strikes.len() < strokes.len() {
                    break 'runs;
                }
            }
        }
        let elapsed = start.elapsed();
        keyboard.finish()?;
        Ok(TypeReport { chars_sent, complete: chars_sent == total, obstacle, elapsed })
    }

    fn aim(&mut self, window: Option<WindowId>) {
        // Ids of X11 windows have 32 bits; another number can be none of them, and no window is none.
        self.aim = window.and_then(|WindowId(id)| Window::try_from(id).ok());
    }

    fn effort(&mut self, text: &str, options: &TypeOptions) -> Effort {
        let characters = text.chars().count();
        let runs = || {
            let (keymap, state) = (self.server.keymap().ok()?, self.server.lock_state().ok()?);
            let in_force = (state.group, (state.locked | state.latched) & !keymap.harmful_locks());
            let target = self.server.windows.focused().ok()?;
            plan_around(&self.server, target, text, &keymap, in_force, options.newline).ok()
        };
        // What cannot be planned cannot be typed: any other way takes less.
        let rebindings = runs().map_or(1, |runs| runs.iter().filter(|run| !run.bindings.is_empty()).count());
        Effort {
            characters,
            rebindings,
            blind: rebindings > 0 && !self.server.pings.focused_window_tells(&self.server.windows),
        }
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        self.press(chord, 1, &mut || true).map(drop)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_batch_is_made_up_for_within_bounds() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut beat = Beat::every(Duration::from_millis(4), Duration::from_millis(40));
        for (now, due) in [
            (0, 0),
            // In time: one pace after the last.
            (1, 4),
            // Late by 16: the next go at once, until the pace is met again.
            (24, 8),
            (24, 12),
            (24, 16),
            (24, 20),
            (24, 24),
            (24, 28),
            // Late by far more than is made up for.
            (1_000, 960),
            (1_000, 964),
        ] {
            assert_eq!(beat.next(at(now)), at(due), "at {now} ms");
        }
        let mut beat = Beat::every(Duration::from_millis(50), Duration::ZERO);
        assert_eq!((beat.next(at(0)), beat.next(at(300)), beat.next(at(301))), (at(0), at(350), at(351)));
    }
}
