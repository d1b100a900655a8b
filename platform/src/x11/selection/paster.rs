//! Pasting on X11 with a receipt: the selection is ours while the target reads it, so we see that it does.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{Atom, AtomEnum, Timestamp, Window};

use super::super::clients::Client;
use super::super::ping::Pings;
use super::super::windows::{ConnectFailure, Windows};
use super::claims::Claims;
use super::content::Content;
use super::owner::Note;
use super::receipt::Receipt;
use super::selections::Selections;
use super::snapshot::SaveError;
use crate::keys::Modifier;
use crate::{Arrival, Chord, ClipboardFate, Key, Legacy, Paste, PasteError, PasteReport, Paster, RestoreError};

/// The paster. It serves what was on the clipboard before for as long as it exists, or until somebody copies; or longer: see
/// [`Paster::leave`].
pub(in crate::x11) struct X11Paster {
    display: String,
    /// Whether a compositor stands between the clipboard and the windows.
    is_bridged: bool,
    selections: Option<Selections>,
    windows: Option<Windows>,
    /// What is known of the windows' answers.
    pings: Pings,
}

/// A compositor that does not take the text up within this has its reasons; a chord may still work.
const BRIDGE_LIMIT: Duration = Duration::from_secs(1);
/// Its clipboard manager reads what is copied at once. The chord waits until nobody has read for this long; in mutter 43 that
/// read followed within a few milliseconds.
const BRIDGE_QUIET: Duration = Duration::from_millis(60);

/// What one paste needs.
pub(super) struct Parts<'a> {
    is_bridged: bool,
    pub(super) selections: &'a Selections,
    pub(super) windows: &'a Windows,
    pub(super) pings: &'a Pings,
}

/// A selection that we took over.
pub(super) struct Taken {
    pub(super) selection: Atom,
    pub(super) before: Arc<Content>,
    since: Timestamp,
}

impl X11Paster {
    pub(in crate::x11) fn connect(display: &str) -> Result<Self, PasteError> {
        Self::open(display, false)
    }

    /// Pastes into the windows of a Wayland compositor, through the clipboard that it shares with its XWayland.
    pub(in crate::x11) fn through_compositor(display: &str) -> Result<Self, PasteError> {
        Self::open(display, true)
    }

    fn open(display: &str, is_bridged: bool) -> Result<Self, PasteError> {
        let mut paster =
            Self { display: display.to_owned(), is_bridged, selections: None, windows: None, pings: Pings::default() };
        paster.parts()?;
        Ok(paster)
    }

    fn parts(&mut self) -> Result<Parts<'_>, PasteError> {
        let failed = |error: ConnectFailure| PasteError::Connection { reason: error.to_string() };
        let windows = match self.windows.take() {
            Some(windows) => windows,
            None => Windows::connect(&self.display).map_err(failed)?,
        };
        let windows = self.windows.insert(windows);
        let selections = Selections::in_slot(&mut self.selections, &self.display).map_err(failed)?;
        Ok(Parts { is_bridged: self.is_bridged, selections, windows, pings: &self.pings })
    }
}

impl Paster for X11Paster {
    fn paste(&mut self, mut paste: Paste<'_>) -> Result<PasteReport, PasteError> {
        let start = Instant::now();
        let parts = self.parts()?;
        paste.await_release()?;
        let result = parts.paste(start, paste);
        parts.selections.owner.tell(None);
        let is_broken = |report: &PasteReport| report.restored.is_err();
        if matches!(result, Err(PasteError::Connection { .. })) || result.as_ref().is_ok_and(is_broken) {
            (self.selections, self.windows) = (None, None);
        }
        result
    }

    fn check(&mut self) -> Result<(), PasteError> {
        let Parts { selections: Selections { owner, reader }, .. } = self.parts()?;
        let clipboard = owner.names().CLIPBOARD;
        if owner.holding(clipboard).is_none() {
            reader.save(clipboard).map_err(unsaved)?;
        }
        Ok(())
    }

    fn leave(&mut self) -> Option<Legacy> {
        Selections::leave(self.selections.as_ref())
    }
}

