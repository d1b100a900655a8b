//! Opens the log for writing, whatever its state is: unencrypted, in the middle of a change of the key, damaged or
//! missing.

use std::path::PathBuf;

use crate::history::error::HistoryError;
use crate::history::files::{companions, is_plain, remove, wipe, with_ending};
use crate::history::home::Home;
use crate::history::news::News;
use crate::history::repair;
use crate::history::replace;
use crate::history::store::Store;
use crate::vault::{Key, Vault};

/// Opens the log for writing with the key from the vault. Encrypts, migrates or repairs it if necessary.
pub(super) fn open(home: &Home, vault: &mut Vault) -> Result<(Store, Vec<News>), HistoryError> {
    finish_encryption(home)?;
    let is_plain_log = is_plain(&home.database);
    let key = vault.ensure(home.holds_log())?;
    let (store, news) = if is_plain_log {
        encrypt(home, &key)?;
        (Store::open(&home.database, &key)?, Some(News::Encrypted))
    } else {
        repair::open_or_repair(home, vault, &key)?
    };
    vault.set_used()?;
    if let Err(error) = vault.delete_noted() {
        tracing::warn!(%error, "an old key of the log could not be deleted yet");
    }
    let replaced = vault.take_replaced_recipient().then_some(News::RecipientReplaced);
    Ok((store, news.into_iter().chain(replaced).collect()))
}

/// Returns the path of the unencrypted log while the encrypted one replaces it.
fn plain_aside(home: &Home) -> PathBuf {
    with_ending(&home.database, ".plain")
}

/// Encrypts the log of an older Scout, and wipes the unencrypted one.
fn encrypt(home: &Home, key: &Key) -> Result<(), HistoryError> {
    let encrypted = with_ending(&home.database, ".encrypting");
    let plain = Store::open_plain(&home.database)?;
    replace::write_copy(&plain.connection, &home.database, &encrypted, key)?;
    replace::close_into_one_file(plain)?;
    replace::replace(&encrypted, &home.database, Some(&plain_aside(home)))?;
    finish_encryption(home)
}

/// Wipes the unencrypted log, if the encrypted one has replaced it.
fn finish_encryption(home: &Home) -> Result<(), HistoryError> {
    let plain = plain_aside(home);
    if plain.exists() && home.is_log_absent() {
        // The unencrypted log is the only one.
        return std::fs::rename(&plain, &home.database).map_err(|error| HistoryError::of_io(&plain, &error));
    }
    if !plain.exists() || is_plain(&home.database) {
        // Not replaced yet: the log is still the unencrypted one.
        return remove(&plain).map_err(|error| HistoryError::of_io(&plain, &error));
    }
    for file in companions(&plain).into_iter().chain([plain]) {
        wipe(&file).map_err(|error| HistoryError::of_io(&file, &error))?;
    }
    Ok(())
}
