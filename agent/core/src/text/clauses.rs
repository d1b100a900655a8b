//! Where a text could be interrupted: sentence ends, and the pauses that were heard.
//!
//! A pause is marked by [`PAUSE`], a code point that Unicode keeps from ever being a character. Stages pass it on; it is
//! taken out before the text is shown or delivered.

use std::ops::Range;

/// Marks a pause in a text that is under way through the stages.
pub(crate) const PAUSE: char = '\u{FDD0}';

/// Puts a mark at each of these places (bytes) of a text. Places that are none are left out.
pub(crate) fn mark(text: &str, pauses: &[usize]) -> String {
    let mut places: Vec<usize> = pauses.iter().copied().filter(|place| text.is_char_boundary(*place)).collect();
    places.sort_unstable();
    places.dedup();
    let mut marked = String::with_capacity(text.len() + places.len() * PAUSE.len_utf8());
    let mut from = 0;
    for place in places {
        marked.push_str(&unmarked(&text[from..place]));
        marked.push(PAUSE);
        from = place;
    }
    marked.push_str(&unmarked(&text[from..]));
    marked
}

/// The text without marks.
pub(crate) fn unmarked(text: &str) -> String {
    text.replace(PAUSE, "")
}

/// What ends a clause, and so begins the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The text's own beginning or end.
    Text,
    /// A sentence end, with whatever pause.
    Sentence,
    /// A pause without a sentence end.
    Pause,
    /// No interruption: an ellipsis in the middle of a sentence.
    Weak,
}

/// A stretch of text between two interruptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// All of it: marks, spaces and sentence end included. The clauses of a text join to the whole of it.
    pub whole: Range<usize>,
    /// Its words, without the sentence end and what is around it.
    pub body: Range<usize>,
    /// The signs that end it, such as `.` or `?!`; empty where a pause or the text's end does.
    pub ender: Range<usize>,
    /// What it begins after.
    pub before: Edge,
    /// What it ends with.
    pub after: Edge,
}

/// Takes a text apart.
pub(crate) fn clauses(text: &str) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    let (mut start, mut before) = (0, Edge::Text);
    let mut place = 0;
    while let Some(character) = text[place..].chars().next() {
        let next = place + character.len_utf8();
        let Some((ender, edge)) = interruption(text, place, character) else {
            place = next;
            continue;
        };
        let rest = &text[ender.end..];
        let blank = rest.len() - rest.trim_start_matches(|other: char| other.is_whitespace() || other == PAUSE).len();
        let end = ender.end + blank;
        let paused = text[ender.end..end].contains(PAUSE);
        let after = match edge {
            _ if end == text.len() => Edge::Text,
            Edge::Weak if paused => Edge::Pause,
            edge => edge,
        };
        let body = trimmed(text, start..ender.start);
        if body.is_empty() && clauses.is_empty() && ender.is_empty() {
            // A pause before the first word interrupts nothing.
            place = end;
            continue;
        }
        clauses.push(Clause { whole: start..end, body, ender, before, after });
        (start, before, place) = (end, after, end);
    }
    if start < text.len() {
        let body = trimmed(text, start..text.len());
        clauses.push(Clause {
            whole: start..text.len(),
            body,
            ender: text.len()..text.len(),
            before,
            after: Edge::Text,
        });
    }
    clauses
}

/// The signs that interrupt the text here, if any do.
fn interruption(text: &str, place: usize, character: char) -> Option<(Range<usize>, Edge)> {
    match character {
        PAUSE => Some((place..place, Edge::Pause)),
        '\n' => Some((place..place, Edge::Sentence)),
        '.' | '?' | '!' | '…' | '。' | '？' | '！' => {
            let rest = &text[place..];
            let signs = rest.len() - rest.trim_start_matches(['.', '?', '!', '…', '。', '？', '！']).len();
            let end = place + signs;
            let written = &text[place..end];
            let follows = text[end..].chars().find(|other| !other.is_whitespace() && *other != PAUSE);
            let apart = text[end..].chars().next().is_none_or(|other| other.is_whitespace() || other == PAUSE);
            let wide = written.contains(['。', '？', '！']);
            if !apart && !wide || written == "." && is_abbreviation(&text[..place]) {
                return None;
            }
            let trails_off = written.contains('…') || written.contains("..");
            let weak = trails_off && follows.is_some_and(|next| !next.is_uppercase());
            Some((place..end, if weak { Edge::Weak } else { Edge::Sentence }))
        }
        _ => None,
    }
}

