//! Formatters: "camel case user name" is `userName`, "spell alpha bravo" is `ab`.
//!
//! A formatter is heeded at the beginning of a clause, and takes the words up to its end. Sentences about formatters, such
//! as "camel case is common in Java", are told by the word behind its name, and by their length.

use super::clauses::{clauses, words};
use super::number_words::digit;

/// Longer clauses are sentences: names in programs have seldom more than five words.
const LONGEST: usize = 8;

/// What to do with words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Camel,
    Pascal,
    Snake,
    Constant,
    Kebab,
    Dotted,
    Title,
    Upper,
    Lower,
    Together,
    Spell,
}

/// Formatters by what is said, those of more words first.
const FORMATS: &[(&[&str], Format)] = &[
    (&["camel", "case"], Format::Camel),
    (&["pascal", "case"], Format::Pascal),
    (&["snake", "case"], Format::Snake),
    (&["constant", "case"], Format::Constant),
    (&["kebab", "case"], Format::Kebab),
    (&["dotted", "case"], Format::Dotted),
    (&["title", "case"], Format::Title),
    (&["all", "caps"], Format::Upper),
    (&["upper", "case"], Format::Upper),
    (&["uppercase"], Format::Upper),
    (&["lower", "case"], Format::Lower),
    (&["lowercase"], Format::Lower),
    (&["no", "spaces"], Format::Together),
    (&["spell"], Format::Spell),
];

/// A word behind a formatter's name that makes the clause a sentence about it.
const ABOUT: &[&str] = &[
    "and", "are", "as", "at", "because", "but", "by", "can", "can't", "cannot", "could", "does", "doesn't", "feels",
    "for", "from", "had", "has", "have", "helps", "if", "in", "instead", "is", "isn't", "just", "like", "looks",
    "made", "makes", "may", "means", "might", "must", "names", "naming", "needs", "of", "on", "only", "or", "rather",
    "reads", "seems", "should", "so", "than", "that", "then", "to", "took", "vs", "versus", "was", "wasn't", "were",
    "when", "where", "which", "will", "with", "won't", "works", "would",
];

const LETTERS: &[(&str, char)] = &[
    ("alpha", 'a'),
    ("alfa", 'a'),
    ("bravo", 'b'),
    ("charlie", 'c'),
    ("delta", 'd'),
    ("echo", 'e'),
    ("foxtrot", 'f'),
    ("golf", 'g'),
    ("hotel", 'h'),
    ("india", 'i'),
    ("juliet", 'j'),
    ("juliett", 'j'),
    ("kilo", 'k'),
    ("lima", 'l'),
    ("mike", 'm'),
    ("november", 'n'),
    ("oscar", 'o'),
    ("papa", 'p'),
    ("quebec", 'q'),
    ("romeo", 'r'),
    ("sierra", 's'),
    ("tango", 't'),
    ("uniform", 'u'),
    ("victor", 'v'),
    ("whiskey", 'w'),
    ("whisky", 'w'),
    ("xray", 'x'),
    ("yankee", 'y'),
    ("zulu", 'z'),
    ("dash", '-'),
    ("dot", '.'),
    ("underscore", '_'),
];

/// Formats the clauses that ask for it.
pub fn format(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for clause in clauses(text) {
        match words(&text[clause.body.clone()]).and_then(|words| formatted(&words)) {
            Some(name) => {
                written.push_str(&text[clause.whole.start..clause.body.start]);
                written.push_str(&name);
                // A question or an exclamation was meant; a full stop is the model's.
                if !matches!(&text[clause.ender.clone()], "." | "") {
                    written.push_str(&text[clause.ender.clone()]);
                }
                written.push_str(&text[clause.ender.end..clause.whole.end]);
            }
            None => written.push_str(&text[clause.whole]),
        }
    }
    written
}

