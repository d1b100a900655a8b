//! How many boxes the machine has room for at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What an ordinary box takes of the room. It spends most of its time waiting for sound, which plays in real time: two of them
/// keep one processor busy.
pub(crate) const LIGHT: usize = 1;
/// What a box with the compositor of KDE or GNOME takes, which draws without a graphics card.
pub(crate) const HEAVY: usize = 2;

/// How much of the room is taken in this process.
static TAKEN: Mutex<usize> = Mutex::new(0);
static LEFT: Condvar = Condvar::new();

/// A part of the room. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Room(usize);

impl Room {
    /// Waits for that much room. All of it is twice the number of processors, or `SCOUT_TEST_ROOM`.
    pub(crate) fn take(size: usize) -> Self {
        let all = std::env::var("SCOUT_TEST_ROOM").ok().and_then(|room| room.parse().ok());
        let all = all.unwrap_or_else(|| 2 * std::thread::available_parallelism().map_or(1, usize::from));
        let mut taken = lock();
        // A box that is larger than all of the room gets it when nobody else is there.
        while *taken > 0 && *taken + size > all {
            taken = LEFT.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken += size;
        Self(size)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *lock() -= self.0;
        LEFT.notify_all();
    }
}

fn lock() -> MutexGuard<'static, usize> {
    // A panic elsewhere leaves the number as true as it was.
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}
