//! The one writer of the log: opens it, takes in the sealed queue, and does jobs. It has no thread of its own; the
//! history thread of the agent uses it, or a command while no agent runs.

mod job;
mod open;

use std::path::PathBuf;

use jiff::Timestamp;
use scout_platform::files::{FileVersion, create_private_dir};

use super::error::HistoryError;
use super::files;
use super::high_water::{self, HighWater};
use super::home::{Home, WriteLock};
use super::news::News;
use super::plain_file;
use super::repair;
use super::replace;
use super::retention::{Upkeep, UpkeepProblem};
use super::sealed_queue;
use super::store::Store;
use crate::spool;
use crate::vault::{KeyError, Vault};

pub use job::{Job, Report};

/// The writer of the log.
#[derive(Debug)]
pub struct Writer {
    /// The paths of the log.
    pub home: Home,
    /// The keys.
    pub vault: Vault,
    open: Option<Open>,
    /// What is left of the log whose place another file has taken, until that one is open.
    former: Option<Former>,
    /// What happened while the log was opened, until [`Self::take_news`] returns it.
    news: Vec<News>,
}

/// The log whose place another file has taken.
#[derive(Debug)]
struct Former {
    /// The copy of it, if it could be copied.
    aside: Option<PathBuf>,
}

#[derive(Debug)]
struct Open {
    store: Store,
    /// The file of the log after the last write. No other process writes it.
    version: Option<FileVersion>,
    _lock: WriteLock,
}

impl Open {
    /// Returns whether the file at the path of the log is not the one that was opened and written.
    fn is_exchanged(&self) -> bool {
        self.version.is_some() && self.version != FileVersion::of(&self.store.path).ok()
    }
}

impl Writer {
    /// Creates a writer. The log is opened when it is first used.
    pub fn new(home: Home, vault: Vault) -> Self {
        Self { home, vault, open: None, former: None, news: Vec::new() }
    }

    /// Returns the log. Opens it if necessary; takes in the sealed queue then, and seals the unencrypted recordings of
    /// an older Scout.
    /// If another file has taken the place of the log since the last write, that one is opened.
    pub(super) fn store(&mut self) -> Result<&Store, HistoryError> {
        self.leave_exchanged();
        if self.open.is_none() {
            self.home.check_links()?;
            let lock = self.home.lock_for_writing()?;
            let (store, news) = open::open(&self.home, &mut self.vault)?;
            self.news.extend(news);
            if let Some(Former { aside }) = &self.former {
                self.news.push(repair::exchanged(&store, &self.vault.current()?, aside.clone())?);
                self.former = None;
            }
            if let Some((held, entries)) = high_water::shortfall(&self.home, &self.vault.keys()?, &store)? {
                tracing::warn!(held, entries, "the log is older than it was left");
                self.news.push(News::Older { held, entries });
            }
            self.open = Some(Open { store, version: None, _lock: lock });
            if let Err(error) = plain_file::remove_unfinished(&self.home) {
                tracing::warn!(%error, "an unfinished file that is not encrypted stays on disk");
            }
            if let Err(error) = spool::seal_plain(&self.home.spool) {
                tracing::warn!(%error, "recordings of an older Scout are not encrypted yet");
            }
            if let Err(error) = spool::clear_empty(&self.home.spool, &mut self.vault) {
                tracing::warn!(%error, "empty recordings stay on disk");
            }
            self.take_in()?;
            self.written();
        }
        Ok(self.opened().ok_or(KeyError::NoneYet)?)
    }

    /// Returns what happened while the log was opened, since the last call.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Checks that recordings are sealed to the key of the log, and replaces the public key if it is wrong.
    pub(super) fn check_recipient(&mut self) -> Result<(), HistoryError> {
        self.vault.check_recipient()?;
        self.news.extend(self.vault.take_replaced_recipient().then_some(News::RecipientReplaced));
        Ok(())
    }

    /// Returns the log, if it is open.
    pub(super) fn opened(&self) -> Option<&Store> {
        self.open.as_ref().map(|open| &open.store)
    }

