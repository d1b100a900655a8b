//! Repairs a log that is damaged or missing: salvages what can be read, or restores the newest backup.

mod check;
mod salvage;

use std::path::Path;

use jiff::Timestamp;

use super::backup;
use super::error::{Damage, HistoryError};
use super::files;
use super::home::Home;
use super::news::News;
use super::replace;
use super::store::Store;
use crate::vault::{Custody, Key, KeyError, Vault};

/// Opens the log for writing. Repairs it first if it is damaged or missing.
pub(super) fn open_or_repair(home: &Home, vault: &mut Vault, key: &Key) -> Result<(Store, Option<News>), HistoryError> {
    if let Some(damage) = home.lost_log(vault) {
        tracing::error!(?damage, "the log is lost");
        return repair(home, damage, &vault.keys()?);
    }
    let damage = match open_whole(&home.database, key) {
        Ok(store) => return Ok((store, None)),
        Err(error @ HistoryError::Damaged { .. }) => error,
        Err(error) => return Err(error),
    };
    // After an interrupted change of the key, the log may have another one of the user's keys already.
    let keys = vault.keys()?;
    for other in keys.iter().skip(1) {
        if let Ok(store) = open_whole(&home.database, other) {
            let custody = vault.custody().unwrap_or(Custody::Keychain);
            vault.adopt(other, custody)?;
            return Ok((store, None));
        }
    }
    // Nothing shows yet that it is damaged, if it may be encrypted with a key that is not available.
    if let Some(error) = vault.unavailable()?
        && !keys.iter().any(|key| Store::open(&home.database, key).is_ok())
    {
        return Err(error.into());
    }
    tracing::error!(%damage, "the log is damaged");
    repair(home, Damage::Unreadable, &keys)
}

/// Opens the log, and checks it.
fn open_whole(database: &Path, key: &Key) -> Result<Store, HistoryError> {
    let store = Store::open(database, key)?;
    store.check()?;
    Ok(store)
}

/// Sets the log aside, and replaces it by its readable entries, or else by its newest good backup. The first of the
/// keys is the key of the log.
fn repair(home: &Home, damage: Damage, keys: &[Key]) -> Result<(Store, Option<News>), HistoryError> {
    let key = keys.first().ok_or(KeyError::NoneYet)?;
    let aside = replace::set_aside(home, "damaged", Timestamp::now())?;
    let new = files::with_ending(&home.database, ".rescued");
    if let (Damage::Unreadable, Some(aside)) = (damage, &aside) {
        files::remove_database(&new)?;
        let rescued = Store::open(&new, key)?;
        let entries = salvage::salvage(aside, key, &rescued)?;
        if entries > 0 {
            replace::close_into_one_file(rescued)?;
            replace::replace(&new, &home.database, None)?;
            let news = News::Rescued { entries, aside: aside.clone() };
            return Ok((Store::open(&home.database, key)?, Some(news)));
        }
    }
    if let Some((copy, entries)) = backup::newest_with_entries(home, &new, keys, Timestamp::now()) {
        replace::replace(&new, &home.database, None)?;
        let news = News::FellBack { damage, backup: copy.path, entries, aside };
        return Ok((Store::open(&home.database, key)?, Some(news)));
    }
    files::remove_database(&new)?;
    Ok((Store::open(&home.database, key)?, Some(News::Created { damage, aside })))
}
