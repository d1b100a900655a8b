//! The first letter.

use crate::config::language::Language;
use crate::config::schema::FirstLetter;

/// Makes the first letter of the text a capital or a small one. Signs before it, such as quotation marks, are passed over;
/// a text that begins with a digit has no first letter.
///
/// A capital stays where the word is always written with it, as far as the word itself tells: "I" in English, and words
/// with another capital or a digit in them (`NASA`, `LaTeX`, `F9`). Names cannot be told from other words.
///
/// [`FirstLetter::Auto`] goes by `before`, the end of the text that stands before this one: behind a finished sentence
/// or a line break comes a capital; in the middle of a sentence, a word that is hardly ever a name becomes small. Where
/// nothing is known of what stands there, the letter stays.
pub fn first_letter(text: &str, change: FirstLetter, before: Option<&str>, language: Language) -> String {
    match change {
        FirstLetter::Keep => text.to_owned(),
        FirstLetter::Upper => capital(text, language),
        FirstLetter::Lower => {
            with_first(text, |word, first| (!keeps_capital(word, language)).then(|| lower(first, language)))
        }
        FirstLetter::Auto if before.is_some_and(ends_with_line_break) => capital(text, language),
        FirstLetter::Auto => match before.map(str::trim_end).and_then(|before| before.chars().next_back()) {
            None => text.to_owned(),
            Some('.' | '?' | '!' | '…' | '。' | '？' | '！' | '"' | '”' | '“' | '»' | ')') => {
                capital(text, language)
            }
            Some(_) => small_starter(text, language),
        },
    }
}

/// Whether the text before ends a line, whatever spaces follow.
fn ends_with_line_break(before: &str) -> bool {
    before[before.trim_end().len()..].contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

/// With a capital.
pub(crate) fn capital(text: &str, language: Language) -> String {
    with_first(text, |_, first| Some(upper(first, language)))
}

/// With a small letter, if the first word is one that begins sentences and is hardly ever a name.
pub(crate) fn small_starter(text: &str, language: Language) -> String {
    with_first(text, |word, first| {
        let known = starters(language).split_whitespace().any(|starter| starter == word.to_lowercase());
        (known && !keeps_capital(word, language)).then(|| lower(first, language))
    })
}

/// Words that begin sentences and are hardly ever names.
fn starters(language: Language) -> &'static str {
    match language {
        Language::Auto | Language::Among(_) | Language::Code("en") => {
            "a about actually after all also although always an and any are as at back because before both but by can could \
             did do does each even every everything finally first for from get go had has have he her here hers him his how \
             however if in instead is isn't it it's its just last later let let's like make maybe more most much my never new \
             next no not nothing now of often on once one only or other our out over perhaps please probably put right same \
             see she should since so some something sometimes soon still such take than thank thanks that that's the their \
             them then there there's therefore these they they're this those though through to today together tomorrow too \
             two until up us use very was wasn't we we're well were what what's when where whether which while who why will \
             with without would yes yesterday yet you you're your"
        }
        Language::Code("de") => {
            "aber alle als also am an auch auf aus bei bis bitte da damit dann darum das dass dazu dein deine dem den denn der \
             des deshalb die dies diese dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas euch für \
             gegen gestern haben hat heute hier ich ihm ihn ihr ihre im in ist ja jede jeder jetzt kann kein keine mal man mein \
             meine mit morgen nach nein nicht noch nun nur ob oder ohne schon sehr sein seine seit sich sie sind so sonst über \
             um und uns unser unsere unter viele vielleicht vom von vor wann war warum was weil weiter wenn wer werden wie wir \
             wird wo zu zum zur zwar zwischen"
        }
        Language::Code("fr") => {
            "à alors après au aujourd'hui aussi aux avant avec beaucoup bien car ce cela celle celui ces cet cette chaque comme \
             comment d'abord dans de demain depuis des donc du elle elles en encore enfin ensuite est et eux hier ici il ils \
             j'ai je jusqu'à la là le les leur leurs lorsque lui ma mais mes moi mon même ne non nos notre nous on ou où oui \
             par parce pas pendant peut-être plus pour pourquoi puis quand que quel quelle qui sa sans se ses si son sont sous \
             sur ta tes toi ton toujours tous tout toute très tu un une voici voilà vos votre vous y"
        }
        Language::Code("es") => {
            "a ahora al algo algunos antes aquí así aún aunque ayer bien cada casi como cómo con cual cuando cuándo de del desde \
             después donde dónde él el ella ellas ellos en entonces entre era es esa ese eso esta está este esto gracias ha \
             hasta hay hoy la las le les lo los luego mañana más me mi mientras mis muy nada ni no nos nosotros nuestra nuestro \
             o otra otro para pero por porque pues que qué quien quién se ser si sí siempre sin sobre son su sus también tan \
             te todo todos tu un una usted y ya yo"
        }
        Language::Code(_) => "",
    }
}

