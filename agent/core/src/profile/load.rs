//! Profiles from their files: the ready-made ones inside the program, and the user's.

use std::path::Path;

use regex::Regex;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::rule::{Name, TitlePattern};
use super::{DEFAULT, Extends, Overrides, Profile, Profiles, Rule, Source};
use crate::config::allowed::Allowed;
use crate::config::option::Field;
use crate::config::problem::{Finding, Place, Problem, ProblemKind};
use crate::config::{self, check};

/// Name and text of the profiles that come with Scout, in the order in which they win ties.
const READY_MADE: &[(&str, &str)] = &[
    ("private", include_str!("../../../../config/profiles/private.toml")),
    ("terminal-editors", include_str!("../../../../config/profiles/terminal-editors.toml")),
    ("terminals", include_str!("../../../../config/profiles/terminals.toml")),
    ("xterm", include_str!("../../../../config/profiles/xterm.toml")),
    ("emacs", include_str!("../../../../config/profiles/emacs.toml")),
    ("editors", include_str!("../../../../config/profiles/editors.toml")),
    ("chat", include_str!("../../../../config/profiles/chat.toml")),
    ("mail", include_str!("../../../../config/profiles/mail.toml")),
    ("office", include_str!("../../../../config/profiles/office.toml")),
    ("spreadsheets", include_str!("../../../../config/profiles/spreadsheets.toml")),
    ("launchers", include_str!("../../../../config/profiles/launchers.toml")),
    ("browsers", include_str!("../../../../config/profiles/browsers.toml")),
];

/// What a rule may say.
const CONDITIONS: &[Field] = &[
    condition(
        "match.app_id",
        Allowed::Names { example: "one name or a list of names, such as [\"Slack\", \"code*\"]" },
    ),
    condition("match.process", Allowed::Names { example: "one name or a list of names, such as \"gajim\"" }),
    condition("match.executable", Allowed::Names { example: "one name or a list of names, such as \"soffice*\"" }),
    condition("match.title", Allowed::Pattern),
];

const fn condition(key: &'static str, allowed: Allowed) -> Field {
    Field { key, allowed }
}

/// The key of the list of rules.
const RULES: &str = "match";

/// The key of the profile that this one builds on.
const EXTENDS: &str = "extends";
const PARENT: Field = condition(EXTENDS, Allowed::Text { example: "the name of another profile, such as \"chat\"" });

