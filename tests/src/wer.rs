//! Word error rate: how far what was recognised is from what was said.

/// Errors of several utterances, to be summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Errors {
    /// Words substituted, left out or put in.
    pub edits: usize,
    /// Words in the reference.
    pub words: usize,
}

impl Errors {
    /// Compares one utterance with its reference, after both were normalised.
    pub fn between(reference: &str, hypothesis: &str) -> Self {
        let (reference, hypothesis) = (normalise(reference), normalise(hypothesis));
        Self { edits: distance(&reference, &hypothesis), words: reference.len() }
    }

    /// The rate: 0 is perfect; more than 1 is possible.
    pub fn rate(self) -> f64 {
        self.edits as f64 / self.words.max(1) as f64
    }
}

impl std::iter::Sum for Errors {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self { edits: sum.edits + one.edits, words: sum.words + one.words })
    }
}

/// Lower-case words without punctuation, numbers up to twenty spelled out, and the abbreviations that recognisers write
/// for what readers say.
fn normalise(text: &str) -> Vec<String> {
    const NUMBERS: [&str; 21] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    text.to_lowercase()
        .replace(['\'', '\u{2019}'], "")
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| match word {
            "mr" => "mister".to_owned(),
            "metres" => "meters".to_owned(),
            _ => match word.parse::<usize>().ok().and_then(|number| NUMBERS.get(number)) {
                Some(spelled) => (*spelled).to_owned(),
                None => word.to_owned(),
            },
        })
        .collect()
}

/// Levenshtein's distance in words.
fn distance(left: &[String], right: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, word) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::Errors;

    #[test]
    fn words_count_not_their_looks() {
        for (reference, hypothesis, edits, words) in [
            ("go forward ten meters", "Go forward 10 metres.", 0, 4),
            ("and mister john dashwood", "And Mr. John Dashwood", 0, 4),
            ("ten of clubs", "Ten clubs", 1, 3),
            ("five five", "", 2, 2),
            ("a b c", "a x b c", 1, 3),
            ("cold hearted", "cold-hearted", 0, 2),
        ] {
            assert_eq!(Errors::between(reference, hypothesis), Errors { edits, words }, "{hypothesis}");
        }
    }
}
