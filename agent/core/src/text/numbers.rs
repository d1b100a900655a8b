//! Numbers in words become digits, in English.
//!
//! Only what is certainly a number, and reads better so: "twenty-three", "one hundred and five", "three point one four",
//! "fourteen fifty five", "one two three four", and small ones before a unit. "One of them", "five or six" and "a hundred
//! times" stay.

use super::number_words::{below_twenty, digit, power_of_a_thousand, tens};
use super::units;
use super::words::{Word, joined, words};

/// Words behind a number that make it something else: "twenty first", "two thirds", "fifty times".
const ORDINALS: &[&str] = &[
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "half",
    "halves",
    "thirds",
    "quarters",
    "fifths",
    "ish",
    "odd",
    "something",
];

/// The smallest number that is written in digits on its own.
const ALONE_FROM: u64 = 10;
/// Billions: what is larger is not said in words.
const LARGEST_POWER: u32 = 3;
/// So many single digits in a row are a number to be dialled or typed.
const DIALLED: usize = 3;

/// Writes numbers in digits.
pub fn as_digits(text: &str) -> String {
    let all = words(text);
    let mut written = String::with_capacity(text.len());
    let (mut place, mut from) = (0, 0);
    while place < all.len() {
        let length = run(text, &all, place);
        if length == 0 {
            place += 1;
            continue;
        }
        let said: Vec<&str> = all[place..place + length].iter().map(|word| word.lower.as_str()).collect();
        let next = all.get(place + length).filter(|next| joined(text, &all[place + length - 1], next));
        if let Some(digits) = number(&said, next.map(|next| next.lower.as_str())) {
            written.push_str(&text[from..all[place].start]);
            written.push_str(&digits);
            from = all[place + length - 1].end;
        }
        place += length;
    }
    written.push_str(&text[from..]);
    written
}

/// How many words from here on belong to a number.
fn run(text: &str, all: &[Word], place: usize) -> usize {
    let mut length = 0;
    while let Some(word) = all.get(place + length) {
        let apart = length > 0 && !joined(text, &all[place + length - 1], word);
        let inside = length > 0 && matches!(word.lower.as_str(), "and" | "point" | "hundred");
        let belongs = small(&word.lower).is_some() || scale(&word.lower).is_some() || inside;
        if apart || !belongs || (length == 0 && scale(&word.lower).is_some()) {
            break;
        }
        length += 1;
    }
    // What only joins numbers belongs to none at the end.
    while length > 0 && matches!(all[place + length - 1].lower.as_str(), "and" | "point") {
        length -= 1;
    }
    length
}

/// What can be said in one word below a hundred.
fn small(word: &str) -> Option<u64> {
    below_twenty(word).or_else(|| tens(word))
}

fn scale(word: &str) -> Option<u64> {
    power_of_a_thousand(word).filter(|power| *power <= LARGEST_POWER).map(|power| 1_000_u64.pow(power))
}

/// The number that the words say, in digits; `None` if they say several, or are better left alone.
fn number(said: &[&str], next: Option<&str>) -> Option<String> {
    if next.is_some_and(|next| ORDINALS.contains(&next)) {
        return None;
    }
    let before_unit = next.is_some_and(units::is_unit);
    if let Some(point) = said.iter().position(|word| *word == "point") {
        let whole = cardinal(&said[..point])?;
        let digits: Option<String> = said[point + 1..].iter().map(|word| digit(word)).collect();
        return digits.filter(|digits| !digits.is_empty()).map(|digits| format!("{whole}.{digits}"));
    }
    if said.len() >= DIALLED
        && let Some(digits) = said.iter().map(|word| digit(word)).collect::<Option<String>>()
    {
        return Some(digits);
    }
    if let Some(value) = cardinal(said) {
        let alone = said.len() == 1 && value < ALONE_FROM && !before_unit;
        return (!alone).then(|| value.to_string());
    }
    year(said)
}

/// "fourteen fifty five", "nineteen oh five" is not heard so.
fn year(said: &[&str]) -> Option<String> {
    let (century, rest) = said.split_first()?;
    let century = cardinal(&[century]).filter(|value| (10..100).contains(value))?;
    let rest = cardinal(rest).filter(|value| (10..100).contains(value))?;
    // "Fifty fifty" is a share, "twenty twenty" may be eyesight.
    (century != rest).then(|| format!("{}", century * 100 + rest))
}

/// One whole number. Every word must have its place in it.
fn cardinal(said: &[&str]) -> Option<u64> {
    let (mut total, mut group, mut below, mut any) = (0_u64, 0_u64, u64::MAX, false);
    let mut last_scale = u64::MAX;
    for (place, word) in said.iter().enumerate() {
        if *word == "and" {
            // "one hundred and five", not "five and six".
            let follows = place.checked_sub(1).map(|before| said[before]);
            if !follows.is_some_and(|before| before == "hundred" || scale(before).is_some()) {
                return None;
            }
        } else if *word == "hundred" {
            if group == 0 || group >= 10 || below <= 10 && group % 10 == 0 {
                return None;
            }
            group = group.checked_mul(100)?;
            below = 100;
        } else if let Some(scale) = scale(word) {
            if group == 0 || scale >= last_scale {
                return None;
            }
            total = total.checked_add(group.checked_mul(scale)?)?;
            (group, below, last_scale) = (0, u64::MAX, scale);
        } else {
            let value = small(word)?;
            if value >= below || (value == 0 && said.len() > 1) {
                return None;
            }
            group = group.checked_add(value)?;
            below = if value >= 20 { 10 } else { 0 };
        }
        any = true;
    }
    any.then(|| total + group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        for (before, after) in [
            ("I am twenty three.", "I am 23."),
            ("Twenty-three people", "23 people"),
            ("one hundred and five pages", "105 pages"),
            ("two thousand and six", "2006"),
            ("two million three hundred thousand", "2300000"),
            ("three point one four", "3.14"),
            ("about fourteen fifty five,", "about 1455,"),
            ("dial one two three four", "dial 1234"),
            ("twelve", "12"),
            ("five kilometres", "5 kilometres"),
            ("five percent", "5 percent"),
            ("a table of nine hundred ninety nine", "a table of 999"),
            // What stays.
            ("one of them", "one of them"),
            ("five or six", "five or six"),
            ("a hundred times", "a hundred times"),
            ("five five", "five five"),
            ("five and six", "five and six"),
            ("fifty fifty", "fifty fifty"),
            ("the twenty first", "the twenty first"),
            ("two thirds", "two thirds"),
            ("five thirty", "five thirty"),
            ("hundred", "hundred"),
            ("the point", "the point"),
            ("one, two, three, four", "one, two, three, four"),
            ("ten. Twenty", "10. 20"),
            ("", ""),
        ] {
            assert_eq!(as_digits(before), after, "{before:?}");
        }
    }
}
