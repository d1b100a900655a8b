//! The one writer: opens the log, takes in what waits, and does the jobs that change it as a whole.

use std::path::Path;

use jiff::Timestamp;
use scout_platform::files;

use super::backup;
use super::erasure;
use super::error::HistoryError;
use super::home::{Claim, Home};
use super::job::{Job, Report};
use super::limits::Held;
use super::news::News;
use super::opening;
use super::queue::{self, Write};
use super::record::entry_from;
use super::store::Store;
use super::transfer;
use crate::capture::spool;
use crate::vault::{Key, KeyError, Recipient, Vault};

/// Whoever writes the log: the agent's history thread, or a command while no agent runs.
#[derive(Debug)]
pub struct Writer {
    /// Where everything lies.
    pub home: Home,
    /// The keys.
    pub vault: Vault,
    open: Option<Open>,
    /// What happened when it was opened, until somebody asks.
    news: Vec<News>,
}

#[derive(Debug)]
struct Open {
    store: Store,
    _claim: Claim,
}

impl Writer {
    /// A writer that has opened nothing yet.
    pub fn new(home: Home, vault: Vault) -> Self {
        Self { home, vault, open: None, news: Vec::new() }
    }

    /// The log, opened if it is not open: then also what waited in the queue is taken in, and the recordings of a Scout
    /// without encryption are sealed.
    pub(super) fn store(&mut self) -> Result<&Store, HistoryError> {
        if self.open.is_none() {
            let claim = self.home.claim()?;
            let (store, news) = opening::open(&self.home, &mut self.vault)?;
            self.news.extend(news);
            self.open = Some(Open { store, _claim: claim });
            if let Err(error) = spool::seal_plain(&self.home.spool) {
                tracing::warn!(%error, "recordings of an older Scout are not encrypted yet");
            }
            if let Err(error) = spool::clear_empty(&self.home.spool, &mut self.vault) {
                tracing::warn!(%error, "empty recordings stay on disk");
            }
            self.take_in()?;
        }
        Ok(self.opened().ok_or(KeyError::NoneYet)?)
    }

    /// What happened when the log was opened, since this was last asked.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Sees to it that recordings are sealed to the log's key.
    pub(super) fn look_after_recipient(&mut self) -> Result<(), HistoryError> {
        self.vault.look_after_recipient()?;
        self.news.extend(self.vault.take_mended_recipient().then_some(News::RecipientMended));
        Ok(())
    }

    /// The log, if it is open.
    pub(super) fn opened(&self) -> Option<&Store> {
        self.open.as_ref().map(|open| &open.store)
    }

