//! Opens the log for reading, and takes in a key that the user imports.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;

use super::{PAGE_MIN, Store, connect, connect_and_recover, migrate};
use crate::history::error::HistoryError;
use crate::history::home::Home;
use crate::vault::{Custody, Key, KeyError, Vault};

/// Opens the log for reading, with the key from the vault. Works also while another process writes the log. A
/// transaction that was interrupted is rolled back first.
pub fn open_for_reading(home: &Home, vault: &mut Vault) -> Result<Store, HistoryError> {
    with_recovery(home, || try_open_for_reading(home, vault))
}

fn try_open_for_reading(home: &Home, vault: &mut Vault) -> Result<Store, HistoryError> {
    let database = &home.database;
    home.check_links()?;
    if let Some(damage) = home.lost_log(vault) {
        return Err(HistoryError::Lost { path: database.clone(), damage });
    }
    if home.is_log_absent() {
        return Err(HistoryError::Missing { path: database.clone() });
    }
    if let Some(found) = plain_version(database)? {
        return Err(HistoryError::Older { path: database.clone(), found, known: migrate::LATEST });
    }
    let keys = vault.keys()?;
    let mut first = None;
    for key in &keys {
        match Store::open_read_only(database, key) {
            // The log may be changing to another key at this moment.
            Err(error @ HistoryError::Damaged { .. }) => first = first.or(Some(error)),
            result => return result,
        }
    }
    // It may be encrypted with a key that is not available.
    if let Some(error) = vault.unavailable()? {
        return Err(error.into());
    }
    Err(first.unwrap_or_else(|| KeyError::Unnamed { path: home.folder().join("key.json") }.into()))
}

/// How often, and after how long, to look whether the writer has rolled back an interrupted transaction.
const RECOVERY_TRIES: u32 = 50;
const RECOVERY_PAUSE: Duration = Duration::from_millis(100);

/// Reads the log. If a transaction was interrupted, rolls it back, or waits until the writer has, and reads again.
fn with_recovery<T>(home: &Home, mut read: impl FnMut() -> Result<T, HistoryError>) -> Result<T, HistoryError> {
    for _ in 0..RECOVERY_TRIES {
        match read() {
            Err(HistoryError::Interrupted { .. }) => match home.lock_for_writing() {
                Ok(_lock) => roll_back(&home.database)?,
                Err(HistoryError::Locked { .. }) => std::thread::sleep(RECOVERY_PAUSE),
                Err(error) => return Err(error),
            },
            result => return result,
        }
    }
    read()
}

/// Rolls back an interrupted transaction. The caller holds the lock of the writer. This needs no key: the rollback
/// journal holds encrypted pages.
pub(in crate::history) fn roll_back(database: &Path) -> Result<(), HistoryError> {
    match connect_and_recover(database, None) {
        // Without its key, an encrypted database cannot be read afterwards.
        Ok(_) | Err(HistoryError::Damaged { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Returns the version of a database that is not encrypted; `None` if it is encrypted, missing or too short.
///
/// `SQLite` looks at the file: if this process opened and closed it itself, the system would drop the locks that the
/// other connections of this process have on it.
pub(in crate::history) fn plain_version(database: &Path) -> Result<Option<u32>, HistoryError> {
    if std::fs::metadata(database).map_or(true, |file| file.len() < PAGE_MIN) {
        return Ok(None);
    }
    let version = connect(database, OpenFlags::SQLITE_OPEN_READ_ONLY, None).and_then(|connection| {
        migrate::version(&connection).map_err(|error| HistoryError::of_sqlite(database, &error))
    });
    match version {
        Ok(version) => Ok(Some(version)),
        // Its first page is encrypted.
        Err(HistoryError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Home {
    /// Returns whether an encrypted log or a backup exists. A new key must not be created then.
    pub fn holds_log(&self) -> bool {
        if self.is_log_absent() {
            return !self.all_backups().is_empty();
        }
        !plain_version(&self.database).is_ok_and(|version| version.is_some())
    }
}

/// Opens the log for reading, as [`open_for_reading`]; `None` before the first dictation.
pub fn open_if_present(home: &Home, vault: &mut Vault) -> Result<Option<Store>, HistoryError> {
    match open_for_reading(home, vault) {
        Ok(store) => Ok(Some(store)),
        Err(HistoryError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes `key` the current key, if it opens the log or if there is no log. It is kept in the place that `custody`
/// names.
pub fn adopt_key(home: &Home, vault: &mut Vault, key: &Key, custody: Custody) -> Result<(), HistoryError> {
    home.check_links()?;
    match with_recovery(home, || Store::open_read_only(&home.database, key)) {
        Ok(_) | Err(HistoryError::Missing { .. } | HistoryError::Older { .. }) => {}
        Err(HistoryError::Damaged { .. }) => return Err(HistoryError::WrongKey { id: key.id() }),
        Err(error) => return Err(error),
    }
    Ok(vault.adopt(key, custody)?)
}

#[cfg(test)]
mod tests {
    use scout_platform::Desktop as _;

    use super::*;
    use crate::vault::test_key;

    #[test]
    fn only_the_key_that_opens_the_log_is_adopted() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path(), &folder.path().join("log"), &folder.path().join("spool"));
        drop(Store::open(&home.database, &test_key()).unwrap());
        let desktop = scout_platform::fake::FakeDesktop::new();
        let mut vault = Vault::new(folder.path(), &home.spool, desktop.secrets());
        let stranger = adopt_key(&home, &mut vault, &Key::from_bytes([1; 32]), Custody::Keychain);
        assert!(matches!(stranger, Err(HistoryError::WrongKey { .. })));
        adopt_key(&home, &mut vault, &test_key(), Custody::Keychain).unwrap();
        assert_eq!(vault.current().unwrap(), test_key());
    }
}
