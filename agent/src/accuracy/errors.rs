//! Counting wrong words.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

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

/// Compares two texts word by word (Levenshtein). Words are what stands between white space: normalise both texts first.
pub fn word_errors(reference: &str, hypothesis: &str) -> WordErrors {
    let reference: Vec<&str> = reference.split_whitespace().collect();
    let hypothesis: Vec<&str> = hypothesis.split_whitespace().collect();

    // `row[h]` is the cheapest way from the reference's words so far to the first `h` words of the hypothesis.
    let mut row: Vec<WordErrors> =
        (0..=hypothesis.len()).map(|insertions| WordErrors { insertions, ..WordErrors::default() }).collect();
    for (said, word) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0].deletions = said + 1;
        for (heard, other) in hypothesis.iter().enumerate() {
            let above = row[heard + 1];
            let left = row[heard];
            let mut same_place = diagonal;
            same_place.substitutions += usize::from(word != other);
            let deleted = WordErrors { deletions: above.deletions + 1, ..above };
            let inserted = WordErrors { insertions: left.insertions + 1, ..left };
            // Of equally short ways the first: a wrong word rather than a missing and a made-up one.
            let mut best = same_place;
            for way in [deleted, inserted] {
                if way.total() < best.total() {
                    best = way;
                }
            }
            row[heard + 1] = best;
            diagonal = above;
        }
    }
    WordErrors { words: reference.len(), ..row[hypothesis.len()] }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn errors_are_told_apart() {
        let table = [
            ("a b c", "a b c", (0, 0, 0)),
            ("a b c", "a x c", (1, 0, 0)),
            ("a b c", "a c", (0, 1, 0)),
            ("a b c", "a b b c", (0, 0, 1)),
            ("a b c", "", (0, 3, 0)),
            ("", "a b", (0, 0, 2)),
            ("", "", (0, 0, 0)),
            ("the cat sat on the mat", "cat sat on a mat here", (1, 1, 1)),
        ];
        for (reference, hypothesis, expected) in table {
            let errors = word_errors(reference, hypothesis);
            assert_eq!(
                (errors.substitutions, errors.deletions, errors.insertions),
                expected,
                "{reference} / {hypothesis}"
            );
            assert_eq!(errors.words, reference.split_whitespace().count());
        }
    }

    #[test]
    fn a_corpus_has_one_rate_in_which_each_word_weighs_the_same() {
        let corpus: WordErrors = [word_errors("a", "b"), word_errors("a b c", "a b c")].into_iter().sum();
        assert!((corpus.rate() - 0.25).abs() < f64::EPSILON);
        assert!(word_errors("", "").rate().abs() < f64::EPSILON);
        assert!(word_errors("", "a").rate().is_infinite());
    }

    proptest! {
        #[test]
        fn what_is_missing_one_way_is_made_up_the_other_way(a in "[a-c]( [a-c]){0,8}", b in "[a-c]( [a-c]){0,8}") {
            let (there, back) = (word_errors(&a, &b), word_errors(&b, &a));
            prop_assert_eq!(there.total(), back.total());
            let longer = a.split(' ').count().max(b.split(' ').count());
            prop_assert!(there.total() <= longer);
            prop_assert_eq!(there.total() == 0, a == b);
            // The counts add up: reference words less those missing, and with those made up, are the hypothesis's.
            prop_assert_eq!(there.words - there.deletions + there.insertions, b.split(' ').count());
        }
    }
}
