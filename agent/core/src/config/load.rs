//! The layers, from the lowest: defaults, the user's file, the command line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::check;
use super::option::Opt;
use super::problem::{Finding, Place, Problem, ProblemKind};
use super::schema::{Config, option, options};

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
        Self { config: Config::default(), origins: options().map(|option| (option.key(), Origin::Default)).collect() }
    }
}

/// Reads the text of the user's file over the defaults, and the command line over both. `path` only serves to name the file in
/// problems.
///
/// All problems of the file, and all of the command line, are reported at once.
pub fn from_text(path: &Path, text: &str, overrides: &[Override]) -> Result<Loaded, Vec<Problem>> {
    let mut problems = check::configuration(path, text);
    problems.extend(overrides.iter().filter_map(problem_of));
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut loaded = Loaded::default();
    let (table, _) = check::parse(text);
    for option in options() {
        let (section, name) = option.parts();
        if let Some(span) = check::span_of(&table, section, name)
            && let Place::File { line, .. } = Place::in_text(path, text.as_bytes(), span.start)
        {
            loaded.origins.insert(option.key(), Origin::File { line });
        }
    }
    let mut layers: toml::Table = toml::from_str(text).map_err(|error| unexpected(path, text, &error))?;
    for over in overrides {
        if let Some(option) = option(&over.key) {
            let value: toml::Table =
                toml::from_str(&snippet(option, &over.value)).map_err(|error| unexpected(path, text, &error))?;
            merge(&mut layers, value);
            loaded.origins.insert(option.key(), Origin::CommandLine);
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
    format!("{} = {}", option.key(), option.field.allowed.toml_of(value))
}

/// What is wrong with one option given as plain text.
pub fn problem_of(over: &Override) -> Option<Problem> {
    let text = if let Some(option) = option(&over.key) {
        snippet(option, &over.value)
    } else {
        // The check says which names there are. This one is quoted, as it may hold anything.
        let quoted: Vec<String> = over.key.split('.').map(|part| toml_edit::Value::from(part).to_string()).collect();
        format!("{} = 0", quoted.join("."))
    };
    check::configuration(Path::new(""), &text)
        .into_iter()
        .next()
        .map(|problem| Problem { place: Place::CommandLine, kind: problem.kind })
}

/// What the check let through and the structs do not take: a mistake of ours, but the user still gets the line.
fn unexpected(path: &Path, text: &str, error: &toml::de::Error) -> Vec<Problem> {
    let kind = ProblemKind::Syntax { message: error.message().to_owned() };
    Finding::locate(vec![Finding::new(error.span().unwrap_or_default(), kind)], path, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::default_file;
    use crate::config::problem::lines;
    use crate::config::schema::{KeyMode, Method, Millis};

    fn loaded(text: &str) -> Loaded {
        from_text(Path::new("config.toml"), text, &[]).unwrap()
    }

    fn problems(text: &str) -> Vec<String> {
        match from_text(Path::new("config.toml"), text, &[]) {
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_a_file_does_not_set_keeps_its_default() {
        assert_eq!(loaded(""), Loaded::default());
        assert_eq!(loaded("[key]\n").config, Config::default());
        assert_eq!(loaded(&default_file::text()).config, Config::default());
        let config = loaded("[key]\nmode = 'hybrid'\ncancel = 'escape'\n[delivery]\nmethod = 'none'").config;
        assert_eq!((config.key.mode, config.key.tap_ms), (KeyMode::Hybrid, Millis(250)));
        assert_eq!(config.key.cancel, Some("Escape".parse().unwrap()));
        assert_eq!(config.delivery.method, Method::None);
    }

    #[test]
    fn every_way_to_write_toml_is_understood() {
        for text in
            ["[key]\ntap_ms = 0x64", "key.tap_ms = 100", "key = { tap_ms = 100 }", "\u{FEFF}[key]\r\ntap_ms=1_00\r\n"]
        {
            assert_eq!(loaded(text).config.key.tap_ms, Millis(100), "{text:?}");
        }
    }

    #[test]
    fn the_command_line_lies_over_the_file_and_each_value_knows_where_it_is_from() {
        let text = "# mine\n[key]\nchord = 'F8'\nmode = 'toggle'";
        let overrides = ["key.mode=hold".parse().unwrap(), "delivery.gap_ms = 5".parse().unwrap()];
        let loaded = from_text(Path::new("config.toml"), text, &overrides).unwrap();
        assert_eq!((loaded.config.key.mode, loaded.config.delivery.gap_ms), (KeyMode::Hold, Millis(5)));
        assert_eq!(loaded.config.key.chord.to_string(), "F8");
        assert_eq!(loaded.origins["key.chord"], Origin::File { line: 3 });
        assert_eq!(loaded.origins["key.mode"], Origin::CommandLine);
        assert_eq!(loaded.origins["delivery.gap_ms"], Origin::CommandLine);
        assert_eq!(loaded.origins["log.level"], Origin::Default);
    }

    #[test]
    fn wrong_arguments_are_told_like_wrong_lines() {
        let message = |text: &str| {
            let over: Override = text.parse().unwrap();
            lines(&from_text(Path::new("config.toml"), "", &[over]).unwrap_err())
        };
        assert!(
            message("key.mode=held").starts_with("command line: key.mode cannot be \"held\" (did you mean \"hold\"?)")
        );
        assert!(
            message("key.cord=F9").starts_with("command line: there is no option `key.cord` (did you mean `chord`?)")
        );
        assert!(message("nonsense=1").contains("the sections are [key], [hands_free], [microphone]"));
        assert!(message("a.b.c=1").contains("there is no section [a]"));
        assert!(message("key.tap_ms=x\ny").contains("a whole number of milliseconds from 50 to 2000"));
        assert!("key.chord".parse::<Override>().is_err());
    }

    /// A broken file, the place of its one problem, and words that must be in the message.
    const BROKEN: &[(&str, &str, &[&str])] = &[
        // Options and sections that do not exist.
        (
            "[key]\ncord = 'F9'",
            "2:1",
            &["no option `key.cord`", "did you mean `chord`?", "chord, mode, tap_ms, cancel and devices"],
        ),
        ("[key]\nCHORD = 'F9'", "2:1", &["did you mean `chord`?"]),
        ("[text]\nfullstop = 'drop'", "2:1", &["did you mean `full_stop`?"]),
        ("[key]\n\n  colour = 'red'", "3:3", &["no option `key.colour`: there are chord"]),
        ("[keys]\nchord = 'F9'", "1:2", &["no section [keys]", "did you mean [key]?", "[microphone]"]),
        ("[mic]\nopen = true", "1:2", &["did you mean [microphone]?"]),
        ("[sound]\nopen = true", "1:2", &["no section [sound]: the sections are [key], [hands_free], [microphone], "]),
        ("chord = 'F9'", "1:1", &["no option `chord` here, before any section", "belongs below [key]"]),
        ("[key]\nthreads = 2", "2:1", &["no option `threads` here", "belongs below [model]"]),
        ("[[key]]\nchord = 'F9'", "1:3", &["`key` is a section: write [key]"]),
        ("key = 'F9'", "1:1", &["`key` is a section", "its options below"]),
        // Values that are not allowed.
        ("[key]\nchord = 'F19x'", "2:9", &["key.chord cannot be \"F19x\"", "\"ControlRight\""]),
        ("[key]\nchord = 'Spcae'", "2:9", &["did you mean \"Space\"?"]),
        ("[key]\nchord = 'ctrl-alt-Space'", "2:9", &["did you mean \"ctrl+alt+Space\"?"]),
        ("[key]\nchord = 'ctrl+'", "2:9", &["a key, or modifiers and a key"]),
        ("[key]\nchord = 9", "2:9", &["key.chord cannot be 9", "did you mean \"9\"?"]),
        ("[key]\nchord = 'none'", "2:9", &["key.chord cannot be \"none\""]),
        ("[key]\ncancel = ''", "2:10", &["key.cancel cannot be \"\"", "or \"none\""]),
        ("[key]\nmode = 'tap'", "2:8", &["\"hold\", \"toggle\" or \"hybrid\""]),
        ("[key]\nmode = 'Toggle'", "2:8", &["did you mean \"toggle\"?"]),
        ("[key]\ntap_ms = '250'", "2:10", &["key.tap_ms cannot be \"250\" (did you mean 250?)", "from 50 to 2000"]),
        ("[key]\ntap_ms = '250 ms'", "2:10", &["did you mean 250?"]),
        ("[key]\ntap_ms = 2.5", "2:10", &["cannot be 2.5: use a whole number of milliseconds"]),
        ("[key]\ntap_ms = 0", "2:10", &["from 50 to 2000"]),
        ("[microphone]\ntail_ms = -1", "2:11", &["microphone.tail_ms cannot be -1", "from 0 to 5000"]),
        ("[microphone]\npreroll_ms = 99999999999999999999", "2:14", &["from 0 to 5000"]),
        (
            "[microphone]\nopen = 'yes'",
            "2:8",
            &["microphone.open cannot be \"yes\" (did you mean true?): use true or false"],
        ),
        ("[microphone]\nopen = 1", "2:8", &["microphone.open cannot be 1: use true or false"]),
        ("[microphone]\ndevice = ' '", "2:10", &["microphone.device cannot be \" \"", "`scout doctor`"]),
        ("[model]\nname = ''", "2:8", &["`scout models list`"]),
        ("[model]\nlanguage = 'English'", "2:12", &["did you mean \"en\"?"]),
        ("[model]\nlanguage = 'de-CH'", "2:12", &["did you mean \"de\"?"]),
        ("[model]\nlanguage = 'klingon'", "2:12", &["model.language cannot be \"klingon\": use a language's code"]),
        ("[model]\nthreads = 'auto'", "2:11", &["a whole number from 0 to 256"]),
        (
            "[delivery]\nmethod = ['type']",
            "2:10",
            &["delivery.method cannot be a list: use \"auto\", \"type\", \"paste\""],
        ),
        ("[delivery]\nnewline = 'shift+enter'", "2:11", &["did you mean \"shift-enter\"?"]),
        ("[log]\nlevel = 'warning'", "2:9", &["did you mean \"warn\"?"]),
        ("[log.level]\nname = 'info'", "1:1", &["log.level cannot be a section"]),
        // Values that do not go together.
        ("[key]\nchord = 'ctrl+F9'\ncancel = 'Ctrl+f9'", "3:10", &["key.cancel and key.chord are both \"ctrl+F9\""]),
        ("[key]\ncancel = 'F9'", "2:10", &["key.cancel and key.chord are both \"F9\""]),
        // What is no TOML.
        ("[key]\nchord = F9", "2:9", &["text in quotation marks"]),
        ("[key]\nchord = 'F9", "2:12", &["text in quotation marks"]),
        ("[key]\nchord 'F9'", "2:7", &["`name = value`"]),
        ("[key\nchord = 'F9'", "1:5", &["`name = value`"]),
        ("[key]\nchord = 'F8'\nchord = 'F9'", "3:1", &["duplicate key"]),
        ("[key]\nchord = 'F8'\n[log]\n[key]\nmode = 'hold'", "4:2", &["duplicate key"]),
    ];

    #[test]
    fn each_broken_file_gets_its_line_and_the_remedy() {
        let mut unhelpful = Vec::new();
        for (text, place, words) in BROKEN {
            let found = problems(text);
            let helps = |problem: &String| {
                problem.starts_with(&format!("config.toml:{place}: "))
                    && words.iter().all(|word| problem.contains(word))
            };
            if found.len() != 1 || !found.iter().all(helps) {
                unhelpful.push(format!("{text}\n  gives {found:#?}\n  instead of {place} with {words:?}"));
            }
        }
        assert!(unhelpful.is_empty(), "{}", unhelpful.join("\n"));
    }

    #[test]
    fn all_problems_of_a_file_are_told_in_their_order() {
        let found = problems("[key]\nmode = 'x'\n'ö' = 1\nchord = 'F9'\n['lög']\n[text]\nclean = 3\n");
        let places: Vec<&str> = found.iter().map(|problem| problem.splitn(4, ':').collect::<Vec<_>>()[1]).collect();
        assert_eq!(places.len(), 4, "{found:?}");
        assert_eq!(places, ["2", "3", "5", "7"]);
    }

    #[test]
    fn several_errors_of_syntax_are_told_at_once() {
        assert_eq!(problems("[key]\nchord = F9\nmode = hold\n").len(), 2);
    }

    #[test]
    fn columns_count_characters() {
        let found = problems("key = { 'ключ' = 1 }\n");
        assert!(found[0].starts_with("config.toml:1:9: "), "{found:?}");
        let found = problems("log = { level = 'info', 'ключ' = 1, level2 = 2 }\n");
        assert!(found[0].starts_with("config.toml:1:25: ") && found[1].starts_with("config.toml:1:37: "), "{found:?}");
    }
}
