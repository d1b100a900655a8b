//! Asks a window whether it has handled its keys, by a ping of the window manager's protocol.

use std::cell::Cell;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask, Window};

use super::waiting::next_event;
use super::windows::Windows;

/// How often it is asked whether to go on, while an answer is awaited.
const ASK_INTERVAL: Duration = Duration::from_millis(20);

/// Before a text is typed or pasted, a window is given this long to show that it answers.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

/// While keys wait for it, a window that has never answered is given this long: it may have just opened on a busy machine. Qt 5
/// never answers, although it says that it would.
const LAST_ANSWER: Duration = Duration::from_secs(6);

/// Pings carry a time stamp, which the answer repeats. Ours count from here, so that a window manager, which sends real
/// times of the server, does not take our answers for its own.
const FIRST_PING: u32 = 0xf000_0000;

/// Whether a window has handled what was sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It says so.
    Handled,
    /// It does not take part in the protocol that would tell.
    Unknown,
    /// It did not answer in time, or nobody wants to wait any longer.
    Missing,
}

/// Whether a window answers questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// It has answered one.
    Yes,
    /// It did not answer within [`FIRST_ANSWER`].
    NotYet,
    /// It did not answer within [`LAST_ANSWER`].
    Never,
}

/// The questions that were asked.
#[derive(Debug)]
pub(super) struct Pings {
    /// The last stamp. It tells our pings apart: a late answer must not stand for a newer question.
    stamp: Cell<u32>,
    /// The window that was asked last, and whether it answers.
    window: Cell<Option<(Window, Answers)>>,
}

impl Default for Pings {
    fn default() -> Self {
        Self { stamp: Cell::new(FIRST_PING), window: Cell::new(None) }
    }
}

impl Pings {
    /// Whether the focused window tells when it has handled its keys. Asks it, if it is not known yet.
    pub(super) fn focused_window_tells(&self, windows: &Windows) -> bool {
        let Ok(Some(window)) = windows.focused() else { return false };
        if matches!(self.answers(window), Some(Answers::NotYet | Answers::Never)) {
            return false;
        }
        let answer = self.await_window(windows, window, FIRST_ANSWER, &mut || true);
        // One that is busy just now but has answered before will tell.
        !matches!(answer, Ok(Answer::Unknown) | Err(_))
    }

    /// Whether that window has answered before; `None` if it has not been asked, or another one was asked since.
    pub(super) fn has_answered(&self, window: Window) -> Option<bool> {
        self.answers(window).map(|answers| answers == Answers::Yes)
    }

    /// Whether that window answers, as far as it is known.
    fn answers(&self, window: Window) -> Option<Answers> {
        self.window.get().filter(|(asked, _)| *asked == window).map(|(_, answers)| answers)
    }

    /// Waits until a window has handled all that was sent to it, as far as it tells.
    ///
    /// Programs answer a ping of the window manager's protocol in the order of their event queue, so the answer proves that
    /// every key before it has been looked up.
    pub(super) fn await_window(
        &self,
        windows: &Windows,
        window: Window,
        limit: Duration,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<Answer, ReplyError> {
        let known = self.answers(window);
        if known == Some(Answers::Never) || !windows.answers_pings(window)? {
            return Ok(Answer::Unknown);
        }
        let root = windows.root();
        // Answers are sent to the root window. The selection is undone at once: it brings the news of every window.
        let select = |mask| {
            let attributes = ChangeWindowAttributesAux::new().event_mask(mask);
            windows.connection().change_window_attributes(root, &attributes)?.check()
        };
        select(EventMask::SUBSTRUCTURE_NOTIFY)?;
        let answer = self.ping(windows, window, limit, keep_going);
        select(EventMask::NO_EVENT)?;
        while windows.connection().poll_for_event()?.is_some() {}
        Ok(answer?)
    }

    fn ping(
        &self,
        windows: &Windows,
        window: Window,
        limit: Duration,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<Answer, ConnectionError> {
        let atoms = windows.atoms();
        let stamp = self.stamp.get().wrapping_add(1);
        self.stamp.set(stamp);
        let data = [atoms._NET_WM_PING, stamp, window, 0, 0];
        let message = ClientMessageEvent::new(32, window, atoms.WM_PROTOCOLS, data);
        windows.connection().send_event(false, window, EventMask::NO_EVENT, message)?;
        let start = Instant::now();
        loop {
            let answers = self.answers(window) == Some(Answers::Yes);
            let deadline = start + if answers { limit } else { limit.min(LAST_ANSWER) };
            if Instant::now() >= deadline {
                if answers {
                    return Ok(Answer::Missing);
                }
                let found = if limit < LAST_ANSWER { Answers::NotYet } else { Answers::Never };
                self.window.set(Some((window, found)));
                return Ok(Answer::Unknown);
            }
            while let Some(event) = next_event(windows.connection(), deadline.min(Instant::now() + ASK_INTERVAL))? {
                let Event::ClientMessage(answer) = event else { continue };
                let [protocol, number, from, ..] = answer.data.as_data32();
                let is_ours = (FIRST_PING..=stamp).contains(&number);
                if answer.type_ == atoms.WM_PROTOCOLS && protocol == atoms._NET_WM_PING && from == window && is_ours {
                    // The late answer to an earlier question says that this one will be answered, too.
                    self.window.set(Some((window, Answers::Yes)));
                    if number == stamp {
                        return Ok(Answer::Handled);
                    }
                }
            }
            if !keep_going() {
                return Ok(Answer::Missing);
            }
        }
    }
}
