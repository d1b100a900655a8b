//! Worker threads that survive a panic: the work is begun again, and knows that. A [`Watchdog`] notices work that hangs.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often work that panics is begun again within [`RESTARTS_WITHIN`]. A fault that comes back at once will not go away, and each
/// time the user is told.
const RESTARTS_MAX: usize = 5;

/// See [`RESTARTS_MAX`].
const RESTARTS_WITHIN: Duration = Duration::from_mins(1);

/// Why the work of a thread begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The thread was started.
    First,
    /// The work panicked. Whoever waits for what was being done is to be answered first.
    AfterPanic,
}

/// Starts a thread that does `work` until it returns. Work that panics is begun again, with what it owns as the panic left it, but
/// not for ever: then the thread ends, which drops what it owns.
///
/// # Errors
/// When the system gives no more threads.
pub fn supervise(name: &'static str, mut work: impl FnMut(Start) + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        let (mut start, mut restarts) = (Start::First, VecDeque::new());
        // Whatever the work has left half done is its own, and it is told of that.
        while catch_unwind(AssertUnwindSafe(|| work(start))).is_err() {
            start = Start::AfterPanic;
            if !may_restart(&mut restarts, Instant::now()) {
                tracing::error!(name, "a part of Scout fails again and again, and is not started any more");
                return;
            }
            tracing::error!(name, "a part of Scout failed and is started again");
        }
    })
}

/// Whether work that has panicked now is begun again. Remembers it, if so.
fn may_restart(restarts: &mut VecDeque<Instant>, now: Instant) -> bool {
    while restarts.pop_front_if(|at| now.duration_since(*at) >= RESTARTS_WITHIN).is_some() {}
    let may = restarts.len() < RESTARTS_MAX;
    if may {
        restarts.push_back(now);
    }
    may
}

/// How often to ask a [`Watchdog`] while a worker has something to do.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a worker that hangs is replaced. Each time a thread is left behind, with all the memory that it holds.
pub const HANGS_MAX: usize = 3;

/// The signs of life of a worker. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    beats: AtomicU64,
    is_busy: AtomicBool,
    is_abandoned: AtomicBool,
}

impl Pulse {
    /// The worker begins something, or makes headway with it.
    pub fn beat(&self) {
        self.0.beats.fetch_add(1, Ordering::Relaxed);
        self.0.is_busy.store(true, Ordering::Relaxed);
    }

    /// The worker waits for something to do.
    pub fn rest(&self) {
        self.0.is_busy.store(false, Ordering::Relaxed);
    }

    /// Whether the worker is in the middle of something.
    pub fn is_busy(&self) -> bool {
        self.0.is_busy.load(Ordering::Relaxed)
    }

    /// The worker is left behind. Should it come back, it is to end, and to report nothing.
    pub fn abandon(&self) {
        self.0.is_abandoned.store(true, Ordering::Relaxed);
    }

    /// Whether the worker is left behind.
    pub fn is_abandoned(&self) -> bool {
        self.0.is_abandoned.load(Ordering::Relaxed)
    }
}

/// Notices that a worker hangs: it has something to do, and shows no sign of life.
#[derive(Debug)]
pub struct Watchdog {
    pulse: Pulse,
    limit: Duration,
    signs: u64,
    silence: Duration,
    looked_at: Option<Instant>,
}

impl Watchdog {
    /// A watchdog that calls it a hang if there is no sign of life for this long.
    pub fn new(pulse: Pulse, limit: Duration) -> Self {
        Self { pulse, limit, signs: 0, silence: Duration::ZERO, looked_at: None }
    }

    /// Whether the worker hangs. Asked every [`LOOK_EVERY`] while it has something to do: `waits` for what it has not begun yet.
    /// `signs` counts signs of life beside its pulse.
    ///
    /// A process that was stopped as a whole, or that nobody has asked about for long, counts as two looks at most.
    pub fn is_hung(&mut self, now: Instant, waits: bool, signs: u64) -> bool {
        let since = self.looked_at.replace(now).map_or(Duration::ZERO, |at| now.duration_since(at));
        let signs = signs.wrapping_add(self.pulse.0.beats.load(Ordering::Relaxed));
        if signs != self.signs || !(waits || self.pulse.is_busy()) {
            (self.signs, self.silence) = (signs, Duration::ZERO);
            return false;
        }
        self.silence += since.min(LOOK_EVERY * 2);
        self.silence >= self.limit
    }

