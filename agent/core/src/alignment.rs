//! Edit distance in words: how many words differ between two readings of the same speech, and where one ends in the other.

/// Words that have to change to make one reading of another, by a shortest way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Edits {
    /// Words that are replaced by another.
    pub substitutions: usize,
    /// Words that are left out.
    pub deletions: usize,
    /// Words that are put in.
    pub insertions: usize,
}

impl Edits {
    /// The edit distance (Levenshtein).
    pub const fn total(&self) -> usize {
        self.substitutions + self.deletions + self.insertions
    }
}

/// The edits between all of `from` and each beginning of `to`: the one at index `n` is for the first `n` words. The last one
/// is for both as a whole.
///
/// Of equally short ways a substitution is preferred to a deletion with an insertion.
pub fn edits_to_beginnings<W: PartialEq>(from: &[W], to: &[W]) -> Vec<Edits> {
    let mut row: Vec<Edits> = (0..=to.len()).map(|insertions| Edits { insertions, ..Edits::default() }).collect();
    for (index, word) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0].deletions = index + 1;
        for (column, other) in to.iter().enumerate() {
            let (above, left) = (row[column + 1], row[column]);
            let mut best = diagonal;
            best.substitutions += usize::from(word != other);
            let deleted = Edits { deletions: above.deletions + 1, ..above };
            let inserted = Edits { insertions: left.insertions + 1, ..left };
            for way in [deleted, inserted] {
                if way.total() < best.total() {
                    best = way;
                }
            }
            row[column + 1] = best;
            diagonal = above;
        }
    }
    row
}

/// How the beginning of a longer reading fits a shorter reading of the same beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Words of the longer reading that are those of the shorter one.
    pub(crate) words: usize,
    /// Words that had to be put in, left out or exchanged for that.
    pub(crate) edits: usize,
}

/// Finds how many words of `longer` are the words of `shorter`: the beginning with the smallest edit distance, and among
/// equals the one whose length is nearest.
pub(crate) fn fit<W: PartialEq>(shorter: &[W], longer: &[W]) -> Fit {
    let row = edits_to_beginnings(shorter, longer);
    let edits = row.iter().map(Edits::total).enumerate();
    let best = edits.min_by_key(|(length, edits)| (*edits, length.abs_diff(shorter.len())));
    best.map_or(Fit { words: 0, edits: shorter.len() }, |(words, edits)| Fit { words, edits })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    fn edits(from: &str, to: &str) -> Edits {
        edits_to_beginnings(&words(from), &words(to)).pop().unwrap_or_default()
    }

    #[test]
    fn edits_are_told_apart() {
        for (from, to, expected) in [
            ("a b c", "a b c", (0, 0, 0)),
            ("a b c", "a x c", (1, 0, 0)),
            ("a b c", "a c", (0, 1, 0)),
            ("a b c", "a b b c", (0, 0, 1)),
            ("a b c", "", (0, 3, 0)),
            ("", "a b", (0, 0, 2)),
            ("", "", (0, 0, 0)),
            ("the cat sat on the mat", "cat sat on a mat here", (1, 1, 1)),
        ] {
            let edits = edits(from, to);
            assert_eq!((edits.substitutions, edits.deletions, edits.insertions), expected, "{from:?} to {to:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_left_out_one_way_is_put_in_the_other_way(one in "[a-c]( [a-c]){0,8}", other in "[a-c]( [a-c]){0,8}") {
            let (there, back) = (edits(&one, &other), edits(&other, &one));
            prop_assert_eq!(there.total(), back.total());
            prop_assert!(there.total() <= words(&one).len().max(words(&other).len()));
            prop_assert_eq!(there.total() == 0, one == other);
            // The words of the one, less those left out, and with those put in, are as many as those of the other.
            prop_assert_eq!(words(&one).len() - there.deletions + there.insertions, words(&other).len());
        }

        #[test]
        fn each_beginning_has_the_edits_that_it_would_have_alone(one in "[a-c]( [a-c]){0,8}", other in "[a-c]( [a-c]){0,8}") {
            let to = words(&other);
            let all = edits_to_beginnings(&words(&one), &to);
            for (length, edits) in all.iter().enumerate() {
                let alone = edits_to_beginnings(&words(&one), &to[..length]);
                prop_assert_eq!(alone.last(), Some(edits));
            }
        }
    }
}
