//! The one writer of the log: opens it, takes in the sealed queue, and does jobs. It has no thread of its own; the
//! history thread of the agent uses it, or a command while no agent runs.

mod job;
mod open;

use super::error::HistoryError;
use super::files;
use super::home::{Home, WriteLock};
use super::news::News;
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
    /// What happened while the log was opened, until [`Self::take_news`] returns it.
    news: Vec<News>,
}

#[derive(Debug)]
struct Open {
    store: Store,
    _lock: WriteLock,
}

impl Writer {
    /// Creates a writer. The log is opened when it is first used.
    pub fn new(home: Home, vault: Vault) -> Self {
        Self { home, vault, open: None, news: Vec::new() }
    }

    /// Returns the log. Opens it if necessary; takes in the sealed queue then, and seals the unencrypted recordings of
    /// an older Scout.
    pub(super) fn store(&mut self) -> Result<&Store, HistoryError> {
        if self.open.is_none() {
            let lock = self.home.lock_for_writing()?;
            let (store, news) = open::open(&self.home, &mut self.vault)?;
            self.news.extend(news);
            self.open = Some(Open { store, _lock: lock });
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
        self.open = None;
    }

    /// Closes the log into one file, and keeps the lock.
    fn close_into_one_file(&mut self) -> Result<WriteLock, HistoryError> {
        if let Err(error) = self.store() {
            // A log that cannot be opened can still be replaced.
            tracing::warn!(%error, "the log is replaced without having been opened");
            return self.home.lock_for_writing();
        }
        let Some(Open { store, _lock: lock }) = self.open.take() else { return self.home.lock_for_writing() };
        replace::close_into_one_file(store)?;
        Ok(lock)
    }

    /// Enforces the limits of the log, and makes a backup if one is due. Does nothing while the log is closed.
    pub(super) fn keep_up(&mut self, upkeep: &Upkeep) -> Vec<UpkeepProblem> {
        let Some(open) = &self.open else { return Vec::new() };
        upkeep.run(&self.home, &open.store, &mut self.vault)
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
