//! Numbers that are written in words, in digits.

mod vocabulary;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use scout_core::text::number_words::tens;

use self::vocabulary::{Word, is_decimal_word, multiplier, ones};
use super::pattern;

/// Writes number words as digits, with their signs, currencies and suffixes: *minus twenty one* is `-21`, *two million
/// dollars* `$2000000`, *nineteen sixties* `1960s`, *one oh one* `101`. *One* alone stays a word.
///
/// Unlike the original it does not multiply beyond 38 digits.
pub(super) fn to_digits(text: &str) -> String {
    let text = prepare(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut reader = Reader::default();
    let mut position = 0;
    while position < words.len() {
        let previous = position.checked_sub(1).and_then(|index| words.get(index).copied());
        let next = words.get(position + 1).copied();
        position += reader.read(previous, words[position], next);
    }
    reader.flush();
    finish(&reader.output.join(" "))
}

static AND_A_HALF: LazyLock<Regex> = LazyLock::new(|| pattern(r"\band\s+a\s+half\b"));
static LETTER_DIGIT: LazyLock<Regex> = LazyLock::new(|| pattern("([a-z])([0-9])"));
static DIGIT_LETTER: LazyLock<Regex> = LazyLock::new(|| pattern("([0-9])([a-z])"));
static LOOSE_SUFFIX: LazyLock<Regex> = LazyLock::new(|| pattern(r"([0-9])\s+(st|nd|rd|th|s)\b"));
static AND_CENTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})\b"));
static ONLY_CENTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"[€£$]0.([0-9]{1,2})\b"));
static LONE_ONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b1(s?)\b"));

/// Parts digits from letters, and makes *and a half* after a number a decimal.
fn prepare(text: &str) -> String {
    let mut parts = Vec::new();
    let mut segments = AND_A_HALF.split(text).peekable();
    while let Some(segment) = segments.next() {
        let Some(last_word) = segment.split_whitespace().next_back() else { continue };
        parts.push(segment);
        if segments.peek().is_some() {
            let number = is_decimal_word(last_word) || multiplier(last_word).is_some();
            parts.push(if number { "point five" } else { "and a half" });
        }
    }
    let text = parts.join(" ");
    let text = LETTER_DIGIT.replace_all(&text, "$1 $2");
    let text = DIGIT_LETTER.replace_all(&text, "$1 $2");
    LOOSE_SUFFIX.replace_all(&text, "$1$2").into_owned()
}

/// Joins dollars and cents, and writes a lone one as a word.
fn finish(text: &str) -> String {
    let two_digits = |found: &regex::Captures<'_>| format!("{}{}.{:0>2}", &found[1], &found[2], &found[3]);
    let text = AND_CENTS.replace_all(text, two_digits);
    let text = ONLY_CENTS.replace_all(&text, |found: &regex::Captures<'_>| {
        let cents = found[1].trim_start_matches('0');
        format!("¢{}", if cents.is_empty() { "0" } else { cents })
    });
    LONE_ONE.replace_all(&text, "one$1").into_owned()
}

/// `12` or `12.5`.
fn is_numeric(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match word.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(word),
    }
}

/// A number that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// A quantity: *twenty* may still become *twenty one*.
    Number(u128),
    /// Digits one after another, as in a year, a telephone number or a decimal.
    Digits(String),
}

impl Value {
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Digits(digits) => Cow::Borrowed(digits),
        }
    }
}

/// Reads words one after another, and writes out what they mean.
#[derive(Debug, Default)]
struct Reader {
    output: Vec<String>,
    prefix: Option<char>,
    value: Option<Value>,
}

impl Reader {
    /// Writes `text` out, after the sign or currency that was heard for it.
    fn put(&mut self, text: &str) {
        let mut word = String::new();
        word.extend(self.prefix.take());
        word.push_str(text);
        self.output.push(word);
        self.value = None;
    }

