//! Opening the log at the agent's start, whatever state it was left in: never encrypted, half changed to another key,
//! damaged, gone.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::backup;
use super::error::HistoryError;
use super::home::Home;
use super::news::{Damage, News};
use super::salvage;
use super::store::{self, Store};
use super::transfer;
use crate::vault::{Key, Vault};

/// Opens the log for writing with the key from the vault, mending what has to be mended.
pub(super) fn open(home: &Home, vault: &mut Vault) -> Result<(Store, Vec<News>), HistoryError> {
    finish_encryption(home)?;
    let is_plain = store::is_plain(&home.database);
    let key = vault.ensure(home.holds_log())?;
    let (store, told) = if is_plain {
        encrypt(home, &key)?;
        (Store::open(&home.database, &key)?, Some(News::Encrypted))
    } else {
        open_or_mend(home, vault, &key)?
    };
    vault.set_used()?;
    let mended = vault.take_mended_recipient().then_some(News::RecipientMended);
    Ok((store, told.into_iter().chain(mended).collect()))
}

fn open_or_mend(home: &Home, vault: &mut Vault, key: &Key) -> Result<(Store, Option<News>), HistoryError> {
    if let Some(damage) = home.lost_log(vault) {
        tracing::error!(?damage, "there was a log, and it is lost");
        return mend(home, damage, &vault.keys()?);
    }
    let damage = match open_whole(&home.database, key) {
        Ok(store) => return Ok((store, None)),
        Err(error @ HistoryError::Damaged { .. }) => error,
        Err(error) => return Err(error),
    };
    // A change of keys that was cut short: the log may have another of the user's keys already.
    let keys = vault.keys()?;
    for other in keys.iter().skip(1) {
        if let Ok(store) = open_whole(&home.database, other) {
            let custody = vault.custody().unwrap_or(crate::vault::Custody::Keychain);
            vault.adopt(other, custody)?;
            return Ok((store, None));
        }
    }
    tracing::error!(%damage, "the log is damaged");
    mend(home, Damage::Unreadable, &keys)
}

fn open_whole(database: &Path, key: &Key) -> Result<Store, HistoryError> {
    let store = Store::open(database, key)?;
    store.check()?;
    Ok(store)
}

/// Puts what there is of the log aside, and what can be read of it, or its newest good copy, in its place. The first of the
/// keys is the log's.
fn mend(home: &Home, damage: Damage, keys: &[Key]) -> Result<(Store, Option<News>), HistoryError> {
    let key = keys.first().ok_or(crate::vault::KeyError::NoneYet)?;
    let aside = put_aside(home)?;
    let new = transfer::with_ending(&home.database, ".rescued");
    if let (Damage::Unreadable, Some(aside)) = (damage, &aside) {
        transfer::remove_database(&new)?;
        let rescued = Store::open(&new, key)?;
        let entries = salvage::rescue(aside, key, &rescued)?;
        if entries > 0 {
            transfer::settle(rescued)?;
            transfer::replace(&new, &home.database, None)?;
            let news = News::Rescued { entries, aside: aside.clone() };
            return Ok((Store::open(&home.database, key)?, Some(news)));
        }
    }
    if let Some((copy, entries)) = backup::newest_with_entries(home, &new, keys, Timestamp::now()) {
        transfer::replace(&new, &home.database, None)?;
        let news = News::FellBack { damage, backup: copy.path, entries, aside };
        return Ok((Store::open(&home.database, key)?, Some(news)));
    }
    transfer::remove_database(&new)?;
    Ok((Store::open(&home.database, key)?, Some(News::BegunAnew { damage, aside })))
}

/// Moves what there is of the log into the folder for that. `None` if there is nothing.
fn put_aside(home: &Home) -> Result<Option<PathBuf>, HistoryError> {
    let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let aside = home.aside.join(format!("damaged-{stamp}.sqlite3"));
    let fail = |error: std::io::Error| transfer::no_access(&home.database, &error);
    let mut is_there = false;
    // The log of writes goes along: it may hold what the database does not.
    for ending in ["-shm", "-wal", ""] {
        let from = transfer::with_ending(&home.database, ending);
        if from.exists() {
            scout_platform::files::create_private_dir(&home.aside).map_err(fail)?;
            std::fs::rename(&from, transfer::with_ending(&aside, ending)).map_err(fail)?;
            is_there = true;
        }
    }
    Ok(is_there.then_some(aside))
}

/// Where the plain log is while the encrypted one takes its place.
fn plain_aside(home: &Home) -> PathBuf {
    transfer::with_ending(&home.database, ".plain")
}

/// Encrypts the log of an older Scout, and wipes what was not encrypted.
fn encrypt(home: &Home, key: &Key) -> Result<(), HistoryError> {
    let encrypted = transfer::with_ending(&home.database, ".encrypting");
    let plain = Store::open_plain(&home.database)?;
    transfer::write_anew(&plain.connection, &home.database, &encrypted, key)?;
    transfer::settle(plain)?;
    transfer::replace(&encrypted, &home.database, Some(&plain_aside(home)))?;
    finish_encryption(home)
}

/// Wipes the plain log, once the encrypted one is in its place.
fn finish_encryption(home: &Home) -> Result<(), HistoryError> {
    let plain = plain_aside(home);
    if plain.exists() && home.is_log_absent() {
        // It is the log, whatever became of the encrypted one.
        return std::fs::rename(&plain, &home.database).map_err(|error| transfer::no_access(&plain, &error));
    }
    if !plain.exists() || store::is_plain(&home.database) {
        // Not replaced yet: the plain one is still the log.
        return transfer::remove(&plain).map_err(|error| transfer::no_access(&plain, &error));
    }
    for file in transfer::beside(&plain).into_iter().chain([plain]) {
        transfer::wipe(&file).map_err(|error| transfer::no_access(&file, &error))?;
    }
    Ok(())
}
