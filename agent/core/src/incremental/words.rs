//! Texts as words, and how two readings of the same speech are fitted together.

use std::fmt::Write as _;
use std::ops::Range;

use crate::alignment::{self, Fit};
use crate::incremental::checks::is_ideographic;

/// A word as a model wrote it, with its punctuation. In scripts that do not separate words, a single character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    text: String,
    /// Whether it follows the word before it without a space.
    glued: bool,
}

impl Word {
    /// The word without case and punctuation: by this, two readings are compared.
    fn core(&self) -> String {
        self.text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    }

    /// Whether both are the same word, whatever its case and punctuation.
    fn is_same_word(&self, other: &Self) -> bool {
        let core = self.core();
        !core.is_empty() && core == other.core()
    }

    /// Whether both are likely to be the same spoken word, of which one reading misheard a letter.
    fn is_nearly(&self, other: &Self) -> bool {
        let (core, other) = (self.core(), other.core());
        !core.is_empty() && strsim::levenshtein(&core, &other) * LETTERS_PER_SLIP <= other.chars().count()
    }

    /// Takes the letters and the case of another reading of the word; the punctuation around it stays, since that depends on
    /// what follows.
    fn respell(&mut self, like: &Self) {
        let inner = |text: &str| -> Option<Range<usize>> {
            let is_letter = |character: char| character.is_alphanumeric();
            let (last, letter) = text.char_indices().rfind(|(_, character)| is_letter(*character))?;
            Some(text.find(is_letter)?..last + letter.len_utf8())
        };
        if let (Some(own), Some(other)) = (inner(&self.text), inner(&like.text)) {
            self.text.replace_range(own, &like.text[other]);
        }
    }
}

/// Two readings of one word differ in no more than every third letter: `consist` and `consists`, but not `and` and `engraved`.
const LETTERS_PER_SLIP: usize = 3;

/// Cuts a text into words.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for chunk in text.split_whitespace() {
        let (mut word, mut glued) = (String::new(), false);
        for character in chunk.chars() {
            // Punctuation stays with the character before it.
            if is_ideographic(character) && character.is_alphanumeric() && !word.is_empty() {
                words.push(Word { text: std::mem::take(&mut word), glued });
                glued = true;
            }
            word.push(character);
        }
        words.push(Word { text: word, glued });
    }
    words
}

/// Puts words together to a text.
pub(super) fn text(words: &[Word]) -> String {
    let mut text = String::new();
    for word in words {
        let space = if text.is_empty() || word.glued { "" } else { " " };
        let _ = write!(text, "{space}{}", word.text);
    }
    text
}

/// Finds how many words of `longer` are the words of `shorter`, whatever their case and punctuation.
pub(super) fn fit(shorter: &[Word], longer: &[Word]) -> Fit {
    let cores = |words: &[Word]| words.iter().map(Word::core).collect::<Vec<_>>();
    alignment::fit(&cores(shorter), &cores(longer))
}

/// Whether `reading` is the beginning of an `earlier` reading of less audio, and nothing more: it lost words.
pub(super) fn is_shortened(reading: &[Word], earlier: &[Word]) -> bool {
    reading.len() < earlier.len() && reading.iter().zip(earlier).all(|(word, earlier)| word.is_same_word(earlier))
}

/// How a reading that went across a seam wrote what follows it.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) words: Vec<Word>,
    /// Whether the last word may be cut off.
    pub(super) is_cut: bool,
}

impl Expected {
    /// Those words that were heard to their ends.
    fn whole(&self) -> &[Word] {
        &self.words[..self.words.len().saturating_sub(usize::from(self.is_cut))]
    }
}

/// How many words at the beginning of a reading may belong to what is already certain, when it began a little before the
/// seam.
const OVERLAP_WORDS: usize = 3;

/// Mends the beginning of a reading that starts at a seam.
///
/// `expected` is how a reading that went across the seam wrote what follows it. Its first word has the right case and is less
/// often misheard, since it saw what stands before. Words at its beginning that the new reading lacks were said before the
/// seam, and lost by the reading that ended there. `overlaps` says that the new reading began before the seam, so that its
/// first words may be there already.
pub(super) fn mend(mut reading: Vec<Word>, before: Option<&Word>, expected: &Expected, overlaps: bool) -> Vec<Word> {
    let whole = expected.whole();
    if overlaps {
        let reach = reading.len().min(OVERLAP_WORDS + 1);
        let at_seam = whole.first().and_then(|next| reading[..reach].iter().position(|word| word.is_same_word(next)));
        let doubled = before.and_then(|last| reading[..reach].iter().position(|word| word.is_same_word(last)));
        match (at_seam, doubled) {
            (Some(seam), _) => drop(reading.drain(..seam)),
            (None, Some(doubled)) => drop(reading.drain(..=doubled)),
            (None, None) => {}
        }
    }
    let lost = lost_before(&reading, &expected.words);
    if let (Some(first), Some(next)) = (reading.first_mut(), whole.get(lost))
        && first.is_nearly(next)
    {
        first.respell(next);
    }
    reading.splice(0..0, expected.words[..lost].iter().cloned());
    reading
}

