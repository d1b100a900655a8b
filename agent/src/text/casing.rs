//! The first letter.

use crate::config::language::Language;
use crate::config::schema::FirstLetter;

/// Makes the first letter of the text a capital or a small one. Signs before it, such as quotation marks, are passed over;
/// a text that begins with a digit has no first letter.
///
/// A capital stays where the word is always written with it, as far as the word itself tells: "I" in English, and words
/// with another capital or a digit in them (`NASA`, `LaTeX`, `F9`). Names cannot be told from other words.
pub fn first_letter(text: &str, change: FirstLetter, language: Language) -> String {
    let Some(start) = text.find(char::is_alphanumeric) else { return text.to_owned() };
    let (before, rest) = text.split_at(start);
    let mut following = rest.chars();
    // `find` stopped at a character, so there is one.
    let Some(first) = following.next() else { return text.to_owned() };
    let changed: String = match change {
        FirstLetter::Keep => return text.to_owned(),
        FirstLetter::Upper => upper(first, language),
        FirstLetter::Lower if keeps_capital(rest, language) => return text.to_owned(),
        FirstLetter::Lower => lower(first, language),
    };
    format!("{before}{changed}{}", following.as_str())
}

fn keeps_capital(text: &str, language: Language) -> bool {
    let word = text.split(|character: char| !character.is_alphanumeric()).next().unwrap_or(text);
    let english = matches!(language, Language::Auto | Language::Code("en"));
    (english && word == "I") || word.chars().skip(1).any(|character| character.is_uppercase() || character.is_numeric())
}

/// Turkish and Azerbaijani pair `i` with `İ` and `ı` with `I`.
fn has_dotless_i(language: Language) -> bool {
    matches!(language, Language::Code("tr" | "az"))
}

fn upper(letter: char, language: Language) -> String {
    match letter {
        'i' if has_dotless_i(language) => "İ".to_owned(),
        // A word that begins with it does so with one capital and one small letter: it stays as it is.
        'ß' => letter.to_string(),
        _ => letter.to_uppercase().collect(),
    }
}

fn lower(letter: char, language: Language) -> String {
    match letter {
        'I' if has_dotless_i(language) => "ı".to_owned(),
        'İ' => "i".to_owned(),
        _ => letter.to_lowercase().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_letters() {
        for (before, after) in [
            ("List all files.", "list all files."),
            ("I am here.", "I am here."),
            ("I'm here.", "I'm here."),
            ("It works.", "it works."),
            ("NASA called.", "NASA called."),
            ("LaTeX works.", "LaTeX works."),
            ("F9 is down.", "F9 is down."),
            ("A file.", "a file."),
            ("“Quoted” text", "“quoted” text"),
            ("42 Files", "42 Files"),
            ("Élan vital", "élan vital"),
            ("already small", "already small"),
            ("?!", "?!"),
            ("", ""),
        ] {
            assert_eq!(first_letter(before, FirstLetter::Lower, Language::Auto), after);
        }
    }

    #[test]
    fn capitals() {
        for (before, after) in
            [("list files", "List files"), ("«oui»", "«Oui»"), ("ßa", "ßa"), ("日本", "日本"), ("", "")]
        {
            assert_eq!(first_letter(before, FirstLetter::Upper, Language::Auto), after);
        }
    }

    #[test]
    fn languages_differ() {
        let turkish = Language::Code("tr");
        assert_eq!(first_letter("istanbul", FirstLetter::Upper, turkish), "İstanbul");
        assert_eq!(first_letter("Isı", FirstLetter::Lower, turkish), "ısı");
        assert_eq!(first_letter("I topi", FirstLetter::Lower, Language::Code("it")), "i topi");
    }
}
