//! Deletes entries, so that no file keeps anything of them.

use jiff::Timestamp;
use scout_core::dictation::DictationId;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::history::error::HistoryError;

/// The name under which the log keeps when the user last deleted dictations.
const DELETED_AT: &str = "deleted";

/// Selects dictations: those that match every field that is given. With no field given, it selects none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Which {
    /// The ids, by their first or last digits.
    pub ids: Vec<String>,
    /// A part of the name of the application.
    pub app: Option<String>,
    /// The name of the profile.
    pub profile: Option<String>,
    /// The earliest start time.
    pub from: Option<Timestamp>,
    /// The time before which they started.
    pub until: Option<Timestamp>,
}

/// The dictations that a selection contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// The number of dictations.
    pub entries: u64,
    /// When the oldest one started.
    pub oldest: Option<Timestamp>,
    /// When the newest one started.
    pub newest: Option<Timestamp>,
}

impl Store {
    /// Counts the selected dictations.
    pub fn extent(&self, which: &Which) -> Result<Extent, HistoryError> {
        let (condition, parameters) = self.condition(which)?;
        self.extent_of(&condition, rusqlite::params_from_iter(parameters))
    }

    pub(in crate::history) fn extent_of(
        &self,
        condition: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Extent, HistoryError> {
        let sql = format!("SELECT count(*), min(started_ms), max(started_ms) FROM dictation WHERE {condition}");
        let time = |milliseconds: Option<i64>| milliseconds.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        self.connection
            .query_row(&sql, parameters, |row| {
                Ok(Extent {
                    entries: row.get::<_, i64>(0)?.unsigned_abs(),
                    oldest: time(row.get(1)?),
                    newest: time(row.get(2)?),
                })
            })
            .map_err(|error| self.failed(&error))
    }

    /// Deletes an entry. Returns `false` if no entry has this id.
    pub fn delete(&self, id: DictationId) -> Result<bool, HistoryError> {
        Ok(self.delete_where("id = ?1", [id.as_bytes()])? > 0)
    }

    /// Deletes the selected dictations, and removes all traces of them from the files. Returns their number.
    pub(crate) fn delete_all_of(&self, which: &Which) -> Result<u64, HistoryError> {
        let (condition, parameters) = self.condition(which)?;
        let deleted = self.delete_where(&condition, rusqlite::params_from_iter(parameters))?;
        if deleted > 0 {
            self.purge()?;
        }
        Ok(deleted)
    }

    pub(in crate::history) fn delete_where(
        &self,
        condition: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<u64, HistoryError> {
        let deleted = self
            .connection
            .execute(&format!("DELETE FROM dictation WHERE {condition}"), parameters)
            .map_err(|error| self.failed(&error))?;
        if deleted > 0 {
            self.set_metadata(DELETED_AT, &Timestamp::now().to_string())?;
        }
        Ok(deleted as u64)
    }

    /// Returns when the user last deleted dictations.
    pub(in crate::history) fn deleted_at(&self) -> Result<Option<Timestamp>, HistoryError> {
        Ok(self.metadata(DELETED_AT)?.and_then(|at| at.parse().ok()))
    }

    /// Rebuilds the database without free pages, and empties the write-ahead log. `secure_delete` has overwritten the
    /// deleted content, but the write-ahead log still holds the former pages.
    fn purge(&self) -> Result<(), HistoryError> {
        self.connection
            .execute_batch(
                "INSERT INTO dictation_words (dictation_words) VALUES ('optimize'); \
                 INSERT INTO dictation_parts (dictation_parts) VALUES ('optimize'); VACUUM;",
            )
            .map_err(|error| self.failed(&error))?;
        self.empty_write_ahead_log()
    }

    /// Moves the write-ahead log into the database, and truncates it. A reader may prevent that; the next write then
    /// does it.
    pub(in crate::history) fn empty_write_ahead_log(&self) -> Result<(), HistoryError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| self.failed(&error))
    }

