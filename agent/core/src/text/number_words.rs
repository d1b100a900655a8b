//! The words of English numbers, and what they stand for.

/// From zero on.
const BELOW_TWENTY: [&str; 20] = [
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
];

/// From twenty on.
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// From the first power on.
const POWERS_OF_A_THOUSAND: [&str; 11] = [
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

/// The value of *zero* to *nineteen*.
pub fn below_twenty(word: &str) -> Option<u64> {
    value(&BELOW_TWENTY, word)
}

/// The value of *twenty*, *thirty*, up to *ninety*.
pub fn tens(word: &str) -> Option<u64> {
    value(&TENS, word).map(|place| (place + 2) * 10)
}

/// The digit that *zero* to *nine* is written with.
pub fn digit(word: &str) -> Option<char> {
    char::from_digit(u32::try_from(below_twenty(word)?).ok()?, 10)
}

/// Which power of a thousand a word is: 1 for *thousand*, 2 for *million*, up to 11 for *decillion*.
pub fn power_of_a_thousand(word: &str) -> Option<u32> {
    value(&POWERS_OF_A_THOUSAND, word).and_then(|place| u32::try_from(place + 1).ok())
}

fn value(words: &[&str], word: &str) -> Option<u64> {
    words.iter().position(|other| *other == word).map(|place| place as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_values_of_their_places() {
        for (word, expected) in [("zero", 0), ("nine", 9), ("ten", 10), ("nineteen", 19)] {
            assert_eq!(below_twenty(word), Some(expected), "{word}");
        }
        assert_eq!((tens("twenty"), tens("ninety"), tens("ten")), (Some(20), Some(90), None));
        assert_eq!((digit("zero"), digit("nine"), digit("ten")), (Some('0'), Some('9'), None));
        assert_eq!((power_of_a_thousand("thousand"), power_of_a_thousand("decillion")), (Some(1), Some(11)));
    }
}
