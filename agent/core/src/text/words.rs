//! The words of a text, with their places.

/// A word: letters and digits, and the apostrophes between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// The word in small letters, with plain apostrophes.
    pub lower: String,
}

/// All words.
pub fn words(text: &str) -> Vec<Word> {
    let mut all = Vec::new();
    let mut start = None;
    for (place, character) in text.char_indices().chain([(text.len(), ' ')]) {
        let inner = start.is_some() && matches!(character, '\'' | '’');
        match start {
            None if character.is_alphanumeric() => start = Some(place),
            Some(from) if !character.is_alphanumeric() && !inner => {
                let word = text[from..place].trim_end_matches(['\'', '’']);
                all.push(Word { start: from, end: from + word.len(), lower: word.replace('’', "'").to_lowercase() });
                start = None;
            }
            _ => {}
        }
    }
    all
}

/// Whether nothing but a space or a hyphen stands between two neighbours.
pub fn joined(text: &str, one: &Word, next: &Word) -> bool {
    let between = &text[one.end..next.start];
    !between.is_empty() && between.chars().all(|character| matches!(character, ' ' | '-' | '‑' | '\u{A0}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_places() {
        let text = "It’s a well-known 'test', été.";
        let found: Vec<(&str, String)> =
            words(text).into_iter().map(|word| (&text[word.start..word.end], word.lower)).collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(text, lower)| (*text, lower.as_str())).collect();
        assert_eq!(
            found,
            [("It’s", "it's"), ("a", "a"), ("well", "well"), ("known", "known"), ("test", "test"), ("été", "été")]
        );
        let all = words("one two-three, four");
        let pairs: Vec<bool> = all.windows(2).map(|pair| joined("one two-three, four", &pair[0], &pair[1])).collect();
        assert_eq!(pairs, [true, true, false]);
    }
}
