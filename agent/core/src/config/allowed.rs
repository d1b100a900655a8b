//! What the value of an option may be: checked, told, and guessed at.

use regex::Regex;
use scout_desktop::{Chord, keys};
use toml::de::DeValue;

use super::help::Help;
use super::language::{LANGUAGES, Language};

/// How "no key" is written: TOML has no word for nothing, and an option that is left out keeps its default.
pub const NO_CHORD: &str = "none";

/// One of the values of an option that has a few named ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// How it is written.
    pub name: &'static str,
    /// What a settings window calls it.
    pub title: &'static str,
    /// What it means.
    pub help: Help,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nothing: a plain number.
    None,
    /// Milliseconds.
    Milliseconds,
    /// Minutes.
    Minutes,
    /// Days.
    Days,
    /// Hundredths.
    Percent,
}

impl Unit {
    /// The unit as it follows "a whole number".
    pub fn describe(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Milliseconds => " of milliseconds",
            Self::Minutes => " of minutes",
            Self::Days => " of days",
            Self::Percent => " of percent",
        }
    }
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// `true` or `false`.
    Switch,
    /// A whole number within bounds.
    Whole {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
        /// What it counts.
        unit: Unit,
    },
    /// One of a few words.
    OneOf(&'static [Choice]),
    /// Any text but the empty one.
    Text {
        /// What one would write.
        example: &'static str,
    },
    /// A key or chord.
    Chord,
    /// A key, a chord, or `none`.
    ChordOrNone,
    /// A language's code, several of them, or `auto`.
    Language,
    /// One name or a list of names, in which `*` stands for anything.
    Names {
        /// What one would write.
        example: &'static str,
    },
    /// A regular expression.
    Pattern,
    /// A list of words or names, which may be empty.
    Words {
        /// What one would write.
        example: &'static str,
    },
    /// Any text at all.
    Verbatim,
    /// One key or chord, or a list of them.
    Chords,
    /// A program and its arguments.
    Program,
    /// The address of a server.
    Url,
}

/// A number within bounds.
pub const fn whole(min: u32, max: u32, unit: Unit) -> Allowed {
    Allowed::Whole { min, max, unit }
}

/// A number of milliseconds. The upper ends of times are far beyond what is useful; they catch a time that was meant in
/// another unit.
pub const fn millis(min: u32, max: u32) -> Allowed {
    whole(min, max, Unit::Milliseconds)
}

impl Allowed {
    /// Whether an option may have this value.
    pub fn accepts(self, value: &DeValue<'_>) -> bool {
        match self {
            Self::Switch => value.is_bool(),
            Self::Whole { min, max, .. } => whole_number(value).is_some_and(|number| (min..=max).contains(&number)),
            Self::OneOf(choices) => value.as_str().is_some_and(|text| choices.iter().any(|choice| choice.name == text)),
            Self::Text { .. } => value.as_str().is_some_and(|text| !text.trim().is_empty()),
            Self::Chord => value.as_str().is_some_and(is_chord),
            Self::ChordOrNone => value.as_str().is_some_and(|text| text == NO_CHORD || is_chord(text)),
            Self::Language => value.as_str().is_some_and(|text| text.parse::<Language>().is_ok()),
            Self::Names { .. } => names(value),
            Self::Pattern => value.as_str().is_some_and(|text| !text.is_empty() && Regex::new(text).is_ok()),
            Self::Words { .. } => value.as_array().is_some_and(|list| list.iter().all(|item| is_named(item.get_ref()))),
            Self::Verbatim => value.as_str().is_some(),
            Self::Url => value.as_str().is_some_and(is_url),
            Self::Chords => value.as_str().is_some_and(is_chord) || chords(value),
            Self::Program => value.as_array().is_some_and(|list| {
                list.first().is_some_and(|program| is_named(program.get_ref()))
                    && list.iter().all(|item| item.get_ref().as_str().is_some())
            }),
        }
    }

