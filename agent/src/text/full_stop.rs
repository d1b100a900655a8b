//! The full stop at the very end, where commands, searches and cells want none.

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

/// Single letters with dots between them. `main.rs` and `3.14` are none.
fn is_abbreviation(word: &str) -> bool {
    word.contains('.') && word.split('.').all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

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
