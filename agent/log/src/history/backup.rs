//! Backups: makes, rotates and restores copies of the log, which have its key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::OpenFlags;
use rusqlite::backup::Backup as SqliteBackup;

use super::error::HistoryError;
use super::files;
use super::high_water::HighWater;
use super::home::{Backup, Home, remove_database};
use super::replace;
use super::store::{self, Store};
use crate::vault::{Key, KeyError};

/// Pages that are copied in one step. The writer may write between two steps.
const PAGES_AT_ONCE: i32 = 2_000;

impl Store {
    /// Copies the log into one file, while it is in use. The file appears complete or not at all.
    pub(crate) fn back_up(&self, to: &Path, key: &Key) -> Result<(), HistoryError> {
        let fail = |error: std::io::Error| HistoryError::of_io(to, &error);
        let of_sqlite = |error| HistoryError::of_sqlite(to, &error);
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let new = tempfile::Builder::new().prefix(".history-").tempfile_in(folder).map_err(fail)?.into_temp_path();
        let mut copy = store::connect(&new, OpenFlags::SQLITE_OPEN_READ_WRITE, Some(key))?;
        let copied = SqliteBackup::new(&self.connection, &mut copy)
            .and_then(|backup| backup.run_to_completion(PAGES_AT_ONCE, Duration::ZERO, None));
        copied.map_err(of_sqlite)?;
        // The backup is one file, without a write-ahead log next to it.
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

/// Makes a backup at `to`. Creates the folder of backups if necessary.
pub(super) fn make(home: &Home, store: &Store, key: &Key, to: &Path) -> Result<(), HistoryError> {
    scout_platform::files::create_private_dir(&home.backups)
        .map_err(|error| HistoryError::of_io(&home.backups, &error))?;
    store.back_up(to, key)
}

/// A backup that is named later than this from now was made while the clock was wrong.
const FUTURE: SignedDuration = SignedDuration::from_hours(24);

/// Returns whether the backup's name says that it was made in the future.
fn is_of_the_future(backup: &Backup, now: Timestamp) -> bool {
    backup.at.duration_since(now) > FUTURE
}

/// Returns when the newest valid backup was made. A file that is not a log, or has a time in the future, does not
/// count.
pub(super) fn last(home: &Home, keys: &[Key], now: Timestamp) -> Option<Timestamp> {
    let is_log = |copy: &Backup| keys.iter().any(|key| holds_log(&copy.path, key));
    home.all_backups().into_iter().rev().find(|copy| !is_of_the_future(copy, now) && is_log(copy)).map(|copy| copy.at)
}

/// Returns whether the file is a log with this key. An empty file is not, although `SQLite` opens it.
fn holds_log(path: &Path, key: &Key) -> bool {
    let connection = store::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, Some(key));
    connection.is_ok_and(|connection| store::version(&connection).is_ok_and(|version| version > 0))
}

/// The state of the log that decides which backups are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogState {
    /// The number of its dictations.
    pub entries: u32,
    /// When the user last deleted dictations: older backups hold more entries, as expected.
    pub(crate) deleted_at: Option<Timestamp>,
}

/// Removes the oldest backups, so that `kept` are left. Keeps the last one that holds more than the log itself. Backups
/// with a time in the future are counted separately: they neither displace the others nor pile up.
pub(super) fn rotate(
    home: &Home,
    kept: usize,
    keys: &[Key],
    log: LogState,
    now: Timestamp,
) -> Result<(), HistoryError> {
    let (future, past): (Vec<Backup>, Vec<Backup>) =
        home.all_backups().into_iter().partition(|copy| is_of_the_future(copy, now));
    let entries = |copy: &Backup| {
        // Without migrating it: a backup of an older Scout counts as well.
        let open = |key: &Key| {
            let connection = store::connect(&copy.path, OpenFlags::SQLITE_OPEN_READ_ONLY, Some(key)).ok()?;
            connection.query_row("SELECT count(*) FROM dictation", [], |row| row.get::<_, u32>(0)).ok()
        };
        keys.iter().find_map(open).unwrap_or(0)
    };
    for copies in [future, past] {
        if copies.len() <= kept {
            continue;
        }
        let counted: Vec<(Timestamp, u32)> = copies.iter().map(|copy| (copy.at, entries(copy))).collect();
        for index in surplus(&counted, kept, log) {
            remove_database(&copies[index].path)?;
        }
    }
    Ok(())
}

