//! Counts the values that a search can filter by: applications, profiles, languages and months, and the dictations that
//! the recogniser was unsure of.

use scout_core::log_entry::Entry;
use serde::Serialize;

use super::Store;
use super::row::COLUMNS;
use crate::history::error::HistoryError;

/// One value, and how many dictations have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facet {
    /// The value, as a filter takes it.
    pub value: String,
    /// The number of dictations that have it.
    pub dictations: u64,
    /// The number of words in these dictations.
    pub words: u64,
}

/// All values that a search can filter by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// Applications, the most frequent first. For `app:`.
    pub app: Vec<Facet>,
    /// Profiles, the most frequent first. For `profile:`.
    pub profile: Vec<Facet>,
    /// Languages, the most frequent first. For `lang:`.
    pub lang: Vec<Facet>,
    /// Months as `2026-03`, the newest first. For `on:`.
    pub on: Vec<Facet>,
    /// The number of dictations whose first segment the recogniser was unsure of.
    pub doubtful: u64,
}

/// The condition for a doubtful segment: the mean logarithm of its tokens' probabilities is low. The index on
/// `confidence` has the same condition.
const DOUBTFUL: &str = "confidence < -1.0";

impl Store {
    /// Counts all values that a search can filter by.
    pub fn facets(&self) -> Result<Facets, HistoryError> {
        let most_first = |kind: &str| {
            self.facets_of("SELECT value, entries, words FROM facet WHERE kind = ?1 ORDER BY entries DESC, value", kind)
        };
        let months = "SELECT substr(value, 1, 4) || '-' || substr(value, 5, 2), sum(entries), sum(words) FROM facet \
                      WHERE kind = ?1 GROUP BY 1 ORDER BY 1 DESC";
        let doubtful = format!("SELECT count(*) FROM dictation WHERE {DOUBTFUL}");
        Ok(Facets {
            app: most_first("app")?,
            profile: most_first("profile")?,
            lang: most_first("language")?,
            on: self.facets_of(months, "day")?,
            doubtful: self
                .connection
                .query_row(&doubtful, [], |row| row.get::<_, i64>(0))
                .map_err(|error| self.failed(&error))?
                .unsigned_abs(),
        })
    }

    /// Returns at most `limit` dictations that the recogniser was unsure of, the newest first.
    pub fn doubtful(&self, limit: usize) -> Result<Vec<Entry>, HistoryError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = format!("SELECT {COLUMNS} FROM dictation WHERE {DOUBTFUL} ORDER BY dictation.id DESC LIMIT ?1");
        self.entries(&sql, [limit])
    }

    fn facets_of(&self, sql: &str, kind: &str) -> Result<Vec<Facet>, HistoryError> {
        let facet = |row: &rusqlite::Row<'_>| {
            let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok(Facet { value: row.get(0)?, dictations: number(1)?, words: number(2)? })
        };
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map([kind], facet)?.collect())
            .map_err(|error| self.failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::test_key;
    use scout_core::dictation::DictationId;

    #[test]
    fn every_value_is_counted_and_finds_as_many_as_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("log"), &test_key()).unwrap();
        for (number, (started, app, profile, language, confidence)) in (1..).zip([
            ("2026-03-01T10:00:00Z", "gedit", "default", "en", -0.2),
            ("2026-03-31T23:30:00Z", "gedit", "default", "de", -1.5),
            ("2026-04-02T10:00:00Z", "slack", "chat", "en", -0.9),
        ]) {
            let mut entry = Entry::new(DictationId::numbered(number), started.parse().unwrap(), profile);
            entry.application.id = Some(app.into());
            entry.language = Some(language.into());
            entry.text = "two words".into();
            entry.segments = serde_json::json!([{ "avg_logprob": confidence }, { "avg_logprob": -9.0 }]);
            store.record(&entry).unwrap();
        }
        let facets = store.facets().unwrap();
        let shown = |facets: &[Facet]| -> Vec<(String, u64, u64)> {
            facets.iter().map(|facet| (facet.value.clone(), facet.dictations, facet.words)).collect()
        };
        assert_eq!(shown(&facets.app), [("gedit".into(), 2, 4), ("slack".into(), 1, 2)]);
        assert_eq!(shown(&facets.on), [("2026-04".into(), 1, 2), ("2026-03".into(), 2, 4)]);
        for (filter, values) in
            [("app", &facets.app), ("profile", &facets.profile), ("lang", &facets.lang), ("on", &facets.on)]
        {
            for facet in values {
                let found = store.search(&format!("{filter}:{} words", facet.value), 9).unwrap().len();
                assert_eq!(found as u64, facet.dictations, "{filter}:{}", facet.value);
            }
        }
        assert_eq!(facets.doubtful, 1);
        assert_eq!(store.doubtful(9).unwrap()[0].id, DictationId::numbered(2));
        assert!(store.delete(DictationId::numbered(2)).unwrap());
        let facets = store.facets().unwrap();
        assert_eq!((facets.doubtful, facets.lang.len(), facets.app[0].dictations), (0, 1, 1));
    }

    #[test]
    fn the_segments_are_looked_up_in_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("log"), &test_key()).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN SELECT count(*) FROM dictation WHERE {DOUBTFUL}");
        let plan: String = store.connection.query_row(&sql, [], |row| row.get("detail")).unwrap();
        assert!(plan.contains("dictation_doubtful"), "{plan}");
    }
}