    /// Closes the log; the next use opens it again.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Writes what was sealed into the log, and removes the sealed files. Tells how many there were.
    fn take_in(&mut self) -> Result<usize, HistoryError> {
        let files = queue::waiting(&self.home.queue);
        for path in &files {
            let write = match queue::open(path, &mut self.vault) {
                Ok(Some(write)) => write,
                Ok(None) => {
                    tracing::warn!(path = %path.display(), "a sealed entry is damaged, and is kept as it is");
                    let damaged = path.with_extension("damaged");
                    std::fs::rename(path, damaged).map_err(|error| transfer::no_access(path, &error))?;
                    continue;
                }
                Err(HistoryError::Key(error)) => {
                    tracing::warn!(%error, "a sealed entry cannot be opened yet");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let store = self.opened().ok_or(KeyError::NoneYet)?;
            apply(store, &write)?;
            transfer::remove(path).map_err(|error| transfer::no_access(path, &error))?;
        }
        Ok(files.len())
    }

    /// Does a job.
    pub fn run(&mut self, job: Job) -> Result<Report, HistoryError> {
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
            Job::Hold { limits } => match self.store()?.hold(&limits, true, Timestamp::now())? {
                Held::Deleted(deleted) => Ok(Report::new(format!("{} deleted.", dictations(deleted)))),
                Held::WouldDelete(extent) | Held::Doubtful(extent, _) => {
                    Ok(Report::new(format!("{} would be deleted.", dictations(extent.entries))))
                }
            },
            Job::BackUp { to } => {
                let to = to.unwrap_or_else(|| backup::path_at(&self.home, Timestamp::now()));
                self.back_up(&to)?;
                Ok(Report::new(format!("The log was copied to {}.", to.display())))
            }
            Job::Restore { from } => {
                let claim = self.settle()?;
                let keys = self.vault.keys()?;
                let aside = backup::restore(&self.home, &from, &keys, Timestamp::now())?;
                drop(claim);
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
                    crate::vault::Custody::Keychain => "The key is in the keychain now.",
                    crate::vault::Custody::File => "The key is in a file now that only you can read.",
                }))
            }
            Job::BeginAnew => self.begin_anew(),
            Job::Repair => self.repair(),
        }
    }

    /// Copies the log.
    pub(super) fn back_up(&mut self, to: &Path) -> Result<(), HistoryError> {
        let folder = self.home.backups.clone();
        files::create_private_dir(&folder).map_err(|error| transfer::no_access(&folder, &error))?;
        let key = self.key_in_use()?;
        self.store()?.back_up(to, &key)
    }

    /// Looks the log through, and mends it if it is damaged.
    fn repair(&mut self) -> Result<Report, HistoryError> {
        self.close();
        let entries = u64::from(self.store()?.check()?);
        Ok(Report::new(format!("The log is whole: {}.", dictations(entries))))
    }

    fn key_in_use(&mut self) -> Result<Key, HistoryError> {
        self.store()?;
        Ok(self.vault.current()?)
    }

    /// Closes the log with everything in its one file, and keeps others from writing it.
    fn settle(&mut self) -> Result<Claim, HistoryError> {
        if let Err(error) = self.store() {
            // A log that cannot be opened can still be replaced.
            tracing::warn!(%error, "the log is replaced without having been opened");
            return self.home.claim();
        }
        let Some(Open { store, _claim: claim }) = self.open.take() else { return self.home.claim() };
        transfer::settle(store)?;
        Ok(claim)
    }

    fn import(&mut self, from: &Path) -> Result<Report, HistoryError> {
        let text = std::fs::read_to_string(from).map_err(|error| transfer::no_access(from, &error))?;
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
        let old = self.vault.current()?;
        let new = self.vault.prepare()?;
        let database = self.home.database.clone();
        let anew = transfer::with_ending(&database, ".rekeying");
        let store = self.store()?;
        transfer::write_anew(&store.connection, &database, &anew, &new)?;
        let claim = self.settle()?;
        transfer::replace(&anew, &database, None)?;
        let custody = self.vault.custody().ok_or(KeyError::NoneYet)?;
        self.vault.adopt(&new, custody)?;
        let mut unchanged = 0;
        for copy in backup::all(&self.home) {
            let written = Store::open(&copy.path, &old).and_then(|store| {
                transfer::write_anew(&store.connection, &copy.path, &anew, &new)?;
                transfer::settle(store)?;
                transfer::replace(&anew, &copy.path, None)
            });
            if let Err(error) = written {
                tracing::warn!(%error, copy = %copy.path.display(), "a copy of the log has the old key still");
                unchanged += 1;
            }
        }
        drop(claim);
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
        self.vault.retire(old.id())?;
        Ok(Report::new("The log and its copies have a new key, and the old one is gone."))
    }

    fn delete_everything(&mut self) -> Result<Report, HistoryError> {
        let claim = match self.open.take() {
            Some(Open { store, _claim: claim }) => {
                transfer::settle(store)?;
                claim
            }
            None => self.home.claim()?,
        };
        // What is being dictated at this moment is not history yet.
        erasure::erase(&self.home)?;
        // Without its key, nothing can be read even of blocks that the file system has not overwritten yet.
        if let Some(slots) = self.vault.keyslot()? {
            for slot in slots.keys {
                self.vault.retire(slot.id)?;
            }
        }
        drop(claim);
        self.store()?;
        Ok(Report::new(
            "Everything that was said was deleted, copies and key included. A new log has begun, with a new key.",
        ))
    }

    fn begin_anew(&mut self) -> Result<Report, HistoryError> {
        self.close();
        let claim = self.home.claim()?;
        let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let aside = self.home.aside.join(format!("without-key-{stamp}.sqlite3"));
        let fail = |error: std::io::Error| transfer::no_access(&self.home.database, &error);
        files::create_private_dir(&self.home.aside).map_err(fail)?;
        for ending in ["-shm", "-wal", ""] {
            let from = transfer::with_ending(&self.home.database, ending);
            if from.exists() {
                std::fs::rename(&from, transfer::with_ending(&aside, ending)).map_err(fail)?;
            }
        }
        let custody = self.vault.custody().unwrap_or(crate::vault::Custody::Keychain);
        let key = Key::generate().map_err(fail)?;
        self.vault.adopt(&key, custody)?;
        // It is not lost: it was put aside on purpose.
        drop(Store::open(&self.home.database, &key)?);
        drop(claim);
        self.store()?;
        Ok(Report::new(format!("A new log has begun, with a new key. The old log is kept in {}.", aside.display())))
    }
}

/// Writes one thing into the log.
pub(super) fn apply(store: &Store, write: &Write) -> Result<(), HistoryError> {
    match write {
        Write::Record(entry) => store.record(entry),
        Write::Update(id, delivery) => {
            if !store.update(*id, delivery)? {
                tracing::warn!(%id, "the outcome of a dictation that is not in the log was not kept");
            }
            Ok(())
        }
        Write::Audio(id, samples) => store.keep_recording(*id, samples),
    }
}

/// Seals a write for whoever writes the log next. `false` if there is no key yet to seal to.
pub(super) fn seal(home: &Home, write: &Write) -> Result<bool, HistoryError> {
    queue::seal(&home.queue, &home.spool, write)
}

/// Hands an entry to whoever writes the log next.
pub fn seal_entry(home: &Home, entry: &super::Entry) -> Result<(), HistoryError> {
    if Recipient::read(&home.spool).is_some() && seal(home, &Write::Record(Box::new(entry.clone())))? {
        return Ok(());
    }
    Err(KeyError::NoneYet.into())
}

fn dictations(count: u64) -> String {
    if count == 1 { "1 dictation".to_owned() } else { format!("{count} dictations") }
}

#[cfg(test)]
mod tests;