fn formatted(said: &[String]) -> Option<String> {
    let (name, format) = FORMATS.iter().find(|(name, _)| said.starts_with_words(name))?;
    let rest = &said[name.len()..];
    if rest.is_empty() || ABOUT.contains(&rest[0].as_str()) {
        return None;
    }
    if *format == Format::Spell {
        return spelt(rest);
    }
    if rest.len() > LONGEST {
        return None;
    }
    let capitals = || rest.iter().map(|word| with_capital(word));
    Some(match format {
        Format::Camel => rest[0].clone() + &capitals().skip(1).collect::<String>(),
        Format::Pascal => capitals().collect(),
        Format::Snake => rest.join("_"),
        Format::Constant => rest.join("_").to_uppercase(),
        Format::Kebab => rest.join("-"),
        Format::Dotted => rest.join("."),
        Format::Title => capitals().collect::<Vec<_>>().join(" "),
        Format::Upper => rest.join(" ").to_uppercase(),
        Format::Lower => rest.join(" "),
        Format::Together => rest.concat(),
        Format::Spell => return None,
    })
}

trait StartsWithWords {
    fn starts_with_words(&self, words: &[&str]) -> bool;
}

impl StartsWithWords for [String] {
    fn starts_with_words(&self, words: &[&str]) -> bool {
        self.len() >= words.len() && self.iter().zip(words).all(|(word, expected)| word == expected)
    }
}

fn with_capital(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Letters by the NATO alphabet or by themselves, and digits; "capital" or "cap" before one makes it a capital.
fn spelt(words: &[String]) -> Option<String> {
    let mut spelt = String::new();
    let mut capital = false;
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if matches!(word.as_str(), "capital" | "cap") && !capital && !after.is_empty() {
            capital = true;
            continue;
        }
        // "X-ray" has come apart at its hyphen.
        let word = if word == "x" && after.first().is_some_and(|next| next == "ray") {
            rest = &after[1..];
            "xray"
        } else {
            word
        };
        let mut single = word.chars();
        let named = LETTERS.iter().find(|(name, _)| *name == word).map(|(_, letter)| *letter);
        let letter = match named.or_else(|| digit(word)) {
            Some(letter) => letter,
            None => single.next().filter(|_| single.next().is_none())?,
        };
        if capital {
            spelt.extend(letter.to_uppercase());
        } else {
            spelt.push(letter);
        }
        capital = false;
    }
    (!spelt.is_empty() && !capital).then_some(spelt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        for (before, after) in [
            ("Camel case user name.", "userName"),
            ("camel-case user name", "userName"),
            ("Pascal case user name.", "UserName"),
            ("Snake case user name.", "user_name"),
            ("Constant case max size.", "MAX_SIZE"),
            ("Kebab case main menu.", "main-menu"),
            ("Title case war and peace.", "War And Peace"),
            ("All caps warning!", "WARNING!"),
            ("No spaces foo bar.", "foobar"),
            ("Spell alpha bravo Charlie.", "abc"),
            ("Spell capital Sierra X-ray one.", "Sx1"),
            ("Spell a b c.", "abc"),
            // The clauses around it keep their own stops.
            ("Let. Camel case user name. Equals five.", "Let. userName Equals five."),
            // Sentences about formatters.
            ("Camel case is common in Java.", "Camel case is common in Java."),
            ("Snake case or kebab case?", "Snake case or kebab case?"),
            ("All caps looks like shouting.", "All caps looks like shouting."),
            ("Spell it correctly.", "Spell it correctly."),
            ("I prefer camel case user names.", "I prefer camel case user names."),
            ("Camel case.", "Camel case."),
            ("\"Camel case foo\"", "\"Camel case foo\""),
            (
                "Title case the whole of the heading before you send it to print tomorrow.",
                "Title case the whole of the heading before you send it to print tomorrow.",
            ),
            ("", ""),
        ] {
            assert_eq!(format(before), after, "{before:?}");
        }
    }
}