    /// Gives a worker that hangs this long to come back.
    pub fn wait_for(&mut self, grace: Duration) {
        self.silence = self.limit.saturating_sub(grace);
    }
}

/// A worker that may hang, as whoever looks after it sees it.
pub trait MayHang {
    /// Whether it has something to do: only then it has to be looked after.
    fn is_busy(&self) -> bool;

    /// Whether it hangs. Asked every [`LOOK_EVERY`] while it is busy.
    fn is_hung(&mut self, now: Instant) -> bool;

    /// Leaves its thread behind, as it cannot be ended. It takes no request from now on.
    fn abandon(&mut self);
}

/// Waits until a thread has ended, but no longer than this. Returns whether it has.
pub fn ends_within(thread: &JoinHandle<()>, limit: Duration) -> bool {
    const PAUSE: Duration = Duration::from_millis(5);
    let until = Instant::now() + limit;
    while !thread.is_finished() && Instant::now() < until {
        thread::sleep(PAUSE);
    }
    thread.is_finished()
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::unbounded;

    use super::*;

    #[test]
    fn work_that_panics_goes_on_with_the_next_request() {
        let ((requests, inbox), (answer, answers)) = (unbounded::<u32>(), unbounded());
        let mut in_hand = None;
        let thread = supervise("test", move |start| {
            assert_eq!(start == Start::AfterPanic, in_hand.is_some());
            if let Some(request) = in_hand.take() {
                answer.send(Err(request)).unwrap();
            }
            for request in &inbox {
                in_hand = Some(request);
                assert_ne!(request % 2, 1, "the test wants odd requests to fail");
                in_hand = None;
                answer.send(Ok(request)).unwrap();
            }
        })
        .unwrap();
        for request in 0..5 {
            requests.send(request).unwrap();
        }
        drop(requests);
        assert_eq!(answers.iter().collect::<Vec<_>>(), [Ok(0), Err(1), Ok(2), Err(3), Ok(4)]);
        thread.join().unwrap();
    }

    #[test]
    fn work_that_always_panics_ends_and_drops_what_it_owns() {
        let (sender, tries) = unbounded();
        let thread = supervise("test", move |start| {
            sender.send(start).unwrap();
            panic!("the test wants this");
        })
        .unwrap();
        assert_eq!(tries.iter().count(), RESTARTS_MAX + 1, "the channel has closed");
        thread.join().unwrap();
    }

    #[test]
    fn a_panic_now_and_then_is_survived_for_ever() {
        let (mut restarts, mut now) = (VecDeque::new(), Instant::now());
        for _ in 0..100 {
            assert!(may_restart(&mut restarts, now));
            now += RESTARTS_WITHIN / RESTARTS_MAX as u32;
        }
    }

    #[test]
    fn a_worker_hangs_if_it_has_something_to_do_and_shows_no_sign_of_life() {
        let limit = LOOK_EVERY * 3;
        let (pulse, start) = (Pulse::default(), Instant::now());
        let mut dog = Watchdog::new(pulse.clone(), limit);
        let mut look = {
            let mut looks = 0;
            move |dog: &mut Watchdog, waits, signs| {
                looks += 1;
                dog.is_hung(start + LOOK_EVERY * looks, waits, signs)
            }
        };
        // It has nothing to do.
        assert!((0..10).all(|_| !look(&mut dog, false, 0)));
        // It makes headway, by its pulse or otherwise.
        for _ in 0..10 {
            pulse.beat();
            assert!(!look(&mut dog, false, 0));
        }
        assert!((1..10).all(|sign| !look(&mut dog, false, sign)));
        pulse.beat();
        assert_eq!([9; 4].map(|signs| look(&mut dog, false, signs)), [false, false, false, true]);
        dog.wait_for(LOOK_EVERY * 2);
        assert_eq!([9; 2].map(|signs| look(&mut dog, false, signs)), [false, true]);
        pulse.beat();
        assert!(!look(&mut dog, false, 9), "it is back");
        // What it has not begun counts, too.
        pulse.rest();
        assert_eq!([9; 3].map(|signs| look(&mut dog, true, signs)), [false, false, true]);
    }

    #[test]
    fn a_process_that_was_stopped_does_not_hang() {
        let (pulse, now) = (Pulse::default(), Instant::now());
        let mut dog = Watchdog::new(pulse.clone(), LOOK_EVERY * 3);
        pulse.beat();
        assert!(!dog.is_hung(now, false, 0));
        assert!(!dog.is_hung(now + Duration::from_hours(1), false, 0));
    }
}