    /// Writes out the number read so far.
    fn flush(&mut self) {
        if let Some(value) = self.value.take() {
            self.put(&value.text());
        }
    }

    /// Takes one word, and says how many were used up.
    fn read(&mut self, previous: Option<&str>, current: &str, next: Option<&str>) -> usize {
        let (symbol, unsigned) = split_symbol(current);
        if is_numeric(unsigned) {
            self.arabic(current, symbol, unsigned);
            return 1;
        }
        let Some(word) = Word::of(current) else {
            self.flush();
            self.put(current);
            return 1;
        };
        let next_counts = next.is_some_and(|next| is_numeric(next) || Word::of(next).is_some());
        match word {
            Word::Zero => self.value = Some(Value::Digits(self.digits_so_far() + "0")),
            Word::Ones(_) | Word::Tens(_) => {
                self.value = Some(self.joined(previous, word));
            }
            Word::OnesSuffixed(_, suffix) | Word::TensSuffixed(_, suffix) => {
                let joined = self.joined(previous, word);
                self.put(&(joined.text().into_owned() + suffix));
            }
            Word::Multiplier(multiplier) => self.multiply(multiplier),
            Word::MultiplierSuffixed(multiplier, suffix) => {
                self.multiply_suffixed(multiplier, suffix);
            }
            Word::Sign(sign) => {
                self.flush();
                if next_counts {
                    self.prefix = Some(sign);
                } else {
                    self.put(current);
                }
            }
            Word::Currency(symbol) => {
                if self.value.is_some() {
                    self.prefix = Some(symbol);
                    self.flush();
                } else {
                    self.put(current);
                }
            }
            Word::Per | Word::Percent => return self.percent(word, current, next),
            Word::And | Word::Repeat(_) | Word::Point if !next_counts => {
                self.flush();
                self.put(current);
            }
            // After "hundred" and the like it only joins.
            Word::And => {
                if previous.is_none_or(|previous| multiplier(previous).is_none()) {
                    self.flush();
                    self.put(current);
                }
            }
            Word::Repeat(times) => return self.repeat(times, current, next),
            Word::Point => {
                if next.is_some_and(|next| is_decimal_word(next) || is_numeric(next)) {
                    self.value = Some(Value::Digits(self.digits_so_far() + "."));
                }
            }
        }
        1
    }

    /// A number in digits, with or without a sign or a currency.
    fn arabic(&mut self, current: &str, symbol: Option<char>, unsigned: &str) {
        if let Some(Value::Digits(digits)) = &mut self.value
            && digits.ends_with('.')
        {
            digits.push_str(current);
            return;
        }
        self.flush();
        self.prefix = symbol.or(self.prefix);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let number = whole.parse().ok().filter(|_| fraction.bytes().all(|digit| digit == b'0'));
        self.value = Some(number.map_or_else(|| Value::Digits(unsigned.to_owned()), Value::Number));
    }

    /// What was read, as digits that others are to follow. A plain nought is dropped.
    fn digits_so_far(&self) -> String {
        match &self.value {
            None | Some(Value::Number(0)) => String::new(),
            Some(value) => value.text().into_owned(),
        }
    }

    /// What was read, with one more word of ones or tens: added where it fits, set behind where not.
    fn joined(&self, previous: Option<&str>, word: Word) -> Value {
        let (number, room) = match word {
            Word::Ones(number) | Word::OnesSuffixed(number, _) => (number, if number < 10 { 10 } else { 100 }),
            Word::Tens(number) | Word::TensSuffixed(number, _) => (number, 100),
            _ => return Value::Digits(self.digits_so_far()),
        };
        let is_ones = matches!(word, Word::Ones(_) | Word::OnesSuffixed(..));
        let after_ones = previous.is_some_and(|previous| ones(previous).is_some());
        let after_tens = previous.is_some_and(|previous| tens(previous).is_some());
        match &self.value {
            None => Value::Number(number),
            // "nineteen twenty one": the nought of the tens gives way.
            Some(Value::Digits(digits)) if is_ones && number < 10 && after_tens => {
                Value::Digits(format!("{}{number}", digits.strip_suffix('0').unwrap_or(digits)))
            }
            Some(Value::Number(value)) if value % room == 0 && !(is_ones && after_ones) => {
                Value::Number(value + number)
            }
            Some(value) => Value::Digits(format!("{}{number}", value.text())),
        }
    }

