//! What a profile sets, and what holds once it is laid over the configuration.

use serde::Deserialize;

use crate::config::Config;
use crate::config::language::Language;
use crate::config::schema::{
    DeliverySettings, FirstLetter, FullStop, Guard, HistorySettings, Method, Millis, ModelSettings, Newline,
    PasteChord, TextSettings,
};

/// What holds for one dictation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// What turns sound into words.
    pub model: ModelSettings,
    /// How the text gets to the application.
    pub delivery: DeliverySettings,
    /// What becomes of the words on their way.
    pub text: TextSettings,
    /// What is kept in the log.
    pub history: HistorySettings,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        Self {
            model: config.model.clone(),
            delivery: config.delivery.clone(),
            text: config.text.clone(),
            history: config.history.clone(),
        }
    }
}

/// What a profile sets, with the names of the configuration. What is `None` stays as the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Overrides {
    /// `[model]`
    pub model: ModelOverrides,
    /// `[delivery]`
    pub delivery: DeliveryOverrides,
    /// `[text]`
    pub text: TextOverrides,
    /// `[history]`
    pub history: HistoryOverrides,
}

/// `[model]` of a profile. The model itself is the same for all: loading another takes longer than a dictation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // the names are those of the configuration, and explained there
pub struct ModelOverrides {
    pub language: Option<Language>,
    pub translate: Option<bool>,
}

/// `[delivery]` of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // as above
pub struct DeliveryOverrides {
    pub method: Option<Method>,
    pub paste_chord: Option<PasteChord>,
    pub newline: Option<Newline>,
    pub gap_ms: Option<Millis>,
    pub guard: Option<Guard>,
}

/// `[text]` of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // as above
pub struct TextOverrides {
    pub clean: Option<bool>,
    pub first_letter: Option<FirstLetter>,
    pub full_stop: Option<FullStop>,
    pub trailing_space: Option<bool>,
}

/// `[history]` of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // as above
pub struct HistoryOverrides {
    pub log: Option<bool>,
    pub title: Option<bool>,
    pub audio: Option<bool>,
    pub keep_days: Option<u32>,
    pub keep_count: Option<u32>,
}

impl Overrides {
    /// The configuration's settings with these over them.
    pub fn over(&self, config: &Config) -> Settings {
        let mut settings = Settings::from(config);
        set(&mut settings.model.language, self.model.language);
        set(&mut settings.model.translate, self.model.translate);
        set(&mut settings.delivery.method, self.delivery.method);
        set(&mut settings.delivery.paste_chord, self.delivery.paste_chord.clone());
        set(&mut settings.delivery.newline, self.delivery.newline);
        set(&mut settings.delivery.gap_ms, self.delivery.gap_ms);
        set(&mut settings.delivery.guard, self.delivery.guard);
        set(&mut settings.text.clean, self.text.clean);
        set(&mut settings.text.first_letter, self.text.first_letter);
        set(&mut settings.text.full_stop, self.text.full_stop);
        set(&mut settings.text.trailing_space, self.text.trailing_space);
        set(&mut settings.history.log, self.history.log);
        set(&mut settings.history.title, self.history.title);
        set(&mut settings.history.audio, self.history.audio);
        set(&mut settings.history.keep_days, self.history.keep_days);
        set(&mut settings.history.keep_count, self.history.keep_count);
        settings
    }
}

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::allowed::Allowed;
    use crate::config::options::OPTIONS;

    /// A value that differs from the default, for every option that a profile may set.
    fn other_value(allowed: Allowed, default: &toml::Value) -> toml::Value {
        match (allowed, default) {
            (Allowed::Switch, toml::Value::Boolean(switch)) => toml::Value::Boolean(!switch),
            (Allowed::Whole { min, max, .. }, toml::Value::Integer(number)) => {
                toml::Value::Integer(i64::from(if *number == i64::from(max) { min } else { max }))
            }
            (Allowed::OneOf(words), toml::Value::String(text)) => {
                toml::Value::String((*words.iter().find(|word| *word != text).unwrap()).to_owned())
            }
            (Allowed::Chord, _) => toml::Value::String("shift+Insert".to_owned()),
            (Allowed::Language, _) => toml::Value::String("de".to_owned()),
            (allowed, default) => panic!("give a second value for {allowed:?} beside {default}"),
        }
    }

    #[test]
    fn every_option_that_a_profile_may_set_takes_effect() {
        let config = Config::default();
        let defaults = toml::Table::try_from(&config).unwrap();
        for option in OPTIONS.iter().filter(|option| option.in_profiles) {
            let (section, name) = option.parts();
            let value = other_value(option.allowed, &defaults[section][name]);
            let text = format!("{} = {value}", option.key);
            let overrides: Overrides = toml::from_str(&text).unwrap();
            let expected: Config = toml::from_str(&text).unwrap();
            assert_eq!(overrides.over(&config), Settings::from(&expected), "{text}");
            assert_ne!(overrides.over(&config), Settings::from(&config), "{text}");
        }
    }
}
