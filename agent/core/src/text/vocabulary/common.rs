//! Words that the recogniser knows too well to mishear them for a name.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The English words that Whisper's vocabulary holds whole: those that were frequent enough in its training texts to get a
/// token of their own. Small letters, a word a line, three letters or more.
const ENGLISH: &str = include_str!("common.txt");

static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| ENGLISH.lines().collect());

/// Whether a word, in small letters, is a common one. One and two letters always are.
pub fn is_common(word: &str) -> bool {
    word.chars().count() < 3
        || COMMON.contains(word)
        || word.split('\'').next().is_some_and(|stem| COMMON.contains(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_known() {
        for word in ["a", "the", "printing", "would", "don't", "house"] {
            assert!(is_common(word), "{word}");
        }
        for word in ["schoeffer", "kubernetes", "dashwood"] {
            assert!(!is_common(word), "{word}");
        }
    }
}
