//! Checks whether the log is whole.

use crate::history::error::HistoryError;
use crate::history::store::Store;

impl Store {
    /// Checks the whole database for damage. Returns the number of its dictations.
    pub fn check(&self) -> Result<u32, HistoryError> {
        let of_sqlite = |error| HistoryError::of_sqlite(&self.path, &error);
        let verdict: String =
            self.connection.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(of_sqlite)?;
        if verdict != "ok" {
            return Err(HistoryError::Damaged { path: self.path.clone(), reason: verdict });
        }
        self.count()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom, Write as _};

    use crate::history::{HistoryError, Store};
    use scout_core::dictation::DictationId;
    use scout_core::log_entry::Entry;

    #[test]
    fn a_whole_log_is_counted_and_a_damaged_one_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.sqlite3");
        let store = Store::open(&path, &crate::vault::test_key()).unwrap();
        assert_eq!(store.check().unwrap(), 0);
        for _ in 0..200 {
            let mut entry = Entry::new(DictationId::new(), jiff::Timestamp::UNIX_EPOCH, "default");
            entry.text = "some words to fill a page with ".repeat(20);
            store.record(&entry).unwrap();
        }
        assert_eq!(store.check().unwrap(), 200);
        drop(store);

        // Pages in the middle of the file, as a failing disk leaves them.
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(16 * 4096)).unwrap();
        file.write_all(&vec![0x5a; 32 * 4096]).unwrap();
        drop(file);
        let error =
            Store::open_read_only(&path, &crate::vault::test_key()).and_then(|store| store.check()).unwrap_err();
        assert!(matches!(error, HistoryError::Damaged { .. }), "{error}");
    }
}
