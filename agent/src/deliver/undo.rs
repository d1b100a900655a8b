//! Taking the last delivered text back.

use scout_platform::{Chord, InjectError};
use unicode_segmentation::UnicodeSegmentation;

use super::focus::observe_now;
use super::hands::Hands;
use super::plan::{Focus, Guard, HoldReason, obstacle};

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
    /// The focus is not where the text is.
    Elsewhere(HoldReason),
    /// The keys could not be pressed.
    Failed {
        /// Why, with the remedy.
        reason: String,
    },
}

impl Hands {
    /// Removes the last text, if its window has the focus and nothing was delivered since. What was removed, or tried to be,
    /// cannot be removed again.
    pub(super) fn undo(&mut self) -> Undone {
        let Some(undoable) = &self.undoable else { return Undone::Nothing };
        let now = observe_now(self.desktop.as_ref(), &mut self.focus);
        if let Some(reason) = obstacle(Guard::Hold, &undoable.place, &now) {
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
        let mut keep_going =
            || obstacle(Guard::Hold, &place, &super::focus::observe(desktop.as_ref(), focus)).is_none();
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
