//! Units after numbers become signs, in English: "5 kilometres" is "5 km", "20 dollars" is "$20".

use super::words::{Word, joined, words};

/// How a unit is written with its number.
#[derive(Clone, Copy)]
enum Form {
    /// Behind it, with a space that does not break.
    Behind(&'static str),
    /// Right behind it.
    Right(&'static str),
    /// Right before it.
    Before(&'static str),
}

use Form::{Before, Behind, Right};

/// Units in small letters; those of several words before those that they begin with.
const UNITS: &[(&str, Form)] = &[
    ("kilometres per hour", Behind("km/h")),
    ("kilometers per hour", Behind("km/h")),
    ("miles per hour", Behind("mph")),
    ("metres per second", Behind("m/s")),
    ("meters per second", Behind("m/s")),
    ("degrees celsius", Behind("°C")),
    ("degrees fahrenheit", Behind("°F")),
    ("square metres", Behind("m²")),
    ("square meters", Behind("m²")),
    ("cubic metres", Behind("m³")),
    ("cubic meters", Behind("m³")),
    ("percent", Right("%")),
    ("per cent", Right("%")),
    ("degrees", Right("°")),
    ("kilometre", Behind("km")),
    ("kilometres", Behind("km")),
    ("kilometer", Behind("km")),
    ("kilometers", Behind("km")),
    ("metre", Behind("m")),
    ("metres", Behind("m")),
    ("meter", Behind("m")),
    ("meters", Behind("m")),
    ("centimetres", Behind("cm")),
    ("centimeters", Behind("cm")),
    ("millimetres", Behind("mm")),
    ("millimeters", Behind("mm")),
    ("kilogram", Behind("kg")),
    ("kilograms", Behind("kg")),
    ("grams", Behind("g")),
    ("milligrams", Behind("mg")),
    ("litre", Behind("l")),
    ("litres", Behind("l")),
    ("liter", Behind("l")),
    ("liters", Behind("l")),
    ("millilitres", Behind("ml")),
    ("milliliters", Behind("ml")),
    ("milliseconds", Behind("ms")),
    ("microseconds", Behind("µs")),
    ("kilobytes", Behind("kB")),
    ("megabytes", Behind("MB")),
    ("gigabytes", Behind("GB")),
    ("terabytes", Behind("TB")),
    ("hertz", Behind("Hz")),
    ("kilohertz", Behind("kHz")),
    ("megahertz", Behind("MHz")),
    ("gigahertz", Behind("GHz")),
    ("watts", Behind("W")),
    ("kilowatts", Behind("kW")),
    ("kilowatt hours", Behind("kWh")),
    ("volts", Behind("V")),
    ("dollar", Before("$")),
    ("dollars", Before("$")),
    ("euro", Before("€")),
    ("euros", Before("€")),
];

/// Units that have no sign here, but numbers before them are counted all the same.
const COUNTED: &[&str] =
    &["hours", "minutes", "seconds", "days", "weeks", "months", "years", "miles", "pounds", "pixels", "bytes"];

/// Whether a word is a unit, or the beginning of one.
pub(super) fn is_unit(word: &str) -> bool {
    COUNTED.contains(&word) || UNITS.iter().any(|(unit, _)| unit.split(' ').next() == Some(word))
}

/// Writes units after digits as signs.
pub fn as_signs(text: &str) -> String {
    let all = words(text);
    let mut written = String::with_capacity(text.len());
    let (mut place, mut from) = (0, 0);
    while place + 1 < all.len() {
        let number = &all[place];
        let is_number = number.lower.chars().all(|character| character.is_ascii_digit());
        let found = if is_number { unit(text, &all[place..]) } else { None };
        let Some((length, form)) = found else {
            place += 1;
            continue;
        };
        let start = number_start(text, number.start);
        let digits = &text[start..number.end];
        written.push_str(&text[from..start]);
        let pieces = match form {
            Behind(sign) => [digits, "\u{A0}", sign],
            Right(sign) => [digits, "", sign],
            Before(sign) => [sign, "", digits],
        };
        written.extend(pieces);
        from = all[place + length].end;
        place += length + 1;
    }
    written.push_str(&text[from..]);
    written
}

/// Where the number begins that ends with the digits from `start` on: `3.14` and `1,000` are several words.
fn number_start(text: &str, start: usize) -> usize {
    let before = &text[..start];
    let kept = before.trim_end_matches(|character: char| character.is_ascii_digit() || matches!(character, '.' | ','));
    let number = &text[kept.len()..start];
    kept.len() + number.len() - number.trim_start_matches(['.', ',']).len()
}

/// The unit behind a number, and how many words it has.
fn unit(text: &str, all: &[Word]) -> Option<(usize, Form)> {
    let said = |unit: &str| {
        let mut length = 0;
        for word in unit.split(' ') {
            let next = all.get(length + 1)?;
            if next.lower != word || !joined(text, &all[length], next) {
                return None;
            }
            length += 1;
        }
        Some(length)
    };
    let all = UNITS.iter().filter_map(|(unit, form)| Some((said(unit)?, *form)));
    all.max_by_key(|(length, _)| *length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        for (before, after) in [
            ("It is 5 kilometres away.", "It is 5\u{A0}km away."),
            ("at 90 kilometres per hour", "at 90\u{A0}km/h"),
            ("50 percent", "50%"),
            ("20 degrees Celsius", "20\u{A0}°C"),
            ("It costs 20 dollars.", "It costs $20."),
            ("3.14 metres", "3.14\u{A0}m"),
            ("1,000 euros", "€1,000"),
            ("5 hours", "5 hours"),
            ("metres", "metres"),
            ("five metres", "five metres"),
            ("5. Metres", "5. Metres"),
            ("", ""),
        ] {
            assert_eq!(as_signs(before), after, "{before:?}");
        }
    }
}
