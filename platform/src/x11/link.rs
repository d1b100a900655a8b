//! What the hook and the injector share, so that our own keys do not come back and the hook's picture stays true.

use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use super::keycodes;
use super::ledger::Ledger;
use crate::{KeyEvent, KeySink};

/// The joint between the listener, whose thread and sink live as long as the process, and the injectors.
#[derive(Default)]
pub(super) struct Link {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    ledger: Ledger,
    sink: Option<KeySink>,
}

impl Link {
    /// The one of this process: `rdev` can listen only once, to the process's one display.
    pub(super) fn of_process() -> &'static Self {
        static LINK: LazyLock<Link> = LazyLock::new(Link::default);
        &LINK
    }

    /// From now on events go to `sink`.
    pub(super) fn set_sink(&self, sink: KeySink) {
        self.lock().sink = Some(sink);
    }

    /// Notes an event that an injector is about to send. Nothing is kept while nobody listens.
    pub(super) fn will_send(&self, keycode: u8, pressed: bool) {
        let mut inner = self.lock();
        if inner.sink.is_some() {
            inner.ledger.note(keycode, pressed, Instant::now());
        }
    }

    /// Passes on an event that the listener heard, unless it is our own.
    pub(super) fn heard(&self, keycode: u8, pressed: bool) {
        let mut inner = self.lock();
        let at = Instant::now();
        if !inner.ledger.is_ours(keycode, pressed, at) {
            inner.pass_on(keycode, pressed, at);
        }
    }

    /// Tells the listener's side of a release that the server did not report: that of a key which we had already released
    /// for the user, and which is really up now.
    pub(super) fn tell_released(&self, keycode: u8) {
        self.lock().pass_on(keycode, false, Instant::now());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // A sink that panicked has left nothing half done here.
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Inner {
    fn pass_on(&mut self, keycode: u8, pressed: bool, at: Instant) {
        if let Some(sink) = &mut self.sink {
            sink(KeyEvent { key: keycodes::key(keycode), pressed, at });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::Key;

    #[test]
    fn the_sink_hears_the_user_and_not_us() {
        let (sender, receiver) = mpsc::channel();
        let link = Link::default();
        link.set_sink(Box::new(move |event| sender.send((event.key, event.pressed)).unwrap()));
        link.will_send(38, true);
        link.heard(38, true);
        link.heard(75, true);
        link.heard(191, false);
        link.tell_released(37);
        drop(link);
        let heard: Vec<_> = receiver.iter().collect();
        assert_eq!(heard, [(Key::Named("F9"), true), (Key::Code(191), false), (Key::Named("ControlLeft"), false)]);
    }

    #[test]
    fn a_new_sink_takes_over() {
        let (first, second) = (mpsc::channel(), mpsc::channel());
        let link = Link::default();
        link.set_sink(Box::new(move |event| first.0.send(event).unwrap()));
        link.set_sink(Box::new(move |event| second.0.send(event).unwrap()));
        assert!(first.1.recv().is_err(), "the old sink is dropped, which closes its channel");
        link.heard(75, true);
        assert_eq!(second.1.recv().unwrap().key, Key::Named("F9"));
    }
}
