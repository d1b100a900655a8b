//! Pastes with a receipt: Scout serves the clipboard itself, so it sees that the text is read, though not by whom.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::selection::{Content, Keeper, Served, text_content};
use crate::{
    Arrival, ClipboardFate, PASTE_LIMIT, PASTE_QUIET, Paste, PasteError, PasteReport, Paster, RestoreError, SessionKind,
};

/// A window that hangs for longer than this gets what is on the clipboard then.
const LATE_LIMIT: Duration = Duration::from_mins(1);

/// A clipboard that Scout serves itself.
pub(super) trait Board: Send + Sync + 'static {
    /// Why it cannot.
    type Error: std::error::Error;

    /// Fails if the desktop does not answer any more.
    fn check(&self) -> Result<(), Self::Error> {
        Ok(())
    }
    /// What is on the clipboard, in all its formats. Empty if nothing is.
    fn save(&self) -> Result<Content, Self::Error>;
    /// Puts something on the clipboard, or empties it.
    fn put(&self, content: Content) -> Result<(), Self::Error>;
    /// Who has read what was put there since the last time this was asked with `forget`.
    fn served(&self, forget: bool) -> Served;
    /// Waits until somebody reads or replaces what was put there, or that moment comes.
    fn await_change(&self, since: Served, until: Instant) -> Served;
    /// Waits until those have read who read everything that is copied. `true` if programs of the user's do so, and not only
    /// the desktop itself.
    fn await_watchers(&self) -> bool {
        false
    }
}

/// The paster. After a [`PasteError::Connection`] a new one is needed.
pub(super) struct WaylandPaster {
    keeper: Arc<Keeper>,
    late: LateReader,
    refuses_watched: bool,
}

impl WaylandPaster {
    pub(super) fn connect(display: &str) -> Result<Self, PasteError> {
        let keeper = Keeper::connect(display).map_err(|error| {
            if error.is_missing() { PasteError::NotOffered(SessionKind::Wayland) } else { failed(&error) }
        })?;
        Ok(Self { keeper: Arc::new(keeper), late: LateReader::default(), refuses_watched: false })
    }
}

impl Paster for WaylandPaster {
    fn paste(&mut self, paste: Paste<'_>) -> Result<PasteReport, PasteError> {
        let by = Way { board: &self.keeper, late: &self.late, refuses_watched: self.refuses_watched };
        by.paste(paste)
    }

    fn refuse_watched(&mut self, refuse: bool) {
        self.refuses_watched = refuse;
    }

    fn is_lost(&self) -> bool {
        self.keeper.is_lost()
    }

    fn check(&mut self) -> Result<(), PasteError> {
        self.keeper.save().map(drop).map_err(|error| PasteError::Unsaved { reason: error.to_string() })
    }
}

/// A text that nobody has read yet although its chord is pressed: the window is busy, or hangs. It stays on the clipboard.
struct Late {
    text: Content,
    /// What was on the clipboard before, and comes back after it.
    before: Content,
    until: Instant,
}

/// The one that there is. A thread of its own waits for its reader.
#[derive(Clone, Default)]
pub(super) struct LateReader(Arc<Mutex<Option<(u64, Late)>>>);

impl LateReader {
    fn lock(&self) -> MutexGuard<'_, Option<(u64, Late)>> {
        // It is replaced as a whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the waiting: gives what was waited for, unless the text is no longer on the clipboard.
    fn take(&self, board: &impl Board) -> Option<Late> {
        self.lock().take().map(|(_, late)| late).filter(|_| !board.served(false).replaced)
    }

    /// Has the clipboard given back once the text has been read.
    fn wait<B: Board>(&self, board: &Arc<B>, late: Late) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        // A thread that waited for another text must not take this one for it.
        let (number, until) = (NUMBER.fetch_add(1, Ordering::Relaxed), late.until);
        *self.lock() = Some((number, late));
        let (slot, board) = (self.clone(), Arc::clone(board));
        let wait = move || {
            let served = await_reads(board.as_ref(), until, || slot.is_for(number)).0;
            let mut slot = slot.lock();
            if let Some((_, late)) = slot.take_if(|(other, _)| *other == number)
                && !served.replaced
                && let Err(error) = board.put(late.before)
            {
                tracing::warn!(%error, "what was on the clipboard before is lost");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("clipboard-late".into()).spawn(wait) {
            tracing::warn!(%error, "the text stays on the clipboard");
        }
    }

    fn is_for(&self, number: u64) -> bool {
        self.lock().as_ref().is_some_and(|(other, _)| *other == number)
    }
}

/// What a paste goes by.
pub(super) struct Way<'a, B> {
    pub(super) board: &'a Arc<B>,
    pub(super) late: &'a LateReader,
    /// As [`Paster::refuse_watched`] says.
    pub(super) refuses_watched: bool,
}

