//! Folds letters for search, and splits text into words and, for scripts without spaces, into pairs of characters.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// One folded character of a text, and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::history) struct Folded {
    /// Lower case, without its accents.
    pub letter: char,
    /// The byte of the text at which it begins.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
}

/// Folds a text, so that case and accents make no difference.
pub(in crate::history) fn fold(text: &str) -> Vec<Folded> {
    let mut folded: Vec<Folded> = Vec::with_capacity(text.len());
    for (start, original) in text.char_indices() {
        let end = start + original.len_utf8();
        if original.is_ascii() {
            folded.push(Folded { letter: original.to_ascii_lowercase(), start, end });
            continue;
        }
        // Vowel signs of Thai and its neighbours are letters, and stay.
        if is_unspaced(original) {
            folded.push(Folded { letter: original, start, end });
            continue;
        }
        let letters = original.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase);
        let before = folded.len();
        folded.extend(letters.map(|letter| Folded { letter, start, end }));
        if folded.len() == before
            && let Some(last) = folded.last_mut()
        {
            // A combining mark belongs to the letter before it.
            last.end = end;
        }
    }
    folded
}

/// Returns the words of a folded text, as ranges of its characters. A run of a script without spaces is one word.
pub(in crate::history) fn words(folded: &[Folded]) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, one) in folded.iter().enumerate() {
        let is_part = one.letter.is_alphanumeric() || is_unspaced(one.letter);
        let continues = start.is_some_and(|start: usize| is_unspaced(folded[start].letter) == is_unspaced(one.letter));
        if let Some(begun) = start.filter(|_| !is_part || !continues) {
            words.push(begun..at);
            start = None;
        }
        if is_part && start.is_none() {
            start = Some(at);
        }
    }
    words.extend(start.map(|start| start..folded.len()));
    words
}

/// Counts the words of a text. In a script without spaces, two characters count as one word.
pub(super) fn count_words(text: &str) -> usize {
    let folded = fold(text);
    let count = |word: std::ops::Range<usize>| {
        if is_unspaced(folded[word.start].letter) { word.len().div_ceil(2) } else { 1 }
    };
    words(&folded).into_iter().map(count).sum()
}

/// Returns whether the character's script puts no spaces between words: Han, kana, Thai, Lao, Myanmar, Khmer and their
/// neighbours.
pub(in crate::history) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF      // Thai, Lao
        | 0x0F00..=0x0FFF    // Tibetan
        | 0x1000..=0x109F    // Myanmar
        | 0x1780..=0x17FF    // Khmer
        | 0x1950..=0x19DF    // Tai Le, New Tai Lue
        | 0x1A20..=0x1AAF    // Tai Tham
        | 0x3005..=0x3007    // iteration marks of Han
        | 0x3040..=0x30FF    // kana
        | 0x31F0..=0x31FF    // kana extensions
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF // Han
        | 0xFF66..=0xFF9D    // half-width kana
        | 0x20000..=0x323AF  // Han beyond the first plane
    )
}

/// Returns every pair of neighbouring characters of scripts without spaces, as words that no tokenizer splits. A search
/// for two such characters, the length of most words in Chinese, becomes a search for one of these words. The last
/// character of a run is also a word of its own, so that each single character begins a word. Words of other scripts
/// that touch such a run are included, because the tokenizer takes both for one word.
pub(super) fn pairs(text: &str) -> String {
    let mut pairs = String::new();
    if text.is_ascii() {
        return pairs;
    }
    let folded = fold(text);
    let is_unspaced_at = |at: usize| folded.get(at).is_some_and(|one| is_unspaced(one.letter));
    for word in words(&folded) {
        if !is_unspaced_at(word.start) {
            if is_unspaced_at(word.end) || word.start > 0 && is_unspaced_at(word.start - 1) {
                if !pairs.is_empty() {
                    pairs.push(' ');
                }
                pairs.extend(folded[word].iter().map(|one| one.letter));
            }
            continue;
        }
        for at in word.clone() {
            if !pairs.is_empty() {
                pairs.push(' ');
            }
            pairs.push_str(&pair(
                folded[at].letter,
                folded.get(at + 1).filter(|_| at + 1 < word.end).map(|next| next.letter),
            ));
        }
        // Separates the runs, so that no phrase matches across them.
        pairs.push_str(" x");
    }
    pairs
}

/// Returns one pair, or a single character, in the form that [`pairs`] uses.
pub(in crate::history) fn pair(first: char, second: Option<char>) -> String {
    let second = second.map_or_else(String::new, |second| format!("{:x}", u32::from(second)));
    format!("{:x}x{second}", u32::from(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> String {
        fold(text).into_iter().map(|folded| folded.letter).collect()
    }

    #[test]
    fn case_and_accents_make_no_difference() {
        assert_eq!(letters("Zażółć GĘŚLĄ"), "zazołc gesla");
        assert_eq!(letters("e\u{301}té"), "ete");
        assert_eq!(letters("Ἀθῆναι МОСКВА"), "αθηναι москва");
        assert_eq!(letters("ﬁn"), "fin");
        assert_eq!(letters("กี่"), "กี่");
        let folded = fold("e\u{301}x");
        assert_eq!((folded[0].start, folded[0].end, folded[1].start), (0, 3, 3));
    }

    #[test]
    fn words_end_where_scripts_change() {
        let text = "let's 会议 tomorrow";
        let folded = fold(text);
        let found: Vec<&str> =
            words(&folded).into_iter().map(|word| &text[folded[word.start].start..folded[word.end - 1].end]).collect();
        assert_eq!(found, ["let", "s", "会议", "tomorrow"]);
        assert_eq!(count_words(text), 4);
        assert_eq!(count_words("我们明天开会"), 3);
    }

    #[test]
    fn pairs_cover_every_neighbour() {
        assert_eq!(pairs("plain text, žluťoučký"), "");
        assert_eq!(pairs("天气 好"), "5929x6c14 6c14x x 597dx x");
        assert_eq!(pairs("Q3会 ok"), "q3 4f1ax x");
    }
}
