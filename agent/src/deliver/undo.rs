//! Taking the last delivered text back.

use std::sync::atomic::{AtomicBool, Ordering};

use scout_platform::{Chord, InjectError, Obstacle};
use unicode_segmentation::UnicodeSegmentation;

use super::focus::observe_now;
use super::hands::Hands;
use super::plan::Focus;

/// A text that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undoable {
    /// Where it is.
    place: Focus,
    /// How long it is, in characters as users count them: what the Backspace key removes at a time.
    graphemes: usize,
}

impl Undoable {
    /// Of a text that has just been delivered; `None` where it is not known where it went.
    pub(super) fn of(text: &str, place: &Focus) -> Option<Self> {
        let graphemes = text.graphemes(true).count();
        (graphemes > 0 && place.target().is_some()).then(|| Self { place: place.clone(), graphemes })
    }
}

/// What became of a request to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// The text is gone, or the part of it before the user moved the focus.
    Removed {
        /// How many characters were removed, as users count them.
        graphemes: usize,
    },
    /// Nothing was delivered, or something else happened since.
    Nothing,
    /// The focus is not where the text is, or is not certain to be.
    Elsewhere(NotThere),
    /// The user did something before it began.
    Disturbed,
    /// The keys could not be pressed.
    Failed {
        /// Why, with the remedy.
        reason: String,
    },
}

/// Why a text is not before the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotThere {
    /// Another window has the focus, or none.
    OtherWindow,
    /// The window has another title: another tab or file.
    OtherTitle,
    /// The screen is locked.
    Locked,
    /// Another program has grabbed the keyboard.
    KeyboardTaken,
    /// A modifier, a lock or the layout keeps changing.
    KeyboardUnsteady,
    /// Another program has bound the key that removes the text.
    KeyBound,
    /// The desktop does not tell which window has the focus.
    Unknown,
}

impl From<Obstacle> for NotThere {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::FocusElsewhere => Self::OtherWindow,
            Obstacle::KeyboardTaken => Self::KeyboardTaken,
            Obstacle::KeyboardUnsteady => Self::KeyboardUnsteady,
            Obstacle::KeyBound => Self::KeyBound,
        }
    }
}

impl std::fmt::Display for NotThere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OtherWindow => "The window that the text is in does not have the focus",
            Self::OtherTitle => {
                "The window has another title than when the text was delivered, so it may show something else"
            }
            Self::Locked => "The screen is locked",
            Self::KeyboardTaken => "Another program has taken the keyboard",
            Self::KeyboardUnsteady => "A modifier, a lock or the layout of the keyboard keeps changing",
            Self::KeyBound => "Another program has bound the Backspace key",
            Self::Unknown => "The desktop does not say which window has the focus",
        })
    }
}

/// Why a text that was delivered at `place` is not certain to be where the focus is; `None` if it is.
fn missing(place: &Focus, now: &Focus) -> Option<NotThere> {
    match now {
        Focus::Locked => Some(NotThere::Locked),
        Focus::Unknown | Focus::Unanswered => Some(NotThere::Unknown),
        Focus::Nowhere => Some(NotThere::OtherWindow),
        Focus::In(_) if !place.is_same_window(now) => Some(NotThere::OtherWindow),
        Focus::In(_) => (!place.is_same_text(now)).then_some(NotThere::OtherTitle),
    }
}

impl Hands {
    /// Removes the last text, if it is certain to be before the cursor: its window has the focus and shows the same, nothing
    /// was delivered since, and the user does nothing meanwhile, which sets `disturbed`. What was removed, or tried to be,
    /// cannot be removed again.
    pub(super) fn undo(&mut self, disturbed: &AtomicBool) -> Undone {
        let Some(undoable) = &self.undoable else { return Undone::Nothing };
        if disturbed.load(Ordering::Relaxed) {
            return Undone::Disturbed;
        }
        let now = observe_now(self.desktop.as_ref(), &mut self.focus);
        if let Some(reason) = missing(&undoable.place, &now) {
            return Undone::Elsewhere(reason);
        }
        let graphemes = undoable.graphemes;
        let place = undoable.place.clone();
        self.undoable = None;
        if let Err(error) = self.injector() {
            return Undone::Failed { reason: error.to_string() };
        }
        let Self { desktop, injector: Some(injector), focus, .. } = self else { return Undone::Nothing };
        let backspace = Chord { modifiers: [].into(), key: scout_platform::Key::Named("Backspace") };
        let mut keep_going = || {
            !disturbed.load(Ordering::Relaxed)
                && missing(&place, &super::focus::observe(desktop.as_ref(), focus)).is_none()
        };
        let pressed = injector
            .await_release(MODIFIER_WAIT, &mut keep_going)
            .and_then(|_| injector.press_repeatedly(&backspace, graphemes, &mut keep_going));
        match pressed {
            Ok(graphemes) => Undone::Removed { graphemes },
            // Nothing was removed.
            Err(InjectError::NotReached(obstacle)) => {
                self.undoable = Some(Undoable { place, graphemes });
                Undone::Elsewhere(obstacle.into())
            }
            Err(error) => {
                self.injector = None;
                Undone::Failed { reason: error.to_string() }
            }
        }
    }
}

/// How long the keys of the binding that asks for it are waited for.
const MODIFIER_WAIT: std::time::Duration = std::time::Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use scout_platform::{Target, WindowId};

    use super::*;

    #[test]
    fn a_text_is_there_only_where_its_window_shows_the_same() {
        let window = |id, title: &str| {
            Focus::In(Target { window: Some(WindowId(id)), title: Some(title.into()), ..Target::default() })
        };
        let place = window(1, "notes.txt");
        for (now, expected) in [
            (window(1, "notes.txt"), None),
            (window(1, "*notes.txt"), None),
            (window(1, "letter.txt"), Some(NotThere::OtherTitle)),
            (window(2, "notes.txt"), Some(NotThere::OtherWindow)),
            (Focus::Nowhere, Some(NotThere::OtherWindow)),
            (Focus::Locked, Some(NotThere::Locked)),
            (Focus::Unknown, Some(NotThere::Unknown)),
        ] {
            assert_eq!(missing(&place, &now), expected, "{now:?}");
        }
    }
}
