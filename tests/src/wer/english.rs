//! Whisper's form of English text for comparisons, as its Python package (release 20250625) makes it.
//!
//! The order of the steps, and some odd results, are the original's: a figure is comparable only if all make the same
//! ones. `testdata/golden.tsv` holds what the original says.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::{numbers, pattern};

/// Brings English text to one form: lower case, contractions written out, numbers in digits, American spelling, no
/// punctuation, single spaces.
pub fn normalize_english(text: &str) -> String {
    let mut text = text.to_lowercase();
    for (pattern, replacement) in BEFORE_SYMBOLS.iter() {
        text = pattern.replace_all(&text, *replacement).into_owned();
    }
    text = without_symbols(&text);
    text = numbers::to_digits(&text);
    text = text.split_whitespace().map(american).collect::<Vec<_>>().join(" ");
    for (pattern, replacement) in LOOSE_SYMBOLS.iter() {
        text = pattern.replace_all(&text, *replacement).into_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A pattern, and what stands in its place.
type Replacement = (Regex, &'static str);

fn replacements(table: &[(&str, &'static str)]) -> Vec<Replacement> {
    table.iter().map(|(from, to)| (pattern(from), *to)).collect()
}

static BEFORE_SYMBOLS: LazyLock<Vec<Replacement>> = LazyLock::new(|| {
    replacements(&[
        // What is in brackets was not said.
        (r"[<\[][^>\]]*[>\]]", ""),
        (r"\([^)]+?\)", ""),
        // Nor do hesitations count.
        (r"\b(hmm|mm|mhm|mmm|uh|um)\b", ""),
        (r"\s+'", "'"),
        // Contractions of their own kind.
        (r"\bwon't\b", "will not"),
        (r"\bcan't\b", "can not"),
        (r"\blet's\b", "let us"),
        (r"\bain't\b", "aint"),
        (r"\by'all\b", "you all"),
        (r"\bwanna\b", "want to"),
        (r"\bgotta\b", "got to"),
        (r"\bgonna\b", "going to"),
        (r"\bi'ma\b", "i am going to"),
        (r"\bimma\b", "i am going to"),
        (r"\bwoulda\b", "would have"),
        (r"\bcoulda\b", "could have"),
        (r"\bshoulda\b", "should have"),
        (r"\bma'am\b", "madam"),
        // Titles.
        (r"\bmr\b", "mister "),
        (r"\bmrs\b", "missus "),
        (r"\bst\b", "saint "),
        (r"\bdr\b", "doctor "),
        (r"\bprof\b", "professor "),
        (r"\bcapt\b", "captain "),
        (r"\bgov\b", "governor "),
        (r"\bald\b", "alderman "),
        (r"\bgen\b", "general "),
        (r"\bsen\b", "senator "),
        (r"\brep\b", "representative "),
        (r"\bpres\b", "president "),
        (r"\brev\b", "reverend "),
        (r"\bhon\b", "honorable "),
        (r"\basst\b", "assistant "),
        (r"\bassoc\b", "associate "),
        (r"\blt\b", "lieutenant "),
        (r"\bcol\b", "colonel "),
        (r"\bjr\b", "junior "),
        (r"\bsr\b", "senior "),
        (r"\besq\b", "esquire "),
        // Perfect tenses, before the general rule takes 's for "is" and 'd for "would".
        (r"'d been\b", " had been"),
        (r"'s been\b", " has been"),
        (r"'d gone\b", " had gone"),
        (r"'s gone\b", " has gone"),
        (r"'d done\b", " had done"),
        (r"'s got\b", " has got"),
        // The other contractions.
        (r"n't\b", " not"),
        (r"'re\b", " are"),
        (r"'s\b", " is"),
        (r"'d\b", " would"),
        (r"'ll\b", " will"),
        (r"'t\b", " not"),
        (r"'ve\b", " have"),
        (r"'m\b", " am"),
        // Separators of thousands, and full stops that are no decimal points.
        (r"(\d),(\d)", "$1$2"),
        (r"\.([^0-9]|$)", " $1"),
    ])
});

/// Symbols that belong to numbers, where there is no number.
static LOOSE_SYMBOLS: LazyLock<Vec<Replacement>> =
    LazyLock::new(|| replacements(&[("[.$¢€£]([^0-9])", " $1"), ("([^0-9])%", "$1 ")]));

/// Letters that no normalisation form takes apart.
const UNDECOMPOSED: [(char, &str); 8] =
    [('œ', "oe"), ('ø', "o"), ('æ', "ae"), ('ß', "ss"), ('đ', "d"), ('ð', "d"), ('þ', "th"), ('ł', "l")];

static MARK_OR_SYMBOL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\p{Mn})|[\p{M}\p{S}\p{P}]"));

/// Drops accents, and puts a space for every symbol but those that belong to numbers.
fn without_symbols(text: &str) -> String {
    let mut letters = String::with_capacity(text.len());
    for c in text.nfkd() {
        match UNDECOMPOSED.iter().find(|(letter, _)| *letter == c) {
            Some((_, replacement)) => letters.push_str(replacement),
            None => letters.push(c),
        }
    }
    MARK_OR_SYMBOL
        .replace_all(&letters, |found: &regex::Captures<'_>| {
            let symbol = &found[0];
            if ".%$¢€£".contains(symbol) {
                symbol.to_owned()
            } else if found.get(1).is_some() {
                String::new()
            } else {
                " ".to_owned()
            }
        })
        .into_owned()
}

/// British spellings to American ones.
static SPELLINGS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let pairs = include_str!("spelling.txt").lines().filter(|line| !line.starts_with('#'));
    pairs.filter_map(|pair| pair.split_once(' ')).collect()
});

fn american(word: &str) -> &str {
    SPELLINGS.get(word).copied().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_says_what_the_original_says() {
        let golden = include_str!("testdata/golden.tsv");
        let mut wrong = Vec::new();
        for line in golden.lines().filter(|line| !line.starts_with('#')) {
            let (input, expected) = line.split_once('\t').unwrap();
            let actual = normalize_english(input);
            if actual != expected {
                wrong.push(format!("{input}\n  expected {expected}\n  got      {actual}"));
            }
        }
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn the_table_of_spellings_is_whole() {
        assert_eq!(SPELLINGS.len(), 1738);
        assert_eq!(american("colour"), "color");
    }

    proptest! {
        #[test]
        fn any_text_has_a_form_without_loose_spaces(text in "\\PC*") {
            let form = normalize_english(&text);
            prop_assert_eq!(form.split_whitespace().collect::<Vec<_>>().join(" "), form);
        }
    }
}
