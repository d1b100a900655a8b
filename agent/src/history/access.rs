//! Opening the log for reading, beside whoever writes it.

use rusqlite::OpenFlags;

use super::error::HistoryError;
use super::home::Home;
use super::migrate;
use super::store::{self, Store};
use crate::vault::{KeyError, Vault};

/// Opens the log for reading, with the key from the vault.
pub fn open_for_reading(home: &Home, vault: &mut Vault) -> Result<Store, HistoryError> {
    let database = &home.database;
    if let Some(damage) = home.lost_log(vault) {
        return Err(HistoryError::Lost { path: database.clone(), damage });
    }
    if home.is_log_absent() {
        return Err(HistoryError::Missing { path: database.clone() });
    }
    if store::is_plain(database) {
        let connection = store::connect(database, OpenFlags::SQLITE_OPEN_READ_ONLY, None)?;
        let found = migrate::version(&connection).map_err(|error| HistoryError::of_sqlite(database, &error))?;
        return Err(HistoryError::Older { path: database.clone(), found, known: migrate::LATEST });
    }
    let keys = vault.keys()?;
    let mut first = None;
    for key in &keys {
        match Store::open_read_only(database, key) {
            // The log may just be changing to another key.
            Err(error @ HistoryError::Damaged { .. }) => first = first.or(Some(error)),
            result => return result,
        }
    }
    Err(first.unwrap_or_else(|| KeyError::Unnamed { path: home.folder().join("key.json") }.into()))
}