/// Returns the indexes of the backups to remove. `copies` holds the time and the number of dictations of each, the
/// oldest first.
fn surplus(copies: &[(Timestamp, u32)], kept: usize, log: LogState) -> Vec<usize> {
    let first_kept = copies.len().saturating_sub(kept);
    let holds_more = |&(at, entries): &(Timestamp, u32)| {
        entries > log.entries && log.deleted_at.is_none_or(|deleted_at| at > deleted_at)
    };
    let is_safe = copies[first_kept..].iter().any(holds_more);
    let spared = if is_safe { None } else { copies[..first_kept].iter().rposition(holds_more) };
    (0..first_kept).filter(|&index| Some(index) != spared).collect()
}

/// Writes the newest valid backup that holds a dictation to `to`, encrypted with the first of the keys. Returns the
/// backup and its number of dictations. A backup with a time in the future is used only if there is no other.
pub(super) fn newest_with_entries(home: &Home, to: &Path, keys: &[Key], now: Timestamp) -> Option<(Backup, u32)> {
    let mut copies = home.all_backups();
    copies.sort_by_key(|copy| (!is_of_the_future(copy, now), copy.at));
    copies.into_iter().rev().find_map(|copy| {
        let entries =
            prepare(home, &copy.path, to, keys).inspect_err(|error| tracing::warn!(%error, "a backup cannot be used"));
        entries.ok().filter(|&entries| entries > 0).map(|entries| (copy, entries))
    })
}

/// Replaces the log, which is closed, by a backup. Returns the path at which the replaced log is kept.
pub(super) fn restore(home: &Home, from: &Path, keys: &[Key], at: Timestamp) -> Result<Option<PathBuf>, HistoryError> {
    let new = files::with_ending(&home.database, ".restoring");
    prepare(home, from, &new, keys)?;
    let aside = replace::is_there(&home.database).then(|| replace::aside_path(home, "replaced", at));
    HighWater::forget(home)?;
    replace::replace(&new, &home.database, aside.as_deref())?;
    Ok(aside)
}

/// Encrypts a backup with the first of the keys. It changes as a whole or not at all.
pub(super) fn encrypt_anew(home: &Home, copy: &Backup, keys: &[Key]) -> Result<(), HistoryError> {
    let new = files::with_ending(&home.database, ".rekeying");
    prepare(home, &copy.path, &new, keys)?;
    replace::replace(&new, &copy.path, None)
}

/// Writes a backup to `to` as one closed database, encrypted with the first of the keys, whichever of the keys the
/// backup has. Returns its number of dictations.
pub(super) fn prepare(home: &Home, from: &Path, to: &Path, keys: &[Key]) -> Result<u32, HistoryError> {
    let fail = |error: std::io::Error| HistoryError::of_io(from, &error);
    let current = keys.first().ok_or(KeyError::NoneYet)?;
    let mut problem = None;
    for key in keys {
        remove_database(to)?;
        std::fs::copy(from, to).map_err(fail)?;
        match open_copy(to, key) {
            Ok((store, entries)) if key == current => {
                replace::close_into_one_file(store)?;
                return Ok(entries);
            }
            Ok((store, entries)) => {
                // The backup is older than the change of the key.
                let anew = files::with_ending(&home.database, ".restoring-anew");
                replace::write_copy(&store.connection, to, &anew, current)?;
                replace::close_into_one_file(store)?;
                replace::replace(&anew, to, None)?;
                return Ok(entries);
            }
            Err(error) => problem = Some(error),
        }
    }
    remove_database(to)?;
    Err(match problem {
        Some(HistoryError::Damaged { reason, .. }) => HistoryError::NotRestored { path: from.to_owned(), reason },
        Some(error) => error,
        None => KeyError::NoneYet.into(),
    })
}

