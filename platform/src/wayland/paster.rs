//! Pastes with a receipt: Scout serves the clipboard itself, so it sees whether the target has read it.

use std::time::Instant;

use super::selection::{Content, Keeper, Served, text_content};
use crate::{
    ClipboardFate, InjectError, Injector, PASTE_LIMIT, PASTE_QUIET, PasteError, PasteOptions, PasteReport, Paster,
    SessionKind,
};

/// A clipboard that Scout serves itself.
pub(super) trait Board {
    /// Why it cannot.
    type Error: std::error::Error;

    /// What is on the clipboard, in all its formats. Empty if nothing is.
    fn save(&self) -> Result<Content, Self::Error>;
    /// Puts something on the clipboard, or empties it.
    fn put(&self, content: Content) -> Result<(), Self::Error>;
    /// Who has read what was put there since the last time this was asked with `forget`.
    fn served(&self, forget: bool) -> Served;
    /// Waits until somebody reads or replaces what was put there, or that moment comes.
    fn await_change(&self, since: Served, until: Instant) -> Served;
    /// Waits until those have read who read everything that is copied, where that can be foreseen.
    fn await_watchers(&self) {}
}

/// The paster. After a [`PasteError::Connection`] a new one is needed.
pub(super) struct WaylandPaster(Keeper);

impl WaylandPaster {
    pub(super) fn connect(display: &str) -> Result<Self, PasteError> {
        Keeper::connect(display).map(Self).map_err(|error| {
            if error.is_missing() { PasteError::NotOffered(SessionKind::Wayland) } else { failed(&error) }
        })
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
        paste_by(&self.0, text, options, injector, keep_going)
    }

    fn is_lost(&self) -> bool {
        self.0.is_lost()
    }

    fn check(&mut self) -> Result<(), PasteError> {
        self.0.save().map(drop).map_err(|error| PasteError::Unsaved { reason: error.to_string() })
    }
}

/// Pastes by that clipboard, as [`Paster::paste`] says.
pub(super) fn paste_by(
    board: &impl Board,
    text: &str,
    options: &PasteOptions,
    injector: &mut dyn Injector,
    keep_going: &mut dyn FnMut() -> bool,
) -> Result<PasteReport, PasteError> {
    let start = Instant::now();
    let before = board.save().map_err(|error| PasteError::Unsaved { reason: error.to_string() })?;
    injector.await_release(options.modifier_wait, keep_going)?;
    board.put(text_content(text)).map_err(|error| failed(&error))?;
    board.await_watchers();
    let pressed = keep_going();
    // What clipboard managers have read so far is no receipt.
    board.served(true);
    let chord = if pressed { injector.press_chord(&options.chord) } else { Ok(()) };
    let (served, first) = if pressed && chord.is_ok() { await_reads(board) } else { (board.served(false), None) };
    let clipboard = if served.replaced {
        ClipboardFate::LeftToNewOwner
    } else {
        board.put(before).map_err(|error| failed(&error))?;
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

/// Waits until the text has been read and nobody has read it for a while.
fn await_reads(board: &impl Board) -> (Served, Option<Instant>) {
    let limit = Instant::now() + PASTE_LIMIT;
    let mut first = None;
    let mut served = board.served(false);
    loop {
        first = first.or(served.last);
        let until = served.last.map_or(limit, |last| limit.min(last + PASTE_QUIET));
        if served.replaced || Instant::now() >= until {
            return (served, first);
        }
        served = board.await_change(served, until);
    }
}

fn failed(error: &dyn std::error::Error) -> PasteError {
    PasteError::Connection { reason: error.to_string() }
}
