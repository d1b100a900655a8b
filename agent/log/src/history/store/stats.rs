//! Statistics: words, speed, and the time that dictation saved.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::Store;
use crate::history::error::HistoryError;

/// The average typing speed in words per minute: the mean of 168,000 volunteers (Dhakal, Feit, Kristensson and
/// Oulasvirta, CHI 2018).
const TYPING_WPM: f64 = 52.0;

const MS_PER_MINUTE: f64 = 60_000.0;

/// Totals of several dictations.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Totals {
    /// The day, as `2026-03-01`, or the application.
    pub name: String,
    /// The number of dictations.
    pub dictations: u64,
    /// The number of words.
    pub words: u64,
    /// The length of the recordings, in milliseconds.
    pub audio_ms: u64,
    /// The length of the speech in them, in milliseconds.
    pub speech_ms: u64,
}

impl Totals {
    /// Returns the words per minute of speech; `None` without speech.
    pub fn words_per_minute(&self) -> Option<f64> {
        let spoken = if self.speech_ms > 0 { self.speech_ms } else { self.audio_ms };
        (spoken > 0).then(|| self.words as f64 * MS_PER_MINUTE / spoken as f64)
    }

    /// Returns how much longer typing would have taken than speaking; zero if typing is faster.
    pub fn saved(&self) -> Duration {
        let typing_ms = self.words as f64 / TYPING_WPM * MS_PER_MINUTE;
        Duration::from_millis((typing_ms - self.audio_ms as f64).max(0.0) as u64)
    }

    fn add(&mut self, other: &Self) {
        self.dictations += other.dictations;
        self.words += other.words;
        self.audio_ms += other.audio_ms;
        self.speech_ms += other.speech_ms;
    }
}

/// The statistics of a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// The whole period.
    pub total: Totals,
    /// Each day with a dictation, the oldest first.
    pub days: Vec<Totals>,
    /// Each application, the one with the most words first.
    pub applications: Vec<Totals>,
}

impl Store {
    /// Returns the statistics since this time.
    pub fn stats(&self, since: Timestamp) -> Result<Stats, HistoryError> {
        let grouped = |column: &str, order: &str| {
            let sql = format!(
                "SELECT coalesce({column}, ''), count(*), sum(words), sum(audio_ms), sum(speech_ms) FROM dictation \
                 WHERE started_ms >= ?1 GROUP BY 1 ORDER BY {order}"
            );
            let number = |row: &rusqlite::Row<'_>, at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            let totals = |row: &rusqlite::Row<'_>| {
                Ok(Totals {
                    name: row.get(0)?,
                    dictations: number(row, 1)?,
                    words: number(row, 2)?,
                    audio_ms: number(row, 3)?,
                    speech_ms: number(row, 4)?,
                })
            };
            self.connection
                .prepare(&sql)
                .and_then(|mut statement| {
                    statement.query_map([since.as_millisecond()], totals)?.collect::<rusqlite::Result<Vec<_>>>()
                })
                .map_err(|error| self.failed(&error))
        };
        let mut days = grouped("CAST(day AS TEXT)", "1")?;
        let mut total = Totals { name: "total".to_owned(), ..Totals::default() };
        for day in &mut days {
            total.add(day);
            if let Ok(date) = Date::strptime("%Y%m%d", &day.name) {
                day.name = date.to_string();
            }
        }
        Ok(Stats { total, days, applications: grouped("app", "3 DESC")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::test_key;
    use scout_core::dictation::DictationId;
    use scout_core::log_entry::Entry;

    #[test]
    fn days_and_applications_are_counted_on_the_users_clock() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("log"), &test_key()).unwrap();
        for (number, (started, app, text)) in (1..).zip([
            ("2026-03-01T10:00:00Z", "mail", "one two three four"),
            ("2026-03-01T23:30:00Z", "mail", "five six"),
            ("2026-03-02T10:00:00Z", "chat", "seven"),
            ("2025-01-01T10:00:00Z", "chat", "long ago"),
        ]) {
            let mut entry = Entry::new(DictationId::numbered(number), started.parse().unwrap(), "default");
            entry.utc_offset = jiff::tz::Offset::constant(1);
            entry.application.id = Some(app.into());
            entry.text = text.into();
            entry.audio = Duration::from_secs(1);
            entry.speech = Duration::from_millis(800);
            store.record(&entry).unwrap();
        }
        let stats = store.stats("2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
        let names = |totals: &[Totals]| -> Vec<(String, u64, u64)> {
            totals.iter().map(|one| (one.name.clone(), one.dictations, one.words)).collect()
        };
        assert_eq!(names(&stats.days), [("2026-03-01".into(), 1, 4), ("2026-03-02".into(), 2, 3)]);
        assert_eq!(names(&stats.applications), [("mail".into(), 2, 6), ("chat".into(), 1, 1)]);
        assert_eq!((stats.total.words, stats.total.audio_ms), (7, 3_000));
        let pace = stats.total.words_per_minute().unwrap();
        assert!((pace - 175.0).abs() < 0.1, "{pace}");
        assert!(stats.total.saved() > Duration::from_secs(5));
        assert_eq!(Totals::default().words_per_minute(), None);
    }
}
