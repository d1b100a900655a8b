//! Taking the last text back: whether that is certain to remove this text and nothing else, and what the user is told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use scout_platform::keys::Modifier;
use scout_platform::{Click, Key, KeyEvent};

use super::conductor::Conductor;
use crate::deliver::{Fate, Undone};
use crate::ui::notices::Notice;

/// Clicks that choose *Undo last* in the tray: one opens the menu, one chooses.
const CLICKS_OF_THE_TRAY: u32 = 2;

/// By what the user asks to take a text back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// `scout ctl undo`, which a key of the desktop may run.
    Command,
    /// The tray's menu.
    Tray,
    /// *Scratch that*, or a dictation that is cancelled after its first words were typed.
    Dictation,
}

/// Why a text is not taken back: the Backspace key could remove something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is none.
    Nothing,
    /// The user pressed a key since.
    Pressed,
    /// The user clicked since.
    Clicked,
    /// What the user did since cannot be known.
    Unheard,
    /// It is not certain that the text has arrived.
    Unconfirmed,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "there is nothing to take back: no text was delivered, or the last one was taken back already",
            Self::Pressed => "a key was pressed since the text was delivered, so the text before the cursor may be your own: remove it by hand",
            Self::Clicked => "there was a click since the text was delivered, so the cursor may be elsewhere: remove it by hand",
            Self::Unconfirmed => {
                "it is not certain that the window has the text, because the desktop does not say who has read it: remove it by hand"
            }
            Self::Unheard => "Scout does not hear here what you type and click, so the text before the cursor may be your own: remove it by hand, or let Scout listen to the keyboards and the mouse (`scout setup devices` says how)",
        })
    }
}

/// Whether there is a text to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum There {
    /// There is none.
    #[default]
    No,
    /// It was pasted, and it is not known who has read it.
    Perhaps,
    /// It has arrived.
    Yes,
}

/// The text that was delivered last, and what the user did since.
#[derive(Debug, Default)]
pub(super) struct LastText {
    there: There,
    /// A key that changed the text or moved the cursor, or may have.
    pressed: bool,
    /// The key of the one combination that was pressed since: it may be the one that asks.
    combination: Option<Key>,
    clicked: bool,
    clicked_elsewhere: u32,
    /// Every key that is down.
    held: BTreeSet<Key>,
    /// Told to whoever removes the text: the user does something meanwhile.
    disturbed: Option<Arc<AtomicBool>>,
    /// Set where a key or a click was heard and did not come here.
    missed: Arc<AtomicBool>,
}

impl LastText {
    /// None yet.
    pub(super) fn new(missed: Arc<AtomicBool>) -> Self {
        Self { missed, ..Self::default() }
    }

    /// A text is sent on its way. What the user does from now on counts, because it may be there before its receipt is.
    /// `continues` tells that it goes on with the one before, which is then taken back with it.
    pub(super) fn sent(&mut self, continues: bool) {
        if !continues {
            self.there = There::No;
            self.missed.store(false, Ordering::Relaxed);
            (self.combination, self.clicked, self.clicked_elsewhere) = (None, false, 0);
            // A key that is down may be repeated without being heard.
            self.pressed = self.held.iter().any(|key| Modifier::of(*key).is_none());
        }
    }

    /// A text has arrived, or has not.
    pub(super) fn delivered(&mut self, fate: &Fate) {
        match fate {
            Fate::Typed | Fate::Pasted => self.there = There::Yes,
            Fate::Unconfirmed => self.there = There::Perhaps,
            Fate::Held { .. } | Fate::Copied | Fate::Logged => self.there = There::No,
        }
    }

    /// A key went down or up. `is_own` tells that it was a binding of Scout's, which no application has seen.
    pub(super) fn key(&mut self, event: KeyEvent, is_own: bool) {
        if !event.pressed {
            self.held.remove(&event.key);
            return;
        }
        // Bindings of Scout's are not remembered as held: their release may have been kept from us.
        let is_repeated = !is_own && !self.held.insert(event.key);
        if is_own || Modifier::of(event.key).is_some() {
            return;
        }
        let is_combination =
            self.held.iter().any(|key| Modifier::of(*key).is_some_and(|modifier| modifier != Modifier::Shift));
        let is_first = self.combination.is_none() && !self.pressed;
        if is_combination && is_first {
            self.combination = Some(event.key);
        } else if !(is_repeated && self.combination == Some(event.key)) {
            self.pressed = true;
        } else {
            return;
        }
        self.disturb();
    }

