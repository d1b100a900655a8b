//! Cuts an excerpt around a match.

use std::ops::Range;

/// Characters before the first match: enough to see what it is about.
const BEFORE: usize = 30;
/// Characters in all: about one line of a terminal.
const LENGTH: usize = 90;

/// Returns the text around the first of these matches, and the matches in it. Cuts at spaces, if there are any nearby.
pub(super) fn around(text: &str, matches: &[Range<usize>]) -> (String, Vec<Range<usize>>) {
    let first = matches.first().map_or(0, |first| first.start);
    let start = back(text, first, BEFORE);
    let end = matches.first().map_or(start, |first| first.end).max(forth(text, start, LENGTH));
    let mut excerpt = String::new();
    if start > 0 {
        excerpt.push('…');
    }
    let shift = |at: usize, excerpt_start: usize| at - start + excerpt_start;
    let begins = excerpt.len();
    excerpt.push_str(&text[start..end]);
    if end < text.len() {
        excerpt.push('…');
    }
    let marks = matches
        .iter()
        .filter(|found| found.start >= start && found.end <= end)
        .map(|found| shift(found.start, begins)..shift(found.end, begins))
        .collect();
    (excerpt, marks)
}

/// Returns the position `characters` before `at`, at the beginning of a word if possible.
fn back(text: &str, at: usize, characters: usize) -> usize {
    let before = &text[..at];
    let Some((start, _)) = before.char_indices().rev().nth(characters) else { return 0 };
    let word = text[start..at].find(char::is_whitespace).map(|space| start + space);
    word.map_or(start, |space| space + text[space..].chars().next().map_or(0, char::len_utf8))
}

/// Returns the position `characters` after `at`, at the end of a word if possible.
fn forth(text: &str, at: usize, characters: usize) -> usize {
    let Some((end, _)) = text[at..].char_indices().nth(characters) else { return text.len() };
    let end = at + end;
    text[at..end].rfind(char::is_whitespace).map_or(end, |space| at + space)
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)] // one match is a list of one range
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_shown_whole() {
        let (excerpt, marks) = around("a quick brown fox", &[2..7]);
        assert_eq!((excerpt.as_str(), marks), ("a quick brown fox", vec![2..7]));
    }

    #[test]
    fn a_long_text_is_cut_between_words_around_the_match() {
        let text = format!("{}needle {}", "hay ".repeat(50), "straw ".repeat(50));
        let at = text.find("needle").unwrap();
        let (excerpt, marks) = around(&text, &[at..at + 6]);
        assert!(excerpt.starts_with("…hay ") && excerpt.ends_with("straw…"), "{excerpt}");
        assert_eq!(&excerpt[marks[0].clone()], "needle");
        let text = "天".repeat(300);
        let (excerpt, marks) = around(&text, &[300..303]);
        assert_eq!(&excerpt[marks[0].clone()], "天");
    }
}
