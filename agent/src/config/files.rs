//! The user's files as texts. They are read once, so that the texts that were checked are those that are used and kept.

use std::path::Path;

use scout_core::config::file::{File, Files};
use scout_core::config::load::{Loaded, Override, from_text};
use scout_core::config::{check, limits};
use scout_platform::regular_file::{self, ReadError};

use super::error::{ConfigError, Problems};
use super::paths::Paths;

/// Reads all files. Reports every file that is not text.
pub fn read(paths: &Paths) -> Result<Files, ConfigError> {
    let mut problems = Problems::default();
    let config = problems.collect(configuration(&paths.config));
    let profiles = problems.collect(profiles(&paths.profiles)).unwrap_or_default();
    let vocabulary = problems.collect(vocabulary(&paths.vocabulary)).unwrap_or_default();
    let config = config.unwrap_or_else(|| File { path: paths.config.clone(), text: String::new() });
    problems.finish(Files { config, profiles, vocabulary })
}

/// Reads a configuration file over the defaults, and the command line over both. A file that does not exist sets nothing.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Loaded, ConfigError> {
    Ok(from_text(path, &configuration(path)?.text, overrides)?)
}

/// Reads a configuration file. One that does not exist is empty.
pub fn configuration(path: &Path) -> Result<File, ConfigError> {
    let text = text(path, limits::TOML_FILE)?.unwrap_or_default();
    Ok(File { path: path.to_owned(), text })
}

/// Reads a configuration file or a profile that has to be there.
pub fn existing(path: &Path) -> Result<File, ConfigError> {
    let text = text(path, limits::TOML_FILE)?.ok_or_else(|| ReadError::Missing(path.to_owned()))?;
    Ok(File { path: path.to_owned(), text })
}

/// Reads all profiles in a folder.
pub fn profiles(folder: &Path) -> Result<Vec<File>, ConfigError> {
    in_folder(folder, "toml", limits::TOML_FILE, limits::PROFILES)
}

/// Reads all lists of words in a folder.
pub fn vocabulary(folder: &Path) -> Result<Vec<File>, ConfigError> {
    in_folder(folder, "txt", limits::WORDS_FILE, limits::WORDS_FILE)
}

/// The text of any file of the configuration; `None` where there is nothing with this name.
pub fn text(path: &Path, limit: u64) -> Result<Option<String>, ConfigError> {
    match regular_file::read(path, limit) {
        Ok(bytes) => Ok(check::decode(path, bytes).map(Some)?),
        Err(ReadError::Missing(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads all files of a folder whose names end so, in the order of their names. `limit` is the most of one file, `together`
/// of all. A folder that does not exist has none. Hidden
/// files are skipped: editors leave them behind.
fn in_folder(folder: &Path, ending: &str, limit: u64, together: u64) -> Result<Vec<File>, ConfigError> {
    let mut paths = match regular_file::entries(folder) {
        Ok(paths) => paths,
        Err(ReadError::Missing(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    paths.retain(|path| {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        !hidden && path.extension().is_some_and(|found| found == ending)
    });
    paths.sort();
    let mut problems = Problems::default();
    let (mut files, mut bytes) = (Vec::new(), 0);
    for path in paths {
        // A file that was removed since is none.
        let Some(Some(text)) = problems.collect(text(&path, limit)) else { continue };
        bytes += text.len() as u64;
        if bytes > together {
            return Err(ReadError::TooLarge { path: folder.to_owned(), limit: together }.into());
        }
        files.push(File { path, text });
    }
    problems.finish(files)
}

#[cfg(test)]
mod tests {
    use scout_core::config::load::Loaded;

    use super::*;

    #[test]
    fn all_files_are_read_and_every_one_that_is_not_text_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::below(folder.path());
        let all = read(&paths).unwrap();
        assert_eq!((all.config.text.as_str(), all.profiles.len(), all.vocabulary.len()), ("", 0, 0));
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
        let all = read(&paths).unwrap();
        let texts = |files: &[File]| files.iter().map(|file| file.text.clone()).collect::<Vec<_>>();
        assert_eq!(all.config.text, "[key]");
        assert_eq!((texts(&all.profiles), texts(&all.vocabulary)), (vec!["a".into(), "b".into()], vec!["Anna".into()]));
        for path in [&paths.config, &paths.profiles.join("a.toml"), &paths.vocabulary.join("general.txt")] {
            std::fs::write(path, b"\xE4").unwrap();
        }
        let error = read(&paths).unwrap_err().to_string();
        for name in ["config.toml:1:1", "a.toml:1:1", "general.txt:1:1"] {
            assert!(error.contains(name), "{name} is not in {error}");
        }
    }

    #[test]
    fn what_is_no_file_or_too_large_is_named_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::below(folder.path());
        let (profile, list) = (paths.profiles.join("a.toml"), paths.vocabulary.join("general.txt"));
        let message = || read(&paths).map_or_else(|error| error.to_string(), |_| "nothing is wrong".to_owned());
        for (path, limit) in [(&paths.config, "1 MB"), (&profile, "1 MB"), (&list, "1 MB")] {
            std::fs::create_dir_all(path).unwrap();
            assert!(message().contains(&format!("{} is a folder, not a file", path.display())), "{}", message());
            std::fs::remove_dir(path).unwrap();
            std::fs::File::create(path).unwrap().set_len(17_000_000).unwrap();
            assert!(message().contains(&format!("{} is larger than {limit}", path.display())), "{}", message());
            std::fs::remove_file(path).unwrap();
        }
        for part in 0..17 {
            std::fs::write(paths.profiles.join(format!("{part}.toml")), vec![b'#'; 1_000_000]).unwrap();
        }
        assert!(message().contains("profiles is larger than 16 MB"), "{}", message());
        std::fs::remove_dir_all(&paths.profiles).unwrap();
        std::fs::write(&paths.profiles, "").unwrap();
        assert!(message().contains("profiles is not a folder"), "{}", message());
    }

    #[test]
    fn a_missing_file_sets_nothing_and_an_unreadable_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(&folder.path().join("none.toml"), &[]).unwrap(), Loaded::default());
        let error = load(folder.path(), &[]).unwrap_err();
        assert!(
            matches!(&error, ConfigError::Unreadable(ReadError::NotAFile { path, .. }) if path == folder.path()),
            "{error}"
        );
        let path = folder.path().join("latin.toml");
        std::fs::write(&path, b"[key]\n# \xE4\n").unwrap();
        let message = load(&path, &[]).unwrap_err().to_string();
        assert!(
            message.ends_with("latin.toml:2:3: this is not UTF-8 text: save the file with the encoding UTF-8"),
            "{message}"
        );
    }
}
