//! What the command line asks of whoever writes the log: the agent, if it runs, or else the command itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::deletion::Which;
use super::limits::Limits;
use crate::vault::Custody;

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "kebab-case")]
pub enum Job {
    /// Take in what is sealed in the queue, and look for the key anew.
    TakeIn,
    /// Delete these.
    Delete {
        /// Which.
        which: Which,
    },
    /// Delete everything, and the key with it; a new log begins with a new key.
    DeleteEverything,
    /// Hold the log within these limits, to which the user has agreed.
    Hold {
        /// The limits.
        limits: Limits,
    },
    /// Copy the log.
    BackUp {
        /// Where to; into the folder of copies if not given.
        to: Option<PathBuf>,
    },
    /// Put a copy in the place of the log.
    Restore {
        /// The copy.
        from: PathBuf,
    },
    /// Take in an export.
    Import {
        /// A file with a record a line.
        from: PathBuf,
    },
    /// Encrypt the log and its copies with a new key, and give up the old one.
    Rekey,
    /// Keep the key elsewhere.
    MoveKey {
        /// Where.
        to: Custody,
    },
    /// Look the log through, and save what can be read if it is damaged.
    Repair,
    /// Put the log aside, because its key is lost, and begin another with a new key.
    BeginAnew,
}

/// What a job came to, in a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The sentence.
    pub said: String,
}

impl Report {
    pub(super) fn new(said: impl Into<String>) -> Self {
        Self { said: said.into() }
    }
}