/// Opens a backup and checks it. An empty file is an error, and does not become an empty log.
fn open_copy(path: &Path, key: &Key) -> Result<(Store, u32), HistoryError> {
    let version = store::version(&store::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, Some(key))?)
        .map_err(|error| HistoryError::of_sqlite(path, &error))?;
    if version == 0 {
        return Err(HistoryError::Damaged { path: path.to_owned(), reason: "there is no log in it".to_owned() });
    }
    let store = Store::open(path, key)?;
    let entries = store.check()?;
    Ok((store, entries))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::test_key;
    use scout_core::dictation::DictationId;
    use scout_core::log_entry::Entry;

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
        let copy = place.home.backup_path(Timestamp::UNIX_EPOCH);
        store.back_up(&copy, &test_key()).unwrap();
        record(&store, 2);
        assert_eq!(store::plain_version(&copy).unwrap(), None);
        assert_eq!(place.home.all_backups(), [Backup { path: copy.clone(), at: Timestamp::UNIX_EPOCH }]);
        replace::close_into_one_file(store).unwrap();

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
        let copy = place.home.backup_path(Timestamp::UNIX_EPOCH);
        store.back_up(&copy, &test_key()).unwrap();
        replace::close_into_one_file(store).unwrap();
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
        let copy = place.home.backup_path(Timestamp::UNIX_EPOCH);
        store.back_up(&copy, &test_key()).unwrap();
        replace::close_into_one_file(store).unwrap();
        let new = Key::from_bytes([8; 32]);
        restore(&place.home, &copy, &[new.clone(), test_key()], Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(Store::open(&place.home.database, &new).unwrap().check().unwrap(), 1);
    }

    #[test]
    fn the_oldest_copies_go_first() {
        let place = Place::new();
        for second in 0..5 {
            std::fs::write(place.home.backup_path(Timestamp::from_second(second).unwrap()), "").unwrap();
        }
        std::fs::write(place.home.backups.join("mine.txt"), "").unwrap();
        let log = LogState { entries: 0, deleted_at: None };
        rotate(&place.home, 2, &[test_key()], log, Timestamp::from_second(9).unwrap()).unwrap();
        let left: Vec<i64> = place.home.all_backups().iter().map(|backup| backup.at.as_second()).collect();
        assert_eq!(left, [3, 4]);
        assert!(place.home.backups.join("mine.txt").exists());
    }

    #[test]
    fn the_last_copy_that_holds_more_than_the_log_is_kept_unless_that_was_deleted_on_purpose() {
        let time = |second| Timestamp::from_second(second).unwrap();
        let copies = |entries: &[u32]| -> Vec<(Timestamp, u32)> {
            (0..).zip(entries).map(|(second, &entries)| (time(second), entries)).collect()
        };
        let goes = |held: &[u32], entries, deleted_at: Option<i64>| {
            surplus(&copies(held), 2, LogState { entries, deleted_at: deleted_at.map(time) })
        };
        assert_eq!(goes(&[10, 20, 30, 40], 41, None), [0, 1]);
        // The log was created again, and was copied twice since.
        assert_eq!(goes(&[10, 20, 1, 2], 3, None), [0]);
        assert_eq!(goes(&[10, 20, 30, 2], 3, None), [0, 1], "the third is kept anyway");
        assert_eq!(goes(&[10, 20, 1, 2], 3, Some(5)), [0, 1], "the user deleted the others");
        assert_eq!(goes(&[10, 20, 1, 2], 3, Some(0)), [0]);
        assert_eq!(goes(&[1], 3, None), [0_usize; 0]);
    }

    #[test]
    fn copies_of_the_future_and_what_is_no_copy_neither_hold_up_nor_displace() {
        let place = Place::new();
        let now = Timestamp::from_second(40 * 86_400).unwrap();
        let days = |days: i64| now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
        let store = place.open();
        record(&store, 1);
        for at in [days(-14), days(-7), days(30_000)] {
            store.back_up(&place.home.backup_path(at), &test_key()).unwrap();
        }
        std::fs::write(place.home.backup_path(days(-1)), "").unwrap();
        std::fs::write(place.home.backup_path(days(-2)), "rubbish").unwrap();
        assert_eq!(last(&place.home, &[test_key()], now), Some(days(-7)));
        let log = LogState { entries: 1, deleted_at: None };
        rotate(&place.home, 4, &[test_key()], log, now).unwrap();
        assert_eq!(place.home.all_backups().len(), 5);
        let to = place.home.folder().join("chosen");
        let (chosen, entries) = newest_with_entries(&place.home, &to, &[test_key()], now).unwrap();
        assert_eq!((chosen.at, entries), (days(-7), 1));
    }

    #[test]
    fn an_empty_file_is_no_copy() {
        let place = Place::new();
        record(&place.open(), 1);
        let empty = place.home.folder().join("empty.sqlite3");
        std::fs::write(&empty, "").unwrap();
        let error = restore(&place.home, &empty, &[test_key()], Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(matches!(error, HistoryError::NotRestored { .. }), "{error}");
        assert_eq!(place.open().check().unwrap(), 1);
    }
}
