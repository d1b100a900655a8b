//! The user's files as texts.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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
