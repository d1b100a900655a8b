//! Replacements of the user's own: these words, whatever their case, become exactly that text.

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
    let spaced: Vec<(Vec<String>, &str)> = spaced
        .into_iter()
        .map(|(heard, with)| (words(heard).into_iter().map(|word| word.lower).collect(), with))
        .filter(|(heard, _): &(Vec<String>, &str)| !heard.is_empty())
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

fn replace_words(text: &str, replacements: &[(Vec<String>, &str)]) -> String {
    let all = words(text);
    let mut written = String::with_capacity(text.len());
    let (mut place, mut from) = (0, 0);
    while place < all.len() {
        let fits = |heard: &[String]| {
            heard.iter().enumerate().all(|(number, word)| {
                let here = all.get(place + number);
                here.is_some_and(|here| here.lower == *word)
                    && (number == 0 || joined(text, &all[place + number - 1], &all[place + number]))
            })
        };
        // The first of the longest: `max_by_key` would give the last.
        let mut best: Option<&(Vec<String>, &str)> = None;
        for candidate in replacements.iter().filter(|(heard, _)| fits(heard)) {
            if best.is_none_or(|(longest, _)| candidate.0.len() > longest.len()) {
                best = Some(candidate);
            }
        }
        let Some((heard, with)) = best else {
            place += 1;
            continue;
        };
        written.push_str(&text[from..all[place].start]);
        written.push_str(with);
        from = all[place + heard.len() - 1].end;
        place += heard.len();
    }
    written.push_str(&text[from..]);
    written
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
            ("", ""),
        ] {
            assert_eq!(replace(before, &replacements), after, "{before:?}");
        }
    }
}
