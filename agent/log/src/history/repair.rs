//! Repairs a log that is damaged or missing: salvages what can be read, or restores the newest backup.

mod check;
mod pages;
mod rows;
mod salvage;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::backup;
use super::error::{Damage, HistoryError};
use super::files;
use super::high_water::HighWater;
use super::home::{Backup, Home, remove_database};
use super::news::News;
use super::replace;
use super::store::Store;
use crate::vault::{Custody, Key, KeyError, Vault};

pub(super) use salvage::salvage;

/// Opens the log for writing. Repairs it first if it is damaged or missing. A write-ahead log that another database has
/// left next to it is set aside before that, and its dictations are added to the log.
pub(super) fn open_or_repair(home: &Home, vault: &mut Vault, key: &Key) -> Result<(Store, Vec<News>), HistoryError> {
    let foreign = set_aside_foreign_log(home, &vault.keys()?)?;
    let (store, news) = open_or_replace(home, vault, key)?;
    let mut news: Vec<News> = news.into_iter().collect();
    if let Some(aside) = foreign {
        news.push(exchanged(&store, key, Some(aside))?);
    }
    Ok((store, news))
}

/// Adds the dictations that only the former log had to the log that took its place. What is left of the former log is at
/// `aside`.
pub(super) fn exchanged(store: &Store, key: &Key, aside: Option<PathBuf>) -> Result<News, HistoryError> {
    let added = match &aside {
        Some(aside) => salvage(aside, Some(key), store)?,
        None => 0,
    };
    tracing::warn!(added, "another file took the place of the log");
    Ok(News::Exchanged { added, aside })
}

/// Sets the write-ahead log aside that belongs to another database than the one that it is next to: the file of the log
/// was replaced after a kill. Returns the path of the database that would belong to it; there is none.
fn set_aside_foreign_log(home: &Home, keys: &[Key]) -> Result<Option<PathBuf>, HistoryError> {
    for key in keys {
        let is_foreign = pages::has_foreign_log(&home.database, key);
        if is_foreign.map_err(|error| HistoryError::of_io(&home.database, &error))? {
            return replace::set_log_aside(home, Timestamp::now()).map(Some);
        }
    }
    Ok(None)
}

fn open_or_replace(home: &Home, vault: &mut Vault, key: &Key) -> Result<(Store, Option<News>), HistoryError> {
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

/// Replaces the log by what can be read of it and of its newest copy, and keeps it aside. What holds most is the basis, and
/// the dictations that it does not have are added to it. The damaged log stays in its place until what replaces it is
/// complete. The first of the keys is the key of the log.
fn repair(home: &Home, damage: Damage, keys: &[Key]) -> Result<(Store, Option<News>), HistoryError> {
    let key = keys.first().ok_or(KeyError::NoneYet)?;
    let mark = HighWater::read(home, keys);
    let log = readable(home, keys)?;
    let copy = files::with_ending(&home.database, ".restoring");
    let backup = backup::newest_with_entries(home, &copy, keys, Timestamp::now());
    // A copy from before a deletion holds what was deleted. It is used only if the log has lost most of its dictations.
    let is_wanted = |backup: &Backup| {
        mark.as_ref().is_none_or(|mark| {
            mark.deleted_at.is_none_or(|at| backup.at > at) || log.entries.saturating_mul(2) < mark.entries
        })
    };
    let backup = backup.filter(|(backup, _)| log.entries == 0 || is_wanted(backup));
    let aside = replace::aside_path(home, "damaged", Timestamp::now());
    let kept = replace::is_there(&home.database).then(|| aside.clone());
    let is_copy_basis = |held: u32| u64::from(held) > log.entries || is_gone(&home.database);
    let (basis, news) = match backup {
        Some((backup, held)) if is_copy_basis(held) => {
            let added = add(&log.path, &copy, key)?;
            (&copy, News::FellBack { damage, backup: backup.path, entries: held, added, aside: kept })
        }
        backup => {
            let added = if backup.is_some() { add(&copy, &log.path, key)? } else { 0 };
            let news = match kept {
                Some(aside) if log.entries > 0 => News::Rescued { entries: log.entries, added, aside },
                aside => News::Created { damage, aside },
            };
            (&log.path, news)
        }
    };
    // What takes its place may hold less.
    HighWater::forget(home)?;
    replace::replace(basis, &home.database, Some(&aside))?;
    remove_database(&copy)?;
    remove_database(&log.path)?;
    Ok((Store::open(&home.database, key)?, Some(news)))
}

/// What can be read of a damaged log: a closed database with the first of the keys.
struct Readable {
    path: PathBuf,
    entries: u64,
}

/// Collects what can be read of the log: its database without the write-ahead log if that is whole, else single pages; in
/// both cases with what only the write-ahead log has.
fn readable(home: &Home, keys: &[Key]) -> Result<Readable, HistoryError> {
    let key = keys.first().ok_or(KeyError::NoneYet)?;
    let path = files::with_ending(&home.database, ".rescued");
    remove_database(&path)?;
    let is_whole_alone = files::with_ending(&home.database, "-wal").exists()
        && !is_gone(&home.database)
        && backup::prepare(home, &home.database, &path, keys).is_ok();
    let store = Store::open(&path, key)?;
    let mut entries = if is_whole_alone { u64::from(store.check()?) } else { 0 };
    // After an interrupted change of the key, the log may have another one of them.
    for key in keys {
        let found = salvage(&home.database, Some(key), &store)?;
        entries += found;
        if found > 0 {
            break;
        }
    }
    replace::close_into_one_file(store)?;
    Ok(Readable { path, entries })
}

/// Adds the dictations that only the database `from` has to the database `to`. Both are closed. Returns their number.
fn add(from: &Path, to: &Path, key: &Key) -> Result<u64, HistoryError> {
    let store = Store::open(to, key)?;
    let added = salvage(from, Some(key), &store)?;
    replace::close_into_one_file(store)?;
    Ok(added)
}

/// Returns whether the database is missing or so short that it holds no dictation.
fn is_gone(database: &Path) -> bool {
    const PAGE: u64 = 4096;
    std::fs::metadata(database).map_or(true, |file| file.len() < PAGE)
}
