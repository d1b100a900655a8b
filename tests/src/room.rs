//! How many boxes the machine has room for at once.
//!
//! `SCOUT_TEST_TIMES=FILE` adds a line for each box to a file: the test, how long it waited for room, and how long it took.

use std::io::Write as _;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What an ordinary box takes of the room. It spends most of its time waiting for sound, which plays in real time: four of them
/// keep two processors busy.
pub(crate) const LIGHT: usize = 1;
/// What a box with the compositor of KDE or GNOME takes, which draws without a graphics card: no two of them at once on two
/// processors, and one small box next to it.
pub(crate) const HEAVY: usize = 3;

/// Who is in the room, and who comes next.
static HALL: Mutex<Hall> = Mutex::new(Hall { taken: 0, next: 0, last: 0 });
static CHANGED: Condvar = Condvar::new();

#[derive(Debug)]
struct Hall {
    taken: usize,
    /// The number of the one whose turn it is: a large box must not wait until no small one comes any more.
    next: u64,
    /// The last number that was given out.
    last: u64,
}

/// A part of the room. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Room {
    size: usize,
    waited: Duration,
    since: Instant,
}

impl Room {
    /// Waits for that much room. All of it is two for each processor, or `SCOUT_TEST_ROOM`.
    pub(crate) fn take(size: usize) -> Self {
        let all = std::env::var("SCOUT_TEST_ROOM").ok().and_then(|room| room.parse().ok());
        let all = all.unwrap_or_else(|| 2 * std::thread::available_parallelism().map_or(1, usize::from));
        let asked = Instant::now();
        let mut hall = lock();
        let number = hall.last;
        hall.last += 1;
        // A box that is larger than all of the room gets it when nobody else is there.
        while hall.next != number || (hall.taken > 0 && hall.taken + size > all) {
            hall = CHANGED.wait(hall).unwrap_or_else(PoisonError::into_inner);
        }
        hall.taken += size;
        hall.next += 1;
        CHANGED.notify_all();
        Self { size, waited: asked.elapsed(), since: Instant::now() }
    }

    fn note_times(&self) -> Option<()> {
        let file = std::env::var_os("SCOUT_TEST_TIMES")?;
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).ok()?;
        let (waited, took) = (self.waited.as_secs_f64(), self.since.elapsed().as_secs_f64());
        let thread = std::thread::current();
        writeln!(file, "{took:7.1} s after {waited:7.1} s: {}", thread.name().unwrap_or_default()).ok()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        lock().taken -= self.size;
        CHANGED.notify_all();
        self.note_times();
    }
}

fn lock() -> MutexGuard<'static, Hall> {
    // A panic elsewhere leaves the numbers as true as they were.
    HALL.lock().unwrap_or_else(PoisonError::into_inner)
}