    /// Returns the selection as an SQL condition with its parameters.
    fn condition(&self, which: &Which) -> Result<(String, Vec<rusqlite::types::Value>), HistoryError> {
        use rusqlite::types::Value;
        let mut conditions: Vec<String> = Vec::new();
        let mut parameters: Vec<Value> = Vec::new();
        if !which.ids.is_empty() {
            let mut places = Vec::new();
            for id in &which.ids {
                parameters.push(Value::Blob(self.find(id)?.id.as_bytes().to_vec()));
                places.push(format!("?{}", parameters.len()));
            }
            conditions.push(format!("id IN ({})", places.join(", ")));
        }
        if let Some(app) = &which.app {
            parameters.push(Value::Text(app.to_lowercase()));
            // This is fast, because there are few applications.
            conditions.push(format!(
                "app IN (SELECT value FROM facet WHERE kind = 'app' AND instr(lower(value), ?{}) > 0)",
                parameters.len()
            ));
        }
        if let Some(profile) = &which.profile {
            parameters.push(Value::Text(profile.clone()));
            conditions.push(format!("profile = ?{}", parameters.len()));
        }
        for (moment, comparison) in [(which.from, ">="), (which.until, "<")] {
            if let Some(moment) = moment {
                parameters.push(Value::Integer(moment.as_millisecond()));
                conditions.push(format!("started_ms {comparison} ?{}", parameters.len()));
            }
        }
        if conditions.is_empty() {
            conditions.push("0".to_owned());
        }
        Ok((conditions.join(" AND "), parameters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::test_key;
    use scout_core::log_entry::Entry;

    fn log() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("log"), &test_key()).unwrap();
        for number in 1..=6_u64 {
            let started = Timestamp::from_second(number.cast_signed() * 86_400).unwrap();
            let mut entry =
                Entry::new(DictationId::numbered(number), started, if number % 2 == 0 { "mail" } else { "default" });
            entry.application.id = Some(if number <= 3 { "org.mozilla.firefox".into() } else { "gedit".into() });
            entry.text = format!("needle{number}");
            store.record(&entry).unwrap();
        }
        (folder, store)
    }

    fn left(store: &Store) -> usize {
        store.list(100, None).unwrap().len()
    }

    #[test]
    fn nothing_given_deletes_nothing() {
        let (_folder, store) = log();
        assert_eq!(store.delete_all_of(&Which::default()).unwrap(), 0);
        assert_eq!(left(&store), 6);
    }

    #[test]
    fn all_conditions_have_to_match_and_the_extent_is_known_before() {
        let (_folder, store) = log();
        let which = Which {
            app: Some("Firefox".into()),
            profile: Some("default".into()),
            from: Timestamp::from_second(2 * 86_400).ok(),
            ..Which::default()
        };
        let extent = store.extent(&which).unwrap();
        assert_eq!((extent.entries, extent.oldest), (1, Timestamp::from_second(3 * 86_400).ok()));
        assert_eq!(store.delete_all_of(&which).unwrap(), 1);
        assert!(store.search("needle3", 9).unwrap().is_empty());
        assert_eq!(store.search("needle", 9).unwrap().len(), 5);
        assert_eq!(store.delete_all_of(&Which { app: Some("gedit".into()), ..Which::default() }).unwrap(), 3);
        assert_eq!(left(&store), 2);
        let id = store.list(1, None).unwrap()[0].short_id();
        assert_eq!(store.delete_all_of(&Which { ids: vec![id], ..Which::default() }).unwrap(), 1);
    }

    #[test]
    fn nothing_of_it_is_left_in_a_plain_file() {
        // Unencrypted, so that what is left can be seen at all.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let store = Store::open_plain(&path).unwrap();
        for number in 1..=50 {
            let mut entry = Entry::new(DictationId::numbered(number), Timestamp::UNIX_EPOCH, "default");
            entry.text = format!("{} xylophone{number}", "filler words ".repeat(50));
            store.record(&entry).unwrap();
        }
        assert!(store.delete(DictationId::numbered(7)).unwrap());
        store.empty_write_ahead_log().unwrap();
        let holds = |word: &[u8]| {
            std::fs::read_dir(folder.path()).unwrap().any(|file| {
                std::fs::read(file.unwrap().path()).unwrap().windows(word.len()).any(|window| window == word)
            })
        };
        assert!(holds(b"xylophone8"), "the test looks in the wrong place");
        assert!(!holds(b"xylophone7 ") && !holds(b"xylophone7\0"));
        store.delete_all_of(&Which { until: Some(Timestamp::MAX), ..Which::default() }).unwrap();
        for word in [b"xylophone".as_slice(), b"phone", b"filler"] {
            assert!(!holds(word), "{}", String::from_utf8_lossy(word));
        }
    }
}
