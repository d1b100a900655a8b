//! The layers, from the lowest: defaults, the user's file, the command line.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::check;
use super::options::{OPTIONS, Opt};
use super::problem::{ConfigError, Finding, Place, Problem, ProblemKind};
use super::schema::Config;

/// One option as it was given on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Section and name.
    pub key: String,
    /// The value, without quotation marks.
    pub value: String,
}

/// Text that is not `section.name=value`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` sets nothing: write section.name=value, such as key.chord=F8")]
pub struct OverrideShape(String);

impl std::str::FromStr for Override {
    type Err = OverrideShape;

    fn from_str(text: &str) -> Result<Self, OverrideShape> {
        let (key, value) = text.split_once('=').ok_or_else(|| OverrideShape(text.to_owned()))?;
        Ok(Self { key: key.trim().to_owned(), value: value.trim().to_owned() })
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The user's file, in this line.
    File {
        /// Counts from one.
        line: usize,
    },
    /// The command line.
    CommandLine,
}

/// The settings in force, and where each comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Where each option comes from, by section and name. Every option is in it.
    pub origins: BTreeMap<&'static str, Origin>,
}

impl Default for Loaded {
    fn default() -> Self {
        Self {
            config: Config::default(),
            origins: OPTIONS.iter().map(|option| (option.key, Origin::Default)).collect(),
        }
    }
}

/// Reads the user's file over the defaults, and the command line over both. A file that is not there sets nothing.
///
/// All problems of the file, and all of the command line, are reported at once.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Loaded, ConfigError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    };
    let text = check::decode(path, bytes).map_err(|problem| ConfigError::Invalid(vec![problem]))?;
    from_text(path, &text, overrides)
}

/// As [`load`], with the text of the file. `path` only serves to name it in problems.
pub fn from_text(path: &Path, text: &str, overrides: &[Override]) -> Result<Loaded, ConfigError> {
    let mut problems = check::configuration(path, text);
    problems.extend(overrides.iter().filter_map(problem_of));
    if !problems.is_empty() {
        return Err(ConfigError::Invalid(problems));
    }
    let mut loaded = Loaded::default();
    let (table, _) = check::parse(text);
    for option in OPTIONS {
        let (section, name) = option.parts();
        if let Some(span) = check::span_of(&table, section, name)
            && let Place::File { line, .. } = Place::in_text(path, text.as_bytes(), span.start)
        {
            loaded.origins.insert(option.key, Origin::File { line });
        }
    }
    let mut layers: toml::Table = toml::from_str(text).map_err(|error| unexpected(path, text, &error))?;
    for over in overrides {
        if let Some(option) = Opt::named(&over.key) {
            let value: toml::Table =
                toml::from_str(&snippet(option, &over.value)).map_err(|error| unexpected(path, text, &error))?;
            merge(&mut layers, value);
            loaded.origins.insert(option.key, Origin::CommandLine);
        }
    }
    loaded.config = Config::deserialize(layers).map_err(|error| unexpected(path, text, &error))?;
    Ok(loaded)
}

/// Puts the sections of `upper` over those of `lower`.
fn merge(lower: &mut toml::Table, upper: toml::Table) {
    for (section, values) in upper {
        match (lower.get_mut(&section), values) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => below.extend(above),
            (_, values) => {
                lower.insert(section, values);
            }
        }
    }
}

fn snippet(option: &Opt, value: &str) -> String {
    format!("{} = {}", option.key, option.allowed.toml_of(value))
}

/// What is wrong with one option given as plain text.
pub(crate) fn problem_of(over: &Override) -> Option<Problem> {
    let text = match Opt::named(&over.key) {
        Some(option) => snippet(option, &over.value),
        // An unknown name: the check says which there are. The name is quoted, as it may hold anything.
        None => {
            let quoted: Vec<String> =
                over.key.split('.').map(|part| toml_edit::Value::from(part).to_string()).collect();
            format!("{} = 0", quoted.join("."))
        }
    };
    check::configuration(Path::new(""), &text)
        .into_iter()
        .next()
        .map(|problem| Problem { place: Place::CommandLine, kind: problem.kind })
}

/// What the check let through and the structs do not take: a mistake of ours, but the user still gets the line.
fn unexpected(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let kind = ProblemKind::Syntax { message: error.message().to_owned() };
    ConfigError::Invalid(Finding::locate(vec![Finding::new(error.span().unwrap_or_default(), kind)], path, text))
}