/// The text with its first letter as `change` wants it, which is given the first word and that letter.
fn with_first(text: &str, change: impl FnOnce(&str, char) -> Option<String>) -> String {
    let Some(start) = text.find(char::is_alphanumeric) else { return text.to_owned() };
    let (before, rest) = text.split_at(start);
    // `find` stopped at a character, so there is one.
    let Some(first) = rest.chars().next() else { return text.to_owned() };
    let is_outside = |character: char| !(character.is_alphanumeric() || matches!(character, '\'' | '’' | '-'));
    let word = rest.split(is_outside).next().unwrap_or(rest);
    match change(&word.replace('’', "'"), first) {
        Some(changed) => format!("{before}{changed}{}", &rest[first.len_utf8()..]),
        None => text.to_owned(),
    }
}

fn keeps_capital(text: &str, language: Language) -> bool {
    let word = text.split(|character: char| !character.is_alphanumeric()).next().unwrap_or(text);
    // Also "I'm" and "I'll": the first part is "I".
    let english = matches!(language, Language::Auto | Language::Among(_) | Language::Code("en"));
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
            assert_eq!(first_letter(before, FirstLetter::Lower, None, Language::Auto), after);
        }
    }

    #[test]
    fn capitals() {
        for (before, after) in
            [("list files", "List files"), ("«oui»", "«Oui»"), ("ßa", "ßa"), ("日本", "日本"), ("", "")]
        {
            assert_eq!(first_letter(before, FirstLetter::Upper, None, Language::Auto), after);
        }
    }

    #[test]
    fn what_stands_before_decides() {
        for (before, text, after) in [
            (None, "The end.", "The end."),
            (Some(""), "The end.", "The end."),
            (Some("Hello. "), "the end.", "The end."),
            (Some("Hello, "), "The end.", "the end."),
            (Some("hello"), "And so on.", "and so on."),
            (Some("hello"), "I am.", "I am."),
            (Some("hello"), "I'm.", "I'm."),
            (Some("hello"), "Anna came.", "Anna came."),
            (Some("hello"), "“The end.”", "“the end.”"),
            (Some("Really?\n"), "yes", "Yes"),
            (Some("Dear Anna,\n\n"), "Thank you.", "Thank you."),
            (Some("First line\n"), "the next one.", "The next one."),
            (Some("First line\n "), "The next one.", "The next one."),
            (Some("\n"), "The next one.", "The next one."),
            (Some("First\nline "), "The next one.", "the next one."),
        ] {
            assert_eq!(first_letter(text, FirstLetter::Auto, before, Language::Auto), after, "{before:?} {text}");
        }
        let german = Language::Code("de");
        assert_eq!(first_letter("Und dann", FirstLetter::Auto, Some("erst,"), german), "und dann");
        assert_eq!(first_letter("Haus und Hof", FirstLetter::Auto, Some("mein"), german), "Haus und Hof");
        assert_eq!(first_letter("Ja", FirstLetter::Auto, Some("ja"), Language::Code("pl")), "Ja");
    }

    #[test]
    fn languages_differ() {
        let turkish = Language::Code("tr");
        assert_eq!(first_letter("istanbul", FirstLetter::Upper, None, turkish), "İstanbul");
        assert_eq!(first_letter("Isı", FirstLetter::Lower, None, turkish), "ısı");
        assert_eq!(first_letter("I topi", FirstLetter::Lower, None, Language::Code("it")), "i topi");
    }
}
