//! What happens around a chord that pastes: the target may read because the clipboard has changed, before the chord, and a
//! clipboard manager may put the same text on the clipboard itself.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{Atom, Window};

use super::super::ping::Answer;
use super::claims::Claims;
use super::owner::Note;
use super::paster::{Parts, Taken};
use super::receipt::Receipt;
use crate::{PASTE_LIMIT, PASTE_QUIET};

/// A window that has answered before is waited for that long: until then it is busy, and would not take the chord either.
const BUSY_LIMIT: Duration = Duration::from_secs(2);
/// A window that has not been asked yet is given this long to answer.
const FIRST_LIMIT: Duration = Duration::from_millis(100);
/// A window that does not answer is given this long to begin to read because of the change.
const SILENT_LIMIT: Duration = Duration::from_millis(20);
/// Such a window has finished once it has not read for this long.
const QUIET: Duration = Duration::from_millis(60);
/// Reads that follow each other for longer are not waited for.
const ROUNDS_LIMIT: Duration = Duration::from_secs(2);
/// What a window that does not answer is given to read what another program relays.
const RELAY_LIMIT: Duration = Duration::from_secs(1);

impl Parts<'_> {
    /// Lets the target finish what it reads because the clipboard has changed: it would be taken for the paste.
    ///
    /// The window is asked whether it has handled the news of the change, which costs one answer of its; and once more after
    /// each round in which it has read.
    pub(super) fn await_change_reads(
        &self,
        window: Window,
        notes: &Receiver<Note>,
        receipt: &mut Receipt,
        claims: &mut Claims<'_>,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<(), ReplyError> {
        let deadline = Instant::now() + ROUNDS_LIMIT;
        while Instant::now() < deadline && !claims.any() {
            let (pings, windows) = (self.pings, self.windows);
            let limit = match pings.has_answered(window) {
                Some(true) => BUSY_LIMIT,
                Some(false) => SILENT_LIMIT,
                None => FIRST_LIMIT,
            };
            let asked = Instant::now();
            let answer = pings.await_window(windows, window, limit, keep_going)?;
            if answer != Answer::Handled {
                let first = SILENT_LIMIT.saturating_sub(asked.elapsed());
                self.await_quiet(first, deadline, notes, receipt, claims);
                return Ok(());
            }
            if !self.take_what_is_asked(deadline, notes, receipt, claims)? {
                break;
            }
        }
        Ok(())
    }

    /// Takes what programs have asked for until now, which may be on its way to us. Tells whether the target was among them.
    fn take_what_is_asked(
        &self,
        deadline: Instant,
        notes: &Receiver<Note>,
        receipt: &mut Receipt,
        claims: &mut Claims<'_>,
    ) -> Result<bool, ReplyError> {
        self.selections.owner.catch_up()?;
        let mut has_asked = false;
        loop {
            match notes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Note::CaughtUp) | Err(_) => return Ok(has_asked),
                Ok(note) => {
                    has_asked |= matches!(note, Note::Asked(client) if receipt.may_be_target(&client));
                    self.note(note, receipt, claims);
                }
            }
        }
    }

    fn await_quiet(
        &self,
        first: Duration,
        deadline: Instant,
        notes: &Receiver<Note>,
        receipt: &mut Receipt,
        claims: &mut Claims<'_>,
    ) {
        let mut until = Instant::now() + first;
        while !claims.any() {
            match notes.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(note) => {
                    if matches!(note, Note::Asked(client) if receipt.may_be_target(&client)) {
                        until = deadline.min(Instant::now() + QUIET);
                    }
                    self.note(note, receipt, claims);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Lets the window that was read for handle the chord. Any program can read in the name of a window, and the server does
    /// not tell, so a read says for certain that a window has the text only once that has handled the chord; until then it may
    /// be busy, and read what is given back. Windows that do not answer are not waited for.
    pub(super) fn await_handled(
        &self,
        window: Window,
        pressed: Instant,
        notes: &Receiver<Note>,
        receipt: &mut Receipt,
        claims: &mut Claims<'_>,
    ) -> Result<(), ReplyError> {
        if receipt.reads() == 0 || self.pings.has_answered(window) != Some(true) {
            return Ok(());
        }
        let deadline = pressed + PASTE_LIMIT;
        // Programs that read again and again may have used up the time.
        let left = deadline.saturating_duration_since(Instant::now()).max(SILENT_LIMIT);
        match self.pings.await_window(self.windows, window, left, &mut || true)? {
            Answer::Handled => {
                self.take_what_is_asked(deadline, notes, receipt, claims)?;
                // It asks for the formats first, and for the text once it has them: what was read before proves nothing.
                self.await_quiet(PASTE_QUIET, Instant::now().max(deadline) + PASTE_QUIET, notes, receipt, claims);
            }
            Answer::Missing => receipt.doubt(),
            Answer::Unknown => {}
        }
        Ok(())
    }

    /// Whether another program, which has taken the selection from us, offers the very text that we did: a clipboard manager
    /// that claims whatever is copied.
    pub(super) fn is_relayed(&self, selection: Atom, text: &str) -> bool {
        let offered = self.selections.reader.text(selection);
        offered.ok().flatten().is_some_and(|value| *value.bytes == *text.as_bytes())
    }

    /// Waits until the target has read what another program relays, as far as it tells, after the chord.
    pub(super) fn await_relayed(&self, window: Option<Window>) {
        let answer = window.map(|it| self.pings.await_window(self.windows, it, PASTE_LIMIT, &mut || true));
        let told = matches!(answer, Some(Ok(Answer::Handled)));
        std::thread::sleep(if told { PASTE_QUIET } else { RELAY_LIMIT });
    }

    /// Puts back what was on the clipboard before another program claimed our text. `false` if something else was copied.
    pub(super) fn take_back(&self, taken: &Taken, text: &str) -> Result<bool, ReplyError> {
        let owner = &self.selections.owner;
        if !self.is_relayed(taken.selection, text) {
            return Ok(false);
        }
        let Ok(now) = self.selections.reader.server_time() else { return Ok(false) };
        if taken.before.is_empty() {
            owner.clear(taken.selection, now)?;
            return Ok(true);
        }
        owner.offer(taken.selection, taken.before.clone(), now)
    }
}
