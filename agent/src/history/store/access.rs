//! Opens the log for reading, and takes in a key that the user imports.

use rusqlite::OpenFlags;

use super::{Store, connect, migrate};
use crate::history::error::HistoryError;
use crate::history::files::is_plain;
use crate::history::home::Home;
use crate::vault::{Custody, Key, KeyError, Vault};

/// Opens the log for reading, with the key from the vault. Works also while another process writes the log.
pub fn open_for_reading(home: &Home, vault: &mut Vault) -> Result<Store, HistoryError> {
    let database = &home.database;
    if let Some(damage) = home.lost_log(vault) {
        return Err(HistoryError::Lost { path: database.clone(), damage });
    }
    if home.is_log_absent() {
        return Err(HistoryError::Missing { path: database.clone() });
    }
    if is_plain(database) {
        let connection = connect(database, OpenFlags::SQLITE_OPEN_READ_ONLY, None)?;
        let found = migrate::version(&connection).map_err(|error| HistoryError::of_sqlite(database, &error))?;
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
    Err(first.unwrap_or_else(|| KeyError::Unnamed { path: home.folder().join("key.json") }.into()))
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
    match Store::open_read_only(&home.database, key) {
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
