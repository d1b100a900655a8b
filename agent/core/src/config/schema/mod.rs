//! All options. Each section's are declared in its file here, and nowhere else.

use serde::{Deserialize, Serialize};

mod cues;
mod delivery;
mod hands_free;
mod history;
mod key;
mod log;
mod microphone;
mod model;
mod rewrite;
mod text;
mod vocabulary;

pub use cues::{CueOverrides, CueSettings};
pub use delivery::{DeliveryOverrides, DeliverySettings, Guard, Method, Newline};
pub use hands_free::HandsFreeSettings;
pub use history::{HistoryOverrides, HistorySettings};
pub use key::{KeyMode, KeySettings};
pub use log::{LogLevel, LogSettings};
pub use microphone::MicrophoneSettings;
pub use model::{ModelOverrides, ModelSettings};
pub use rewrite::{RewriteOverrides, RewriteSettings};
pub use text::{FirstLetter, FullStop, Numbers, TextOverrides, TextSettings};
pub use vocabulary::{VocabularyOverrides, VocabularySettings};

use super::lists::{Replacement, UserCommand};
use super::option::{Opt, Section};
pub use super::value::Millis;

macro_rules! configuration {
    ($($section:ident: $settings:ident),+ $(,)?) => {
        /// All settings, one field for each section of the file. Two of them can be compared, section by section, to
        /// see what has changed.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config {
            $(
                #[doc = concat!("`[", stringify!($section), "]`")]
                pub $section: $settings,
            )+
            /// Commands of the user's own.
            #[serde(rename = "command", skip_serializing_if = "Vec::is_empty")]
            pub commands: Vec<UserCommand>,
            /// What is written in place of what was heard.
            #[serde(rename = "replace", skip_serializing_if = "Vec::is_empty")]
            pub replacements: Vec<Replacement>,
        }

        /// All sections, in the order in which users read them.
        static SECTIONS: &[Section] = &[$($settings::SECTION),+];
    };
}

configuration! {
    key: KeySettings,
    hands_free: HandsFreeSettings,
    microphone: MicrophoneSettings,
    model: ModelSettings,
    delivery: DeliverySettings,
    text: TextSettings,
    vocabulary: VocabularySettings,
    rewrite: RewriteSettings,
    history: HistorySettings,
    cues: CueSettings,
    log: LogSettings,
}

/// All sections of the configuration, in the order in which users read them.
pub fn sections() -> &'static [Section] {
    SECTIONS
}

/// All options of the configuration, in the order in which users read them.
pub fn options() -> impl Iterator<Item = &'static Opt> {
    SECTIONS.iter().flat_map(|section| section.options)
}

/// The option of that name, such as `key.chord`.
pub fn option(key: &str) -> Option<&'static Opt> {
    options().find(|option| option.key() == key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::allowed::Allowed;
    use crate::config::load::from_text;

    fn is_sentence(text: &str) -> bool {
        text.ends_with('.') && text.starts_with(|first: char| !first.is_whitespace())
    }

    #[test]
    fn every_option_is_in_the_file_under_its_key_with_its_default() {
        let table = toml::Table::try_from(Config::default()).unwrap();
        let mut written = BTreeSet::new();
        for (section, values) in &table {
            written.extend(values.as_table().unwrap().keys().map(|name| format!("{section}.{name}")));
        }
        assert_eq!(written, options().map(|option| option.key().to_owned()).collect());
        for option in options() {
            let (section, name) = option.parts();
            assert_eq!(table[section][name], (option.default)(), "{}", option.key());
        }
        for section in sections() {
            assert!(section.options.iter().all(|option| option.parts().0 == section.name));
        }
    }

    #[test]
    fn every_option_has_all_that_a_settings_window_shows() {
        let mut titles = BTreeSet::new();
        for section in sections() {
            assert!(!section.title.is_empty() && !section.page.title().is_empty(), "{}", section.name);
            assert!(is_sentence(&section.help.text()), "{}: {}", section.name, section.help.text());
            for option in section.options {
                assert!(is_sentence(&option.help.text()), "{}: {}", option.key(), option.help.text());
                assert!(!option.title.is_empty() && !option.title.ends_with('.'), "{}", option.key());
                assert!(titles.insert((section.title, option.title)), "two options are called {}", option.title);
                assert!(!option.effect.describe().is_empty());
                match option.field.allowed {
                    Allowed::OneOf(choices) => {
                        let names: BTreeSet<&str> = choices.iter().map(|choice| choice.name).collect();
                        let titles: BTreeSet<&str> = choices.iter().map(|choice| choice.title).collect();
                        assert!(choices.len() > 1 && names.len() == choices.len() && titles.len() == choices.len());
                        assert!(choices.iter().all(|choice| is_sentence(&choice.help.text())), "{}", option.key());
                    }
                    Allowed::Whole { min, max, .. } => assert!(min < max, "{}", option.key()),
                    Allowed::Text { example } | Allowed::Words { example } => assert!(!example.is_empty()),
                    Allowed::Switch | Allowed::Chord | Allowed::ChordOrNone | Allowed::Language | Allowed::Url => {}
                    other => panic!("{}: no option of the configuration is one of {other:?}", option.key()),
                }
            }
        }
    }

    /// What may be written can be read: the check and the type of an option agree.
    #[test]
    fn every_value_that_is_allowed_can_be_read() {
        for option in options() {
            let mut values = vec![(option.default)().to_string()];
            match option.field.allowed {
                Allowed::OneOf(choices) => values.extend(choices.iter().map(|choice| format!("\"{}\"", choice.name))),
                Allowed::Whole { min, max, .. } => values.extend([min.to_string(), max.to_string()]),
                Allowed::Switch => values.extend(["true".to_owned(), "false".to_owned()]),
                _ => {}
            }
            for value in values {
                let text = format!("{} = {value}", option.key());
                let loaded = from_text(std::path::Path::new("config.toml"), &text, &[]).expect(&text);
                let (section, name) = option.parts();
                let read = toml::Table::try_from(loaded.config).unwrap();
                assert_eq!(read[section][name].to_string(), value, "{text}");
            }
        }
    }
}
