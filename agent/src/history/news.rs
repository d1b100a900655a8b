//! What the user should know of an opening of the log.

use std::path::{Path, PathBuf};

/// What was wrong with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Its file is gone, though there was one.
    Missing,
    /// Its file has no byte in it.
    Empty,
    /// Its file cannot be read.
    Unreadable,
}

/// What happened when the log was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The log of an older Scout was encrypted.
    Encrypted,
    /// The log was damaged. What could be read is in a new one.
    Rescued {
        /// How many dictations were saved.
        entries: u64,
        /// Where the damaged log is kept.
        aside: PathBuf,
    },
    /// Nothing could be read of the log; the newest good copy took its place.
    FellBack {
        /// What was wrong.
        damage: Damage,
        /// The copy.
        backup: PathBuf,
        /// How many dictations it holds.
        entries: u32,
        /// Where what there was of the log is kept.
        aside: Option<PathBuf>,
    },
    /// Nothing could be read of the log, and there was no copy with a dictation in it.
    BegunAnew {
        /// What was wrong.
        damage: Damage,
        /// Where what there was of the log is kept.
        aside: Option<PathBuf>,
    },
    /// The public key on disk was not the one of the user's key.
    RecipientMended,
}

impl News {
    /// Whether something was damaged, so that a command reports a failure even if it did what it was asked for.
    pub fn is_damage(&self) -> bool {
        *self != Self::Encrypted
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "The log was missing",
            Self::Empty => "The log was an empty file",
            Self::Unreadable => "The log was damaged and could not be read",
        })
    }
}

/// The end of a sentence about what is kept.
fn kept(aside: Option<&Path>) -> String {
    aside.map_or_else(String::new, |aside| format!("; the damaged log is kept in {}", aside.display()))
}

impl std::fmt::Display for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encrypted => f.write_str("The log is encrypted from now on"),
            Self::Rescued { entries, aside } => write!(
                f,
                "The log was damaged. {entries} dictations were saved from it, and it is kept in {}. `scout history \
                 backups` lists older copies",
                aside.display()
            ),
            Self::FellBack { damage, backup, entries, aside } => write!(
                f,
                "{damage}. Its copy {} with {entries} dictations took its place: what was dictated after it was made is not \
                 in it{}",
                backup.display(),
                kept(aside.as_deref())
            ),
            Self::BegunAnew { damage, aside } => write!(
                f,
                "{damage}, and there is no copy of it that holds a dictation. A new log was begun{}",
                kept(aside.as_deref())
            ),
            Self::RecipientMended => f.write_str(
                "The public key that recordings are encrypted with was damaged or changed, and was written anew. \
                 Recordings made with the wrong one cannot be opened",
            ),
        }
    }
}
