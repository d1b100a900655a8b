//! Lists of words: a file each, in the configuration's folder `vocabulary`.
//!
//! ```text
//! # people
//! Anna Lindqvist
//! Kubernetes: cooper netties, coobernetes
//! ```

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Entry;
use crate::config::ConfigError;
use crate::config::edit::EditError;
use crate::config::files::{self, File};
use crate::config::limits;
use crate::config::problem::{Place, Problem, ProblemKind, Problems};

/// The list that applies everywhere.
pub const GENERAL: &str = "general";

/// All lists, by their names. Two are the same if their words are.
pub type Lists = BTreeMap<String, Vec<Arc<Entry>>>;

/// Where a list's file is.
pub fn path(folder: &Path, list: &str) -> PathBuf {
    folder.join(format!("{list}.txt"))
}

/// Reads all lists. A folder that is not there holds none.
pub fn load(folder: &Path) -> Result<Lists, ConfigError> {
    from_files(&files::vocabulary(folder)?)
}

/// As [`load`], with the texts of the files.
pub fn from_files(files: &[File]) -> Result<Lists, ConfigError> {
    let mut problems = Problems::default();
    let mut lists = Lists::new();
    for file in files {
        let name = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let entries = parse(&file.path, &file.text).map_err(ConfigError::Invalid);
        lists.extend(problems.collect(entries).map(|entries| (name, entries)));
    }
    problems.finish(lists)
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

/// Adds words to a list's file, which is made if there is none. Words that are there already are left out; gives those that
/// were added.
pub fn add(folder: &Path, list: &str, new: &[String]) -> Result<Vec<String>, EditError> {
    let path = path(folder, list);
    let text = files::text(&path, limits::WORDS_FILE)?.unwrap_or_default();
    let there = parse(&path, &text).unwrap_or_default();
    let mut added: Vec<String> = Vec::new();
    for word in new {
        let written = word.split_once(": ").map_or(word.as_str(), |(written, _)| written);
        let known = |entry: &Arc<Entry>| entry.written == written;
        if !there.iter().any(known) && !added.contains(word) {
            added.push(word.clone());
        }
    }
    if added.is_empty() {
        return Ok(added);
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{gap}{}\n", added.join("\n"));
    replace(folder, &path, &text).map_err(|source| EditError::Unwritable { path, source })?;
    Ok(added)
}

fn replace(folder: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("general.txt", "\u{FEFF}# people\nAnna Lind\n\nKubernetes: cooper netties, Coobernetes\nstd::vec\n");
        write("notes.md", "no list");
        let lists = load(folder.path()).unwrap();
        let written: Vec<&str> = lists["general"].iter().map(|entry| entry.written.as_str()).collect();
        assert_eq!(written, ["Anna Lind", "Kubernetes", "std::vec"]);
        assert_eq!(lists["general"][1].heard, ["cooper netties", "coobernetes"]);
        assert_eq!(lists.len(), 1);
        assert!(load(&folder.path().join("none")).unwrap().is_empty());
    }

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

    #[test]
    fn words_are_added_once_and_leave_the_rest_alone() {
        let folder = tempfile::tempdir().unwrap();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        std::fs::write(folder.path().join("general.txt"), "# mine\nAnna").unwrap();
        assert_eq!(add(folder.path(), "general", &words(&["Anna", "Bert", "Bert"])).unwrap(), ["Bert"]);
        assert_eq!(std::fs::read_to_string(folder.path().join("general.txt")).unwrap(), "# mine\nAnna\nBert\n");
        assert_eq!(add(&folder.path().join("new"), "work", &words(&["Carl"])).unwrap(), ["Carl"]);
        assert!(add(folder.path(), "general", &words(&["Anna"])).unwrap().is_empty());
    }
}
