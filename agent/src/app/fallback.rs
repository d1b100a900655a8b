//! Which settings are in force while the user's files cannot be used.

use crate::config::ConfigError;
use crate::config::files;
use crate::config::last_good::{self, InForce};
use crate::config::paths::Paths;
use crate::setup;

use scout_core::setup::Loaded;

/// The settings to start with.
#[derive(Debug)]
pub struct Start {
    /// The settings.
    pub loaded: Loaded,
    /// Where they come from.
    pub in_force: InForce,
    /// Why the user's files are not used.
    pub rejected: Option<ConfigError>,
}

impl Start {
    /// The user's files; if they cannot be used, the last good ones, or the defaults.
    pub fn load(paths: &Paths) -> Self {
        let error = match setup::load(paths) {
            Ok(loaded) => return Self { loaded, in_force: InForce::Taken, rejected: None },
            Err(error) => error,
        };
        let last_good = last_good::read(&paths.last_good).and_then(|files| setup::from_files(&files, paths).ok());
        let (loaded, in_force) = match last_good {
            Some(loaded) => (loaded, InForce::LastGood),
            None => (setup::defaults(paths), InForce::Defaults),
        };
        Self { loaded, in_force, rejected: Some(error) }
    }
}

/// Loads the user's files for an agent that takes them over, and keeps a copy for a start at which they cannot be used.
pub fn load_and_keep(paths: &Paths) -> Result<Loaded, ConfigError> {
    let files = files::read(paths)?;
    let loaded = setup::from_files(&files, paths)?;
    if let Err(error) = last_good::keep(&paths.last_good, &files) {
        tracing::warn!(path = %paths.last_good.display(), %error, "no copy of the configuration is kept");
    }
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_mistake_in_any_file_leaves_the_last_good_set_or_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::below(folder.path());
        fs::create_dir_all(&paths.profiles).unwrap();
        fs::create_dir_all(&paths.vocabulary).unwrap();
        let profile = paths.profiles.join("mine.toml");
        let list = paths.vocabulary.join("work.txt");
        let good = [
            (&paths.config, "[key]\nchord = 'F8'\n"),
            (&profile, "[[match]]\napp_id = 'x'\n[vocabulary]\nlists = ['work']\n"),
            (&list, "Anna\n"),
        ];
        let broken = [
            (&paths.config, "[key]\nchord = F9\n", "config.toml:2:9"),
            (&profile, "[[match]\n", "mine.toml:1:"),
            (&list, "Anna\n--\n", "work.txt:2:1"),
            (&profile, "[vocabulary]\nlists = ['none']\n", "mine.toml:2:1"),
        ];
        let write_good = || good.iter().for_each(|(path, text)| fs::write(path, text).unwrap());
        for kept in [false, true] {
            for (path, text, place) in broken {
                write_good();
                if kept {
                    load_and_keep(&paths).unwrap();
                }
                fs::write(path, text).unwrap();
                assert!(load_and_keep(&paths).is_err(), "what is wrong is not kept");
                let start = Start::load(&paths);
                let error = start.rejected.unwrap().to_string();
                assert!(error.contains(place), "{error}");
                if kept {
                    write_good();
                    assert_eq!((start.in_force, start.loaded), (InForce::LastGood, setup::load(&paths).unwrap()));
                } else {
                    assert_eq!((start.in_force, start.loaded), (InForce::Defaults, setup::defaults(&paths)));
                }
            }
        }
        // What is no file is a mistake as any other.
        for (command, path) in
            [("mkfifo", &paths.config), ("mkfifo", &profile), ("mkfifo", &list), ("ln", &paths.config)]
        {
            write_good();
            fs::remove_file(path).unwrap();
            let link: &[&str] = if command == "ln" { &["-s", "/nowhere/config.toml"] } else { &[] };
            assert!(std::process::Command::new(command).args(link).arg(path).status().unwrap().success());
            let start = Start::load(&paths);
            let error = start.rejected.unwrap().to_string();
            assert!(error.contains(&*path.to_string_lossy()), "{error}");
            assert_eq!(
                (start.in_force, start.loaded.config.key.chord.to_string()),
                (InForce::LastGood, "F8".to_owned())
            );
            fs::remove_file(path).unwrap();
        }
        write_good();
        let start = Start::load(&paths);
        assert!(start.in_force == InForce::Taken && start.rejected.is_none());
        assert_eq!(start.loaded.config.key.chord.to_string(), "F8");
        // A copy that is no file, or that this version cannot use, is as good as none.
        fs::remove_file(&paths.last_good).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&paths.last_good).status().unwrap().success());
        assert!(last_good::read(&paths.last_good).is_none());
        fs::remove_file(&paths.last_good).unwrap();
        fs::write(&paths.last_good, "{}").unwrap();
        fs::remove_file(&paths.config).unwrap();
        fs::create_dir(&paths.config).unwrap();
        let start = Start::load(&paths);
        assert!(matches!(start.rejected, Some(ConfigError::Unreadable(_))));
        assert_eq!(start.in_force, InForce::Defaults);
    }
}