/// How many words of `expected` stand before the first one of `reading`: those that it would take to make the two fit.
fn lost_before(reading: &[Word], expected: &[Word]) -> usize {
    let Some(first) = reading.first() else { return 0 };
    let as_they_are = fit(expected, reading).edits;
    let explains = |lost: &usize| {
        let edits = lost + fit(&expected[*lost..], reading).edits;
        // Where the first word is not quite the same, two words that were misheard explain as much as a lost one.
        let (is_same, is_nearly) = (first.is_same_word(&expected[*lost]), first.is_nearly(&expected[*lost]));
        (is_same && edits <= as_they_are) || (is_nearly && edits < as_they_are)
    };
    (1..expected.len()).find(explains).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_and_text_are_each_others_inverse() {
        for sample in
            ["", "One.", "He said: \"No, no.\"", "東京は、晴れです。", "I like 寿司 a lot", "12 o'clock - now"]
        {
            assert_eq!(text(&words(sample)), sample);
        }
        assert_eq!(words("東京は、晴れ").len(), 5);
        assert_eq!(words("a b  c").len(), 3);
    }

    #[test]
    fn a_shorter_reading_is_found_in_a_longer_one() {
        for (shorter, longer, words_of_longer, edits) in [
            ("Go forward.", "Go forward ten meters.", 2, 0),
            ("", "Go forward.", 0, 0),
            ("And Mr. John", "and mister John Dashwood had", 3, 1),
            ("one two three four", "one to three four five", 4, 1),
            ("one two three", "one three four", 2, 1),
            ("something else", "", 0, 2),
        ] {
            let fit = fit(&words(shorter), &words(longer));
            assert_eq!(fit, Fit { words: words_of_longer, edits }, "{shorter:?} in {longer:?}");
        }
    }

    #[test]
    fn the_word_after_a_seam_is_written_as_it_was_in_context() {
        let mended = |reading: &str, before: &str, expected: &str, overlaps| {
            let expected = Expected { words: words(expected), is_cut: false };
            text(&mend(words(reading), words(before).last(), &expected, overlaps))
        };
        for (reading, before, expected, overlaps, result) in [
            ("Still more, he said.", "been made", "still more", false, "still more, he said."),
            ("\"Still\" more.", "been made", "still", false, "\"still\" more."),
            ("John was there.", "and then", "John was", false, "John was there."),
            ("He was there.", "the end.", "", false, "He was there."),
            ("Something else.", "been made", "still", false, "Something else."),
            ("Differrs, from most", "at present concerned,", "differs.", false, "differs, from most"),
            ("consists principally", "picture books,", "consist principally of", false, "consist principally"),
            ("engraved in relief", "wood blocks", "and graved in relief", false, "engraved in relief"),
            ("43 of them", "there are", "42 of", false, "43 of them"),
            ("...", "been made", "still", false, "..."),
            ("Made still more.", "been made", "still more", true, "still more."),
            ("Been made still.", "been made", "still", true, "still."),
            ("Ade still more.", "been made", "still", true, "still more."),
            ("Made some more.", "been made", "still", true, "some more."),
            ("Very, very good.", "it is very,", "very good", true, "very, very good."),
            ("Except in Italy.", "though on the", "whole, except in Italy", false, "whole, except in Italy."),
            ("Four five six.", "one", "two three four five", false, "two three four five six."),
            ("In Italy too.", "but on", "the whole in France", false, "the whole in Italy too."),
            ("On Sunday too.", "but on", "the whole in France", false, "On Sunday too."),
        ] {
            assert_eq!(mended(reading, before, expected, overlaps), result, "{reading:?} after {before:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives(sample in "\\PC{0,60}") {
            let normal = sample.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(text(&words(&normal)), normal);
        }

        #[test]
        fn a_beginning_fits_without_an_edit(all in prop::collection::vec("[a-c]{1,2}", 0..20), cut in 0usize..20) {
            let longer = words(&all.join(" "));
            let cut = cut.min(longer.len());
            prop_assert_eq!(fit(&longer[..cut], &longer), Fit { words: cut, edits: 0 });
        }
    }
}
