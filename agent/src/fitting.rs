//! How two readings of the same words are laid over each other.

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
    let mut row: Vec<usize> = (0..=longer.len()).collect();
    for (index, word) in shorter.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in longer.iter().enumerate() {
            let exchanged = diagonal + usize::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(diagonal + 1).min(row[column] + 1);
        }
    }
    let best = row.iter().enumerate().min_by_key(|(length, edits)| (**edits, length.abs_diff(shorter.len())));
    best.map_or(Fit { words: 0, edits: shorter.len() }, |(words, edits)| Fit { words, edits: *edits })
}
