//! The user's files as texts. They are read once, so that the texts that were checked are those that are used and kept.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::check;
use super::paths::Paths;
use super::problem::{ConfigError, Problems};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where it is. Names it in problems, and gives a profile or a list its name.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// All files of one user's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// The configuration file. A file that does not exist is empty.
    pub config: File,
    /// The user's own profiles.
    pub profiles: Vec<File>,
    /// The user's lists of words.
    pub vocabulary: Vec<File>,
}

impl Files {
    /// Reads all files. Reports every file that is not text.
    pub fn read(paths: &Paths) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let config = problems.collect(read(&paths.config));
        let profiles = problems.collect(in_folder(&paths.profiles, "toml")).unwrap_or_default();
        let vocabulary = problems.collect(in_folder(&paths.vocabulary, "txt")).unwrap_or_default();
        let config = config.unwrap_or_else(|| File { path: paths.config.clone(), text: String::new() });
        problems.finish(Self { config, profiles, vocabulary })
    }
}

/// Reads one file. A file that does not exist is empty.
pub fn read(path: &Path) -> Result<File, ConfigError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    };
    Ok(File { path: path.to_owned(), text: check::decode(path, bytes)? })
}

/// Reads all files of a folder whose names end so, in the order of their names. A folder that does not exist has none. Hidden
/// files are skipped: editors leave them behind.
pub fn in_folder(folder: &Path, ending: &str) -> Result<Vec<File>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|found| found == ending) {
            paths.push(path);
        }
    }
    paths.sort();
    let mut problems = Problems::default();
    let files = paths.iter().filter_map(|path| problems.collect(read(path))).collect();
    problems.finish(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_are_read_and_every_one_that_is_not_text_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::below(folder.path());
        let read = Files::read(&paths).unwrap();
        assert_eq!((read.config.text.as_str(), read.profiles.len(), read.vocabulary.len()), ("", 0, 0));
        for (path, text) in [
            (&paths.config, "[key]"),
            (&paths.profiles.join("b.toml"), "b"),
            (&paths.profiles.join("a.toml"), "a"),
            (&paths.profiles.join(".#a.toml"), "hidden"),
            (&paths.profiles.join("a.toml~"), "backup"),
            (&paths.vocabulary.join("general.txt"), "Anna"),
        ] {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let read = Files::read(&paths).unwrap();
        let texts = |files: &[File]| files.iter().map(|file| file.text.clone()).collect::<Vec<_>>();
        assert_eq!(read.config.text, "[key]");
        assert_eq!(
            (texts(&read.profiles), texts(&read.vocabulary)),
            (vec!["a".into(), "b".into()], vec!["Anna".into()])
        );
        for path in [&paths.config, &paths.profiles.join("a.toml"), &paths.vocabulary.join("general.txt")] {
            std::fs::write(path, b"\xE4").unwrap();
        }
        let error = Files::read(&paths).unwrap_err().to_string();
        for name in ["config.toml:1:1", "a.toml:1:1", "general.txt:1:1"] {
            assert!(error.contains(name), "{name} is not in {error}");
        }
    }
}
