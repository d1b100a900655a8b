//! How words sound and look, and how alike two of them are.

use rphonetic::{DoubleMetaphone, Encoder};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Codes are cut here: longer names are told apart by their letters.
const CODE_LENGTH: usize = 12;

/// A word's letters and sound.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sound {
    /// Small letters without accents, spaces and signs.
    pub letters: String,
    /// Its sounds, one letter each. Empty for scripts other than the Latin one.
    code: String,
}

impl Sound {
    pub(super) fn of(word: &str) -> Self {
        let letters: String = word
            .nfd()
            .filter(|character| !is_combining_mark(*character))
            .flat_map(char::to_lowercase)
            .filter(|character| character.is_alphanumeric())
            .collect();
        let latin: String = letters.chars().filter(char::is_ascii_alphabetic).collect();
        let encoder = DoubleMetaphone::new(Some(CODE_LENGTH));
        let code = if latin.len() == letters.len() { encoder.encode(&latin) } else { String::new() };
        Self { letters, code }
    }

    /// How much of the letters is the same, 0 to 100.
    pub(super) fn spelling(&self, other: &Self) -> usize {
        alike(&self.letters, &other.letters)
    }

    /// How much of the sound is the same, 0 to 100; what has no known sound is only alike in its letters.
    pub(super) fn sound(&self, other: &Self) -> usize {
        if self.code.is_empty() || other.code.is_empty() {
            self.spelling(other)
        } else {
            alike(&self.code, &other.code)
        }
    }
}

fn alike(one: &str, other: &str) -> usize {
    let longest = one.chars().count().max(other.chars().count());
    if longest == 0 {
        return 0;
    }
    (longest - strsim::damerau_levenshtein(one, other).min(longest)) * 100 / longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_alike_is_alike() {
        for (one, other, spelling, sound) in [
            ("Schoeffer", "Schoeffer", 100, 100),
            ("Kubernetes", "cooper netties", 50, 100),
            ("Müller", "muller", 100, 100),
            ("Guttenberg", "Gutenberg", 90, 100),
            ("東京", "東京", 100, 100),
            ("", "", 0, 0),
        ] {
            let (a, b) = (Sound::of(one), Sound::of(other));
            assert!(a.spelling(&b) >= spelling && a.sound(&b) >= sound, "{one} {other}: {a:?} {b:?}");
        }
        let (a, b) = (Sound::of("table"), Sound::of("Kubernetes"));
        assert!(a.spelling(&b) < 40 && a.sound(&b) < 50);
    }
}
