//! Opening the log at the agent's start, whatever state it was left in: never encrypted, half changed to another key,
//! damaged.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::HistoryError;
use super::home::Home;
use super::salvage;
use super::store::{self, Store};
use super::transfer;
use crate::vault::{Key, Vault};

/// What the user should know of an opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The log of an older Scout was encrypted.
    Encrypted,
    /// The log was damaged. What could be read is in a new one.
    Rescued {
        /// How many dictations were saved.
        entries: u64,
        /// Where the damaged log is kept.
        aside: PathBuf,
    },
    /// The log was damaged beyond reading; the newest good copy took its place.
    FellBack {
        /// The copy.
        backup: PathBuf,
        /// Where the damaged log is kept.
        aside: PathBuf,
    },
    /// The log was damaged beyond reading, and there was no copy.
    BegunAnew {
        /// Where the damaged log is kept.
        aside: PathBuf,
    },
}

impl std::fmt::Display for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encrypted => f.write_str("The log is encrypted from now on"),
            Self::Rescued { entries, aside } => write!(
                f,
                "The log was damaged. {entries} dictations were saved from it, and it is kept in {}. `scout history \
                 backups` lists older copies",
                aside.display()
            ),
            Self::FellBack { backup, aside } => write!(
                f,
                "The log was damaged and could not be read. Its copy {} took its place; the damaged log is kept in {}",
                backup.display(),
                aside.display()
            ),
            Self::BegunAnew { aside } => write!(
                f,
                "The log was damaged and could not be read, and there is no copy of it. A new one was begun; the damaged \
                 log is kept in {}",
                aside.display()
            ),
        }
    }
}

/// Opens the log for writing with the key from the vault, mending what has to be mended.
pub(super) fn open(home: &Home, vault: &mut Vault) -> Result<(Store, Option<News>), HistoryError> {
    finish_encryption(home)?;
    let is_plain = store::is_plain(&home.database);
    let key = vault.ensure(home.database.exists() && !is_plain)?;
    if is_plain {
        encrypt(home, &key)?;
        return Ok((Store::open(&home.database, &key)?, Some(News::Encrypted)));
    }
    let damage = match open_whole(&home.database, &key) {
        Ok(store) => return Ok((store, None)),
        Err(error @ HistoryError::Damaged { .. }) => error,
        Err(error) => return Err(error),
    };
    // A change of keys that was cut short: the log may have another of the user's keys already.
    for other in vault.keys()?.into_iter().skip(1) {
        if let Ok(store) = open_whole(&home.database, &other) {
            let custody = vault.custody().unwrap_or(crate::vault::Custody::Keychain);
            vault.adopt(&other, custody)?;
            return Ok((store, None));
        }
    }
    tracing::error!(%damage, "the log is damaged");
    mend(home, &key)
}

fn open_whole(database: &Path, key: &Key) -> Result<Store, HistoryError> {
    let store = Store::open(database, key)?;
    store.check()?;
    Ok(store)
}

/// Puts the damaged log aside, and what can be read of it, or its newest good copy, in its place.
fn mend(home: &Home, key: &Key) -> Result<(Store, Option<News>), HistoryError> {
    let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let aside = home.aside.join(format!("damaged-{stamp}.sqlite3"));
    let fail = |error: std::io::Error| transfer::no_access(&home.database, &error);
    scout_platform::files::create_private_dir(&home.aside).map_err(fail)?;
    // The log of writes goes along: it may hold what the database does not.
    for ending in ["-shm", "-wal", ""] {
        let from = transfer::with_ending(&home.database, ending);
        if from.exists() {
            std::fs::rename(&from, transfer::with_ending(&aside, ending)).map_err(fail)?;
        }
    }
    let new = transfer::with_ending(&home.database, ".rescued");
    transfer::remove_database(&new)?;
    let rescued = Store::open(&new, key)?;
    let entries = salvage::rescue(&aside, key, &rescued)?;
    if entries > 0 {
        transfer::settle(rescued)?;
        transfer::replace(&new, &home.database, None)?;
        return Ok((Store::open(&home.database, key)?, Some(News::Rescued { entries, aside })));
    }
    drop(rescued);
    transfer::remove_database(&new)?;
    for backup in super::backup::all(home).into_iter().rev() {
        if open_copy(&backup.path, &new, key).is_ok() {
            transfer::replace(&new, &home.database, None)?;
            let news = News::FellBack { backup: backup.path, aside };
            return Ok((Store::open(&home.database, key)?, Some(news)));
        }
    }
    Ok((Store::open(&home.database, key)?, Some(News::BegunAnew { aside })))
}

/// Copies a backup and sees that the copy is whole.
fn open_copy(backup: &Path, to: &Path, key: &Key) -> Result<(), HistoryError> {
    transfer::remove_database(to)?;
    std::fs::copy(backup, to).map_err(|error| transfer::no_access(to, &error))?;
    transfer::settle(open_whole(to, key)?)
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
    if !plain.exists() || store::is_plain(&home.database) {
        // Not replaced yet: the plain one is still the log.
        return transfer::remove(&plain).map_err(|error| transfer::no_access(&plain, &error));
    }
    for file in transfer::beside(&plain).into_iter().chain([plain]) {
        transfer::wipe(&file).map_err(|error| transfer::no_access(&file, &error))?;
    }
    Ok(())
}
