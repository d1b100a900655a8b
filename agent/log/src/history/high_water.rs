//! The high-water mark: what the log held after its last write. It is kept next to the log, authenticated with the log's
//! key, so that an older log in its place is noticed.

use std::io::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::HistoryError;
use super::files;
use super::home::Home;
use super::store::Store;
use crate::vault::Key;

/// What a log held after a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HighWater {
    /// The number of its dictations.
    pub entries: u64,
    /// When dictations were last deleted from it.
    pub deleted_at: Option<Timestamp>,
}

/// The file: the mark as JSON, and the code that proves it.
#[derive(Serialize, Deserialize)]
struct OnDisk {
    mark: String,
    code: String,
}

impl HighWater {
    /// Returns what the log holds now.
    pub(super) fn of(store: &Store) -> Result<Self, HistoryError> {
        Ok(Self { entries: store.total()?, deleted_at: store.deleted_at()? })
    }

    /// Returns the mark of the log; `None` if there is none that one of the keys proves.
    pub(super) fn read(home: &Home, keys: &[Key]) -> Option<Self> {
        let found: OnDisk = serde_json::from_slice(&std::fs::read(&home.high_water).ok()?).ok()?;
        let is_proven = |key: &Key| key.code_of(found.mark.as_bytes()).is_some_and(|code| *code == found.code);
        if keys.iter().any(is_proven) { serde_json::from_str(&found.mark).ok() } else { None }
    }

    /// Writes the mark, completely or not at all. After a power loss the former one may be there, which is lower.
    pub(super) fn write(&self, home: &Home, key: &Key) -> std::io::Result<()> {
        let mark = serde_json::to_string(self)?;
        let code = key.code_of(mark.as_bytes()).map(|code| code.to_string()).unwrap_or_default();
        let mut new = tempfile::NamedTempFile::new_in(home.high_water.parent().unwrap_or(home.folder()))?;
        new.write_all(&serde_json::to_vec(&OnDisk { mark, code })?)?;
        new.persist(&home.high_water).map(drop).map_err(|error| error.error)
    }

    /// Removes the mark: another log takes the place of this one on purpose.
    pub(super) fn forget(home: &Home) -> Result<(), HistoryError> {
        files::remove(&home.high_water).map_err(|error| HistoryError::of_io(&home.high_water, &error))
    }

    /// Returns whether a log that holds `now` is older than the one that this is the mark of. A log from which
    /// dictations were deleted later holds less, and is not older.
    pub(super) fn is_above(&self, now: &Self) -> bool {
        now.deleted_at < self.deleted_at || (now.deleted_at == self.deleted_at && now.entries < self.entries)
    }
}

/// Returns what the log held after its last write and what it holds, if that is less or older.
pub(super) fn shortfall(home: &Home, keys: &[Key], store: &Store) -> Result<Option<(u64, u64)>, HistoryError> {
    let Some(mark) = HighWater::read(home, keys) else { return Ok(None) };
    let now = HighWater::of(store)?;
    Ok(mark.is_above(&now).then_some((mark.entries, now.entries)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::test_key;

    #[test]
    fn a_log_with_fewer_dictations_or_an_older_deletion_is_older() {
        let at = |second| Timestamp::from_second(second).ok();
        let mark = |entries, deleted_at| HighWater { entries, deleted_at };
        for (kept, now, is_older) in [
            (mark(3010, None), mark(4, None), true),
            (mark(3010, None), mark(3010, None), false),
            (mark(3010, None), mark(3011, None), false),
            (mark(3010, None), mark(4, at(5)), false),
            (mark(3010, at(5)), mark(4, at(5)), true),
            (mark(4, at(5)), mark(3010, None), true),
        ] {
            assert_eq!(kept.is_above(&now), is_older, "{kept:?} {now:?}");
        }
    }

    #[test]
    fn a_mark_that_the_key_does_not_prove_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path(), &folder.path().join("log"), &folder.path().join("spool"));
        let mark = HighWater { entries: 5, deleted_at: None };
        mark.write(&home, &test_key()).unwrap();
        assert_eq!(HighWater::read(&home, &[test_key()]), Some(mark));
        assert_eq!(HighWater::read(&home, &[Key::from_bytes([9; 32])]), None);
        let text = std::fs::read_to_string(&home.high_water).unwrap();
        std::fs::write(&home.high_water, text.replace('5', "6")).unwrap();
        assert_eq!(HighWater::read(&home, &[test_key()]), None);
    }
}
