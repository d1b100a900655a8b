//! Repairs a log that is damaged or missing: salvages what can be read, or restores the newest backup.

mod check;
mod pages;
mod rows;
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

pub(super) use salvage::salvage;

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

/// Replaces the log by its readable dictations, by its newest good backup, or by both, and keeps it aside. The damaged log
/// stays in its place until what replaces it is complete. The first of the keys is the key of the log.
fn repair(home: &Home, damage: Damage, keys: &[Key]) -> Result<(Store, Option<News>), HistoryError> {
    let key = keys.first().ok_or(KeyError::NoneYet)?;
    let new = files::with_ending(&home.database, ".rescued");
    files::remove_database(&new)?;
    let rescued = Store::open(&new, key)?;
    let mut entries = 0;
    // After an interrupted change of the key, the log may have another one of them.
    for key in keys {
        entries = salvage(&home.database, Some(key), &rescued)?;
        if entries > 0 {
            break;
        }
    }
    let aside = replace::aside_path(home, "damaged", Timestamp::now());
    let is_there = replace::is_there(&home.database);
    let kept = || is_there.then(|| aside.clone());
    // Of a database that is gone, only the latest writes are left, next to it.
    if entries > 0 && !is_gone(&home.database) {
        replace_by(home, rescued, &new, &aside)?;
        return Ok((Store::open(&home.database, key)?, Some(News::Rescued { entries, aside })));
    }
    let copy = files::with_ending(&home.database, ".restoring");
    if let Some((backup, held)) = backup::newest_with_entries(home, &copy, keys, Timestamp::now()) {
        let restored = Store::open(&copy, key)?;
        replace::close_into_one_file(rescued)?;
        let added = salvage(&new, Some(key), &restored)?;
        replace_by(home, restored, &copy, &aside)?;
        files::remove_database(&new)?;
        let news = News::FellBack { damage, backup: backup.path, entries: held, added, aside: kept() };
        return Ok((Store::open(&home.database, key)?, Some(news)));
    }
    replace_by(home, rescued, &new, &aside)?;
    let news = match kept() {
        Some(aside) if entries > 0 => News::Rescued { entries, aside },
        aside => News::Created { damage, aside },
    };
    Ok((Store::open(&home.database, key)?, Some(news)))
}

/// Replaces the log by the database at `new`, and keeps what was in its place at `aside`.
fn replace_by(home: &Home, store: Store, new: &Path, aside: &Path) -> Result<(), HistoryError> {
    replace::close_into_one_file(store)?;
    replace::replace(new, &home.database, Some(aside))
}

/// Returns whether the database is missing or so short that it holds no dictation.
fn is_gone(database: &Path) -> bool {
    const PAGE: u64 = 4096;
    std::fs::metadata(database).map_or(true, |file| file.len() < PAGE)
}
