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
        /// The number of dictations that only its copies had, and that are in the new log, too.
        added: u64,
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
    /// Another file took the place of the log, by another program than Scout. The log goes on in that file.
    Exchanged {
        /// The number of dictations that only the former log had, and that are in the log now.
        added: u64,
        /// The path at which the former log, or its last writes, are kept; `None` if nothing of it is left.
        aside: Option<PathBuf>,
    },
    /// The log holds less than after its last write, or is older.
    Older {
        /// The number of dictations after the last write.
        held: u64,
        /// The number of dictations that it holds.
        entries: u64,
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

/// Returns the sentence about a log that holds less than after its last write, or is older.
pub(super) fn older(held: u64, entries: u64) -> String {
    format!(
        "The log is older than Scout left it: it had {held} dictations after the last write, and has {entries} now. \
         `scout history backups` lists its copies, and `scout history restore` puts one in its place"
    )
}

impl std::fmt::Display for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encrypted => f.write_str("The log is encrypted from now on"),
            Self::Rescued { entries, added, aside } => {
                write!(f, "The log was damaged. {entries} dictations were saved from it, ")?;
                if *added > 0 {
                    write!(f, "{added} more came from its newest copy, ")?;
                }
                write!(f, "and it is kept in {}. `scout history backups` lists older copies", aside.display())
            }
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
            Self::Exchanged { added, aside } => {
                f.write_str("Another file took the place of the log, or its file was removed")?;
                if let Some(aside) = aside {
                    write!(f, ": what is left of the former log is kept in {}", aside.display())?;
                }
                match added {
                    0 => Ok(()),
                    _ => write!(f, ", and {added} dictations that only it had are in the log now"),
                }
            }
            Self::Older { held, entries } => write!(f, "{}", older(*held, *entries)),
            Self::RecipientReplaced => f.write_str(
                "The public key that recordings are encrypted with was damaged or changed, and was written again. \
                 Recordings made with the wrong one cannot be opened",
            ),
        }
    }
}
