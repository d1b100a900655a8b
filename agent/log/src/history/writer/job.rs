//! Jobs: changes of the log that the command line requests. The agent does them on its history thread, or the command
//! itself if no agent runs.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use scout_platform::files::open_private;
use serde::{Deserialize, Serialize};

use super::{Open, Writer};
use crate::history::error::HistoryError;
use crate::history::high_water::HighWater;
use crate::history::record::entry_from;
use crate::history::retention::{Enforcement, Limits};
use crate::history::store::{Store, Which};
use crate::history::{backup, erasure, files, replace};
use crate::spool;
use crate::vault::{Custody, Key, KeyError};

/// A change of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "kebab-case")]
pub enum Job {
    /// Take in the sealed queue, and fetch the key again.
    TakeIn,
    /// Delete dictations.
    Delete {
        /// Which ones.
        which: Which,
    },
    /// Delete everything, the key included. A new log begins with a new key.
    DeleteEverything,
    /// Enforce limits that the user has agreed to.
    Hold {
        /// The limits.
        limits: Limits,
    },
    /// Back up the log.
    BackUp {
        /// The file; one in the folder of backups if not given.
        to: Option<PathBuf>,
    },
    /// Replace the log by a backup.
    Restore {
        /// The backup.
        from: PathBuf,
    },
    /// Import an export.
    Import {
        /// A file with one record per line.
        from: PathBuf,
    },
    /// Encrypt the log and its backups with a new key, and delete the old one.
    Rekey,
    /// Move the key.
    MoveKey {
        /// The new place.
        to: Custody,
    },
    /// Check the log, and repair it if it is damaged.
    Repair,
    /// Set the log aside, because its key is lost, and begin a new one with a new key.
    BeginAnew,
}

/// The result of a job, in a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The sentence.
    pub said: String,
}

impl Report {
    fn new(said: impl Into<String>) -> Self {
        Self { said: said.into() }
    }
}

impl Writer {
    /// Does a job. Opens the log if necessary.
    pub fn run(&mut self, job: Job) -> Result<Report, HistoryError> {
        if self.open.as_ref().is_some_and(Open::is_exchanged) {
            self.store()?;
        }
        let result = self.perform(job);
        self.written();
        result
    }

    fn perform(&mut self, job: Job) -> Result<Report, HistoryError> {
        match job {
            Job::TakeIn => {
                self.vault.forget();
                let was_open = self.open.is_some();
                self.store()?;
                if was_open {
                    self.take_in()?;
                }
                Ok(Report::new("Everything is in the log."))
            }
            Job::Delete { which } => {
                let deleted = self.store()?.delete_all_of(&which)?;
                Ok(Report::new(format!("{} deleted.", dictations(deleted))))
            }
            Job::DeleteEverything => self.delete_everything(),
            Job::Hold { limits } => match self.store()?.enforce(&limits, true, Timestamp::now())? {
                Enforcement::Deleted(deleted) => Ok(Report::new(format!("{} deleted.", dictations(deleted)))),
                Enforcement::WouldDelete(extent) | Enforcement::Doubtful(extent, _) => {
                    Ok(Report::new(format!("{} would be deleted.", dictations(extent.entries))))
                }
            },
            Job::BackUp { to } => {
                let to = to.unwrap_or_else(|| self.home.backup_path(Timestamp::now()));
                self.store()?;
                let key = self.vault.current()?;
                backup::make(&self.home, self.opened().ok_or(KeyError::NoneYet)?, &key, &to)?;
                Ok(Report::new(format!("The log was copied to {}.", to.display())))
            }
            Job::Restore { from } => {
                let lock = self.close_into_one_file()?;
                let keys = self.vault.keys()?;
                let aside = backup::restore(&self.home, &from, &keys, Timestamp::now())?;
                drop(lock);
                let entries = self.store()?.check()?;
                let kept = aside
                    .map_or_else(String::new, |aside| format!(" What it replaced is kept in {}.", aside.display()));
                Ok(Report::new(format!("{} restored from {}.{kept}", dictations(u64::from(entries)), from.display())))
            }
            Job::Import { from } => self.import(&from),
            Job::Rekey => self.rekey(),
            Job::MoveKey { to } => {
                self.vault.relocate(to)?;
                Ok(Report::new(match to {
                    Custody::Keychain => "The key is in the keychain now.",
                    Custody::File => "The key is in a file now that only you can read.",
                }))
            }
            Job::BeginAnew => self.begin_new_log(),
            Job::Repair => self.repair(),
        }
    }