    fn multiply(&mut self, multiplier: u128) {
        match self.value.take() {
            None => self.value = Some(Value::Number(multiplier)),
            Some(Value::Number(number)) => self.value = Some(Value::Number(scaled(number, multiplier))),
            Some(Value::Digits(digits)) => {
                if let Some(product) = product(&digits, multiplier) {
                    self.value = Some(Value::Number(product));
                } else {
                    self.put(&digits);
                    self.value = Some(Value::Number(multiplier));
                }
            }
        }
    }

    fn multiply_suffixed(&mut self, multiplier: u128, suffix: &str) {
        match self.value.take() {
            None => self.put(&format!("{multiplier}{suffix}")),
            Some(Value::Number(number)) => self.put(&format!("{}{suffix}", scaled(number, multiplier))),
            Some(Value::Digits(digits)) => {
                if let Some(product) = product(&digits, multiplier) {
                    self.put(&format!("{product}{suffix}"));
                } else {
                    self.put(&digits);
                    self.put(&format!("{multiplier}{suffix}"));
                }
            }
        }
    }

    fn percent(&mut self, word: Word, current: &str, next: Option<&str>) -> usize {
        let per_cent = word == Word::Per && next == Some("cent");
        match &self.value {
            Some(value) if word == Word::Percent || per_cent => {
                let text = format!("{}%", value.text());
                self.put(&text);
                return if per_cent { 2 } else { 1 };
            }
            _ => {}
        }
        self.flush();
        self.put(current);
        1
    }

    fn repeat(&mut self, times: usize, current: &str, next: Option<&str>) -> usize {
        let digit = match next.and_then(Word::of) {
            Some(Word::Zero) => 0,
            Some(Word::Ones(number)) => number,
            _ => {
                self.flush();
                self.put(current);
                return 1;
            }
        };
        self.value = Some(Value::Digits(self.digits_so_far() + &digit.to_string().repeat(times)));
        2
    }
}

/// The sign or currency in front of a word, and the rest of it.
fn split_symbol(word: &str) -> (Option<char>, &str) {
    let symbol = word.chars().next().filter(|first| "-+£€$¢".contains(*first));
    (symbol, symbol.map_or(word, |symbol| &word[symbol.len_utf8()..]))
}

/// What is below a thousand is multiplied, what is above stays: *two thousand three* times a hundred is 2300.
fn scaled(number: u128, multiplier: u128) -> u128 {
    (number / 1000 * 1000).saturating_add(number % 1000 * multiplier)
}

/// A decimal times a multiplier, if that is a whole number.
fn product(digits: &str, multiplier: u128) -> Option<u128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let scaled: u128 = format!("{whole}{fraction}").parse().ok()?;
    let product = scaled.checked_mul(multiplier)?;
    let divisor = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    (product % divisor == 0).then(|| product / divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_words_become_digits() {
        let table = [
            ("twenty one", "21"),
            ("one hundred and five", "105"),
            ("one oh one", "101"),
            ("nineteen ninety nine", "1999"),
            ("two and a half million", "2500000"),
            ("three point one four", "3.14"),
            ("minus five", "-5"),
            ("twenty dollars and five cents", "$20.05"),
            ("fifty percent", "50%"),
            ("fifty per cent", "50%"),
            ("the twenty first", "the 21st"),
            ("double seven", "77"),
            ("no one", "no one"),
            ("and", "and"),
        ];
        for (words, expected) in table {
            assert_eq!(to_digits(words), expected, "{words}");
        }
    }
}
