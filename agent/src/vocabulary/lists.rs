//! The files of the lists of words: read, and added to.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use scout_core::config::limits;
use scout_core::text::vocabulary::Entry;
use scout_core::text::vocabulary::lists::{Lists, from_files, parse, path};

use crate::config::ConfigError;
use crate::config::edit::EditError;
use crate::config::files;

/// Reads all lists. A folder that does not exist holds none.
pub fn load(folder: &Path) -> Result<Lists, ConfigError> {
    Ok(from_files(&files::vocabulary(folder)?)?)
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
