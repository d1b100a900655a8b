//! Which profile applies to which application.
//!
//! A profile is a file of [`Rule`]s and of options that differ from the configuration. [`resolve()`] chooses one afresh for
//! every dictation, from nothing but the window; [`Profile::settings`] says what then holds.

pub mod extend;
pub mod load;
pub mod resolve;
pub mod rule;
pub mod settings;

use std::path::PathBuf;

pub use resolve::{Resolved, Why, resolve};
pub use rule::{Matched, Rule};
pub use settings::{Overrides, Settings};

use crate::config::problem::Place;
use crate::config::{Config, Problem};

/// The profile that applies where no other does.
pub const DEFAULT: &str = "default";

/// What some applications want done differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name of its file, without the ending.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// When it applies: when any of these does. Without rules it applies when it is chosen, as [`DEFAULT`] does when no
    /// other applies.
    pub rules: Vec<Rule>,
    /// The profile that it takes from what it does not set itself, and where that is written.
    pub extends: Option<Extends>,
    /// What it sets; once it is among [`Profiles`], with what it takes from others.
    pub overrides: Overrides,
}

/// Another profile that one builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extends {
    /// Its name.
    pub name: String,
    /// Where it is named.
    pub place: Place,
}

impl Profile {
    fn built_in_default() -> Self {
        Self {
            name: DEFAULT.to_owned(),
            source: Source::ReadyMade,
            rules: Vec::new(),
            extends: None,
            overrides: Overrides::default(),
        }
    }

    /// What holds for a dictation with this profile.
    pub fn settings(&self, config: &Config) -> Settings {
        self.overrides.over(config)
    }
}

/// Where a profile comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It came with Scout.
    ReadyMade,
    /// The user wrote it.
    User(PathBuf),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ReadyMade => f.write_str("ready-made"),
            Self::User(path) => path.display().fmt(f),
        }
    }
}

/// All profiles, in the order in which they win ties: the user's by file name, then the ready-made ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles {
    default: Profile,
    others: Vec<Profile>,
}

impl Profiles {
    /// Puts profiles together. One named [`DEFAULT`] replaces the built-in default, which sets nothing; of two with the
    /// same name the first stays, and may extend the other. Tells which profiles extend what is not there, or themselves.
    pub fn new(profiles: impl IntoIterator<Item = Profile>) -> Result<Self, Vec<Problem>> {
        let all: Vec<Profile> = profiles.into_iter().collect();
        let mut linked = extend::link(&all)?;
        let default = linked.iter().position(|profile| profile.name == DEFAULT).map(|place| linked.remove(place));
        Ok(Self { default: default.unwrap_or_else(Profile::built_in_default), others: linked })
    }

    /// The profile that applies where no other does.
    pub fn default_profile(&self) -> &Profile {
        &self.default
    }

    /// The profile of that name.
    pub fn named(&self, name: &str) -> Option<&Profile> {
        self.iter().find(|profile| profile.name == name)
    }

    /// All profiles, the default last.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.others.iter().chain(std::iter::once(&self.default))
    }
}