    /// Closes the log; the next use opens it again.
    pub(super) fn close(&mut self) {
        if let Some(open) = self.open.take_if(|open| open.is_exchanged()) {
            open.store.close_without_checkpoint();
        }
        self.open = None;
    }

    /// Closes the log if another file has taken its place: to write to a file without a name would lose what is written,
    /// and the write-ahead log is not to be written into the other file. Keeps a copy of the log aside.
    fn leave_exchanged(&mut self) {
        let Some(open) = self.open.take_if(|open| open.is_exchanged()) else { return };
        let is_same_file = FileVersion::of(&self.home.database)
            .is_ok_and(|now| open.version.is_some_and(|version| version.is_same_file(&now)));
        if is_same_file {
            // It was written, or only touched: whether it is whole is checked when it is opened.
            open.store.close_without_checkpoint();
            return;
        }
        let aside = replace::aside_path(&self.home, "replaced", Timestamp::now());
        let is_kept = self.vault.current().map_err(HistoryError::from).and_then(|key| {
            create_private_dir(&self.home.aside).map_err(|error| HistoryError::of_io(&self.home.aside, &error))?;
            open.store.back_up(&aside, &key)
        });
        open.store.close_without_checkpoint();
        if let Err(error) = &is_kept {
            tracing::warn!(%error, "the former log could not be kept");
        }
        let aside = is_kept.is_ok().then_some(aside);
        if aside.is_some() {
            // All of it is in the copy.
            for file in files::companions(&self.home.database) {
                if let Err(error) = files::remove(&file) {
                    tracing::warn!(%error, "a file of the former log could not be removed");
                }
            }
        }
        self.former = Some(Former { aside });
    }

    /// Notes the state of the log after a write, by which its exchange for another file is noticed.
    pub(super) fn written(&mut self) {
        let Some(open) = &mut self.open else { return };
        open.version = FileVersion::of(&open.store.path).ok();
        let noted = HighWater::of(&open.store).and_then(|mark| {
            let key = self.vault.current()?;
            mark.write(&self.home, &key).map_err(|error| HistoryError::of_io(&self.home.high_water, &error))
        });
        if let Err(error) = noted {
            tracing::warn!(%error, "what the log holds could not be noted");
        }
    }

    /// Closes the log into one file, and keeps the lock.
    fn close_into_one_file(&mut self) -> Result<WriteLock, HistoryError> {
        if let Err(error) = self.store() {
            // A log that cannot be opened can still be replaced.
            tracing::warn!(%error, "the log is replaced without having been opened");
            return self.home.lock_for_writing();
        }
        let Some(Open { store, _lock: lock, .. }) = self.open.take() else { return self.home.lock_for_writing() };
        replace::close_into_one_file(store)?;
        Ok(lock)
    }

    /// Enforces the limits of the log, and makes a backup if one is due. Does nothing while the log is closed.
    pub(super) fn keep_up(&mut self, upkeep: &Upkeep) -> Vec<UpkeepProblem> {
        let Some(open) = &self.open else { return Vec::new() };
        let problems = upkeep.run(&self.home, &open.store, &mut self.vault);
        self.written();
        problems
    }

    /// Writes the sealed queue to the log, and removes its files. A damaged file is renamed and kept.
    fn take_in(&mut self) -> Result<(), HistoryError> {
        for path in &sealed_queue::waiting(&self.home.queue) {
            let write = match sealed_queue::open(path, &mut self.vault) {
                Ok(Some(write)) => write,
                Ok(None) => {
                    tracing::warn!(path = %path.display(), "a sealed entry is damaged, and its file is kept");
                    let damaged = path.with_extension("damaged");
                    std::fs::rename(path, damaged).map_err(|error| HistoryError::of_io(path, &error))?;
                    continue;
                }
                Err(HistoryError::Key(error)) => {
                    tracing::warn!(%error, "a sealed entry cannot be opened yet");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let store = self.opened().ok_or(KeyError::NoneYet)?;
            write.apply(store)?;
            files::remove(path).map_err(|error| HistoryError::of_io(path, &error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
