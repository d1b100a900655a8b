//! What is wrong with a file: where, what, and what to write instead.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::allowed::list;
use super::file::File;
use super::limits;

/// All problems, one in a line.
pub fn lines(problems: &[Problem]) -> String {
    let mut lines: Vec<String> = problems.iter().take(limits::PROBLEMS).map(ToString::to_string).collect();
    if let Some(more @ 1..) = problems.len().checked_sub(limits::PROBLEMS) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// One thing that has to be corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub kind: ProblemKind,
}

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a file; line and column (in characters) count from one.
    File {
        /// Which file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// Among the arguments of the command.
    CommandLine,
}

impl Place {
    /// The place of a byte in a file's text.
    pub fn in_text(path: &Path, text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        Self::File {
            path: path.to_owned(),
            line: before.split(|byte| *byte == b'\n').count(),
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
        }
    }
}

impl Place {
    /// The place of an option's first setting in a file, for problems that show only when all files are read; the file's
    /// beginning where it is not found.
    pub fn of_option(file: &File, name: &str) -> Self {
        let File { path, text } = file;
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let rest = line.trim_start().strip_prefix(name);
            if rest.is_some_and(|rest| rest.trim_start().starts_with('=')) {
                return Self::in_text(path, text.as_bytes(), offset + line.len() - line.trim_start().len());
            }
            offset += line.len();
        }
        Self::File { path: path.to_owned(), line: 1, column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.kind)
    }
}

