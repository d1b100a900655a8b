//! Counting wrong words.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use scout_core::alignment::edits_to_beginnings;

use super::normalize_english;

/// What is wrong with a transcript, in words, by the shortest way to make it right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WordErrors {
    /// Words in the reference.
    pub words: usize,
    /// Words that were heard as another.
    pub substitutions: usize,
    /// Words that were not heard.
    pub deletions: usize,
    /// Words that nobody said.
    pub insertions: usize,
}

impl WordErrors {
    /// Compares what was recognised with what was said, word by word, after both were brought to one form
    /// ([`normalize_english`]).
    pub fn between(reference: &str, hypothesis: &str) -> Self {
        of_words(&normalize_english(reference), &normalize_english(hypothesis))
    }

    /// All errors.
    pub const fn total(&self) -> usize {
        self.substitutions + self.deletions + self.insertions
    }

    /// The word error rate: errors per word of the reference, 0 if all is right; more than 1 if much was made up. Without
    /// any reference words it is 0 if nothing was made up, and infinite otherwise.
    pub fn rate(&self) -> f64 {
        if self.total() == 0 { 0.0 } else { self.total() as f64 / self.words as f64 }
    }
}

impl Add for WordErrors {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            words: self.words + other.words,
            substitutions: self.substitutions + other.substitutions,
            deletions: self.deletions + other.deletions,
            insertions: self.insertions + other.insertions,
        }
    }
}

impl AddAssign for WordErrors {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// The errors of a corpus: those of all its utterances. Its rate weighs each word the same, as published rates do.
impl Sum for WordErrors {
    fn sum<I: Iterator<Item = Self>>(utterances: I) -> Self {
        utterances.fold(Self::default(), Add::add)
    }
}

/// Compares two texts that are in one form. Words are what stands between white space.
fn of_words(reference: &str, hypothesis: &str) -> WordErrors {
    let reference: Vec<&str> = reference.split_whitespace().collect();
    let hypothesis: Vec<&str> = hypothesis.split_whitespace().collect();
    let edits = edits_to_beginnings(&reference, &hypothesis).pop().unwrap_or_default();
    WordErrors {
        words: reference.len(),
        substitutions: edits.substitutions,
        deletions: edits.deletions,
        insertions: edits.insertions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_not_their_looks() {
        for (reference, hypothesis, errors, words) in [
            ("go forward ten meters", "Go forward 10 metres.", 0, 4),
            ("and mister john dashwood", "And Mr. John Dashwood", 0, 4),
            ("ten of clubs", "Ten clubs", 1, 3),
            // Digits in a row are one number.
            ("five five", "55", 0, 1),
            ("go forward", "", 2, 2),
            ("cold hearted", "cold-hearted", 0, 2),
        ] {
            let found = WordErrors::between(reference, hypothesis);
            assert_eq!((found.total(), found.words), (errors, words), "{hypothesis}");
        }
    }

    #[test]
    fn what_is_not_in_the_hypothesis_is_deleted_and_what_is_not_in_the_reference_inserted() {
        let errors = of_words("the cat sat on the mat", "cat sat on a mat here");
        assert_eq!(errors, WordErrors { words: 6, substitutions: 1, deletions: 1, insertions: 1 });
        assert_eq!(of_words("a b", ""), WordErrors { words: 2, deletions: 2, ..WordErrors::default() });
    }

    #[test]
    fn a_corpus_has_one_rate_in_which_each_word_weighs_the_same() {
        let corpus: WordErrors = [of_words("a", "b"), of_words("a b c", "a b c")].into_iter().sum();
        assert!((corpus.rate() - 0.25).abs() < f64::EPSILON);
        assert!(of_words("", "").rate().abs() < f64::EPSILON);
        assert!(of_words("", "a").rate().is_infinite());
    }
}
