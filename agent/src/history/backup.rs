//! Copies of the log: made while it is in use, encrypted with its key, and put back when they are needed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rusqlite::OpenFlags;
use rusqlite::backup::Backup as SqliteBackup;

use super::error::HistoryError;
use super::home::Home;
use super::store::{self, Store};
use super::transfer;
use crate::vault::Key;

/// Pages that are copied at once; then the writer may write.
const PAGES_AT_ONCE: i32 = 2_000;

/// What a copy's name begins and ends with; its time, in UTC, is in between.
const PREFIX: &str = "history-";
const SUFFIX: &str = ".sqlite3";
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// A copy that Scout made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its file.
    pub path: PathBuf,
    /// When it was made.
    pub at: Timestamp,
}

impl Store {
    /// Copies the log into one file, while it is in use. The copy appears whole or not at all.
    pub fn back_up(&self, to: &Path, key: &Key) -> Result<(), HistoryError> {
        let fail = |error: std::io::Error| transfer::no_access(to, &error);
        let of_sqlite = |error| HistoryError::of_sqlite(to, &error);
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let new = tempfile::Builder::new().prefix(".history-").tempfile_in(folder).map_err(fail)?.into_temp_path();
        let mut copy = store::connect(&new, OpenFlags::SQLITE_OPEN_READ_WRITE, Some(key))?;
        let copied = SqliteBackup::new(&self.connection, &mut copy)
            .and_then(|backup| backup.run_to_completion(PAGES_AT_ONCE, Duration::ZERO, None));
        copied.map_err(of_sqlite)?;
        // The copy is one file, without a log of writes beside it.
        copy.pragma_update(None, "journal_mode", "DELETE").map_err(of_sqlite)?;
        let verdict: String = copy.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(of_sqlite)?;
        drop(copy);
        if verdict != "ok" {
            return Err(HistoryError::Damaged { path: to.to_owned(), reason: verdict });
        }
        std::fs::File::open(&new).and_then(|file| file.sync_all()).map_err(fail)?;
        new.persist(to).map_err(|error| fail(error.error))
    }
}

/// Where a copy of this moment goes.
pub(super) fn path_at(home: &Home, at: Timestamp) -> PathBuf {
    home.backups.join(format!("{PREFIX}{}{SUFFIX}", at.strftime(TIME)))
}

/// Scout's own copies, the oldest first.
pub(super) fn all(home: &Home) -> Vec<Backup> {
    let Ok(files) = home.backups.read_dir() else { return Vec::new() };
    let backup = |path: PathBuf| {
        let time = path.file_name()?.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.to_owned();
        let at = DateTime::strptime(TIME, time).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(Backup { path, at })
    };
    let mut all: Vec<Backup> = files.flatten().filter_map(|file| backup(file.path())).collect();
    all.sort_by_key(|backup| backup.at);
    all
}

/// Removes the oldest copies beyond so many.
pub(super) fn rotate(home: &Home, kept: usize) -> Result<(), HistoryError> {
    let all = all(home);
    let surplus = all.len().saturating_sub(kept);
    all.into_iter().take(surplus).try_for_each(|backup| transfer::remove_database(&backup.path))
}

