//! The words of English numbers.

const ZEROS: [&str; 3] = ["o", "oh", "zero"];

pub(super) const ONES: [&str; 19] = [
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
];

pub(super) const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// A hundred, then the powers of a thousand.
pub(super) const MULTIPLIERS: [&str; 12] = [
    "hundred",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
    "septillion",
    "octillion",
    "nonillion",
    "decillion",
];

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
        if let Some(value) = value_in(&ONES, word, ones_value) {
            return Some(Self::Ones(value));
        }
        if let Some(value) = value_in(&TENS, word, tens_value) {
            return Some(Self::Tens(value));
        }
        if let Some(value) = value_in(&MULTIPLIERS, word, multiplier_value) {
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
            && let Some(value) = value_in(&TENS, &format!("{stem}y"), tens_value)
        {
            return Some(Self::TensSuffixed(value, "th"));
        }
        if let Some(stem) = word.strip_suffix("ies")
            && let Some(value) = value_in(&TENS, &format!("{stem}y"), tens_value)
        {
            return Some(Self::TensSuffixed(value, "s"));
        }
        for suffix in ["th", "s"] {
            let Some(stem) = word.strip_suffix(suffix) else { continue };
            if let Some(value) = value_in(&ONES, stem, ones_value) {
                return Some(Self::OnesSuffixed(value, suffix));
            }
            if let Some(value) = value_in(&MULTIPLIERS, stem, multiplier_value) {
                return Some(Self::MultiplierSuffixed(value, suffix));
            }
        }
        None
    }
}

fn value_in(names: &[&str], word: &str, value: fn(usize) -> u128) -> Option<u128> {
    names.iter().position(|name| *name == word).map(value)
}

fn ones_value(index: usize) -> u128 {
    index as u128 + 1
}

fn tens_value(index: usize) -> u128 {
    (index as u128 + 2) * 10
}

fn multiplier_value(index: usize) -> u128 {
    if index == 0 { 100 } else { 1000_u128.pow(index as u32) }
}

/// Whether the word may follow *point*.
pub(super) fn is_decimal_word(word: &str) -> bool {
    ZEROS.contains(&word) || ONES.contains(&word) || TENS.contains(&word)
}
