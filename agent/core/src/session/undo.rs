//! Taking the last text back: whether that is certain to remove this text and nothing else, and what the user is told.

use std::collections::BTreeSet;

use scout_desktop::keys::Modifier;
use scout_desktop::{Click, Key};

use crate::delivery::Held;
use crate::dictation::Outcome;

/// Clicks that choose *Undo last* in the tray: one opens the menu, one chooses.
const CLICKS_OF_THE_TRAY: u32 = 2;

/// By what the user asks to take a text back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `scout ctl undo`, which a key of the desktop may run.
    Command,
    /// The tray's menu.
    Tray,
    /// *Scratch that*, or a dictation that is cancelled after its first words were typed.
    Dictation,
}

/// Why a text is not taken back: the Backspace key could remove something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoRefusal {
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

impl std::fmt::Display for UndoRefusal {
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// The text is being taken back.
    undoing: bool,
}

impl LastText {
    /// A text is sent on its way. What the user does from now on counts, because it may be there before its receipt is.
    /// `continues` tells that it goes on with the one before, which is then taken back with it.
    pub(super) fn sent(&mut self, continues: bool) {
        if !continues {
            self.there = There::No;
            (self.combination, self.clicked, self.clicked_elsewhere) = (None, false, 0);
            // A key that is down may be repeated without being heard.
            self.pressed = self.held.iter().any(|key| Modifier::of(*key).is_none());
        }
    }

    /// A text has arrived, or has not.
    pub(super) fn delivered(&mut self, result: &Result<Outcome, Held>) {
        self.there = match result {
            Ok(Outcome::Typed | Outcome::Pasted) => There::Yes,
            Ok(Outcome::Unconfirmed) => There::Perhaps,
            Ok(_) | Err(_) => There::No,
        };
    }

    /// A key went down or up. `is_own` tells that it was a binding of Scout's, which no application has seen. Tells whether an
    /// undo under way is to stop.
    pub(super) fn key(&mut self, key: Key, pressed: bool, is_own: bool) -> bool {
        if !pressed {
            self.held.remove(&key);
            return false;
        }
        // Bindings of Scout's are not remembered as held: their release may have been kept from us.
        let is_repeated = !is_own && !self.held.insert(key);
        if is_own || Modifier::of(key).is_some() {
            return false;
        }
        let is_combination =
            self.held.iter().any(|key| Modifier::of(*key).is_some_and(|modifier| modifier != Modifier::Shift));
        let is_first = self.combination.is_none() && !self.pressed;
        if is_combination && is_first {
            self.combination = Some(key);
        } else if !(is_repeated && self.combination == Some(key)) {
            self.pressed = true;
        } else {
            return false;
        }
        self.undoing
    }

    /// Something was clicked. Tells whether an undo under way is to stop.
    pub(super) fn click(&mut self, click: Click) -> bool {
        if click.elsewhere {
            self.clicked_elsewhere = self.clicked_elsewhere.saturating_add(1);
        } else {
            self.clicked = true;
        }
        self.undoing
    }

    /// Why it may not be taken back; `None` if it may. `hears_everything` tells whether silence means that the user did nothing.
    pub(super) fn refusal(&self, asked: Asked, hears_everything: bool) -> Option<UndoRefusal> {
        // A key of the desktop that runs `scout ctl undo` is still down when the command comes.
        let is_the_asking_one = |key: &Key| {
            asked == Asked::Command
                && (self.held.contains(key) || self.held.iter().any(|key| Modifier::of(*key).is_some()))
        };
        let clicks_allowed = if asked == Asked::Tray { CLICKS_OF_THE_TRAY } else { 0 };
        if self.there == There::No {
            Some(UndoRefusal::Nothing)
        } else if !hears_everything {
            Some(UndoRefusal::Unheard)
        } else if self.there == There::Perhaps {
            Some(UndoRefusal::Unconfirmed)
        } else if self.pressed || self.combination.as_ref().is_some_and(|key| !is_the_asking_one(key)) {
            Some(UndoRefusal::Pressed)
        } else if self.clicked || self.clicked_elsewhere > clicks_allowed {
            Some(UndoRefusal::Clicked)
        } else {
            None
        }
    }

