//! The full stop at the very end, where commands, searches and cells want none.

use super::clauses::clauses;

/// Leaves out a single full stop at the end, with white space after it. Ellipses, and the dots of abbreviations with
/// dots inside (`p.m.`), stay.
pub fn drop_last(text: &str) -> String {
    let end = text.trim_end();
    let Some(before) = end.strip_suffix(['.', '。', '．', '।']) else { return text.to_owned() };
    let word = before.rsplit(char::is_whitespace).next().unwrap_or(before);
    let ellipsis = before.ends_with(['.', '。', '…']);
    let abbreviation = end.ends_with('.') && is_abbreviation(word);
    if word.is_empty() || ellipsis || abbreviation { text.to_owned() } else { before.to_owned() }
}

/// Leaves out the full stop of a text that is one sentence, as one writes in a chat. Several sentences keep theirs.
pub fn drop_single(text: &str) -> String {
    let sentences = clauses(text).iter().filter(|clause| !clause.body.is_empty()).count();
    if sentences <= 1 { drop_last(text) } else { text.to_owned() }
}

/// Begins the text with the full stop of the sentence before it, which was left out.
pub fn begin_with_stop(text: &str) -> String {
    let is_wide = text.chars().next().is_some_and(super::spacing::writes_without_spaces);
    if is_wide { format!("。{text}") } else { format!(". {text}") }
}

/// Single letters with dots between them. `main.rs` and `3.14` are none.
fn is_abbreviation(word: &str) -> bool {
    word.contains('.') && word.split('.').all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_or_several() {
        for (before, after) in [
            ("On my way.", "On my way"),
            ("On my way. See you.", "On my way. See you."),
            ("Really?", "Really?"),
            ("Dr. No is here.", "Dr. No is here"),
            ("One.\nTwo.", "One.\nTwo."),
            ("", ""),
        ] {
            assert_eq!(drop_single(before), after, "{before:?}");
        }
    }

    #[test]
    fn examples() {
        for (before, after) in [
            ("List all files.", "List all files"),
            ("List all files. ", "List all files"),
            ("List. Then stop.", "List. Then stop"),
            ("Really?", "Really?"),
            ("Well...", "Well..."),
            ("Well…", "Well…"),
            ("At 5 p.m.", "At 5 p.m."),
            ("Open main.rs.", "Open main.rs"),
            ("It is 3.14.", "It is 3.14"),
            ("これです。", "これです"),
            (".", "."),
            ("cd .", "cd ."),
            ("", ""),
        ] {
            assert_eq!(drop_last(before), after, "{before:?}");
        }
    }
}