impl<B: Board> Way<'_, B> {
    /// Pastes, as [`Paster::paste`] says.
    pub(super) fn paste(&self, mut paste: Paste<'_>) -> Result<PasteReport, PasteError> {
        let start = Instant::now();
        let board = self.board.as_ref();
        board.check().map_err(|error| failed(&error))?;
        paste.await_release()?;
        let late = self.late.take(board);
        let before = match &late {
            Some(late) => late.before.clone(),
            None => board.save().map_err(|error| PasteError::Unsaved { reason: error.to_string() })?,
        };
        let text = text_content(paste.text);
        board.put(text.clone()).map_err(|error| failed(&error))?;
        let is_watched = board.await_watchers();
        let refused = self.refuses_watched && is_watched;
        let pressed = !refused && (paste.keep_going)();
        // What was read so far is no receipt.
        board.served(true);
        let chord = if pressed { paste.injector.press_chord(&paste.options.chord) } else { Ok(()) };
        if !pressed || chord.is_err() {
            let restored = self.undo(late, before);
            chord?;
            if refused {
                return Err(PasteError::Watched);
            }
            return Ok(PasteReport {
                pressed,
                arrival: Arrival::Unread,
                reads: 0,
                first_read: None,
                restored,
                elapsed: start.elapsed(),
            });
        }
        // From here on nothing may fail: the chord cannot be taken back.
        let now = Instant::now();
        let (served, first) = await_reads(board, now + PASTE_LIMIT, || true);
        let restored = if served.replaced {
            Ok(ClipboardFate::LeftToNewOwner)
        } else if served.reads == 0 {
            self.late.wait(self.board, Late { text, before, until: now + LATE_LIMIT });
            Ok(ClipboardFate::Later)
        } else {
            restored(board.put(before))
        };
        Ok(PasteReport {
            pressed,
            arrival: if served.reads == 0 { Arrival::Unread } else { Arrival::Unconfirmed },
            reads: served.reads,
            first_read: first.map(|at| at.duration_since(start)),
            restored,
            elapsed: start.elapsed(),
        })
    }

    /// No chord was pressed: the clipboard is again what it was, which may be a text that is still to be read.
    fn undo(&self, late: Option<Late>, before: Content) -> Result<ClipboardFate, RestoreError> {
        let board = self.board.as_ref();
        if board.served(false).replaced {
            return Ok(ClipboardFate::LeftToNewOwner);
        }
        match late {
            Some(late) => {
                let restored = board.put(late.text.clone());
                self.late.wait(self.board, late);
                restored.map(|()| ClipboardFate::Later).map_err(|error| RestoreError { reason: error.to_string() })
            }
            None => restored(board.put(before)),
        }
    }
}

fn restored<E: std::error::Error>(put: Result<(), E>) -> Result<ClipboardFate, RestoreError> {
    put.map(|()| ClipboardFate::Restored).map_err(|error| RestoreError { reason: error.to_string() })
}

/// Waits until the text has been read and nobody has read it for a while, while `keep_waiting` says so.
fn await_reads(
    board: &impl Board,
    limit: Instant,
    mut keep_waiting: impl FnMut() -> bool,
) -> (Served, Option<Instant>) {
    let mut first = None;
    let mut served = board.served(false);
    loop {
        first = first.or(served.last);
        let until = served.last.map_or(limit, |last| limit.min(last + PASTE_QUIET));
        if served.replaced || Instant::now() >= until || !keep_waiting() {
            return (served, first);
        }
        served = board.await_change(served, until);
    }
}

/// Waits for a first read within `first`, and then until nobody has read for `quiet`. `true` if anybody has read.
pub(super) fn await_quiet(board: &impl Board, first: Duration, quiet: Duration, limit: Duration) -> bool {
    let limit = Instant::now() + limit;
    let mut until = limit.min(Instant::now() + first);
    let mut served = board.served(false);
    loop {
        let now = board.await_change(served, until);
        if now.replaced || now.reads == served.reads || Instant::now() >= limit {
            return now.reads > 0;
        }
        served = now;
        until = limit.min(Instant::now() + quiet);
    }
}

fn failed(error: &dyn std::error::Error) -> PasteError {
    PasteError::Connection { reason: error.to_string() }
}
