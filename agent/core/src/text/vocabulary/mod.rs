//! The user's vocabulary: names and terms that the model does not expect.
//!
//! It is used twice: [`prompt`] tells the recogniser which words to lean to, and [`Vocabulary::correct`] mends what was heard
//! as something else. [`lists`] parses the words, [`learn`] finds new ones.

mod common;
pub mod learn;
pub mod lists;
pub mod prompt;
mod sound;

use std::sync::Arc;

use super::words::{Word, joined, words};
use sound::Sound;

pub use common::is_common;

/// Shorter words are alike by chance.
const SHORTEST: usize = 4;

/// What was heard in one piece more than this many words is no single name.
const MOST_WORDS: usize = 3;

/// A word that the model did not know is mended from this likeness on: the mean of spelling and sound, of 100.
///
/// Measured with `scout-lab vocabulary` over real speech with planted names: see `docs/performance.md`.
const UNKNOWN_FROM: usize = 78;

/// Words that the model knows were heard for a name only if they sound the same to the last consonant, and look this alike.
const KNOWN_FROM: usize = 70;

/// A word of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The word as it is written.
    pub written: String,
    /// What it is heard as, besides.
    pub heard: Vec<String>,
    sound: Sound,
    /// Words in it.
    length: usize,
}

impl Entry {
    /// An entry for a word or name; `heard` are ways in which it is misheard.
    pub fn new(written: &str, heard: &[&str]) -> Self {
        let heard = heard.iter().map(|heard| normal(heard)).filter(|heard| !heard.is_empty()).collect();
        Self { written: written.to_owned(), heard, sound: Sound::of(written), length: words(written).len() }
    }
}

/// The words that are expected in one dictation, the most relevant first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vocabulary {
    entries: Vec<Arc<Entry>>,
}

impl Vocabulary {
    /// Of these entries; of two that are written the same the first stays.
    pub fn new(entries: impl IntoIterator<Item = Arc<Entry>>) -> Self {
        let mut seen = std::collections::HashSet::new();
        let entries = entries.into_iter().filter(|entry| seen.insert(entry.written.clone()));
        Self { entries: entries.collect() }
    }

    /// Of these words.
    pub fn of_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self::new(words.into_iter().map(|word| Arc::new(Entry::new(word, &[]))))
    }

    /// Whether there are no words.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All words, the most relevant first.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.written.as_str())
    }

    /// Mends what sounds and looks like a word of the vocabulary.
    ///
    /// Conservative: a right word that is spoilt annoys more than a wrong one that stays, since nobody expects it. Common
    /// words are left alone unless two or three of them together sound like a name.
    pub fn correct(&self, text: &str) -> String {
        if self.entries.is_empty() {
            return text.to_owned();
        }
        let all = words(text);
        let mut written = String::with_capacity(text.len());
        let (mut place, mut from) = (0, 0);
        while place < all.len() {
            let Some((length, entry)) = self.best(text, &all, place) else {
                place += 1;
                continue;
            };
            let (first, last) = (&all[place], &all[place + length - 1]);
            let (end, ending) = without_genitive(&text[first.start..last.end], &entry.written, last.end);
            written.push_str(&text[from..first.start]);
            written.push_str(&entry.written);
            written.push_str(ending);
            from = end.max(last.end);
            place += length;
        }
        written.push_str(&text[from..]);
        written
    }

    /// The entry that stands here, if one does, and how many words of the text it takes.
    fn best(&self, text: &str, all: &[Word], place: usize) -> Option<(usize, &Entry)> {
        let mut best: Option<(usize, usize, &Entry)> = None;
        for length in 1..=MOST_WORDS.min(all.len() - place) {
            let here = &all[place..place + length];
            if length > 1 && !joined(text, &here[length - 2], &here[length - 1]) {
                break;
            }
            let original = &text[here[0].start..here[length - 1].end];
            let heard: Vec<&str> = here.iter().map(|word| bare(&word.lower)).collect();
            let spoken = heard.join(" ");
            let sound = Sound::of(&spoken);
            for entry in &self.entries {
                let Some(likeness) = likeness(entry, &heard, &spoken, &sound) else { continue };
                if bare_original(original) == entry.written {
                    // It is right as it is; nothing longer or shorter is better.
                    return None;
                }
                if best.is_none_or(|(most, _, _)| likeness > most) {
                    best = Some((likeness, length, entry));
                }
            }
        }
        best.map(|(_, length, entry)| (length, entry))
    }
}