    /// Opens the log again, which repairs a damaged one, and checks it.
    fn repair(&mut self) -> Result<Report, HistoryError> {
        self.close();
        let entries = u64::from(self.store()?.check()?);
        Ok(Report::new(format!("The log is whole: {}.", dictations(entries))))
    }

    fn import(&mut self, from: &Path) -> Result<Report, HistoryError> {
        let text = std::fs::read_to_string(from).map_err(|error| HistoryError::of_io(from, &error))?;
        let entry = |(number, line): (usize, &str)| {
            entry_from(line.as_bytes()).map_err(|error| HistoryError::NotImported {
                path: from.to_owned(),
                line: number + 1,
                reason: error.to_string(),
            })
        };
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let entries = lines.map(entry).collect::<Result<Vec<_>, _>>()?;
        let store = self.store()?;
        store.in_one_transaction(|store| entries.iter().try_for_each(|entry| store.record(entry)))?;
        Ok(Report::new(format!("{} imported.", dictations(entries.len() as u64))))
    }

    fn rekey(&mut self) -> Result<Report, HistoryError> {
        self.store()?;
        // From here on the new key is on the disk, and the list names it.
        let new = self.vault.prepare()?;
        let database = self.home.database.clone();
        let anew = files::with_ending(&database, ".rekeying");
        let store = self.store()?;
        replace::write_copy(&store.connection, &database, &anew, &new)?;
        let lock = self.close_into_one_file()?;
        replace::replace(&anew, &database, None)?;
        let custody = self.vault.custody().ok_or(KeyError::NoneYet)?;
        self.vault.adopt(&new, custody)?;
        let mut unchanged = 0;
        let keys = self.vault.keys()?;
        for copy in self.home.all_backups() {
            if let Err(error) = backup::encrypt_anew(&self.home, &copy, &keys) {
                tracing::warn!(%error, copy = %copy.path.display(), "a backup of the log still has the old key");
                unchanged += 1;
            }
        }
        drop(lock);
        self.store()?;
        // Recordings that wait for recovery are sealed to the old key.
        let left = |found: Result<Vec<spool::Unfinished>, _>| found.map_or(1, |left| left.len());
        let unfinished = left(spool::unfinished(&self.home.spool)) + left(spool::damaged(&self.home.spool));
        if unchanged + unfinished > 0 {
            return Ok(Report::new(
                "The log has a new key. The old one is kept as long as recordings or copies need it; run this again \
                 after `scout history recover`. Damaged recordings need it, too: `scout history recover --discard` with \
                 their ids deletes those.",
            ));
        }
        self.vault.retire_all_but(new.id())?;
        Ok(Report::new("The log and its copies have a new key, and the old one is gone."))
    }

    fn delete_everything(&mut self) -> Result<Report, HistoryError> {
        let lock = match self.open.take() {
            Some(Open { store, _lock: lock, .. }) => {
                replace::close_into_one_file(store)?;
                lock
            }
            None => self.home.lock_for_writing()?,
        };
        // Noted before the list of keys is removed: deleting them may have to wait.
        self.vault.note_deletion()?;
        // A recording that is being written at this moment stays: it is not in the log yet.
        erasure::erase(&self.home)?;
        if self.home.expected.is_symlink() {
            // The new log begins where the link leads.
            open_private(&self.home.database, OpenOptions::new().create(true).append(true))
                .map_err(|error| HistoryError::of_io(&self.home.database, &error))?;
        }
        // Without the key, blocks that the file system has not overwritten yet cannot be read either.
        self.vault.begin_anew()?;
        self.vault.delete_noted().map_err(|source| HistoryError::KeyLeft { source })?;
        drop(lock);
        self.store()?;
        Ok(Report::new(
            "Everything that was said was deleted, copies and key included. A new log has begun, with a new key.",
        ))
    }

    fn begin_new_log(&mut self) -> Result<Report, HistoryError> {
        self.close();
        let lock = self.home.lock_for_writing()?;
        let aside = replace::set_aside(&self.home, "without-key", Timestamp::now())?;
        let custody = self.vault.custody().unwrap_or(Custody::Keychain);
        let key = Key::generate().map_err(|error| HistoryError::of_io(&self.home.database, &error))?;
        self.vault.adopt(&key, custody)?;
        HighWater::forget(&self.home)?;
        // Created here: a log that was set aside on purpose must not count as lost.
        drop(Store::open(&self.home.database, &key)?);
        drop(lock);
        self.store()?;
        let kept = aside.map_or_else(String::new, |aside| format!(" The old log is kept in {}.", aside.display()));
        Ok(Report::new(format!("A new log has begun, with a new key.{kept}")))
    }
}

fn dictations(count: u64) -> String {
    if count == 1 { "1 dictation".to_owned() } else { format!("{count} dictations") }
}
