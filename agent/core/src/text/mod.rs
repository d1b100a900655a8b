//! From raw transcript to the text to deliver: a chain of small pure stages, in a fixed order.
//!
//! Each stage is one file with its table of examples. With every stage off, the text stays as it was. Spoken commands may cut
//! the text into pieces with something to do in between; the stages after that one see each piece by itself.

pub mod artefacts;
pub mod casing;
mod clauses;
mod commands;
pub mod formatters;
pub mod full_stop;
pub mod live;
pub mod newline;
pub mod number_words;
pub mod numbers;
pub mod pauses;
pub mod replacements;
pub mod rewrite;
pub mod spacing;
mod step;
pub mod units;
pub mod vocabulary;
pub mod words;

use std::sync::Arc;

use crate::config::language::Language;
use crate::config::schema::{FirstLetter, FullStop, Newline, Numbers};
use crate::profile::Settings;

pub use step::Step;
pub use vocabulary::Vocabulary;

/// What is known beside the words themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// The language they are in, as it was set or found out.
    pub language: Language,
    /// Where in the raw text the speaker paused, in bytes.
    pub pauses: Vec<usize>,
    /// The end of the text before the place where this one goes. `None` when nothing is known of it.
    pub before: Option<String>,
    /// Whether the end of that text tells if its sentence is over: see [`ends_as_prose`].
    pub before_is_prose: bool,
    /// Whether the full stop of that text was left out, so that a sentence after it needs one: see
    /// [`Composition::lacks_stop`].
    pub before_lacks_stop: bool,
    /// The words that are expected.
    pub vocabulary: Arc<Vocabulary>,
}

/// The text to deliver, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composition {
    /// All text that is to be delivered. Empty when nothing was said, or nothing but commands.
    pub text: String,
    /// What is to be done, in this order: the text, and what commands ask for.
    pub steps: Vec<Step>,
    /// Whether the text's last sentence has no full stop, and no space after it, only because it was the only one:
    /// [`FullStop::Auto`].
    pub lacks_stop: bool,
    /// What the model wrote.
    pub raw: String,
    /// What the text was after each stage that ran, in their order.
    pub stages: Vec<Stage>,
}

/// What a stage did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The stage's name.
    pub name: &'static str,
    /// The text after it; what commands ask for is told in brackets.
    pub text: String,
}

/// Runs the stages that the settings turn on.
///
/// Commands come first, while sentences and pauses are as they were spoken; words become right before they are replaced and
/// formatted; casing and the full stop come before spacing, since they look at the ends of the text; line breaks come last,
/// since they say how the finished text is entered.
pub fn compose(raw: &str, settings: &Settings, context: &Context) -> Composition {
    let text = &settings.text;
    let heeded = commands::Heeded { commands: text.commands, punctuation: text.punctuation, own: &settings.commands };
    let pausing = text.commands || text.punctuation || text.formatters;
    let start = if pausing { clauses::mark(raw, &context.pauses) } else { raw.to_owned() };
    let mut chain = Chain { steps: vec![Step::Text(start)], stages: Vec::new(), lacks_stop: false };

    chain.each(text.clean, "artefacts", artefacts::clean);
    if text.commands || text.punctuation {
        let said = chain.steps.iter().filter_map(Step::text).collect::<String>();
        chain.steps = commands::carry_out(&said, heeded, context.language);
        chain.note("commands");
    }
    let english = matches!(context.language, Language::Auto | Language::Among(_) | Language::Code("en"));
    chain.each(text.numbers == Numbers::Digits && english, "numbers", numbers::as_digits);
    chain.each(text.units && english, "units", units::as_signs);
    let vocabulary = &context.vocabulary;
    chain.each(settings.vocabulary.correct && !vocabulary.is_empty(), "vocabulary", |words| vocabulary.correct(words));
    let replacements = &settings.replacements;
    chain.each(!replacements.is_empty(), "replacements", |words| replacements::replace(words, replacements));
    chain.each(text.formatters && english, "formatters", formatters::format);
    if pausing {
        // Nothing after this asks for pauses.
        chain.map(|_, words| clauses::unmarked(words));
    }
    let before = context.before.as_deref();
    chain.each_placed(text.first_letter != FirstLetter::Keep, "casing", |place, words| {
        let sentence = before.filter(|_| place.first && context.before_is_prose);
        casing::first_letter(words, text.first_letter, sentence, context.language)
    });
    let follows = text.full_stop == FullStop::Auto && context.before_lacks_stop && chain.begins_a_sentence();
    match text.full_stop {
        FullStop::Auto if !follows => chain.leave_out_single_stop(),
        FullStop::Drop => chain.each(true, "full stop", full_stop::drop_last),
        // Where two sentences stand, both keep theirs.
        FullStop::Keep | FullStop::Auto => {}
    }
    chain.each_placed(follows, "full stop before", |place, words| {
        if place.first {
            full_stop::begin_with_stop(&casing::capital(words, context.language))
        } else {
            words.to_owned()
        }
    });
    chain.finish(settings, context);
    Composition {
        text: step::text_of(&chain.steps),
        steps: chain.steps,
        lacks_stop: chain.lacks_stop,
        raw: raw.to_owned(),
        stages: chain.stages,
    }
}

