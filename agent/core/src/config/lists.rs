//! What a file may hold any number of: the user's own commands, and replacements.
//!
//! ```toml
//! [[command]]
//! say = "sign off"
//! insert = "Kind regards,\nAnna"
//!
//! [[replace]]
//! heard = "e mail"
//! with = "email"
//! ```

use scout_desktop::Chord;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::problem::ProblemKind;

/// A command of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCommand {
    /// What is said for it.
    pub say: Vec<String>,
    /// What it does.
    pub does: UserAction,
}

/// What a command of the user's own does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserAction {
    /// Inserts this text.
    Insert(String),
    /// Presses these chords, one after the other.
    Press(Vec<Chord>),
    /// Starts a program with arguments. Never through a shell.
    Run(Vec<String>),
}

/// What is written in place of what was heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// Words as they are heard.
    #[serde(deserialize_with = "one_or_several")]
    pub heard: Vec<String>,
    /// What is written.
    pub with: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandInFile {
    #[serde(deserialize_with = "one_or_several")]
    say: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insert: Option<String>,
    #[serde(default, deserialize_with = "one_or_several", skip_serializing_if = "Vec::is_empty")]
    press: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    run: Vec<String>,
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::Several(texts) => texts,
    })
}

impl<'de> Deserialize<'de> for UserCommand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let CommandInFile { say, insert, press, run } = CommandInFile::deserialize(deserializer)?;
        let chords: Result<Vec<Chord>, _> = press.iter().map(|chord| chord.parse()).collect();
        let chords = chords.map_err(D::Error::custom)?;
        let does = match (insert, chords.is_empty(), run.is_empty()) {
            (Some(text), true, true) => UserAction::Insert(text),
            (None, false, true) => UserAction::Press(chords),
            (None, true, false) => UserAction::Run(run),
            _ => return Err(D::Error::custom(ProblemKind::NotOneAction)),
        };
        Ok(Self { say, does })
    }
}

impl Serialize for UserCommand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut file = CommandInFile { say: self.say.clone(), insert: None, press: Vec::new(), run: Vec::new() };
        match &self.does {
            UserAction::Insert(text) => file.insert = Some(text.clone()),
            UserAction::Press(chords) => file.press = chords.iter().map(ToString::to_string).collect(),
            UserAction::Run(arguments) => file.run.clone_from(arguments),
        }
        file.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::load::from_text;

    #[test]
    fn lists_are_read_and_written() {
        let text = "[[command]]\nsay = 'sign off'\ninsert = 'Anna'\n[[command]]\nsay = ['save', 'save it']\n\
                    press = 'ctrl+s'\n[[command]]\nsay = 'ring'\nrun = ['bell', '-n', '2']\n\
                    [[replace]]\nheard = 'e mail'\nwith = 'email'\n";
        let config = from_text(Path::new("config.toml"), text, &[]).unwrap().config;
        assert_eq!(config.commands[0].does, UserAction::Insert("Anna".into()));
        assert_eq!(config.commands[1].does, UserAction::Press(vec!["ctrl+s".parse().unwrap()]));
        assert_eq!(config.commands[2].does, UserAction::Run(vec!["bell".into(), "-n".into(), "2".into()]));
        assert_eq!(config.replacements, [Replacement { heard: vec!["e mail".into()], with: "email".into() }]);
        let written = toml::to_string(&config).unwrap();
        assert_eq!(from_text(Path::new("config.toml"), &written, &[]).unwrap().config, config);
    }
}