/// Whether the text ends with a word whose full stop ends no sentence.
fn is_abbreviation(before: &str) -> bool {
    const ABBREVIATIONS: &[&str] = &[
        "approx", "bzw", "ca", "cf", "d.h", "dr", "e.g", "etc", "fig", "i.e", "jr", "mme", "mr", "mrs", "ms", "nr",
        "prof", "sr", "sra", "st", "u.a", "usw", "vs", "z.b",
    ];
    let word =
        before.rsplit(|character: char| character.is_whitespace() || character == PAUSE).next().unwrap_or(before);
    let word = word.trim_start_matches(|character: char| !character.is_alphanumeric());
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I";
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let is_blank = |character: char| character.is_whitespace() || character == PAUSE;
    let inside = &text[range.clone()];
    let start = range.start + inside.len() - inside.trim_start_matches(is_blank).len();
    let body = text[start..range.end].trim_end_matches(is_blank);
    start..start + body.len()
}

/// The words of a clause as they are compared: small letters, without the signs around them. `None` for text in quotation
/// marks or brackets, which speaks of words instead of using them.
pub(crate) fn words(body: &str) -> Option<Vec<String>> {
    if body.contains(['"', '“', '”', '„', '«', '»', '(', ')', '[', ']', '`', '‘']) {
        return None;
    }
    let split = |character: char| character.is_whitespace() || matches!(character, '-' | '‐' | '‑' | '–' | '—' | PAUSE);
    let bare = |word: &str| {
        let word = word.trim_matches(|character: char| matches!(character, ',' | ';' | ':' | '¿' | '¡' | '、' | '，'));
        word.replace('’', "'").to_lowercase()
    };
    Some(body.split(split).map(bare).filter(|word| !word.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The clauses of a text in which `|` stands for a pause: body, ender, and the edges' first letters.
    fn taken_apart(text: &str) -> Vec<String> {
        let text = text.replace('|', "\u{FDD0}");
        let letter = |edge: Edge| format!("{edge:?}").chars().next().unwrap();
        clauses(&text)
            .into_iter()
            .map(|clause| {
                format!(
                    "{}{}:{}{}",
                    letter(clause.before),
                    letter(clause.after),
                    &text[clause.body],
                    &text[clause.ender]
                )
            })
            .collect()
    }

    #[test]
    fn texts_are_taken_apart_at_sentence_ends_and_pauses() {
        for (text, expected) in [
            ("", vec![]),
            ("Hello", vec!["TT:Hello"]),
            ("Hello. New line. World.", vec!["TS:Hello.", "SS:New line.", "ST:World."]),
            ("Dear Anna,| new line,| thank you.", vec!["TP:Dear Anna,", "PP:new line,", "PT:thank you."]),
            ("One.| Two", vec!["TS:One.", "ST:Two"]),
            ("| One | ", vec!["TT:One"]),
            ("See Dr. Period.", vec!["TT:See Dr. Period."]),
            ("Version 3.14 of main.rs is out", vec!["TT:Version 3.14 of main.rs is out"]),
            ("I want a... new line.", vec!["TW:I want a...", "WT:new line."]),
            ("I want that... New line.", vec!["TS:I want that...", "ST:New line."]),
            ("Really?! Yes", vec!["TS:Really?!", "ST:Yes"]),
            ("one\ntwo", vec!["TS:one", "ST:two"]),
            ("これです。次", vec!["TS:これです。", "ST:次"]),
        ] {
            assert_eq!(taken_apart(text), expected, "{text:?}");
        }
    }

    #[test]
    fn quoted_words_are_spoken_of_and_not_used() {
        assert_eq!(words("New-line, please"), Some(vec!["new".into(), "line".into(), "please".into()]));
        assert_eq!(words("\"new line\""), None);
    }

    proptest! {
        #[test]
        fn clauses_join_to_the_text(text in "[a-z .?!\u{FDD0}…\n。]{0,40}|\\PC{0,40}") {
            let mut at = 0;
            for clause in clauses(&text) {
                prop_assert_eq!(clause.whole.start, at);
                at = clause.whole.end;
                prop_assert!(clause.whole.start <= clause.body.start && clause.body.end <= clause.whole.end);
            }
            prop_assert_eq!(at, text.len());
        }

        #[test]
        fn marks_come_and_go_without_a_trace(text in "\\PC{0,30}", places in prop::collection::vec(0_usize..40, 0..5)) {
            prop_assert_eq!(unmarked(&mark(&text, &places)), unmarked(&text));
        }
    }
}
