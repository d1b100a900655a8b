//! Rooms that are replaced when they hang.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crossbeam_channel::Sender;
use scout_platform::supervise::{HANGS_MAX, MayHang};

use super::StartError;
use super::event::AppEvent;
use crate::trouble::{Fault, Part, Trouble};

/// A part's way to the session. It is dropped with the part's thread, which is an event as well, so that nobody waits for a part
/// that has died.
pub(super) struct Passing {
    part: Part,
    events: Sender<AppEvent>,
    /// Another one has taken the part's place, which nobody listens to any more.
    is_over: Arc<AtomicBool>,
}

impl Passing {
    pub(super) fn new(part: Part, events: &Sender<AppEvent>) -> Self {
        Self { part, events: events.clone(), is_over: Arc::default() }
    }

    pub(super) fn pass(&self, event: AppEvent) {
        if !self.is_over.load(Ordering::Relaxed) {
            // Nobody is there to take it only when the agent ends.
            let _ = self.events.send(event);
        }
    }

    /// For a part that reports nothing but that it was started again after a panic.
    pub(super) fn on_restart(self) -> impl Fn() + Send + 'static {
        move || {
            let trouble = Trouble::Restarted { part: self.part, fault: Fault::Panicked, kept: false };
            self.pass(AppEvent::Trouble(trouble));
        }
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.pass(AppEvent::Died(self.part));
    }
}

/// Starts a room, which reports there.
type Starter<R> = Box<dyn Fn(Passing) -> Result<R, StartError> + Send>;

/// A room that is left behind when it hangs, and takes everything with it that it has in hand: another one begins in its place.
pub(super) struct Replaceable<R> {
    room: R,
    start: Starter<R>,
    part: Part,
    events: Sender<AppEvent>,
    is_over: Arc<AtomicBool>,
    hangs: usize,
}

impl<R: MayHang> Replaceable<R> {
    /// Starts the room.
    pub(super) fn start(
        part: Part,
        events: &Sender<AppEvent>,
        start: impl Fn(Passing) -> Result<R, StartError> + Send + 'static,
    ) -> Result<Self, StartError> {
        let passing = Passing::new(part, events);
        let is_over = Arc::clone(&passing.is_over);
        Ok(Self { room: start(passing)?, start: Box::new(start), part, events: events.clone(), is_over, hangs: 0 })
    }

    /// Whether the room hangs.
    pub(super) fn is_hung(&mut self, now: Instant) -> bool {
        self.room.is_hung(now)
    }

    /// Leaves the room behind, and begins another one. Returns `false` if that was in vain too often, or cannot be done.
    pub(super) fn replace(&mut self) -> bool {
        tracing::error!(part = ?self.part, "a part of Scout hangs, and is left behind");
        self.is_over.store(true, Ordering::Relaxed);
        self.room.abandon();
        self.hangs += 1;
        if self.hangs > HANGS_MAX {
            return false;
        }
        let passing = Passing::new(self.part, &self.events);
        self.is_over = Arc::clone(&passing.is_over);
        match (self.start)(passing) {
            Ok(room) => self.room = room,
            Err(error) => {
                tracing::error!(%error, "there is no other one");
                return false;
            }
        }
        true
    }
}

impl<R> Deref for Replaceable<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.room
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::unbounded;

    use super::*;

    /// Hangs once it is told to.
    struct Room {
        passing: Option<Passing>,
        is_abandoned: bool,
    }

    impl MayHang for Room {
        fn is_busy(&self) -> bool {
            false
        }

        fn is_hung(&mut self, _: Instant) -> bool {
            false
        }

        fn abandon(&mut self) {
            self.is_abandoned = true;
            // As the thread would, should it come back.
            self.passing = None;
        }
    }

    #[test]
    fn a_room_that_was_left_behind_is_not_listened_to_and_is_replaced_only_so_often() {
        let (events, happened) = unbounded();
        let start = |passing| Ok(Room { passing: Some(passing), is_abandoned: false });
        let mut room = Replaceable::start(Part::Recording, &events, start).unwrap();
        for _ in 0..HANGS_MAX {
            assert!(room.replace());
            assert!(!room.is_abandoned);
        }
        assert!(!room.replace());
        assert!(room.is_abandoned);
        drop((room, events));
        assert_eq!(happened.iter().count(), 0, "none of them has died");
    }

    #[test]
    fn a_room_that_ends_by_itself_has_died() {
        let (events, happened) = unbounded();
        let start = |passing| Ok(Room { passing: Some(passing), is_abandoned: false });
        drop(Replaceable::start(Part::Delivery, &events, start).unwrap());
        drop(events);
        assert!(matches!(happened.iter().collect::<Vec<_>>()[..], [AppEvent::Died(Part::Delivery)]));
    }
}