impl Parts<'_> {
    fn paste(&self, start: Instant, paste: Paste<'_>) -> Result<PasteReport, PasteError> {
        let Paste { text, options, injector, keep_going } = paste;
        let chord = &options.chord;
        let window = self.window().map_err(lost)?;
        let target = window.map(|window| Client::of(self.windows.connection(), window)).transpose().map_err(lost)?;
        if target.is_some_and(|target| self.selections.owner.awaits(&target)) {
            return Err(PasteError::Awaited);
        }
        let (sender, notes) = mpsc::channel();
        self.selections.owner.tell(Some(sender));
        let ours = Arc::new(Content::private_text(text, self.selections.owner.names()));
        let mut taken = Vec::new();
        for selection in self.selections(chord) {
            match self.take_over(selection, &ours) {
                Ok(one) => taken.push(one),
                Err(error) => {
                    self.give_back(&taken, text).map_err(lost)?;
                    return Err(error);
                }
            }
        }
        let mut claims = Claims::of(text);
        let mut receipt = if self.is_bridged { Receipt::bridged() } else { Receipt::new(target) };
        if self.is_bridged {
            self.await_bridge(&notes, &mut receipt, &mut claims);
        }
        if let Some(window) = window
            && let Err(error) = self.await_change_reads(window, &notes, &mut receipt, &mut claims, keep_going)
        {
            self.give_back(&taken, text).map_err(lost)?;
            return Err(lost(error));
        }
        let pressed = keep_going();
        // What was read until now was not read because of the chord.
        for note in notes.try_iter() {
            self.note(note, &mut receipt, &mut claims);
        }
        if pressed && claims.is_replaced() {
            self.give_back(&taken, text).map_err(lost)?;
            let reason = "another program has just copied something".to_owned();
            return Err(PasteError::Unsaved { reason });
        }
        if pressed {
            let now = Instant::now();
            receipt.press(now);
            if let Err(error) = injector.press_chord(chord) {
                self.give_back(&taken, text).map_err(lost)?;
                return Err(error.into());
            }
            // From here on nothing may fail: the chord cannot be taken back.
            self.await_reads(&notes, &mut receipt, &mut claims);
            if let Some(window) = window
                && self.await_handled(window, now, &notes, &mut receipt, &mut claims).is_ok()
            {
                // What it read because of the chord may go in several goes.
                self.await_reads(&notes, &mut receipt, &mut claims);
            }
            if claims.is_relayed() {
                receipt.relay();
                self.await_relayed(window);
                for note in notes.try_iter() {
                    self.note(note, &mut receipt, &mut claims);
                }
            }
            if (receipt.arrival() == Arrival::Unread || receipt.is_doubted())
                && let Some(target) = target
                && self.selections.owner.holding(self.selections.owner.names().CLIPBOARD).is_some()
            {
                self.selections.owner.expect_late(target, ours, now, receipt.is_doubted());
            }
        }
        let restored = self.give_back(&taken, text).map_err(|error| RestoreError { reason: error.to_string() });
        Ok(PasteReport {
            pressed,
            arrival: receipt.arrival(),
            reads: receipt.reads(),
            first_read: receipt.first().map(|at| at.saturating_duration_since(start)),
            restored,
            elapsed: start.elapsed(),
        })
    }

    /// The window that has the focus, if it is known; not for a compositor, which knows its own.
    fn window(&self) -> Result<Option<Window>, ReplyError> {
        if self.is_bridged { Ok(None) } else { self.windows.focused() }
    }

    /// What a chord makes programs read. Shift and Insert mean the clipboard to some and the primary selection to others;
    /// any other chord leaves the primary selection alone, because taking it over undoes what is marked in the target.
    fn selections(&self, chord: &Chord) -> Vec<Atom> {
        let clipboard = self.selections.owner.names().CLIPBOARD;
        let insert = chord.key == Key::Named("Insert") && chord.modifiers.contains(&Modifier::Shift);
        if insert { vec![clipboard, AtomEnum::PRIMARY.into()] } else { vec![clipboard] }
    }

    /// Saves what a selection holds and offers `ours` there.
    fn take_over(&self, selection: Atom, ours: &Arc<Content>) -> Result<Taken, PasteError> {
        // What we gave back the last time is still there, or somebody has copied since.
        let (before, since) = if let Some(holding) = self.selections.owner.holding(selection) {
            (holding.content, Some(holding.since))
        } else {
            let saved = self.selections.reader.save(selection).map_err(unsaved)?;
            (Arc::new(saved.content), saved.since)
        };
        // Dated like what it replaces, so that whatever anybody copied later than that wins over it, even if the program
        // is slow to say so.
        if let Some(since) = since
            && self.selections.owner.offer(selection, Arc::clone(ours), since).map_err(lost)?
        {
            return Ok(Taken { selection, before, since });
        }
        let now = self.selections.reader.server_time().map_err(unsaved)?;
        if self.selections.owner.offer(selection, Arc::clone(ours), now).map_err(lost)? {
            return Ok(Taken { selection, before, since: now });
        }
        Err(PasteError::Unsaved { reason: "another program has just copied something".into() })
    }

    /// Waits until the text has been read and nobody reads it any more, or it cannot be read from us any more.
    fn await_reads(&self, notes: &Receiver<Note>, receipt: &mut Receipt, claims: &mut Claims<'_>) {
        let clipboard = self.selections.owner.names().CLIPBOARD;
        while let Some(end) = receipt.ends() {
            // A primary selection that somebody marks elsewhere leaves the clipboard to be read.
            if claims.is_relayed() || claims.has_replaced(clipboard) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            // Also ends when the thread has died: there is nothing left to wait for.
            let Ok(note) = notes.recv_timeout(left) else { return };
            self.note(note, receipt, claims);
        }
    }

    /// Waits until the compositor has taken the text up, which shows in its reading it.
    fn await_bridge(&self, notes: &Receiver<Note>, receipt: &mut Receipt, claims: &mut Claims<'_>) {
        let limit = Instant::now() + BRIDGE_LIMIT;
        let mut until = limit;
        while let Ok(note) = notes.recv_timeout(until.saturating_duration_since(Instant::now())) {
            // The text has not been read yet by asking what there is.
            if matches!(note, Note::Asked(_)) {
                continue;
            }
            self.note(note, receipt, claims);
            if claims.any() {
                return;
            }
            until = limit.min(Instant::now() + BRIDGE_QUIET);
        }
    }

    /// Takes a note.
    pub(super) fn note(&self, note: Note, receipt: &mut Receipt, claims: &mut Claims<'_>) {
        match note {
            Note::Read(client, at) => receipt.read(client, at),
            Note::Reading(client, at) => receipt.reading(client, at),
            Note::Asked(_) | Note::CaughtUp | Note::Saved(_) => {}
            Note::Lost(selection) => claims.add(selection, self.is_relayed(selection, claims.text)),
        }
    }

    /// Gives the selections back, also those on which another program has put our text itself.
    fn give_back(&self, taken: &[Taken], text: &str) -> Result<ClipboardFate, ReplyError> {
        let mut fate = ClipboardFate::Restored;
        for one in taken {
            let Taken { selection, before, since } = one;
            let is_ours = if self.selections.owner.holding(*selection).is_none() {
                self.take_back(one, text)?
            } else if before.is_empty() && !self.selections.owner.awaits_any() {
                self.selections.owner.clear(*selection, *since)?;
                true
            } else {
                self.selections.owner.offer(*selection, Arc::clone(before), *since)?
            };
            if !is_ours && *selection == self.selections.owner.names().CLIPBOARD {
                fate = ClipboardFate::LeftToNewOwner;
            }
        }
        Ok(fate)
    }
}

#[allow(clippy::needless_pass_by_value)] // it is the shape that `map_err` takes
fn lost(error: ReplyError) -> PasteError {
    PasteError::Connection { reason: error.to_string() }
}

fn unsaved(error: SaveError) -> PasteError {
    match error {
        SaveError::Connection(error) => lost(error),
        other => PasteError::Unsaved { reason: other.to_string() },
    }
}
