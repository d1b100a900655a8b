//! Where Scout keeps its files on this machine.

use std::path::{Path, PathBuf};

use scout_log::history::Home;
use scout_log::vault::Vault;

/// The name of the file with the configuration that was taken over last.
const LAST_GOOD: &str = "last-good-configuration.json";

/// The files and folders of one user. None of them need exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The user's configuration file.
    pub config: PathBuf,
    /// The user's own profiles, one file each.
    pub profiles: PathBuf,
    /// The user's lists of words, one file each.
    pub vocabulary: PathBuf,
    /// Words that were misheard and corrected.
    pub mishearings: PathBuf,
    /// Speech models.
    pub models: PathBuf,
    /// The log's database.
    pub database: PathBuf,
    /// Audio of dictations that are not finished yet.
    pub spool: PathBuf,
    /// The files of the configuration that was taken over last.
    pub last_good: PathBuf,
    /// The control socket's folder; gone after the session.
    pub runtime: PathBuf,
}

/// Why there is no place for the files.
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// The system does not say where the user's home is.
    #[error("there is no home directory: set HOME to the directory where Scout may keep its files")]
    NoHome,
}

impl Paths {
    /// The folder that the log lies in, and what belongs to it.
    pub fn data(&self) -> &Path {
        self.database.parent().unwrap_or(&self.database)
    }

    /// The keys of the log.
    pub fn vault(&self) -> Vault {
        Vault::new(self.data(), &self.spool, scout_platform::secrets())
    }

    /// The platform's places for this user: on Linux those of the XDG base directories.
    pub fn of_user() -> Result<Self, PathsError> {
        let dirs = directories::ProjectDirs::from("", "", "scout").ok_or(PathsError::NoHome)?;
        let data = dirs.data_local_dir();
        Ok(Self {
            config: dirs.config_dir().join("config.toml"),
            profiles: dirs.config_dir().join("profiles"),
            vocabulary: dirs.config_dir().join("vocabulary"),
            mishearings: data.join("mishearings.jsonl"),
            models: data.join("models"),
            database: data.join("history.sqlite3"),
            spool: data.join("spool"),
            last_good: dirs.state_dir().unwrap_or(data).join(LAST_GOOD),
            runtime: dirs.runtime_dir().map_or_else(|| data.join("run"), Path::to_path_buf),
        })
    }

    /// All of them in one folder, for benchmarks and tests.
    pub fn below(folder: &Path) -> Self {
        Self {
            config: folder.join("config.toml"),
            profiles: folder.join("profiles"),
            vocabulary: folder.join("vocabulary"),
            mishearings: folder.join("mishearings.jsonl"),
            models: folder.join("models"),
            database: folder.join("history.sqlite3"),
            spool: folder.join("spool"),
            last_good: folder.join(LAST_GOOD),
            runtime: folder.join("run"),
        }
    }
}

impl From<&Paths> for Home {
    fn from(paths: &Paths) -> Self {
        let mut home = Self::new(paths.data(), &paths.database, &paths.spool);
        home.mishearings.clone_from(&paths.mishearings);
        home
    }
}