/// Brings a copy into the log's place; what was there is kept aside, at the path that is given back. The log must be closed.
pub(super) fn restore(home: &Home, from: &Path, keys: &[Key], at: Timestamp) -> Result<Option<PathBuf>, HistoryError> {
    let fail = |error: std::io::Error| transfer::no_access(from, &error);
    let new = transfer::with_ending(&home.database, ".restoring");
    let current = keys.first().ok_or(crate::vault::KeyError::NoneYet)?;
    let mut problem = None;
    for key in keys {
        transfer::remove_database(&new)?;
        std::fs::copy(from, &new).map_err(fail)?;
        match Store::open(&new, key).and_then(|store| store.check().map(|_| store)) {
            Ok(store) if key == current => {
                transfer::settle(store)?;
            }
            Ok(store) => {
                // A copy from before the key was changed.
                let anew = transfer::with_ending(&home.database, ".restoring-anew");
                transfer::write_anew(&store.connection, &new, &anew, current)?;
                transfer::settle(store)?;
                transfer::replace(&anew, &new, None)?;
            }
            Err(error) => {
                problem = Some(error);
                continue;
            }
        }
        let aside = home.database.exists().then(|| home.aside.join(format!("replaced-{}{SUFFIX}", at.strftime(TIME))));
        transfer::replace(&new, &home.database, aside.as_deref())?;
        return Ok(aside);
    }
    transfer::remove_database(&new)?;
    Err(match problem {
        Some(HistoryError::Damaged { reason, .. }) => HistoryError::NotRestored { path: from.to_owned(), reason },
        Some(error) => error,
        None => crate::vault::KeyError::NoneYet.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictation::DictationId;
    use crate::history::Entry;
    use crate::vault::test_key;

    struct Place {
        _folder: tempfile::TempDir,
        home: Home,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let home = Home::new(folder.path(), &folder.path().join("log"), &folder.path().join("spool"));
            std::fs::create_dir_all(&home.backups).unwrap();
            Self { _folder: folder, home }
        }

        fn open(&self) -> Store {
            Store::open(&self.home.database, &test_key()).unwrap()
        }
    }

    fn record(store: &Store, number: u64) {
        let mut entry = Entry::new(DictationId::numbered(number), Timestamp::UNIX_EPOCH, "default");
        entry.text = format!("number{number}");
        store.record(&entry).unwrap();
    }

    #[test]
    fn a_copy_is_made_in_use_and_restored_and_what_it_replaced_is_kept() {
        let place = Place::new();
        let store = place.open();
        record(&store, 1);
        let copy = path_at(&place.home, Timestamp::UNIX_EPOCH);
        store.back_up(&copy, &test_key()).unwrap();
        record(&store, 2);
        assert!(!store::is_plain(&copy));
        assert_eq!(all(&place.home), [Backup { path: copy.clone(), at: Timestamp::UNIX_EPOCH }]);
        transfer::settle(store).unwrap();

        let aside = restore(&place.home, &copy, &[test_key()], Timestamp::UNIX_EPOCH).unwrap().unwrap();
        assert_eq!(place.open().search("number1", 9).unwrap().len(), 1);
        assert!(place.open().search("number2", 9).unwrap().is_empty());
        assert_eq!(Store::open(&aside, &test_key()).unwrap().search("number2", 9).unwrap().len(), 1);
        assert!(copy.exists());
    }

    #[test]
    fn a_damaged_or_foreign_copy_changes_nothing() {
        let place = Place::new();
        let store = place.open();
        for number in 0..200 {
            record(&store, number);
        }
        let copy = path_at(&place.home, Timestamp::UNIX_EPOCH);
        store.back_up(&copy, &test_key()).unwrap();
        transfer::settle(store).unwrap();
        let mut bytes = std::fs::read(&copy).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 100].fill(0x5a);
        std::fs::write(&copy, &bytes).unwrap();
        let stranger = Key::from_bytes([9; 32]);
        for keys in [&[test_key()][..], &[stranger]] {
            let error = restore(&place.home, &copy, keys, Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(matches!(error, HistoryError::NotRestored { .. }), "{error}");
        }
        assert_eq!(place.open().check().unwrap(), 200);
    }

    #[test]
    fn a_copy_from_before_the_key_was_changed_is_restored_with_the_new_key() {
        let place = Place::new();
        let store = place.open();
        record(&store, 1);
        let copy = path_at(&place.home, Timestamp::UNIX_EPOCH);
        store.back_up(&copy, &test_key()).unwrap();
        transfer::settle(store).unwrap();
        let new = Key::from_bytes([8; 32]);
        restore(&place.home, &copy, &[new.clone(), test_key()], Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(Store::open(&place.home.database, &new).unwrap().check().unwrap(), 1);
    }

    #[test]
    fn the_oldest_copies_go_first() {
        let place = Place::new();
        for second in 0..5 {
            std::fs::write(path_at(&place.home, Timestamp::from_second(second).unwrap()), "").unwrap();
        }
        std::fs::write(place.home.backups.join("mine.txt"), "").unwrap();
        rotate(&place.home, 2).unwrap();
        let left: Vec<i64> = all(&place.home).iter().map(|backup| backup.at.as_second()).collect();
        assert_eq!(left, [3, 4]);
        assert!(place.home.backups.join("mine.txt").exists());
    }
}