/// How sure it is that these words are the entry, of 100; `None` if it is not sure enough.
fn likeness(entry: &Entry, heard: &[&str], spoken: &str, sound: &Sound) -> Option<usize> {
    if entry.heard.iter().any(|known| known == spoken) {
        return Some(101);
    }
    // A name of several words is not heard as less than one of them, nor as many more.
    if heard.len() > entry.length + 1 || heard.len() + 1 < entry.length {
        return None;
    }
    let common = || heard.iter().filter(|word| is_common(word)).count();
    if sound.letters == entry.sound.letters {
        // "apple" and "Apple": only the speaker knows which is meant.
        return (heard.len() > 1 || common() == 0 || heard.len() != entry.length).then_some(100);
    }
    if sound.letters.chars().count().min(entry.sound.letters.chars().count()) < SHORTEST {
        return None;
    }
    // The first sound is hardly ever misheard, and most chance likenesses differ in it.
    if !same_beginning(&sound.letters, &entry.sound.letters) {
        return None;
    }
    let (spelling, sounding) = (entry.sound.spelling(sound), entry.sound.sound(sound));
    let likeness = usize::midpoint(spelling, sounding);
    let sure = if common() == heard.len() {
        heard.len() > 1 && sounding == 100 && spelling >= KNOWN_FROM
    } else {
        likeness >= UNKNOWN_FROM
    };
    sure.then_some(likeness)
}

/// Whether two words begin with the same letter, or with letters that are often written for the same sound.
fn same_beginning(one: &str, other: &str) -> bool {
    const SAME: &[&str] = &["ckq", "sz", "cs", "fpv", "gj", "iy", "vw", "ae", "xz", "ou", "ei"];
    match (one.chars().next(), other.chars().next()) {
        (Some(one), Some(other)) => one == other || SAME.iter().any(|same| same.contains(one) && same.contains(other)),
        _ => false,
    }
}

/// A word without the genitive's ending, which belongs to the sentence.
fn bare(word: &str) -> &str {
    word.strip_suffix("'s").unwrap_or(word)
}

fn bare_original(original: &str) -> &str {
    original.strip_suffix("'s").or_else(|| original.strip_suffix("’s")).unwrap_or(original)
}

/// Where the name ends that was heard, and the genitive's ending, which is kept.
fn without_genitive<'t>(heard: &'t str, written: &str, end: usize) -> (usize, &'t str) {
    let bare = bare_original(heard);
    let kept = if written.ends_with("'s") { "" } else { &heard[bare.len()..] };
    (end, kept)
}

/// Text as aliases are compared: small letters, single spaces.
fn normal(text: &str) -> String {
    let all: Vec<String> = words(text).into_iter().map(|word| word.lower).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_sounds_and_looks_like_a_word_becomes_it() {
        let vocabulary = Vocabulary::new([
            Arc::new(Entry::new("Kubernetes", &["cooper netties"])),
            Arc::new(Entry::new("Schoeffer", &[])),
            Arc::new(Entry::new("Gutenberg", &[])),
            Arc::new(Entry::new("GitHub", &[])),
            Arc::new(Entry::new("Dashwood", &[])),
            Arc::new(Entry::new("Anna Lindqvist", &[])),
            Arc::new(Entry::new("Apple", &[])),
            Arc::new(Entry::new("PostgreSQL", &["post gress"])),
        ]);
        for (before, after) in [
            ("kubernetes is here", "Kubernetes is here"),
            ("We use cooper netties.", "We use Kubernetes."),
            ("by Peter Schoffer in", "by Peter Schoeffer in"),
            ("the Guttenberg Bible", "the Gutenberg Bible"),
            ("Guttenberg's Bible", "Gutenberg's Bible"),
            ("push it to git hub", "push it to GitHub"),
            ("mister John Dashwood had", "mister John Dashwood had"),
            ("mister John Dashwod had", "mister John Dashwood had"),
            ("ask Anna Linkvist", "ask Anna Lindqvist"),
            ("in Post Gress now", "in PostgreSQL now"),
            // What stays.
            ("I ate an apple.", "I ate an apple."),
            ("He would dash off", "He would dash off"),
            ("the great burg", "the great burg"),
            ("a shuffle of cards", "a shuffle of cards"),
            ("", ""),
        ] {
            assert_eq!(vocabulary.correct(before), after, "{before:?}");
        }
    }

    proptest! {
        #[test]
        fn correcting_twice_is_correcting_once(text in "(?i)[a-z ,.'é東]{0,60}") {
            let vocabulary = Vocabulary::of_words(["Kubernetes", "Schoeffer", "Anna Lindqvist", "naïve", "東京"]);
            let once = vocabulary.correct(&text);
            prop_assert_eq!(vocabulary.correct(&once), once);
        }

        #[test]
        fn no_words_change_nothing(text in "\\PC{0,60}") {
            prop_assert_eq!(Vocabulary::default().correct(&text), text);
        }
    }
}
