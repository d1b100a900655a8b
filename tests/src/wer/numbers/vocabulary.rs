//! The words of English numbers.

use scout_core::text::number_words::{below_twenty, power_of_a_thousand, tens};

const ZEROS: [&str; 3] = ["o", "oh", "zero"];

const SIGNS: [(&str, char); 4] = [("minus", '-'), ("negative", '-'), ("plus", '+'), ("positive", '+')];

const CURRENCIES: [(&str, char); 8] = [
    ("pound", '£'),
    ("pounds", '£'),
    ("euro", '€'),
    ("euros", '€'),
    ("dollar", '$'),
    ("dollars", '$'),
    ("cent", '¢'),
    ("cents", '¢'),
];

/// What a word means where numbers are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Zero,
    /// One to nineteen.
    Ones(u128),
    /// The same with an ending: *sixth*, *sixes*.
    OnesSuffixed(u128, &'static str),
    Tens(u128),
    TensSuffixed(u128, &'static str),
    Multiplier(u128),
    MultiplierSuffixed(u128, &'static str),
    /// Before a number.
    Sign(char),
    /// After a number.
    Currency(char),
    Per,
    Percent,
    And,
    /// *Double* or *triple*, before a digit.
    Repeat(usize),
    Point,
}

impl Word {
    /// The meaning of a word; `None` if it has none as a number.
    pub(super) fn of(word: &str) -> Option<Self> {
        if ZEROS.contains(&word) {
            return Some(Self::Zero);
        }
        match word {
            "per" => return Some(Self::Per),
            "percent" => return Some(Self::Percent),
            "and" => return Some(Self::And),
            "double" => return Some(Self::Repeat(2)),
            "triple" => return Some(Self::Repeat(3)),
            "point" => return Some(Self::Point),
            _ => {}
        }
        if let Some((_, sign)) = SIGNS.iter().find(|(name, _)| *name == word) {
            return Some(Self::Sign(*sign));
        }
        if let Some((_, symbol)) = CURRENCIES.iter().find(|(name, _)| *name == word) {
            return Some(Self::Currency(*symbol));
        }
        if let Some(value) = ones(word) {
            return Some(Self::Ones(value));
        }
        if let Some(value) = tens(word) {
            return Some(Self::Tens(value.into()));
        }
        if let Some(value) = multiplier(word) {
            return Some(Self::Multiplier(value));
        }
        Self::suffixed(word)
    }

    fn suffixed(word: &str) -> Option<Self> {
        match word {
            "zeroth" => return Some(Self::OnesSuffixed(0, "th")),
            "first" => return Some(Self::OnesSuffixed(1, "st")),
            "second" => return Some(Self::OnesSuffixed(2, "nd")),
            "third" => return Some(Self::OnesSuffixed(3, "rd")),
            "fifth" => return Some(Self::OnesSuffixed(5, "th")),
            "eighth" => return Some(Self::OnesSuffixed(8, "th")),
            "twelfth" => return Some(Self::OnesSuffixed(12, "th")),
            "sixes" => return Some(Self::OnesSuffixed(6, "s")),
            // Would be taken for regular forms below. ("nineth" stays: the original spells it so, and knows no other.)
            "sixs" | "oneth" | "twoth" | "threeth" | "fiveth" | "eightth" | "twelveth" => return None,
            _ => {}
        }
        if let Some(stem) = word.strip_suffix("ieth")
            && let Some(value) = tens(&format!("{stem}y"))
        {
            return Some(Self::TensSuffixed(value.into(), "th"));
        }
        if let Some(stem) = word.strip_suffix("ies")
            && let Some(value) = tens(&format!("{stem}y"))
        {
            return Some(Self::TensSuffixed(value.into(), "s"));
        }
        for suffix in ["th", "s"] {
            let Some(stem) = word.strip_suffix(suffix) else { continue };
            if let Some(value) = ones(stem) {
                return Some(Self::OnesSuffixed(value, suffix));
            }
            if let Some(value) = multiplier(stem) {
                return Some(Self::MultiplierSuffixed(value, suffix));
            }
        }
        None
    }
}

/// The value of *one* to *nineteen*.
pub(super) fn ones(word: &str) -> Option<u128> {
    below_twenty(word).filter(|value| *value > 0).map(u128::from)
}

/// The value of *hundred*, and of the powers of a thousand.
pub(super) fn multiplier(word: &str) -> Option<u128> {
    if word == "hundred" { Some(100) } else { power_of_a_thousand(word).map(|power| 1_000_u128.pow(power)) }
}

/// Whether the word may follow *point*.
pub(super) fn is_decimal_word(word: &str) -> bool {
    ZEROS.contains(&word) || ones(word).is_some() || tens(word).is_some()
}
