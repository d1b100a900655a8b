//! Lists of words: a file each, in the configuration's folder `vocabulary`.
//!
//! ```text
//! # people
//! Anna Lindqvist
//! Kubernetes: cooper netties, coobernetes
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Entry;
use crate::config::file::File;
use crate::config::limits;
use crate::config::problem::{Place, Problem, ProblemKind};

/// The list that applies everywhere.
pub const GENERAL: &str = "general";

/// All lists, by their names. Two are the same if their words are.
pub type Lists = BTreeMap<String, Vec<Arc<Entry>>>;

/// Where a list's file is.
pub fn path(folder: &Path, list: &str) -> PathBuf {
    folder.join(format!("{list}.txt"))
}

/// The lists in these files, by the names of the files.
pub fn from_files(files: &[File]) -> Result<Lists, Vec<Problem>> {
    let (mut lists, mut problems) = (Lists::new(), Vec::new());
    for file in files {
        let name = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match parse(&file.path, &file.text) {
            Ok(entries) => drop(lists.insert(name, entries)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(lists) } else { Err(problems) }
}

/// Reads one list. Of very many problems, the first are reported.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Arc<Entry>>, Vec<Problem>> {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let bare = line.trim_start_matches('\u{FEFF}').trim();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        // A colon inside a word, as in "std::vec", is followed by no space.
        let (written, heard) = bare.split_once(": ").unwrap_or((bare, ""));
        let written = written.trim();
        let kind = if bare.chars().nth(limits::WORDS_LINE).is_some() {
            ProblemKind::LongLine { limit: limits::WORDS_LINE }
        } else if written.chars().any(char::is_alphanumeric) {
            let heard: Vec<&str> = heard.split(',').collect();
            entries.push(Arc::new(Entry::new(written, &heard)));
            continue;
        } else {
            ProblemKind::NoWord
        };
        problems.push(Problem { place: Place::File { path: path.to_owned(), line: number + 1, column: 1 }, kind });
        if problems.len() == limits::PROBLEMS {
            break;
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_a_word_is_told() {
        let message = parse(Path::new("general.txt"), "Anna\n: heard\n--\n").unwrap_err();
        let message: Vec<String> = message.iter().map(ToString::to_string).collect();
        assert_eq!(message.len(), 2);
        assert!(message[0].starts_with("general.txt:2:1: this line names no word: write a word"), "{message:?}");
    }

    #[test]
    fn a_line_longer_than_any_word_is_told_and_so_are_the_first_of_very_many_problems() {
        let line = "a".repeat(limits::WORDS_LINE);
        assert_eq!(parse(Path::new("general.txt"), &line).unwrap().len(), 1);
        let problems = parse(Path::new("general.txt"), &format!("Anna\n{line}b: c\n")).unwrap_err();
        assert_eq!(
            problems[0].to_string(),
            "general.txt:2:1: this line has more than 400 characters: write each word on a line of its own"
        );
        let problems = parse(Path::new("general.txt"), &"-\n".repeat(1_000_000)).unwrap_err();
        assert_eq!(problems.len(), limits::PROBLEMS);
    }
}
