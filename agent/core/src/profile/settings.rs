//! What a profile sets, and what holds once it is laid over the configuration.

use serde::Deserialize;

use crate::config::Config;
use crate::config::lists::{Replacement, UserCommand};
use crate::config::schema::{
    CueOverrides, CueSettings, DeliveryOverrides, DeliverySettings, FirstLetter, FullStop, HistoryOverrides,
    HistorySettings, ModelOverrides, ModelSettings, RewriteOverrides, RewriteSettings, TextOverrides, TextSettings,
    VocabularyOverrides, VocabularySettings,
};

/// What holds for one dictation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The model that recognises speech.
    pub model: ModelSettings,
    /// How the text is delivered to the application.
    pub delivery: DeliverySettings,
    /// How the words are changed before they are delivered.
    pub text: TextSettings,
    /// Words that are expected.
    pub vocabulary: VocabularySettings,
    /// The language model that has the last word.
    pub rewrite: RewriteSettings,
    /// What is kept in the log.
    pub history: HistorySettings,
    /// How the user is told what happens.
    pub cues: CueSettings,
    /// Commands of the user's own; of two for the same words the first counts.
    pub commands: Vec<UserCommand>,
    /// What is written in place of what was heard; of two for the same words the first counts.
    pub replacements: Vec<Replacement>,
}

impl Settings {
    /// What holds in a password field, whatever the profile says: exactly the words are typed, and nothing is kept of them or
    /// sent elsewhere.
    pub fn restrict_to_password_field(&mut self) {
        self.text.first_letter = FirstLetter::Lower;
        self.text.full_stop = FullStop::Drop;
        self.text.joint_space = false;
        self.text.trailing_space = false;
        self.rewrite.enabled = false;
        self.history.log = false;
        self.history.audio = false;
    }
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        Self {
            model: config.model.clone(),
            delivery: config.delivery.clone(),
            text: config.text.clone(),
            vocabulary: config.vocabulary.clone(),
            rewrite: config.rewrite.clone(),
            history: config.history.clone(),
            cues: config.cues.clone(),
            commands: config.commands.clone(),
            replacements: config.replacements.clone(),
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
    /// `[vocabulary]`
    pub vocabulary: VocabularyOverrides,
    /// `[rewrite]`
    pub rewrite: RewriteOverrides,
    /// `[history]`
    pub history: HistoryOverrides,
    /// `[cues]`
    pub cues: CueOverrides,
    /// `[[command]]`
    #[serde(rename = "command")]
    pub commands: Vec<UserCommand>,
    /// `[[replace]]`
    #[serde(rename = "replace")]
    pub replacements: Vec<Replacement>,
}

impl Overrides {
    /// The configuration's settings with these over them.
    pub fn over(&self, config: &Config) -> Settings {
        let mut settings = Settings::from(config);
        self.model.over(&mut settings.model);
        self.delivery.over(&mut settings.delivery);
        self.text.over(&mut settings.text);
        self.vocabulary.over(&mut settings.vocabulary);
        append(&mut settings.vocabulary.words, &config.vocabulary.words);
        append(&mut settings.vocabulary.lists, &config.vocabulary.lists);
        self.rewrite.over(&mut settings.rewrite);
        self.history.over(&mut settings.history);
        self.cues.over(&mut settings.cues);
        settings.commands.splice(0..0, self.commands.iter().cloned());
        settings.replacements.splice(0..0, self.replacements.iter().cloned());
        settings
    }

    /// Takes from `parent` what these do not set. Words, lists, commands and replacements come after these.
    pub fn inherit(&mut self, parent: &Self) {
        self.model.inherit(&parent.model);
        self.delivery.inherit(&parent.delivery);
        self.text.inherit(&parent.text);
        if let (Some(words), Some(more)) = (&mut self.vocabulary.words, &parent.vocabulary.words) {
            append(&mut words.0, &more.0);
        }
        if let (Some(lists), Some(more)) = (&mut self.vocabulary.lists, &parent.vocabulary.lists) {
            append(&mut lists.0, &more.0);
        }
        self.vocabulary.inherit(&parent.vocabulary);
        self.rewrite.inherit(&parent.rewrite);
        self.history.inherit(&parent.history);
        self.cues.inherit(&parent.cues);
        self.commands.extend(parent.commands.iter().cloned());
        self.replacements.extend(parent.replacements.iter().cloned());
    }
}

/// Adds what is not there yet.
fn append(list: &mut Vec<String>, more: &[String]) {
    let new: Vec<String> = more.iter().filter(|item| !list.contains(item)).cloned().collect();
    list.extend(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::allowed::Allowed;
    use crate::config::options;

    /// A value that differs from the default, for every option that a profile may set.
    fn other_value(allowed: Allowed, default: &toml::Value) -> toml::Value {
        match (allowed, default) {
            (Allowed::Switch, toml::Value::Boolean(switch)) => toml::Value::Boolean(!switch),
            (Allowed::Whole { min, max, .. }, toml::Value::Integer(number)) => {
                toml::Value::Integer(i64::from(if *number == i64::from(max) { min } else { max }))
            }
            (Allowed::OneOf(choices), toml::Value::String(text)) => {
                toml::Value::String(choices.iter().find(|choice| choice.name != text).unwrap().name.to_owned())
            }
            (Allowed::ChordOrNone, _) => toml::Value::String("Enter".to_owned()),
            (Allowed::Text { .. }, _) => toml::Value::String("other".to_owned()),
            (Allowed::Url, _) => toml::Value::String("http://localhost:8080".to_owned()),
            (Allowed::Words { .. }, _) => toml::Value::Array(vec!["Kubernetes".into()]),
            (Allowed::Chord, _) => toml::Value::String("shift+Insert".to_owned()),
            (Allowed::Language, _) => toml::Value::String("de".to_owned()),
            (allowed, default) => panic!("give a second value for {allowed:?} beside {default}"),
        }
    }

    #[test]
    fn every_option_that_a_profile_may_set_takes_effect() {
        let config = Config::default();
        let defaults = toml::Table::try_from(&config).unwrap();
        for option in options().filter(|option| option.in_profiles) {
            let (section, name) = option.parts();
            let value = other_value(option.field.allowed, &defaults[section][name]);
            let text = format!("{} = {value}", option.key());
            let overrides: Overrides = toml::from_str(&text).unwrap();
            let expected: Config = toml::from_str(&text).unwrap();
            assert_eq!(overrides.over(&config), Settings::from(&expected), "{text}");
            assert_ne!(overrides.over(&config), Settings::from(&config), "{text}");
            let mut child = Overrides::default();
            child.inherit(&overrides);
            assert_eq!(child, overrides, "{text}");
        }
    }

    #[test]
    fn what_is_counted_up_adds_up_and_the_nearest_comes_first() {
        let config: Config =
            toml::from_str("[vocabulary]\nwords = ['c', 'a']\n[[replace]]\nheard='x'\nwith='3'").unwrap();
        let mut child: Overrides =
            toml::from_str("[vocabulary]\nwords = ['a']\n[[replace]]\nheard='x'\nwith='1'").unwrap();
        let parent: Overrides =
            toml::from_str("[vocabulary]\nwords = ['b']\n[[replace]]\nheard='x'\nwith='2'").unwrap();
        child.inherit(&parent);
        let settings = child.over(&config);
        assert_eq!(settings.vocabulary.words, ["a", "b", "c"]);
        let with: Vec<&str> = settings.replacements.iter().map(|replacement| replacement.with.as_str()).collect();
        assert_eq!(with, ["1", "2", "3"]);
    }
}
