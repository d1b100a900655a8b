//! What is known of an option: all that reads, checks, edits, explains or shows options works from this.

use super::allowed::Allowed;
use super::help::Help;

/// A name in a file, and the values that are allowed for it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The name with what it belongs to: `key.chord`.
    pub key: &'static str,
    /// Its values.
    pub allowed: Allowed,
}

impl Field {
    /// What it belongs to, and the name in there.
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }

    /// The name alone.
    pub fn name(&self) -> &'static str {
        self.parts().1
    }
}

/// One option of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    /// Section and name, and the values that are allowed.
    pub field: Field,
    /// What a settings window writes in front of it.
    pub title: &'static str,
    /// What it is for.
    pub help: Help,
    /// When a change of it takes effect.
    pub effect: Effect,
    /// Whether a profile may set it for its applications.
    pub in_profiles: bool,
    /// Its default, as it is written in a file.
    pub default: fn() -> toml::Value,
}

impl Opt {
    /// Section and name: `key.chord`.
    pub fn key(&self) -> &'static str {
        self.field.key
    }

    /// The section, and the name in it.
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.field.parts()
    }
}

/// One section of the configuration file.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its name in the file.
    pub name: &'static str,
    /// Its title in a settings window.
    pub title: &'static str,
    /// The page of a settings window that it stands on.
    pub page: Page,
    /// What it is for.
    pub help: Help,
    /// Its options, in the order in which users read them.
    pub options: &'static [Opt],
}

/// A page of a settings window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// How a dictation is started, and what it is heard with.
    Dictation,
    /// How sound becomes words.
    Recognition,
    /// How the text is delivered to the application.
    Delivery,
    /// What happens to the words before.
    Text,
    /// The log of dictations.
    History,
    /// Everything else.
    General,
}

impl Page {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dictation => "Dictation",
            Self::Recognition => "Recognition",
            Self::Delivery => "Delivery",
            Self::Text => "Text",
            Self::History => "History",
            Self::General => "General",
        }
    }
}

/// When a change of an option takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// As soon as the file is saved.
    AtOnce,
    /// With the next dictation that begins.
    NextDictation,
    /// When Scout is started again.
    Restart,
}

impl Effect {
    /// In words that follow "takes effect".
    pub fn describe(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::NextDictation => "with the next dictation",
            Self::Restart => "when Scout is started again",
        }
    }
}
