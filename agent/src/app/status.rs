//! What is shown of the session: pure functions from its state.

use scout_core::session::Stage;

use crate::control::State;

/// The state to show. Without a usable microphone or model the agent is *idle* only in name.
pub fn state(stage: Option<Stage>, is_broken: bool) -> State {
    match stage {
        None if is_broken => State::Error,
        None => State::Idle,
        Some(Stage::Opening | Stage::Listening) => State::Listening,
        Some(Stage::Tail | Stage::Transcribing) => State::Finishing,
        Some(Stage::Delivering) => State::Delivering,
    }
}

/// What does not work as it should, one sentence for each part, the newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warnings(Vec<(Part, String)>);

/// A part of Scout that may fail and be well again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The microphone.
    Microphone,
    /// The speech model.
    Model,
    /// The key.
    Key,
    /// The tray.
    Tray,
    /// The log.
    History,
    /// Where the key of the log lies.
    Keychain,
    /// Limits of the log that the user has not agreed to.
    Limits,
    /// The configuration.
    Configuration,
    /// The language model.
    Rewriting,
}

impl Warnings {
    /// This part fails, for this reason.
    pub fn set(&mut self, part: Part, warning: String) {
        self.clear(part);
        self.0.push((part, warning));
    }

    /// This part works.
    pub fn clear(&mut self, part: Part) {
        self.0.retain(|(other, _)| *other != part);
    }

    /// Whether something is said of this part.
    pub fn has(&self, part: Part) -> bool {
        self.0.iter().any(|(other, _)| *other == part)
    }

    /// Whether no dictation can succeed until something is done.
    pub fn are_fatal(&self) -> bool {
        self.0.iter().any(|(part, _)| matches!(part, Part::Microphone | Part::Model))
    }

    /// The sentences.
    pub fn sentences(&self) -> Vec<String> {
        self.0.iter().map(|(_, sentence)| sentence.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_works_again_is_not_warned_of() {
        let mut warnings = Warnings::default();
        warnings.set(Part::Tray, "no tray".into());
        warnings.set(Part::Model, "no model".into());
        warnings.set(Part::Tray, "no bus".into());
        assert_eq!(warnings.sentences(), ["no model", "no bus"]);
        assert!(warnings.are_fatal());
        warnings.clear(Part::Model);
        assert!(!warnings.are_fatal());
    }

    #[test]
    fn a_broken_agent_shows_it_only_while_it_is_idle() {
        assert_eq!(state(None, true), State::Error);
        assert_eq!(state(Some(Stage::Listening), true), State::Listening);
        assert_eq!(state(None, false), State::Idle);
    }
}
