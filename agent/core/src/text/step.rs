//! What a dictation becomes: text, and what is to be done between its pieces.

use std::fmt;

use scout_desktop::Chord;

/// One thing to do for a dictation. They are done in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Deliver this text.
    Text(String),
    /// Press this chord.
    Press(Chord),
    /// Take back the text of the dictation before.
    UndoLast,
    /// End listening.
    StopListening,
    /// Start this program with these arguments, without a shell.
    Run(Vec<String>),
}

impl Step {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What is done, in words for the user; a text is shown as it is.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Press(chord) => write!(f, "[press {chord}]"),
            Self::UndoLast => f.write_str("[undo the last dictation]"),
            Self::StopListening => f.write_str("[stop listening]"),
            // Arguments may hold anything; the program is what matters.
            Self::Run(arguments) => write!(f, "[run {}]", arguments.first().map_or("", String::as_str)),
        }
    }
}

/// All text of the steps.
pub(crate) fn text_of(steps: &[Step]) -> String {
    steps.iter().filter_map(Step::text).collect()
}