    /// It is taken back now.
    pub(super) fn taken_back(&mut self) {
        self.there = There::No;
        self.undoing = true;
    }

    /// It is gone, or was not taken back; `is_there` tells that it is where it was, and can be taken back there.
    pub(super) fn undone(&mut self, is_there: bool) {
        self.undoing = false;
        if is_there {
            self.there = There::Yes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text that has just been delivered.
    fn delivered() -> LastText {
        let mut last = LastText::default();
        last.sent(false);
        last.delivered(&Ok(Outcome::Typed));
        last
    }

    /// Presses (`+A`) and releases (`-A`) keys, clicks into the window (`click`) or into another program's (`elsewhere`), and
    /// Scout's own bindings (`+own:F9`). Tells whether an undo under way is to stop.
    fn act(last: &mut LastText, deeds: &str) -> bool {
        let mut stops = false;
        for deed in deeds.split_whitespace() {
            stops |= match deed {
                "click" => last.click(Click { elsewhere: false }),
                "elsewhere" => last.click(Click { elsewhere: true }),
                key => {
                    let (direction, key) = key.split_at(1);
                    let (key, is_own) = key.strip_prefix("own:").map_or((key, false), |key| (key, true));
                    last.key(key.parse().unwrap(), direction == "+", is_own)
                }
            };
        }
        stops
    }

    #[test]
    fn a_text_is_taken_back_only_while_the_user_has_done_nothing_else() {
        use Asked::{Command, Dictation, Tray};
        use UndoRefusal::{Clicked, Pressed};
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
        assert_eq!(delivered().refusal(Asked::Command, false), Some(UndoRefusal::Unheard));
        assert_eq!(LastText::default().refusal(Asked::Command, false), Some(UndoRefusal::Nothing));
    }

    #[test]
    fn a_text_that_may_not_have_arrived_is_not_taken_back() {
        let mut last = delivered();
        last.delivered(&Ok(Outcome::Unconfirmed));
        assert_eq!(last.refusal(Asked::Command, true), Some(UndoRefusal::Unconfirmed));
        assert_eq!(last.refusal(Asked::Command, false), Some(UndoRefusal::Unheard));
    }

    #[test]
    fn what_is_done_before_the_receipt_counts() {
        let mut last = LastText::default();
        last.sent(false);
        act(&mut last, "+A -A");
        last.delivered(&Ok(Outcome::Pasted));
        assert_eq!(last.refusal(Asked::Command, true), Some(UndoRefusal::Pressed));
        // The next text is a new one, unless it goes on with this.
        last.sent(true);
        last.delivered(&Ok(Outcome::Typed));
        assert_eq!(last.refusal(Asked::Command, true), Some(UndoRefusal::Pressed));
        last.sent(false);
        last.delivered(&Ok(Outcome::Typed));
        assert_eq!(last.refusal(Asked::Command, true), None);
    }

    #[test]
    fn a_key_that_is_down_while_the_text_goes_out_counts() {
        let mut last = LastText::default();
        act(&mut last, "+A");
        last.sent(false);
        last.delivered(&Ok(Outcome::Typed));
        act(&mut last, "-A");
        assert_eq!(last.refusal(Asked::Command, true), Some(UndoRefusal::Pressed));
    }

    #[test]
    fn it_is_taken_back_once_and_what_the_user_does_meanwhile_stops_that() {
        let mut last = delivered();
        last.taken_back();
        assert_eq!(last.refusal(Asked::Command, true), Some(UndoRefusal::Nothing));
        assert!(!act(&mut last, "+own:F9 -F9 +ShiftLeft -ShiftLeft"));
        assert!(act(&mut last, "+A"));
        last.undone(false);
        assert!(!act(&mut last, "-A +A"));
        assert_eq!(last.refusal(Asked::Command, true), Some(UndoRefusal::Nothing));
    }
}
