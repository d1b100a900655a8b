//! What the recogniser is told before it listens: the vocabulary's most relevant words, as many as fit.

use super::{Vocabulary, words};

/// Whisper keeps half of its context of 448 tokens for what came before, less one for its mark: longer prompts lose their
/// beginning. Some of it is left for the words of the dictation itself.
const TOKENS: usize = 160;

/// Names come apart into tokens of about three letters, common words into one. Two letters for each is on the safe side.
const LETTERS_PER_TOKEN: usize = 3;

/// The prompt: a list of names, as it might stand in a text. `None` without a vocabulary.
///
/// Words in `title`, the focused window's, come first: what is open is what is spoken of. Then the order of the vocabulary
/// holds, which has the application's own words before those for all.
pub fn prompt(vocabulary: &Vocabulary, title: Option<&str>) -> Option<String> {
    let in_title: Vec<String> = title.map(words).unwrap_or_default().into_iter().map(|word| word.lower).collect();
    let is_open = |word: &&str| words(word).iter().any(|part| in_title.contains(&part.lower));
    let open = vocabulary.written().filter(is_open);
    let others = vocabulary.written().filter(|word| !is_open(word));
    let mut left = TOKENS;
    let mut chosen = Vec::new();
    for word in open.chain(others) {
        let cost = tokens(word);
        if cost > left {
            break;
        }
        left -= cost;
        chosen.push(word);
    }
    // The model leans most on what it read last.
    chosen.reverse();
    (!chosen.is_empty()).then(|| format!("{}.", chosen.join(", ")))
}

/// How many tokens a word takes at most, with the comma behind it.
fn tokens(word: &str) -> usize {
    // Other scripts take up to a token for each byte.
    let letters: usize = word.chars().map(|character| if character.is_ascii() { 1 } else { LETTERS_PER_TOKEN }).sum();
    letters.div_ceil(LETTERS_PER_TOKEN) + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_relevant_words_are_told_last() {
        let vocabulary = Vocabulary::of_words(["Kubernetes", "Anna Lind", "Scout"]);
        assert_eq!(prompt(&vocabulary, None).as_deref(), Some("Scout, Anna Lind, Kubernetes."));
        assert_eq!(prompt(&vocabulary, Some("scout/README.md")).as_deref(), Some("Anna Lind, Kubernetes, Scout."));
        assert_eq!(prompt(&Vocabulary::default(), Some("x")), None);
    }

    #[test]
    fn too_many_words_are_cut_to_the_limit() {
        let names: Vec<String> = (0..500).map(|number| format!("Entwicklung{number}")).collect();
        let told = prompt(&Vocabulary::of_words(names.iter().map(String::as_str)), None).unwrap();
        let cost: usize = told.split(", ").map(tokens).sum();
        assert!(cost <= TOKENS + 2 && told.len() > 200, "{cost}: {told}");
        assert!(told.ends_with("Entwicklung0."));
    }
}