#[derive(Deserialize)]
struct File {
    #[serde(default, rename = "match")]
    rules: Vec<RuleInFile>,
    #[serde(default)]
    #[allow(dead_code)] // read with its place in the file
    extends: Option<String>,
    #[serde(flatten)]
    overrides: Overrides,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RuleInFile {
    app_id: NamesInFile,
    process: NamesInFile,
    executable: NamesInFile,
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NamesInFile {
    One(String),
    Several(Vec<String>),
}

impl Default for NamesInFile {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl From<NamesInFile> for Vec<Name> {
    fn from(names: NamesInFile) -> Self {
        match names {
            NamesInFile::One(name) => vec![Name(name)],
            NamesInFile::Several(names) => names.into_iter().map(Name).collect(),
        }
    }
}

impl Profiles {
    /// Those that come with Scout.
    pub fn ready_made() -> Self {
        // Each of these files is parsed and linked by a test, so none is left out here.
        Self::new(ready_made().flatten())
            .unwrap_or_else(|_| Self { default: Profile::built_in_default(), others: Vec::new() })
    }

    /// The user's profiles before the ready-made ones. A file with a ready-made profile's name replaces it.
    ///
    /// All problems of all files are reported at once.
    pub fn from_files(files: &[config::file::File]) -> Result<Self, Vec<Problem>> {
        let (mut profiles, mut problems) = (Vec::new(), Vec::new());
        for file in files {
            match parse(&file.path, &file.text, Source::User(file.path.clone())) {
                Ok(profile) => profiles.push(profile),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Self::new(profiles.into_iter().chain(ready_made().flatten()))
    }
}

fn ready_made() -> impl Iterator<Item = Result<Profile, Vec<Problem>>> {
    READY_MADE.iter().map(|(name, text)| parse(&Path::new(name).with_extension("toml"), text, Source::ReadyMade))
}

/// The text of a ready-made profile, as it was written. The default has none.
pub fn ready_made_text(name: &str) -> &'static str {
    READY_MADE.iter().find(|(ready_made, _)| *ready_made == name).map_or("", |(_, text)| text)
}

/// Reads one profile. `path` gives it its name and names it in problems.
pub fn parse(path: &Path, text: &str, source: Source) -> Result<Profile, Vec<Problem>> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (table, mut findings) = check::parse(text);
    let mut extends = None;
    if findings.is_empty() {
        extends = table.get(EXTENDS).and_then(|value| {
            let place = Place::in_text(path, text.as_bytes(), value.span().start);
            Some(Extends { name: value.get_ref().as_str()?.to_owned(), place })
        });
        findings = problems_of(&name, table);
    }
    if findings.is_empty() {
        match toml::from_str(text).map_err(|error| (error.span(), error.message().to_owned())).and_then(built) {
            Ok((rules, overrides)) => return Ok(Profile { name, source, rules, extends, overrides }),
            // The check accepted what the structs do not: a mistake of ours, but the user still gets the line.
            Err((span, message)) => {
                let kind = ProblemKind::Syntax { message };
                findings.push(Finding::new(span.unwrap_or_default(), kind));
            }
        }
    }
    Err(Finding::locate(findings, path, text))
}

type Unexpected = (Option<std::ops::Range<usize>>, String);

fn built(file: File) -> Result<(Vec<Rule>, Overrides), Unexpected> {
    let mut rules = Vec::new();
    for rule in file.rules {
        let title = rule.title.map(|pattern| Regex::new(&pattern)).transpose();
        rules.push(Rule {
            app_id: rule.app_id.into(),
            process: rule.process.into(),
            executable: rule.executable.into(),
            title: title.map_err(|error| (None, error.to_string()))?.map(TitlePattern),
        });
    }
    Ok((rules, file.overrides))
}

fn problems_of(name: &str, mut table: DeTable<'_>) -> Vec<Finding> {
    let rules = table.remove_entry(RULES);
    let mut findings = check::take_lists(&mut table);
    if let Some((_, value)) = table.remove_entry(EXTENDS)
        && let Some(finding) = check::value(&PARENT, &value)
    {
        findings.push(finding);
    }
    findings.extend(check::in_sections(&table, |option| option.in_profiles));
    match rules {
        Some((key, _)) if name == DEFAULT => findings.push(Finding::new(key.span(), ProblemKind::RuleForDefault)),
        None => {}
        Some((key, rules)) => match rules.get_ref() {
            DeValue::Array(rules) if !rules.is_empty() => findings.extend(rules.iter().flat_map(problems_of_rule)),
            _ => findings.push(Finding::new(key.span(), ProblemKind::RuleShape)),
        },
    }
    findings
}

fn problems_of_rule(rule: &Spanned<DeValue<'_>>) -> Vec<Finding> {
    match rule.get_ref() {
        DeValue::Table(table) if table.is_empty() => vec![Finding::new(rule.span(), ProblemKind::EmptyRule)],
        DeValue::Table(table) => check::table(table, CONDITIONS),
        _ => vec![Finding::new(rule.span(), ProblemKind::RuleShape)],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::problem::lines;

    #[test]
    fn every_ready_made_profile_is_sound_and_sets_something() {
        let nothing = Overrides::default();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/profiles");
        for (name, text) in READY_MADE {
            let profile = parse(&Path::new(name).with_extension("toml"), text, Source::ReadyMade).unwrap();
            assert_eq!(profile.name, *name);
            assert!(profile.extends.is_some() || profile.overrides != nothing, "{name}");
        }
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
            assert!(Profiles::ready_made().named(&name).is_some(), "{name}.toml is not built in");
        }
    }

    /// A profile takes settings from the one that it extends, not the applications that it is for.
    #[test]
    fn editors_are_looked_for_in_every_terminal() {
        let profiles = Profiles::ready_made();
        let app_ids = |profile: &str| -> BTreeSet<String> {
            let rules = &profiles.named(profile).unwrap().rules;
            rules.iter().flat_map(|rule| &rule.app_id).map(|name| name.0.clone()).collect()
        };
        assert_eq!(app_ids("terminal-editors"), &app_ids("terminals") | &app_ids("xterm"));
    }

    fn file(name: &str, text: &str) -> config::file::File {
        config::file::File { path: Path::new("profiles").join(name), text: text.to_owned() }
    }

    #[test]
    fn a_users_profile_comes_first_and_replaces_one_of_its_name() {
        let profiles = Profiles::from_files(&[
            file("chat.toml", "[[match]]\napp_id = 'irssi'\n[text]\nfull_stop = 'drop'"),
            file("default.toml", "[history]\nlog = false"),
            file("zz.toml", "[[match]]\napp_id = 'XTerm'"),
        ])
        .unwrap();
        let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "chat",
                "zz",
                "private",
                "terminal-editors",
                "terminals",
                "xterm",
                "emacs",
                "editors",
                "mail",
                "office",
                "spreadsheets",
                "launchers",
                "browsers",
                "default",
            ]
        );
        assert_eq!(profiles.named("chat").unwrap().source, Source::User(Path::new("profiles").join("chat.toml")));
        assert_eq!(profiles.default_profile().overrides.history.log.map(|set| set.0), Some(false));
    }

    #[test]
    fn a_profile_without_rules_is_there_to_be_chosen() {
        let profile = parse(Path::new("quiet.toml"), "[history]\nlog = false", Source::ReadyMade).unwrap();
        assert_eq!((profile.name.as_str(), profile.rules.len()), ("quiet", 0));
    }

    #[test]
    fn problems_of_all_files_are_told_at_once() {
        let files = [file("a.toml", "[text]\nfull_stop = 'never'"), file("b.toml", "[[match]]\ntitel = 'x'")];
        let error = lines(&Profiles::from_files(&files).unwrap_err());
        for part in ["a.toml:2:13: text.full_stop cannot be \"never\"", "b.toml:2:1: there is no"] {
            assert!(error.contains(part), "{part} is not in:\n{error}");
        }
    }

    /// Text of a profile named `name`, the place of its problem, and words that must be in the message.
    const BROKEN: &[(&str, &str, &str, &[&str])] = &[
        ("mine", "[match]\napp_id = 'x'", "1:2", &["[[match]] on a line of its own"]),
        ("mine", "match = 'x'", "1:1", &["[[match]] on a line of its own"]),
        ("mine", "match = []", "1:1", &["[[match]]"]),
        ("mine", "[[match]]\n", "1:1", &["says nothing", "app_id, executable, process or title"]),
        ("mine", "[[match]]\nclass = 'x'", "2:1", &["`match.class`", "app_id, process, executable and title"]),
        ("mine", "[[match]]\nappid = 'x'", "2:1", &["did you mean `app_id`?"]),
        ("mine", "[[match]]\napp_id = 3", "2:10", &["match.app_id cannot be 3", "a list of names"]),
        ("mine", "[[match]]\napp_id = []", "2:10", &["cannot be a list", "one name or a list of names"]),
        ("mine", "[[match]]\ntitle = '(open'", "2:9", &["match.title cannot be \"(open\"", "regular expression"]),
        ("mine", "[[match]]\ntitle = 'x'\n[key]\nchord = 'F8'", "4:1", &["key.chord is the same for all applications"]),
        ("mine", "[[match]]\ntitle = 'x'\n[txt]\nclean = true", "3:2", &["no section [txt]", "did you mean [text]?"]),
        ("mine", "[[match]]\ntitle = 'x'\nclean = true", "3:1", &["belongs below [text]"]),
        ("mine", "[[match]]\ntitle = 'x'\n[delivery]\nnewline = 'shift+enter'", "4:11", &["\"shift-enter\"?"]),
        ("mine", "[[match]]\ntitle = 'x'\n[model]\nlanguage = 'german'", "4:12", &["did you mean \"de\"?"]),
        ("default", "[[match]]\ntitle = 'x'", "1:3", &["applies where no other does"]),
        ("mine", "[[match]]\nprocess = 3", "2:11", &["match.process cannot be 3", "a list of names"]),
        ("mine", "[[match]]\ntitle = ''", "2:9", &["match.title cannot be \"\"", "regular expression"]),
        // Inheritance.
        ("mine", "extends = 3", "1:11", &["extends cannot be 3", "the name of another profile"]),
        ("mine", "extends = ''", "1:11", &["extends cannot be \"\"", "the name of another profile"]),
        // Commands.
        ("mine", "command = 'x'", "1:1", &["write [[command]] on a line of its own", "insert, press and run"]),
        ("mine", "[command]\nsay = 'x'", "1:2", &["write [[command]] on a line of its own"]),
        ("mine", "[[command]]\ninsert = 'x'", "1:1", &["this [[command]] has no `say`", "say = \"sign off\""]),
        ("mine", "[[command]]\nsay = 'x'", "1:1", &["a command does one thing", "insert, press or run"]),
        ("mine", "[[command]]\nsay = 'x'\ninsert = 'a'\npress = 'Enter'", "1:1", &["a command does one thing"]),
        ("mine", "[[command]]\nsays = 'x'\ninsert = 'a'", "2:1", &["no option `command.says`", "did you mean `say`?"]),
        ("mine", "[[command]]\nsay = '...'\ninsert = 'a'", "2:7", &["\"...\" cannot be said"]),
        ("mine", "[[command]]\nsay = ''\ninsert = 'a'", "2:7", &["command.say cannot be \"\""]),
        ("mine", "[[command]]\nsay = 'x'\npress = 'Entr'", "3:9", &["did you mean \"Enter\"?", "or a list of them"]),
        ("mine", "[[command]]\nsay = 'x'\nrun = 'ls -l'", "3:7", &["did you mean [\"ls\", \"-l\"]?"]),
        ("mine", "[[command]]\nsay = 'x'\nrun = []", "3:7", &["a program and its arguments"]),
        // Replacements.
        ("mine", "[[replace]]\nheard = 'x'", "1:1", &["this [[replace]] has no `with`"]),
        ("mine", "[[replace]]\nwith = 'x'", "1:1", &["this [[replace]] has no `heard`"]),
        ("mine", "[[replace]]\nheard = 3\nwith = 'x'", "2:9", &["replace.heard cannot be 3"]),
        ("mine", "[[replace]]\nheard = 'x'\nwith = 3", "3:8", &["replace.with cannot be 3", "text in quotation marks"]),
        // Words, and the language model.
        ("mine", "[vocabulary]\nwords = 'Anna'", "2:9", &["did you mean [\"Anna\"]?", "a list of words"]),
        ("mine", "[vocabulary]\nwords = ['']", "2:9", &["vocabulary.words cannot be a list"]),
        ("mine", "[rewrite]\nurl = 'localhost:11434'", "2:7", &["begins with http:// or https://"]),
        ("mine", "[rewrite]\nremote = true", "2:1", &["rewrite.remote is the same for all applications"]),
        ("mine", "[rewrite]\nlimit_ms = 5", "2:12", &["from 100 to 60000"]),
        // Values.
        ("mine", "[delivery]\nsubmit = 'Entr'", "2:10", &["did you mean \"Enter\"?", "or \"none\""]),
        ("mine", "[text]\nnumbers = 'yes'", "2:11", &["use \"keep\" or \"digits\""]),
        ("mine", "[text]\nfirst_letter = 'small'", "2:16", &["\"auto\", \"keep\", \"upper\" or \"lower\""]),
        ("mine", "[text]\nformatters = 'yes'", "2:14", &["did you mean true?"]),
        ("mine", "[microphone]\nopen = true", "2:1", &["microphone.open is the same for all applications"]),
        ("mine", "[text]\nclean = true\nclean = false", "3:1", &["duplicate key"]),
    ];

    #[test]
    fn each_broken_profile_gets_its_line_and_the_remedy() {
        assert!(BROKEN.len() >= 30);
        for (name, text, place, words) in BROKEN {
            let path = Path::new(name).with_extension("toml");
            let message = lines(&parse(&path, text, Source::ReadyMade).expect_err(text));
            assert_eq!(message.lines().count(), 1, "{text}: {message}");
            assert!(message.starts_with(&format!("{name}.toml:{place}: ")), "{text}: {message}");
            for word in *words {
                assert!(message.contains(word), "{text}: `{word}` is not in: {message}");
            }
        }
    }
}
