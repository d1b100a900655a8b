//! What the user has to know after the log was opened.

use std::path::{Path, PathBuf};

use super::error::Damage;

/// Something that happened while the log was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The unencrypted log of an older Scout was encrypted.
    Encrypted,
    /// The log was damaged. A new log holds the entries that could be read.
    Rescued {
        /// The number of dictations that were saved.
        entries: u64,
        /// The path of the damaged log.
        aside: PathBuf,
    },
    /// The log could not be read. The newest good backup replaced it.
    FellBack {
        /// What was wrong with the log.
        damage: Damage,
        /// The backup.
        backup: PathBuf,
        /// The number of dictations in the backup.
        entries: u32,
        /// The number of dictations that were saved from the log, and that the backup does not have.
        added: u64,
        /// The path of the damaged log, if there was a file.
        aside: Option<PathBuf>,
    },
    /// The log could not be read, and no backup holds a dictation. A new log was created.
    Created {
        /// What was wrong with the log.
        damage: Damage,
        /// The path of the damaged log, if there was a file.
        aside: Option<PathBuf>,
    },
    /// The public key on disk did not belong to the user's key, and was replaced.
    RecipientReplaced,
}

impl News {
    /// Returns whether something was damaged. A command then exits with an error, even if it did its work.
    pub fn is_damage(&self) -> bool {
        *self != Self::Encrypted
    }
}

/// Returns the part of a sentence that says where the damaged log is kept.
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
            Self::FellBack { damage, backup, entries, added, aside } => {
                write!(f, "{damage}. Its copy {} with {entries} dictations took its place: ", backup.display())?;
                match added {
                    0 => f.write_str("what was dictated after it was made is not in it")?,
                    _ => write!(f, "of what was dictated after it was made, {added} dictations were saved")?,
                }
                f.write_str(&kept(aside.as_deref()))
            }
            Self::Created { damage, aside } => write!(
                f,
                "{damage}, and there is no copy of it that holds a dictation. A new log was created{}",
                kept(aside.as_deref())
            ),
            Self::RecipientReplaced => f.write_str(
                "The public key that recordings are encrypted with was damaged or changed, and was written again. \
                 Recordings made with the wrong one cannot be opened",
            ),
        }
    }
}