    /// Something was clicked.
    pub(super) fn click(&mut self, click: Click) {
        if click.elsewhere {
            self.clicked_elsewhere = self.clicked_elsewhere.saturating_add(1);
        } else {
            self.clicked = true;
        }
        self.disturb();
    }

    fn disturb(&self) {
        if let Some(disturbed) = &self.disturbed {
            disturbed.store(true, Ordering::Relaxed);
        }
    }

    /// Why it may not be taken back; `None` if it may. `hears_everything` tells whether silence means that the user did nothing.
    pub(super) fn refusal(&self, asked: Asked, hears_everything: bool) -> Option<Refusal> {
        // A key of the desktop that runs `scout ctl undo` is still down when the command comes.
        let is_the_asking_one = |key: &Key| {
            asked == Asked::Command
                && (self.held.contains(key) || self.held.iter().any(|key| Modifier::of(*key).is_some()))
        };
        let clicks_allowed = if asked == Asked::Tray { CLICKS_OF_THE_TRAY } else { 0 };
        if self.there == There::No {
            Some(Refusal::Nothing)
        } else if !hears_everything || self.missed.load(Ordering::Relaxed) {
            Some(Refusal::Unheard)
        } else if self.there == There::Perhaps {
            Some(Refusal::Unconfirmed)
        } else if self.pressed || self.combination.as_ref().is_some_and(|key| !is_the_asking_one(key)) {
            Some(Refusal::Pressed)
        } else if self.clicked || self.clicked_elsewhere > clicks_allowed {
            Some(Refusal::Clicked)
        } else {
            None
        }
    }

    /// It is taken back now: gives what tells of the user's doing something meanwhile.
    fn take(&mut self) -> Arc<AtomicBool> {
        self.there = There::No;
        Arc::clone(self.disturbed.insert(Arc::default()))
    }
}

impl Conductor {
    /// Why the last text cannot be taken back; `None` if it can.
    pub(super) fn undo_refusal(&self, asked: Asked) -> Option<Refusal> {
        self.undoable.refusal(asked, self.rooms.hears_everything())
    }

    /// Takes the last text back, or says why not.
    pub(super) fn undo(&mut self, asked: Asked) -> Result<(), Refusal> {
        if let Some(refusal) = self.undo_refusal(asked) {
            return Err(refusal);
        }
        self.rooms.deliverer.undo(self.undoable.take());
        Ok(())
    }

    /// The same, where no answer is awaited: a refusal is a notice. Where there is no text, the user sees that nothing happens.
    pub(super) fn undo_or_notify(&mut self, asked: Asked) {
        match self.undo(asked) {
            Ok(()) | Err(Refusal::Nothing) => {}
            Err(refusal) => self.not_undone(&refusal.to_string()),
        }
    }

    pub(super) fn undone(&mut self, undone: &Undone) {
        self.undoable.disturbed = None;
        match undone {
            Undone::Removed { graphemes } => tracing::info!(graphemes, "the last text was taken back"),
            Undone::Nothing => {}
            Undone::Elsewhere(reason) => {
                // It is still there, and can be taken back where it is.
                self.undoable.there = There::Yes;
                self.not_undone(&reason.to_string());
            }
            Undone::Disturbed => self.not_undone(&Refusal::Pressed.to_string()),
            Undone::Failed { reason } => self.not_undone(reason),
        }
    }

