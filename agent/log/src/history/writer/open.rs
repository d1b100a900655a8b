//! Opens the log for writing, whatever its state is: unencrypted, in the middle of a change of the key, damaged or
//! missing.

use std::path::{Path, PathBuf};

use crate::history::error::HistoryError;
use crate::history::files::{companions, remove, wipe, with_ending};
use crate::history::home::Home;
use crate::history::news::News;
use crate::history::repair;
use crate::history::replace;
use crate::history::store::{self, Store};
use crate::vault::{Key, Vault};

/// Opens the log for writing with the key from the vault. Encrypts, migrates or repairs it if necessary.
pub(super) fn open(home: &Home, vault: &mut Vault) -> Result<(Store, Vec<News>), HistoryError> {
    put_back_plain(home)?;
    let is_plain = is_plain(&home.database)?;
    let key = vault.ensure(home.holds_log())?;
    let (store, news) = if is_plain {
        encrypt(home, &key)?;
        (Store::open(&home.database, &key)?, vec![News::Encrypted])
    } else {
        repair::open_or_repair(home, vault, &key)?
    };
    take_in_plain(home, &store)?;
    vault.set_used()?;
    if let Err(error) = vault.delete_noted() {
        tracing::warn!(%error, "an old key of the log could not be deleted yet");
    }
    let replaced = vault.take_replaced_recipient().then_some(News::RecipientReplaced);
    Ok((store, news.into_iter().chain(replaced).collect()))
}

/// Returns whether the log is not encrypted. Rolls back an interrupted transaction first.
fn is_plain(database: &Path) -> Result<bool, HistoryError> {
    let version = match store::plain_version(database) {
        Err(HistoryError::Interrupted { .. }) => {
            store::roll_back(database)?;
            store::plain_version(database)
        }
        version => version,
    };
    Ok(version?.is_some())
}

/// Returns the path of the unencrypted log while the encrypted one replaces it.
fn plain_aside(home: &Home) -> PathBuf {
    with_ending(&home.database, ".plain")
}

/// Encrypts the log of an older Scout. The unencrypted one is kept aside; [`take_in_plain`] wipes it.
fn encrypt(home: &Home, key: &Key) -> Result<(), HistoryError> {
    let (encrypted, aside) = (with_ending(&home.database, ".encrypting"), plain_aside(home));
    let plain = Store::open_plain(&home.database)?;
    if aside.exists() {
        // After an interrupted encryption it is the log itself, under a second name, or a copy of it.
        if !scout_platform::files::has_other_names(&aside) {
            take_in(&aside, &plain)?;
        }
        remove_plain(&aside)?;
    }
    replace::write_copy(&plain.connection, &home.database, &encrypted, key)?;
    replace::close_into_one_file(plain)?;
    replace::replace(&encrypted, &home.database, Some(&aside))
}

/// Puts the unencrypted log in its place again, if it is the only one.
fn put_back_plain(home: &Home) -> Result<(), HistoryError> {
    let plain = plain_aside(home);
    if plain.exists() && home.is_log_absent() {
        std::fs::rename(&plain, &home.database).map_err(|error| HistoryError::of_io(&plain, &error))?;
    }
    Ok(())
}

/// Wipes the unencrypted log that the encrypted one has replaced, once the encrypted one has all of its dictations.
fn take_in_plain(home: &Home, store: &Store) -> Result<(), HistoryError> {
    let plain = plain_aside(home);
    if !plain.exists() {
        return Ok(());
    }
    take_in(&plain, store)?;
    remove_plain(&plain)
}

/// Copies the dictations of the unencrypted log at `plain` that `store` does not have.
fn take_in(plain: &Path, store: &Store) -> Result<(), HistoryError> {
    let entries = repair::salvage(plain, None, store)?;
    if entries > 0 {
        tracing::warn!(entries, "dictations that only the unencrypted log had are in the log now");
    }
    Ok(())
}

/// Removes the unencrypted log at `plain`. Overwrites it, unless its content is that of a log with another name.
fn remove_plain(plain: &Path) -> Result<(), HistoryError> {
    for file in companions(plain).into_iter().chain([plain.to_owned()]) {
        let gone = if scout_platform::files::has_other_names(&file) { remove(&file) } else { wipe(&file) };
        gone.map_err(|error| HistoryError::of_io(&file, &error))?;
    }
    Ok(())
}
