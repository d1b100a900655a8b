//! The languages that Whisper knows.

use std::fmt;
use std::str::FromStr;

/// The language that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// The model finds out. A model that knows one language only takes that.
    #[default]
    Auto,
    /// One of [`LANGUAGES`], by its code.
    Code(&'static str),
    /// The model finds out which of these it is.
    Among(Several),
}

/// Some of [`LANGUAGES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Several {
    /// One bit for each of [`LANGUAGES`]: there are 100.
    set: u128,
}

impl Several {
    /// Their codes.
    pub fn codes(self) -> impl Iterator<Item = &'static str> {
        let is_in = move |index: &usize| self.set >> index & 1 == 1;
        (0..LANGUAGES.len()).filter(is_in).map(|index| LANGUAGES[index].0)
    }
}

/// How [`Language::Auto`] is written.
pub const AUTO: &str = "auto";

/// Stands between the codes of several languages.
const SEPARATOR: char = ',';

/// No language of that code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no language that the models know: write a code such as en, de or fr, several with commas between them, or auto"
)]
pub struct UnknownLanguage(pub String);

impl Language {
    /// The code for the model; `None` when it is to find out itself.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Auto | Self::Among(_) => None,
            Self::Code(code) => Some(code),
        }
    }

    /// Those that the model is to choose from; none when it may be any.
    pub fn candidates(self) -> Vec<&'static str> {
        match self {
            Self::Among(several) => several.codes().collect(),
            Self::Auto | Self::Code(_) => Vec::new(),
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        if text == AUTO {
            return Ok(Self::Auto);
        }
        let index = |text: &str| LANGUAGES.iter().position(|(code, _)| *code == text);
        if text.contains(SEPARATOR) {
            let mut set = 0;
            for word in text.split(SEPARATOR).map(str::trim) {
                set |= 1 << index(word).ok_or_else(|| UnknownLanguage(word.to_owned()))?;
            }
            return Ok(Self::Among(Several { set }));
        }
        index(text).map(|index| Self::Code(LANGUAGES[index].0)).ok_or_else(|| UnknownLanguage(text.to_owned()))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str(AUTO),
            Self::Code(code) => f.write_str(code),
            Self::Among(several) => f.write_str(&several.codes().collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Code and English name of every language in Whisper's vocabulary, in the order of its language tokens.
pub const LANGUAGES: &[(&str, &str)] = &[
    ("en", "english"),
    ("zh", "chinese"),
    ("de", "german"),
    ("es", "spanish"),
    ("ru", "russian"),
    ("ko", "korean"),
    ("fr", "french"),
    ("ja", "japanese"),
    ("pt", "portuguese"),
    ("tr", "turkish"),
    ("pl", "polish"),
    ("ca", "catalan"),
    ("nl", "dutch"),
    ("ar", "arabic"),
    ("sv", "swedish"),
    ("it", "italian"),
    ("id", "indonesian"),
    ("hi", "hindi"),
    ("fi", "finnish"),
    ("vi", "vietnamese"),
    ("he", "hebrew"),
    ("uk", "ukrainian"),
    ("el", "greek"),
    ("ms", "malay"),
    ("cs", "czech"),
    ("ro", "romanian"),
    ("da", "danish"),
    ("hu", "hungarian"),
    ("ta", "tamil"),
    ("no", "norwegian"),
    ("th", "thai"),
    ("ur", "urdu"),
    ("hr", "croatian"),
    ("bg", "bulgarian"),
    ("lt", "lithuanian"),
    ("la", "latin"),
    ("mi", "maori"),
    ("ml", "malayalam"),
    ("cy", "welsh"),
    ("sk", "slovak"),
    ("te", "telugu"),
    ("fa", "persian"),
    ("lv", "latvian"),
    ("bn", "bengali"),
    ("sr", "serbian"),
    ("az", "azerbaijani"),
    ("sl", "slovenian"),
    ("kn", "kannada"),
    ("et", "estonian"),
    ("mk", "macedonian"),
    ("br", "breton"),
    ("eu", "basque"),
    ("is", "icelandic"),
    ("hy", "armenian"),
    ("ne", "nepali"),
    ("mn", "mongolian"),
    ("bs", "bosnian"),
    ("kk", "kazakh"),
    ("sq", "albanian"),
    ("sw", "swahili"),
    ("gl", "galician"),
    ("mr", "marathi"),
    ("pa", "punjabi"),
    ("si", "sinhala"),
    ("km", "khmer"),
    ("sn", "shona"),
    ("yo", "yoruba"),
    ("so", "somali"),
    ("af", "afrikaans"),
    ("oc", "occitan"),
    ("ka", "georgian"),
    ("be", "belarusian"),
    ("tg", "tajik"),
    ("sd", "sindhi"),
    ("gu", "gujarati"),
    ("am", "amharic"),
    ("yi", "yiddish"),
    ("lo", "lao"),
    ("uz", "uzbek"),
    ("fo", "faroese"),
    ("ht", "haitian creole"),
    ("ps", "pashto"),
    ("tk", "turkmen"),
    ("nn", "nynorsk"),
    ("mt", "maltese"),
    ("sa", "sanskrit"),
    ("lb", "luxembourgish"),
    ("my", "myanmar"),
    ("bo", "tibetan"),
    ("tl", "tagalog"),
    ("mg", "malagasy"),
    ("as", "assamese"),
    ("tt", "tatar"),
    ("haw", "hawaiian"),
    ("ln", "lingala"),
    ("ha", "hausa"),
    ("ba", "bashkir"),
    ("jw", "javanese"),
    ("su", "sundanese"),
    ("yue", "cantonese"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_language_several_or_any() {
        for (written, codes, candidates) in [
            ("auto", None, &[][..]),
            ("de", Some("de"), &[]),
            ("en, de", None, &["en", "de"]),
            ("en,fr,yue", None, &["en", "fr", "yue"]),
        ] {
            let language: Language = written.parse().unwrap();
            assert_eq!((language.code(), language.candidates()), (codes, candidates.to_vec()), "{written}");
            assert_eq!(language.to_string().parse::<Language>().unwrap(), language);
        }
        for wrong in ["", "xx", "en,", "en, xx", "en de"] {
            assert!(wrong.parse::<Language>().is_err(), "{wrong}");
        }
    }
}