    fn not_undone(&self, reason: &str) {
        self.rooms.notices.tell(Notice::NotUndone { reason: reason.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// A text that has just been delivered.
    fn delivered() -> LastText {
        let mut last = LastText::default();
        last.sent(false);
        last.delivered(&Fate::Typed);
        last
    }

    /// Presses (`+A`) and releases (`-A`) keys, clicks into the window (`click`) or into another program's (`elsewhere`), and
    /// Scout's own bindings (`+own:F9`).
    fn act(last: &mut LastText, deeds: &str) {
        for deed in deeds.split_whitespace() {
            match deed {
                "click" => last.click(Click { elsewhere: false }),
                "elsewhere" => last.click(Click { elsewhere: true }),
                key => {
                    let (direction, key) = key.split_at(1);
                    let (key, is_own) = key.strip_prefix("own:").map_or((key, false), |key| (key, true));
                    let event = KeyEvent { key: key.parse().unwrap(), pressed: direction == "+", at: Instant::now() };
                    last.key(event, is_own);
                }
            }
        }
    }

    #[test]
    fn a_text_is_taken_back_only_while_the_user_has_done_nothing_else() {
        use Asked::{Command, Dictation, Tray};
        use Refusal::{Clicked, Pressed};
        for (deeds, asked, expected) in [
            ("", Command, None),
            ("", Dictation, None),
            ("+own:F9 -F9", Command, None),
            ("+own:F9 +own:F9 -F9", Dictation, None),
            ("+ControlLeft -ControlLeft", Dictation, None),
            ("+A -A", Command, Some(Pressed)),
            ("+ShiftLeft +A -A -ShiftLeft", Command, Some(Pressed)),
            ("+Home -Home", Command, Some(Pressed)),
            ("+ControlLeft +A -A -ControlLeft", Command, Some(Pressed)),
            ("+ControlLeft +Home -Home -ControlLeft", Dictation, Some(Pressed)),
            ("+ControlLeft +V -V -ControlLeft", Tray, Some(Pressed)),
            ("+ControlLeft +Z -Z -ControlLeft", Command, Some(Pressed)),
            ("+AltLeft +Tab -Tab -AltLeft", Command, Some(Pressed)),
            // The combination that the desktop runs the command by, while it is down and repeated.
            ("+SuperLeft +Z", Command, None),
            ("+SuperLeft +Z +Z +Z", Command, None),
            ("+SuperLeft +Z -Z", Command, None),
            ("+SuperLeft +Z -SuperLeft -Z", Command, Some(Pressed)),
            ("+SuperLeft +Z", Dictation, Some(Pressed)),
            ("+ControlLeft +V -V +SuperLeft +Z", Command, Some(Pressed)),
            ("+ControlLeft +A -A +A", Command, Some(Pressed)),
            ("click", Command, Some(Clicked)),
            ("click", Dictation, Some(Clicked)),
            ("elsewhere", Command, Some(Clicked)),
            ("elsewhere elsewhere", Tray, None),
            ("elsewhere elsewhere elsewhere", Tray, Some(Clicked)),
            ("click elsewhere", Tray, Some(Clicked)),
        ] {
            let mut last = delivered();
            act(&mut last, deeds);
            assert_eq!(last.refusal(asked, true), expected, "{deeds:?} {asked:?}");
        }
    }

    #[test]
    fn where_the_user_is_not_heard_nothing_is_taken_back() {
        assert_eq!(delivered().refusal(Asked::Command, false), Some(Refusal::Unheard));
        assert_eq!(LastText::default().refusal(Asked::Command, false), Some(Refusal::Nothing));
    }

    #[test]
    fn a_text_that_may_not_have_arrived_is_not_taken_back() {
        let mut last = delivered();
        last.delivered(&Fate::Unconfirmed);
        assert_eq!(last.refusal(Asked::Command, true), Some(Refusal::Unconfirmed));
        assert_eq!(last.refusal(Asked::Command, false), Some(Refusal::Unheard));
    }

    #[test]
    fn what_is_done_before_the_receipt_counts() {
        let mut last = LastText::default();
        last.sent(false);
        act(&mut last, "+A -A");
        last.delivered(&Fate::Pasted);
        assert_eq!(last.refusal(Asked::Command, true), Some(Refusal::Pressed));
        // The next text is a new one, unless it goes on with this.
        last.sent(true);
        last.delivered(&Fate::Typed);
        assert_eq!(last.refusal(Asked::Command, true), Some(Refusal::Pressed));
        last.sent(false);
        last.delivered(&Fate::Typed);
        assert_eq!(last.refusal(Asked::Command, true), None);
    }

    #[test]
    fn a_key_that_is_down_while_the_text_goes_out_counts() {
        let mut last = LastText::default();
        act(&mut last, "+A");
        last.sent(false);
        last.delivered(&Fate::Typed);
        act(&mut last, "-A");
        assert_eq!(last.refusal(Asked::Command, true), Some(Refusal::Pressed));
    }

    #[test]
    fn it_is_taken_back_once_and_what_the_user_does_meanwhile_is_told() {
        let mut last = delivered();
        let disturbed = last.take();
        assert_eq!(last.refusal(Asked::Command, true), Some(Refusal::Nothing));
        act(&mut last, "+own:F9 -F9 +ShiftLeft -ShiftLeft");
        assert!(!disturbed.load(Ordering::Relaxed));
        act(&mut last, "+A");
        assert!(disturbed.load(Ordering::Relaxed));
    }
}
