//! Puts a text together again from its prose and its commands.

use super::recognise::Said;
use super::{Meaning, Side, Sign, key};
use crate::config::language::Language;
use crate::config::lists::UserAction;
use crate::text::Step;
use crate::text::casing::{capital, small_starter};
use crate::text::clauses::PAUSE;

/// What the next piece of prose has to do with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// It follows as it stands.
    AsItStands,
    /// A space goes between.
    Space,
    /// Nothing goes between.
    Tight,
}

/// The first letter of the next piece of prose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letter {
    AsItStands,
    /// The sentence goes on.
    Small,
    /// A sentence begins.
    Capital,
}

/// A text under construction.
pub(super) struct Builder {
    language: Language,
    steps: Vec<Step>,
    text: String,
    /// The spaces behind the last prose, which belong to what follows it if that is prose too.
    blank: String,
    joint: Joint,
    letter: Letter,
    /// The text ends with a sign that was asked for, not with one that the model wrote for a break.
    signed: bool,
}

impl Builder {
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            steps: Vec::new(),
            text: String::new(),
            blank: String::new(),
            joint: Joint::AsItStands,
            letter: Letter::AsItStands,
            signed: false,
        }
    }

    /// Adds prose.
    pub(super) fn prose(&mut self, prose: &str) {
        let blank = std::mem::take(&mut self.blank);
        let prose = if self.joint == Joint::AsItStands {
            self.text.push_str(&blank);
            prose
        } else {
            prose.trim_start_matches(is_blank)
        };
        let kept = prose.trim_end_matches(is_blank);
        prose[kept.len()..].clone_into(&mut self.blank);
        let prose = kept;
        let apart = self.text.is_empty() || self.text.ends_with(char::is_whitespace);
        if self.joint == Joint::Space && !apart && !prose.is_empty() {
            self.text.push(' ');
        }
        match self.letter {
            Letter::AsItStands => self.text.push_str(prose),
            Letter::Small => self.text.push_str(&small_starter(prose, self.language)),
            Letter::Capital => self.text.push_str(&capital(prose, self.language)),
        }
        (self.joint, self.letter, self.signed) = (Joint::AsItStands, Letter::AsItStands, false);
    }

    /// Carries out what a clause asks for.
    pub(super) fn command(&mut self, said: Said<'_>) {
        match said {
            Said::Literally(words) => {
                let capital = self.text.trim_end_matches(is_blank).ends_with(['.', '?', '!']) || self.text.is_empty();
                if capital && self.letter == Letter::AsItStands {
                    self.letter = Letter::Capital;
                }
                self.prose(words);
            }
            Said::Own(UserAction::Insert(text)) => {
                self.prose(text);
                self.text.push_str(&std::mem::take(&mut self.blank));
                self.joint = Joint::Space;
            }
            Said::Own(UserAction::Press(chords)) => {
                for chord in chords {
                    self.act(Step::Press(chord.clone()));
                }
            }
            Said::Own(UserAction::Run(arguments)) => self.act(Step::Run(arguments.clone())),
            Said::Commands(commands) => {
                for command in commands {
                    self.carry_out(command);
                }
            }
        }
    }

    fn carry_out(&mut self, command: Meaning) {
        self.blank.clear();
        match command {
            Meaning::Sign(sign) => self.sign(sign),
            Meaning::NewLine => self.line_break("\n"),
            Meaning::NewParagraph => self.line_break("\n\n"),
            Meaning::Press(name) => self.act(Step::Press(key(name))),
            Meaning::StopListening => self.act(Step::StopListening),
            Meaning::Scratch => self.scratch(),
        }
    }

    fn sign(&mut self, sign: Sign) {
        match sign.side {
            Side::Ends => {
                self.drop_model_s_stop();
                // The model may have heard it, and written it already.
                if !self.text.ends_with(sign.text.trim_start()) {
                    self.text.push_str(sign.text);
                }
                (self.joint, self.letter) = (Joint::Space, Letter::Capital);
            }
            Side::Left => {
                let stopped = self.drop_model_s_stop();
                if !self.text.ends_with(sign.text.trim_start()) {
                    self.text.push_str(sign.text);
                }
                self.joint = Joint::Space;
                self.letter = if stopped { Letter::Small } else { Letter::AsItStands };
            }
            Side::Right => {
                // What is opened stands where the model heard a break: the stop before it stays if a sentence ended.
                self.drop_model_s_comma();
                self.space_if_needed();
                self.text.push_str(sign.text);
                self.joint = Joint::Tight;
            }
            Side::Tight => {
                let stopped = self.drop_model_s_stop();
                self.text.push_str(sign.text);
                self.joint = Joint::Tight;
                self.letter = if stopped { Letter::Small } else { Letter::AsItStands };
            }
            Side::Apart => {
                let stopped = self.drop_model_s_stop();
                self.space_if_needed();
                self.text.push_str(sign.text);
                self.joint = Joint::Space;
                self.letter = if stopped { Letter::Small } else { Letter::AsItStands };
            }
        }
        self.signed = true;
    }

    fn line_break(&mut self, lines: &str) {
        self.drop_model_s_comma();
        self.text.push_str(lines);
        (self.joint, self.letter, self.signed) = (Joint::Tight, Letter::Capital, true);
    }

    /// What was said so far is not to be; without anything, what was said before is not.
    fn scratch(&mut self) {
        let said = self.text.chars().any(|character| !is_blank(character))
            || self.steps.iter().any(|step| !matches!(step, Step::UndoLast));
        if said {
            self.text.clear();
            // An undo that was asked for before that stays asked for.
            self.steps.retain(|step| matches!(step, Step::UndoLast));
        } else if !self.steps.contains(&Step::UndoLast) {
            // A second time would take back what the user did not mean.
            self.act(Step::UndoLast);
        }
        (self.joint, self.letter) = (Joint::Tight, Letter::AsItStands);
    }

    fn act(&mut self, step: Step) {
        self.blank.clear();
        self.drop_model_s_comma();
        self.flush();
        self.steps.push(step);
        (self.joint, self.letter) = (Joint::Tight, Letter::AsItStands);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.steps.push(Step::Text(std::mem::take(&mut self.text)));
        }
    }

    /// The model writes a comma for the pause before a command.
    fn drop_model_s_comma(&mut self) {
        if self.text.ends_with(',') && !self.signed {
            self.text.pop();
        }
    }

    fn space_if_needed(&mut self) {
        let last = self.text.chars().next_back();
        if last.is_some_and(|last| !last.is_whitespace() && !matches!(last, '(' | '[' | '{' | '“' | '„' | '«' | '‘'))
        {
            self.text.push(' ');
        }
    }

    /// The model ends with a full stop or a comma where it heard the break before a command. Tells whether a stop went.
    fn drop_model_s_stop(&mut self) -> bool {
        let is_stop = self.text.ends_with(['.', ',']) && !self.text.ends_with("..") && !self.signed;
        let stopped = self.text.ends_with('.') && is_stop;
        if is_stop {
            self.text.pop();
        }
        stopped
    }

    pub(super) fn finish(mut self) -> Vec<Step> {
        let blank = std::mem::take(&mut self.blank);
        self.text.push_str(&blank);
        self.flush();
        self.steps
    }
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == PAUSE
}
