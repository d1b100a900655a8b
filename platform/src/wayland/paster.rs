//! Pastes with a receipt: Scout serves the clipboard itself, so it sees whether the target has read it.

use std::time::Instant;

use super::link::LinkError;
use super::selection::{Keeper, Served, text_content};
use crate::{
    ClipboardFate, InjectError, Injector, PASTE_LIMIT, PASTE_QUIET, PasteError, PasteOptions, PasteReport, Paster,
    SessionKind,
};

/// The paster. After a [`PasteError::Connection`] a new one is needed.
pub(super) struct WaylandPaster(Keeper);

impl WaylandPaster {
    pub(super) fn connect(display: &str) -> Result<Self, PasteError> {
        Keeper::connect(display).map(Self).map_err(|error| {
            if error.is_missing() { PasteError::NotOffered(SessionKind::Wayland) } else { failed(&error) }
        })
    }

    /// Waits until the text has been read and nobody has read it for a while.
    fn await_reads(&self) -> (Served, Option<Instant>) {
        let limit = Instant::now() + PASTE_LIMIT;
        let mut first = None;
        let mut served = self.0.served(false);
        loop {
            first = first.or(served.last);
            let until = served.last.map_or(limit, |last| limit.min(last + PASTE_QUIET));
            if served.replaced || Instant::now() >= until {
                return (served, first);
            }
            served = self.0.await_change(served, until);
        }
    }
}

impl Paster for WaylandPaster {
    fn paste(
        &mut self,
        text: &str,
        options: &PasteOptions,
        injector: &mut dyn Injector,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<PasteReport, PasteError> {
        let start = Instant::now();
        let before = self.0.save().map_err(|error| PasteError::Unsaved { reason: error.to_string() })?;
        injector.await_release(options.modifier_wait, keep_going)?;
        self.0.put(text_content(text)).map_err(|error| failed(&error))?;
        let pressed = keep_going();
        // What clipboard managers have read so far is no receipt.
        self.0.served(true);
        let chord = if pressed { injector.press_chord(&options.chord) } else { Ok(()) };
        let (served, first) = if pressed && chord.is_ok() { self.await_reads() } else { (self.0.served(false), None) };
        let clipboard = if served.replaced {
            ClipboardFate::LeftToNewOwner
        } else {
            self.0.put(before).map_err(|error| failed(&error))?;
            ClipboardFate::Restored
        };
        chord.map_err(|error: InjectError| PasteError::Chord(error))?;
        Ok(PasteReport {
            pressed,
            reads: served.reads,
            first_read: first.map(|at| at.duration_since(start)),
            clipboard,
            elapsed: start.elapsed(),
        })
    }

    fn check(&mut self) -> Result<(), PasteError> {
        self.0.save().map(drop).map_err(|error| PasteError::Unsaved { reason: error.to_string() })
    }
}

fn failed(error: &LinkError) -> PasteError {
    PasteError::Connection { reason: error.to_string() }
}
