//! Worker threads that survive a panic: the work is begun again, and knows that.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
}
