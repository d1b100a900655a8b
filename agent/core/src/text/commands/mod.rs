//! Spoken commands and spoken punctuation.
//!
//! A command is recognised only where it stands alone: everything between two sentence ends or pauses is one, or a row of
//! them. "He asked for a new line of products" holds no command, whatever the words. Commands change the text around them
//! (a comma takes the place of the full stop that the model wrote for the pause) and may cut it into pieces, with a key
//! press in between.

mod builder;
mod english;
mod french;
mod german;
mod recognise;
mod spanish;

use scout_desktop::{Chord, Key};

use super::Step;
use super::clauses::clauses;
use crate::config::language::Language;
use crate::config::lists::UserCommand;

use builder::Builder;
use recognise::recognise;

/// What the commands of a language mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A sign, which is written.
    Sign(Sign),
    /// A line break.
    NewLine,
    /// A line break and an empty line.
    NewParagraph,
    /// Takes back what was said.
    Scratch,
    /// Presses a key.
    Press(&'static str),
    /// Ends listening.
    StopListening,
}

/// A sign and how it stands among words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    /// The sign.
    pub text: &'static str,
    /// How it stands.
    pub side: Side,
}

/// How a sign stands among words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// It ends a sentence, right behind the word before it.
    Ends,
    /// Right behind the word before it.
    Left,
    /// Right before the word behind it.
    Right,
    /// Between two words without a space.
    Tight,
    /// Between two words with a space on both sides.
    Apart,
}

/// The commands of one language.
pub(super) struct Phrases {
    /// Every command, as it is said, in small letters.
    pub commands: &'static [(&'static str, Meaning)],
    /// The word before a command that has it written out.
    pub literally: &'static str,
    /// Words after which no clause ends: a pause behind one of them is a hesitation.
    pub dangling: &'static [&'static str],
    /// Words with which no clause begins that follows a command: the pause before one is a hesitation.
    pub continuing: &'static [&'static str],
}

pub(super) const fn ends(text: &'static str) -> Meaning {
    Meaning::Sign(Sign { text, side: Side::Ends })
}

pub(super) const fn left(text: &'static str) -> Meaning {
    Meaning::Sign(Sign { text, side: Side::Left })
}

pub(super) const fn right(text: &'static str) -> Meaning {
    Meaning::Sign(Sign { text, side: Side::Right })
}

pub(super) const fn tight(text: &'static str) -> Meaning {
    Meaning::Sign(Sign { text, side: Side::Tight })
}

pub(super) const fn apart(text: &'static str) -> Meaning {
    Meaning::Sign(Sign { text, side: Side::Apart })
}

/// The commands of a language; `None` where Scout knows none. A language that is not known is taken for English.
fn phrases(language: Language) -> Option<&'static Phrases> {
    match language {
        Language::Auto | Language::Among(_) | Language::Code("en") => Some(&english::PHRASES),
        Language::Code("de") => Some(&german::PHRASES),
        Language::Code("fr") => Some(&french::PHRASES),
        Language::Code("es") => Some(&spanish::PHRASES),
        Language::Code(_) => None,
    }
}

/// Which commands are heeded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heeded<'c> {
    /// Commands that do something.
    pub commands: bool,
    /// Commands that write a sign.
    pub punctuation: bool,
    /// The user's own, which belong to the former.
    pub own: &'c [UserCommand],
}

/// Carries out the commands in a text with [pauses](super::clauses::PAUSE). A text without any comes back as it is.
pub(super) fn carry_out(text: &str, heeded: Heeded<'_>, language: Language) -> Vec<Step> {
    let all = clauses(text);
    let recognised: Vec<_> =
        (0..all.len()).map(|place| recognise(text, &all, place, heeded, phrases(language))).collect();
    if recognised.iter().all(Option::is_none) {
        return vec![Step::Text(text.to_owned())];
    }
    let mut builder = Builder::new(language);
    for (clause, found) in all.iter().zip(recognised) {
        match found {
            None => builder.prose(&text[clause.whole.clone()]),
            Some(said) => builder.command(said),
        }
    }
    builder.finish()
}

/// A key by its name, alone.
pub(super) fn key(name: &'static str) -> Chord {
    Chord { modifiers: std::collections::BTreeSet::new(), key: Key::Named(name) }
}

#[cfg(test)]
pub(super) mod tests;