/// Whether the end of what is composed of `raw` tells if its sentence is over: not where the profile has left a full stop out,
/// nor where it writes in small letters, as that of a terminal does.
pub fn ends_as_prose(raw: &str, settings: &Settings) -> bool {
    let is_sentence = raw.trim_end().ends_with(['.', '。', '．', '।']);
    settings.text.first_letter != FirstLetter::Lower && (settings.text.full_stop == FullStop::Keep || !is_sentence)
}

/// Whether all that was said asks Scout to stop listening, whatever commands the settings heed.
pub fn asks_to_stop(raw: &str, language: Language) -> bool {
    let heeded = commands::Heeded { commands: true, punctuation: false, own: &[] };
    commands::carry_out(raw, heeded, language) == [Step::StopListening]
}

/// Puts `answer`, what a language model made of the text, in the place of the composition's only text.
pub fn rewritten(composition: Composition, answer: &str, settings: &Settings, context: &Context) -> Composition {
    let mut chain = Chain { steps: composition.steps, stages: composition.stages, lacks_stop: false };
    chain.map(|_, _| answer.to_owned());
    chain.note("rewriting");
    chain.finish(settings, context);
    Composition {
        text: step::text_of(&chain.steps),
        steps: chain.steps,
        lacks_stop: false,
        raw: composition.raw,
        stages: chain.stages,
    }
}

impl Composition {
    /// The text, if there is one and nothing else to do: all that a language model may rewrite. Without spaces at its ends.
    pub fn only_text(&self) -> Option<&str> {
        match self.steps.as_slice() {
            [Step::Text(text)] if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.text().is_some_and(|text| text.trim().is_empty()))
    }
}

/// A text on its way through the stages.
struct Chain {
    steps: Vec<Step>,
    stages: Vec<Stage>,
    /// See [`Composition::lacks_stop`].
    lacks_stop: bool,
}

/// Where among the steps a text stands.
#[derive(Clone, Copy)]
struct Placed {
    first: bool,
    last: bool,
}

impl Chain {
    fn each(&mut self, on: bool, name: &'static str, stage: impl Fn(&str) -> String) {
        self.each_placed(on, name, |_, text| stage(text));
    }

    fn each_placed(&mut self, on: bool, name: &'static str, stage: impl Fn(Placed, &str) -> String) {
        if on {
            self.map(stage);
            self.note(name);
        }
    }

    /// Whether a text comes first, and it begins with a word.
    fn begins_a_sentence(&self) -> bool {
        let text = self.steps.first().and_then(Step::text).unwrap_or_default();
        text.starts_with(|first: char| first.is_alphanumeric() || matches!(first, '“' | '„' | '«' | '"' | '¿' | '¡'))
    }

    /// Leaves out the full stop where all of the text is a single sentence.
    fn leave_out_single_stop(&mut self) {
        let last = |steps: &[Step]| steps.last().and_then(Step::text).map(str::to_owned);
        let before = last(&self.steps);
        self.each(true, "full stop", full_stop::drop_single);
        self.lacks_stop = last(&self.steps) != before;
    }

    fn map(&mut self, stage: impl Fn(Placed, &str) -> String) {
        let last = self.steps.len().saturating_sub(1);
        for (place, step) in self.steps.iter_mut().enumerate() {
            if let Step::Text(text) = step {
                *text = stage(Placed { first: place == 0, last: place == last }, text);
            }
        }
    }

    fn note(&mut self, name: &'static str) {
        let shown: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        self.stages.push(Stage { name, text: clauses::unmarked(&shown.concat()) });
    }

    /// The stages that say how the finished text is entered.
    fn finish(&mut self, settings: &Settings, context: &Context) {
        let text = &settings.text;
        let before = context.before.as_deref();
        // The full stop that was left out has its place right after the last word.
        let trailing_space = text.trailing_space && !self.lacks_stop;
        self.each_placed(text.joint_space || trailing_space, "spacing", |place, words| {
            let words = if text.joint_space && place.first {
                spacing::begin_with_space(words, before)
            } else {
                words.to_owned()
            };
            if trailing_space && place.last { spacing::end_with_space(&words) } else { words }
        });
        self.each(settings.delivery.newline == Newline::Space, "line breaks", newline::as_spaces);
    }
}

#[cfg(test)]
mod tests;
