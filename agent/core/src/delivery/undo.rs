//! What can be taken back, and how that ended.

use scout_desktop::{Obstacle, TextBefore};
use unicode_segmentation::UnicodeSegmentation;

use super::plan::Focus;

/// A text that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// Where it is.
    pub place: Focus,
    /// Exactly what was delivered there.
    pub text: String,
}

impl Undoable {
    /// Of a text that has just been delivered; `None` where it is not known where it went.
    pub fn of(text: &str, place: &Focus) -> Option<Self> {
        (!text.is_empty() && place.target().is_some()).then(|| Self { place: place.clone(), text: text.to_owned() })
    }

    /// How long it is, in characters as users count them: what the Backspace key removes at a time.
    pub fn graphemes(&self) -> usize {
        self.text.graphemes(true).count()
    }

    /// Why it is not certain that the Backspace key would remove this text and nothing else, from what stands before the
    /// cursor; `None` if it is. Fields swallow characters: line breaks, what is longer than they allow, what does not fit a
    /// mask. The key would then go on with the user's own words.
    pub fn doubt(&self, before: &TextBefore) -> Option<NotThere> {
        match before {
            TextBefore::Is(text) if written_alike(text).ends_with(&written_alike(&self.text)) => None,
            TextBefore::Is(_) | TextBefore::Marked => Some(NotThere::OtherText),
            TextBefore::Unknown => Some(NotThere::Unread),
        }
    }
}

/// A text with each line break and each space as the same character: applications keep several kinds of them.
fn written_alike(text: &str) -> String {
    let alike = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    alike.replace('\u{a0}', " ")
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
    /// Something else stands before the cursor.
    OtherText,
    /// The application does not tell what stands before the cursor.
    Unread,
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
            Self::OtherText => {
                "What is before the cursor is not the text as it was delivered: the field may have shortened or changed it. Remove it by hand"
            }
            Self::Unread => {
                "The application does not say what is before the cursor, so the Backspace key could remove your own words. Remove the text by hand, or switch accessibility on for the application (`docs/delivery.md` says how)"
            }
        })
    }
}

/// Why a text that was delivered at `place` is not certain to be where the focus is; `None` if it is.
pub fn missing(place: &Focus, now: &Focus) -> Option<NotThere> {
    match now {
        Focus::Locked => Some(NotThere::Locked),
        Focus::Unknown | Focus::Unanswered => Some(NotThere::Unknown),
        Focus::Nowhere => Some(NotThere::OtherWindow),
        Focus::In(_) if !place.is_same_window(now) => Some(NotThere::OtherWindow),
        Focus::In(_) => (!place.is_same_text(now)).then_some(NotThere::OtherTitle),
    }
}

#[cfg(test)]
mod tests {
    use scout_desktop::{Target, WindowId};

    use super::*;

    #[test]
    fn a_text_is_removed_only_if_it_stands_before_the_cursor_as_it_was_delivered() {
        use NotThere::{OtherText, Unread};
        let is = |text: &str| TextBefore::Is(text.to_owned());
        for (delivered, before, expected) in [
            ("One line. ", is("my own One line. "), None),
            ("One line. ", is("One line. "), None),
            ("One\nTwo", is("own One\r\nTwo"), None),
            ("One\n\nTwo", is("own One\u{2029}\u{2029}Two"), None),
            ("One line. ", is("One line.\u{a0}"), None),
            // It swallowed the line break, the end, letters, everything.
            ("One\nTwo", is("my own OneTwo"), Some(OtherText)),
            ("One line. ", is("my own One li"), Some(OtherText)),
            ("12a34", is("my own 1234"), Some(OtherText)),
            ("One line. ", is(""), Some(OtherText)),
            ("One line. ", TextBefore::Marked, Some(OtherText)),
            ("One line. ", TextBefore::Unknown, Some(Unread)),
        ] {
            let undoable = Undoable { place: Focus::Nowhere, text: delivered.to_owned() };
            assert_eq!(undoable.doubt(&before), expected, "{delivered:?} {before:?}");
        }
    }

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
