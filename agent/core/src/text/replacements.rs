//! Replacements of the user's own: these words and signs, whatever their case, become exactly that text.

use std::ops::Range;

use super::clauses::PAUSE;
use super::spacing::writes_without_spaces;
use super::words::{joined, words};
use crate::config::lists::Replacement;

/// Replaces, once through the text: what was put in is not looked at again. Of replacements that begin with the same word
/// the longest counts, of equal ones the first.
pub fn replace(text: &str, replacements: &[Replacement]) -> String {
    let mut text = text.to_owned();
    let (spaced, unspaced): (Vec<_>, Vec<_>) = replacements
        .iter()
        .flat_map(|replacement| replacement.heard.iter().map(|heard| (heard.as_str(), replacement.with.as_str())))
        .partition(|(heard, _)| !heard.chars().any(writes_without_spaces));
    let spaced: Vec<(Vec<Token>, &str)> = spaced
        .into_iter()
        .map(|(heard, with)| (tokens(heard), with))
        .filter(|(heard, _): &(Vec<Token>, &str)| !heard.is_empty())
        .collect();
    if !spaced.is_empty() {
        text = replace_words(&text, &spaced);
    }
    // Where words have no spaces between them, their characters are all there is to look for.
    for (heard, with) in unspaced {
        text = text.replace(heard, with);
    }
    text
}

fn replace_words(text: &str, replacements: &[(Vec<Token>, &str)]) -> String {
    let all = tokens(text);
    let mut written = String::with_capacity(text.len());
    let (mut place, mut from) = (0, 0);
    while place < all.len() {
        // The first of the longest: `max_by_key` would give the last.
        let mut best: Option<&(Vec<Token>, &str)> = None;
        for candidate in replacements.iter().filter(|(heard, _)| fits(&all, place, heard)) {
            if best.is_none_or(|(longest, _)| candidate.0.len() > longest.len()) {
                best = Some(candidate);
            }
        }
        let Some((heard, with)) = best else {
            place += 1;
            continue;
        };
        written.push_str(&text[from..all[place].range.start]);
        written.push_str(with);
        from = all[place + heard.len() - 1].range.end;
        place += heard.len();
    }
    written.push_str(&text[from..]);
    written
}

/// A word, or a sign such as `+` or `.`.
#[derive(Debug)]
struct Token {
    /// Where it is, in bytes.
    range: Range<usize>,
    /// In small letters, with plain apostrophes.
    lower: String,
    is_word: bool,
    gap: Gap,
}

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Nothing,
    /// A space, or a hyphen between two words.
    Joint,
    /// Other white space, or several spaces.
    Apart,
}

/// The words of a text and the signs between them. A hyphen between two words is no sign: `e-mail` is heard as `e mail`.
fn tokens(text: &str) -> Vec<Token> {
    let mut all: Vec<Token> = Vec::new();
    let found = words(text);
    let ends = found.iter().map(|word| word.start..word.end).chain(std::iter::once(text.len()..text.len()));
    let mut from = 0;
    for (number, word) in ends.enumerate() {
        let between = &text[from..word.start];
        let is_joint = number > 0
            && number < found.len()
            && joined(text, &found[number - 1], &found[number])
            && is_one_hyphen_at_most(between);
        let mut gap = if is_joint { Gap::Joint } else { Gap::Nothing };
        for (place, sign) in between.char_indices().filter(|_| !is_joint) {
            if sign.is_whitespace() || sign == PAUSE {
                let is_first = gap == Gap::Nothing && matches!(sign, ' ' | '\u{A0}');
                gap = if is_first { Gap::Joint } else { Gap::Apart };
                continue;
            }
            let start = from + place;
            let lower = sign.to_string();
            all.push(Token { range: start..start + sign.len_utf8(), lower, is_word: false, gap });
            gap = Gap::Nothing;
        }
        if let Some(found) = found.get(number) {
            all.push(Token { range: word.clone(), lower: found.lower.clone(), is_word: true, gap });
        }
        from = word.end;
    }
    all
}

/// Whether this is a space, `-` or ` - `: the hyphens of `--verbose` and `-v` are signs.
fn is_one_hyphen_at_most(between: &str) -> bool {
    let hyphens = between.trim_matches([' ', '\u{A0}']);
    let is_alone = hyphens == between || !between.starts_with(hyphens) && !between.ends_with(hyphens);
    hyphens.is_empty() || hyphens.chars().count() == 1 && is_alone
}

/// Whether the tokens of `heard` stand at this place, and are not a part of something longer there: `.NET` is no part of
/// `ASP.NET`, nor `C+` one of `C++`.
fn fits(all: &[Token], place: usize, heard: &[Token]) -> bool {
    let Some(here) = all.get(place..place + heard.len()) else { return false };
    let is_same = |(number, (here, heard)): (usize, (&Token, &Token))| {
        here.lower == heard.lower && (number == 0 || here.gap == heard.gap)
    };
    let continues = |sign: &Token, other: &Token| !sign.is_word && (other.is_word || other.lower == sign.lower);
    let (first, last) = (&here[0], &here[here.len() - 1]);
    let before = place.checked_sub(1).map(|before| &all[before]).filter(|_| first.gap == Gap::Nothing);
    let after = all.get(place + heard.len()).filter(|after| after.gap == Gap::Nothing);
    here.iter().zip(heard).enumerate().all(is_same)
        && !before.is_some_and(|before| continues(first, before))
        && !after.is_some_and(|after| continues(last, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        let of = |heard: &[&str], with: &str| Replacement {
            heard: heard.iter().map(|text| (*text).to_owned()).collect(),
            with: with.to_owned(),
        };
        let replacements = [
            of(&["e mail"], "email"),
            of(&["e mail address"], "anna@example.org"),
            of(&["my sign", "my signature"], "Anna\nLind"),
            of(&["git hub"], "GitHub"),
            of(&["um"], ""),
            of(&["会议"], "會議"),
            of(&["C++"], "C plus plus"),
            of(&[".net"], "dot net"),
            of(&["c sharp", "c#"], "C♯"),
            of(&["on my way, bob"], "on our way"),
            of(&["etc."], "and so on"),
            of(&["--verbose"], "-v"),
        ];
        for (before, after) in [
            ("Send an e-mail.", "Send an email."),
            ("Send an E mail!", "Send an email!"),
            ("My e mail address is", "My anna@example.org is"),
            ("my signature", "Anna\nLind"),
            ("git. Hub", "git. Hub"),
            ("gits hub", "gits hub"),
            ("on git hub, git hub", "on GitHub, GitHub"),
            ("今天会议", "今天會議"),
            ("umbrella", "umbrella"),
            ("I like C++ and c++.", "I like C plus plus and C plus plus."),
            ("I like C and C+ and C+++.", "I like C and C+ and C+++."),
            ("The .NET way, (.NET).", "The dot net way, (dot net)."),
            ("A net and ASP.NET", "A net and ASP.NET"),
            ("in C#, c sharp", "in C♯, C♯"),
            ("On my way, Bob.", "on our way."),
            ("On my way Bob.", "On my way Bob."),
            ("One, two, etc. Then.", "One, two, and so on Then."),
            ("run --verbose, be verbose", "run -v, be verbose"),
            ("", ""),
        ] {
            assert_eq!(replace(before, &replacements), after, "{before:?}");
        }
    }
}