/// What is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The file is no text.
    #[error("this is not UTF-8 text: save the file with the encoding UTF-8")]
    Encoding,
    /// The file is no TOML.
    #[error("{message}: write options as `name = value`, and text in quotation marks")]
    Syntax {
        /// What the parser said.
        message: String,
    },
    /// No such section, or an option outside of any.
    #[error("there is no section [{name}]{}: the sections are {}", did_you_mean(.meant.as_deref()), names(.sections))]
    UnknownSection {
        /// What was written.
        name: String,
        /// What the user may have meant.
        meant: Option<String>,
        /// All there are.
        sections: Vec<String>,
    },
    /// An option where a section should be.
    #[error("`{name}` is a section: write [{name}] on a line of its own and its options below")]
    NotASection {
        /// The section.
        name: String,
    },
    /// An option outside of its section.
    #[error("there is no option `{name}` here{}: it belongs below [{section}]", above(*.first_line))]
    Misplaced {
        /// What was written.
        name: String,
        /// Where it belongs.
        section: String,
        /// Whether it stands before any section.
        first_line: bool,
    },
    /// No such option.
    #[error("there is no option `{key}`{}: there are {}", did_you_mean(.meant.as_deref()), names(.options))]
    UnknownOption {
        /// Section and name.
        key: String,
        /// What the user may have meant.
        meant: Option<String>,
        /// All in that section.
        options: Vec<String>,
    },
    /// A value that the option cannot have.
    #[error("{key} cannot be {found}{}: use {allowed}", did_you_mean(.meant.as_deref()))]
    Value {
        /// Section and name.
        key: String,
        /// What was written.
        found: String,
        /// What the user may have meant.
        meant: Option<String>,
        /// What is allowed.
        allowed: String,
    },
    /// Two options that exclude each other.
    #[error("{key} and {other} are both {value}: choose another key for one of them")]
    SameChord {
        /// The later option.
        key: &'static str,
        /// The option it collides with.
        other: &'static str,
        /// What both are.
        value: String,
    },
    /// An option that every profile shares.
    #[error("{key} is the same for all applications: set it in the configuration file, not in a profile")]
    NotPerProfile {
        /// Section and name.
        key: String,
    },
    /// `match` is written as something else than a rule.
    #[error("a rule is written as [[match]] on a line of its own, with app_id, executable, process or title below")]
    RuleShape,
    /// A list of tables is written as something else.
    #[error("write [[{name}]] on a line of its own, with {options} below, once for each")]
    ListShape {
        /// The list.
        name: &'static str,
        /// What belongs below.
        options: &'static str,
    },
    /// One of a list of tables lacks something.
    #[error("this [[{list}]] has no `{missing}`: add {example}")]
    Incomplete {
        /// The list.
        list: &'static str,
        /// What it lacks.
        missing: &'static str,
        /// What one would write.
        example: &'static str,
    },
    /// A command does several things, or none.
    #[error("a command does one thing: give it either insert, press or run")]
    NotOneAction,
    /// What is to be said has no words in it.
    #[error("\"{said}\" cannot be said: write words, such as say = \"sign off\"")]
    Unspeakable {
        /// What was written.
        said: String,
    },
    /// `extends` names no profile.
    #[error("there is no profile `{name}` to extend{}: `scout profiles list` shows all", did_you_mean(.meant.as_deref()))]
    UnknownParent {
        /// What was written.
        name: String,
        /// What the user may have meant.
        meant: Option<String>,
    },
    /// Profiles extend each other.
    #[error("this profile extends itself through {}: remove one `extends`", names(.through))]
    Circle {
        /// The profiles in between, or the profile itself.
        through: Vec<String>,
    },
    /// A profile builds on very many others.
    #[error("this profile builds on more than {limit} others, one through the other: remove one `extends`")]
    LongChain {
        /// The most profiles that one may build on.
        limit: usize,
    },
    /// A vocabulary list that is not there.
    #[error("there is no vocabulary list `{name}`: make the file {}, with a word on each line, or remove the name", path.display())]
    NoVocabularyList {
        /// The list.
        name: String,
        /// Where its file would be.
        path: PathBuf,
    },
    /// A line of a vocabulary list without a word.
    #[error(
        "this line names no word: write a word, or a word and how it is heard, such as `Kubernetes: cooper netties`"
    )]
    NoWord,
    /// A line of a vocabulary list that is longer than any word.
    #[error("this line has more than {limit} characters: write each word on a line of its own")]
    LongLine {
        /// The most that a line may have.
        limit: usize,
    },
    /// A server on another machine was not allowed.
    #[error(
        "{url} is on another machine, and your words would leave this one: to allow that, set rewrite.remote = true in the configuration file and store a key with `scout rewrite key`"
    )]
    Remote {
        /// The address.
        url: String,
    },
    /// Words would go over the network for all to read.
    #[error("{url} is on another machine and not encrypted: use an address that begins with https://")]
    Unencrypted {
        /// The address.
        url: String,
    },
    /// A rule without conditions.
    #[error("this rule says nothing: give it app_id, executable, process or title, or remove it")]
    EmptyRule,
    /// Rules for the profile that applies where no other does.
    #[error("the profile `default` applies where no other does: remove [[match]], or give the file another name")]
    RuleForDefault,
}

fn did_you_mean(meant: Option<&str>) -> String {
    meant.map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default()
}

fn names(names: &[String]) -> String {
    list(names.iter().cloned(), "and")
}

fn above(first_line: bool) -> &'static str {
    if first_line { ", before any section" } else { "" }
}

/// A problem and the bytes of the text that it is about.
pub(crate) struct Finding {
    pub(crate) span: Range<usize>,
    pub(crate) kind: ProblemKind,
}

impl Finding {
    pub(crate) fn new(span: Range<usize>, kind: ProblemKind) -> Self {
        Self { span, kind }
    }

    /// Gives the findings their lines, in the order of the text; of very many, the first.
    pub(crate) fn locate(mut findings: Vec<Self>, path: &Path, text: &str) -> Vec<Problem> {
        findings.sort_by_key(|finding| finding.span.start);
        findings.truncate(limits::PROBLEMS);
        findings
            .into_iter()
            .map(|finding| Problem {
                place: Place::in_text(path, text.as_bytes(), finding.span.start),
                kind: finding.kind,
            })
            .collect()
    }
}
