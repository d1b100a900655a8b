//! Events for a reader that may be slow: the recording never waits for it.

use std::collections::VecDeque;

use crossbeam_channel::{Sender, TrySendError};

use super::Event;

/// Events on their way to a reader that may be slow.
pub(super) struct Outbox {
    events: Sender<Event>,
    /// In order. Of a dictation, a few and its audio, so it grows by 64 kB for each second that nobody reads.
    waiting: VecDeque<Event>,
    is_closed: bool,
}

impl Outbox {
    pub(super) fn new(events: Sender<Event>) -> Self {
        Self { events, waiting: VecDeque::new(), is_closed: false }
    }

    /// Whether nobody will ever read again.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn send(&mut self, event: Event) {
        self.waiting.push_back(event);
        self.flush();
    }

    /// For what is out of date when it is late.
    pub(super) fn send_if_room(&mut self, event: Event) {
        if self.waiting.is_empty() {
            let _full_or_closed = self.events.try_send(event);
        }
    }

    pub(super) fn flush(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => return self.waiting.push_front(event),
                Err(TrySendError::Disconnected(_)) => {
                    self.is_closed = true;
                    self.waiting.clear();
                }
            }
        }
    }
}
