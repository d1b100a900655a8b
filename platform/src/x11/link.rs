//! What the hook and the injector share, so that our own keys do not come back and the hook's picture stays true.

use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use super::held::HeldModifiers;
use super::ledger::Ledger;
use super::server::KeyBits;
use crate::{KeyEvent, KeySink};
use scout_desktop::keycodes;

/// A key event that the listener heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) keycode: u8,
    pub(super) pressed: bool,
    /// The modifiers that were in force before it, as mask bits of the protocol.
    pub(super) state: u16,
}

/// The joint between the listener, whose thread and sink live as long as the process, and the injectors.
#[derive(Default)]
pub(super) struct Link {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    ledger: Ledger,
    sink: Option<KeySink>,
    /// What the sink takes for held.
    held: HeldModifiers,
}

impl Link {
    /// The one of this process, which listens once, to its one display.
    pub(super) fn of_process() -> &'static Self {
        static LINK: LazyLock<Link> = LazyLock::new(Link::default);
        &LINK
    }

    /// From now on events go to `sink`, which takes no key for held.
    pub(super) fn set_sink(&self, sink: KeySink) {
        let mut inner = self.lock();
        inner.sink = Some(sink);
        inner.held = HeldModifiers::default();
    }

    /// Notes an event that an injector is about to send, and that the server will report: it reports only what changes a
    /// key. Nothing is kept while nobody listens.
    pub(super) fn will_send(&self, keycode: u8, pressed: bool) {
        let mut inner = self.lock();
        if inner.sink.is_some() {
            inner.ledger.note(keycode, pressed, Instant::now());
        }
    }

    /// Passes on an event that the listener heard, unless it is our own.
    ///
    /// At each press what the sink takes for held is brought back to what is: a lost event must not change the meaning of
    /// every key that follows. `keys_down` asks the server, and only if there is a doubt.
    pub(super) fn heard(&self, event: Heard, keys_down: impl FnOnce() -> Option<KeyBits>) {
        let at = Instant::now();
        let mut inner = self.lock();
        if inner.ledger.is_ours(event.keycode, event.pressed, at) {
            return;
        }
        if event.pressed && !inner.held.agrees_with(event.state) {
            // An injector may hold the server still and want this lock: it must not wait for us while the server's answer
            // waits for it.
            drop(inner);
            let down = keys_down();
            inner = self.lock();
            let missed = down.map(|down| inner.held.corrections(event.state, &down)).unwrap_or_default();
            for (keycode, pressed) in missed {
                inner.pass_on(keycode, pressed, at);
            }
        }
        inner.pass_on(event.keycode, event.pressed, at);
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
        self.held.note(keycode, pressed);
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
    use crate::keys::{ChordEdge, ChordMatcher};

    const SHIFT_L: u8 = 50;
    const F9: u8 = 75;

    fn event(keycode: u8, pressed: bool, state: u16) -> Heard {
        Heard { keycode, pressed, state }
    }

    fn no_doubt() -> Option<KeyBits> {
        panic!("there is no doubt: nobody needs to ask")
    }

    #[test]
    fn the_sink_hears_the_user_and_not_us() {
        let (sender, receiver) = mpsc::channel();
        let link = Link::default();
        link.set_sink(Box::new(move |event| sender.send((event.key, event.pressed)).unwrap()));
        link.will_send(38, true);
        link.heard(event(38, true, 0), no_doubt);
        link.heard(event(F9, true, 0), no_doubt);
        link.heard(event(191, false, 0), no_doubt);
        link.tell_released(37);
        drop(link);
        let heard: Vec<_> = receiver.iter().collect();
        assert_eq!(heard, [(Key::Named("F9"), true), (Key::Code(191), false), (Key::Named("ControlLeft"), false)]);
    }

    #[test]
    fn a_lost_release_does_not_make_the_key_deaf() {
        let (sender, receiver) = mpsc::channel();
        let link = Link::default();
        let mut matcher = ChordMatcher::new("F9".parse().unwrap());
        link.set_sink(Box::new(move |event| sender.send(matcher.feed(event.key, event.pressed)).unwrap()));
        link.heard(event(SHIFT_L, true, 0), no_doubt);
        // Its release never came.
        link.heard(event(F9, true, 0), || Some(KeyBits::default()));
        link.heard(event(F9, false, 0), no_doubt);
        drop(link);
        let edges: Vec<_> = receiver.iter().flatten().collect();
        assert_eq!(edges, [ChordEdge::Down, ChordEdge::Up]);
    }

    #[test]
    fn with_shift_held_the_key_is_another_chord() {
        let (sender, receiver) = mpsc::channel();
        let link = Link::default();
        let mut matcher = ChordMatcher::new("F9".parse().unwrap());
        link.set_sink(Box::new(move |event| sender.send(matcher.feed(event.key, event.pressed)).unwrap()));
        link.heard(event(SHIFT_L, true, 0), no_doubt);
        link.heard(event(F9, true, 1), no_doubt);
        drop(link);
        assert_eq!(receiver.iter().flatten().count(), 0);
    }

    #[test]
    fn a_new_sink_takes_over() {
        let (first, second) = (mpsc::channel(), mpsc::channel());
        let link = Link::default();
        link.set_sink(Box::new(move |event| first.0.send(event).unwrap()));
        link.set_sink(Box::new(move |event| second.0.send(event).unwrap()));
        assert!(first.1.recv().is_err(), "the old sink is dropped, which closes its channel");
        link.heard(event(F9, true, 0), no_doubt);
        assert_eq!(second.1.recv().unwrap().key, Key::Named("F9"));
    }
}
