//! Why there is no configuration.

use scout_core::config::problem::{Problem, lines};
use scout_platform::regular_file::ReadError;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Something is there, but cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Lines have to be corrected. Never empty; in the order of the file.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

impl From<Vec<Problem>> for ConfigError {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Invalid(problems)
    }
}

/// Collects what is wrong in several files, so that all of it is reported at once.
#[derive(Debug, Default)]
pub struct Problems {
    invalid: Vec<Problem>,
    unreadable: Option<ConfigError>,
}

impl Problems {
    /// The value, or nothing after its problems were collected.
    pub fn collect<T>(&mut self, result: Result<T, ConfigError>) -> Option<T> {
        match result {
            Ok(value) => return Some(value),
            Err(ConfigError::Invalid(problems)) => self.invalid.extend(problems),
            Err(error) => drop(self.unreadable.get_or_insert(error)),
        }
        None
    }

    /// The value, if nothing was wrong. A file that cannot be read is reported before mistakes in others.
    pub fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        match self.unreadable {
            Some(error) => Err(error),
            None if self.invalid.is_empty() => Ok(value),
            None => Err(ConfigError::Invalid(self.invalid)),
        }
    }
}