    /// What is allowed, as it follows "use".
    pub fn describe(self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Whole { min, max, unit } => format!("a whole number{} from {min} to {max}", unit.describe()),
            Self::OneOf(choices) => list(choices.iter().map(|choice| quoted(choice.name)), "or"),
            Self::Text { example } | Self::Names { example } | Self::Words { example } => example.to_owned(),
            Self::Url => {
                "an address that begins with http:// or https://, such as \"http://127.0.0.1:11434/v1\"".to_owned()
            }
            Self::Verbatim => "text in quotation marks".to_owned(),
            Self::Chords => format!("{CHORD}, or a list of them"),
            Self::Program => "a program and its arguments, such as [\"notify-send\", \"Hello\"]".to_owned(),
            Self::Chord => CHORD.to_owned(),
            Self::ChordOrNone => format!("{CHORD}, or \"{NO_CHORD}\""),
            Self::Language => {
                "a language's code such as \"en\", \"de\" or \"fr\", several as in \"en, de\", or \"auto\"".to_owned()
            }
            Self::Pattern => "a regular expression in single quotes, such as '(?i)inbox'".to_owned(),
        }
    }

    /// What the user may have meant by a value that is not allowed, as they would have to write it.
    pub fn meant(self, value: &DeValue<'_>) -> Option<String> {
        let Some(text) = value.as_str() else {
            return self.meant_without_quotes(value);
        };
        let word = text.trim();
        match self {
            Self::Switch => meant_switch(word).map(str::to_owned),
            Self::Whole { min, max, .. } => {
                let number: u32 = word.trim_end_matches("ms").trim_end().parse().ok()?;
                (min..=max).contains(&number).then(|| number.to_string())
            }
            Self::OneOf(choices) => nearest(word, choices.iter().map(|choice| choice.name)).map(quoted),
            Self::Chord | Self::ChordOrNone => meant_chord(word).map(|chord| quoted(&chord)),
            Self::Language => meant_language(word).map(quoted),
            Self::Chords => meant_chord(word).map(|chord| quoted(&chord)),
            Self::Words { .. } => (!word.is_empty()).then(|| format!("[{}]", quoted(word))),
            Self::Program => {
                let arguments: Vec<String> = word.split_whitespace().map(quoted).collect();
                (!arguments.is_empty()).then(|| format!("[{}]", arguments.join(", ")))
            }
            Self::Text { .. } | Self::Names { .. } | Self::Pattern | Self::Verbatim | Self::Url => None,
        }
    }

    /// For values that are no text: those that only lack their quotation marks.
    fn meant_without_quotes(self, value: &DeValue<'_>) -> Option<String> {
        let text = match value {
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(switch) => switch.to_string(),
            _ => return None,
        };
        let with_quotes = DeValue::String(text.as_str().into());
        (!matches!(self, Self::Text { .. } | Self::Verbatim) && self.accepts(&with_quotes)).then(|| quoted(&text))
    }

    /// The TOML for a value that was given as plain text, on a command line or in a menu: quotation marks are added
    /// where they are needed.
    pub fn toml_of(self, text: &str) -> String {
        match self {
            Self::Switch | Self::Whole { .. } => match text.parse::<toml_edit::Value>() {
                Ok(value) => value.to_string(),
                Err(_) => toml_edit::Value::from(text).to_string(),
            },
            Self::Words { .. } | Self::Program => {
                let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
                words.collect::<toml_edit::Array>().to_string()
            }
            _ => toml_edit::Value::from(text).to_string(),
        }
    }
}

const CHORD: &str = "a key, or modifiers and a key, such as \"F9\", \"ControlRight\" or \"ctrl+alt+Space\"";

fn whole_number(value: &DeValue<'_>) -> Option<u32> {
    let number = value.as_integer()?;
    u32::from_str_radix(number.as_str(), number.radix()).ok()
}

fn is_chord(text: &str) -> bool {
    text.parse::<Chord>().is_ok()
}

fn names(value: &DeValue<'_>) -> bool {
    is_named(value)
        || value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(|item| is_named(item.get_ref())))
}

fn is_named(value: &DeValue<'_>) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn chords(value: &DeValue<'_>) -> bool {
    value
        .as_array()
        .is_some_and(|list| !list.is_empty() && list.iter().all(|item| item.get_ref().as_str().is_some_and(is_chord)))
}

/// A scheme, then a host; the server itself says whether the rest is right.
fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    host.is_some_and(|host| {
        !host.is_empty() && !host.starts_with(['/', ':'])
            // An `@` or a backslash hides which host is meant.
            && !text.contains(|character: char| character.is_whitespace() || matches!(character, '@' | '\\'))
    })
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn meant_switch(word: &str) -> Option<&'static str> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some("true"),
        "false" | "no" | "off" | "0" => Some("false"),
        _ => None,
    }
}

/// Mends each part of a chord on its own.
fn meant_chord(text: &str) -> Option<String> {
    const MODIFIERS: [&str; 4] = ["ctrl", "shift", "alt", "super"];
    let words: Vec<&str> = text.split(['+', '-', ' ']).map(str::trim).filter(|word| !word.is_empty()).collect();
    let (last, before) = words.split_last()?;
    let mut parts = Vec::new();
    for word in before {
        parts.push(nearest(word, MODIFIERS)?);
    }
    parts.push(nearest(last, keys::NAMES.iter().copied())?);
    let chord = parts.join("+");
    is_chord(&chord).then_some(chord)
}

fn meant_language(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let code = lower.split(['-', '_']).next().unwrap_or(&lower);
    LANGUAGES.iter().find(|(known, name)| *known == code || *name == lower).map(|(known, _)| *known).or_else(|| {
        let name = nearest(&lower, LANGUAGES.iter().map(|(_, name)| *name))?;
        LANGUAGES.iter().find(|(_, known)| *known == name).map(|(code, _)| *code)
    })
}

/// The candidate that a misspelt word most likely was, if any is near enough to name.
///
/// Near enough is at most a third of the word's letters wrong, but at least one: `cord` finds `chord`, `hold` does not
/// find `toggle`. Swapped neighbours count as one wrong letter, and so does all that a word lacks or has too much at
/// its end: `mic` finds `microphone`, `warning` finds `warn`.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(word: &str, candidate: &str) -> usize {
    /// A shorter beginning is shared by words that have nothing to do with each other.
    const BEGINNING: usize = 3;
    let (shorter, longer) = if word.len() < candidate.len() { (word, candidate) } else { (candidate, word) };
    let wrong = strsim::damerau_levenshtein(word, candidate);
    if shorter.chars().count() >= BEGINNING && longer.starts_with(shorter) { wrong.min(1) } else { wrong }
}

/// Words in a row: `a, b or c`.
pub fn list(words: impl IntoIterator<Item = String>, conjunction: &str) -> String {
    let words: Vec<String> = words.into_iter().collect();
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} {conjunction} {last}", before.join(", ")),
    }
}
