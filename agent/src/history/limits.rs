//! How long dictations are kept. A limit that would delete something takes effect once the user has agreed to it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::deletion::Extent;
use super::error::HistoryError;
use super::store::Store;

/// A limit; zero is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limit {
    /// Days that a dictation is kept.
    pub days: u32,
    /// How many dictations are kept.
    pub count: u32,
}

/// The limits of one user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// For all profiles that have no limit of their own.
    pub general: Limit,
    /// Of the profiles that have one.
    pub profiles: BTreeMap<String, Limit>,
}

/// What became of an attempt to hold the log within its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// So many dictations were over a limit and were deleted.
    Deleted(u64),
    /// The limits are new, and so many dictations would be deleted: the user is asked first.
    WouldDelete(Extent),
    /// So many dictations are over limits that the user has agreed to, but it is doubtful that they are as old as it seems: the
    /// user is asked again.
    Doubtful(Extent, Doubt),
}

/// Why dictations that are over a limit are not deleted without the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The clock went so many days forward since the log was last looked after: Scout did not run, or the clock is wrong.
    Jumped(i64),
    /// So many of them are older than the last look after the log, and came after it: they were imported, or dictated while
    /// the clock was wrong.
    Belated(u64),
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Jumped(days) => write!(
                f,
                "the clock is {days} days later than when Scout last looked, which may be an error of the clock"
            ),
            Self::Belated(count) => {
                write!(f, "{count} of them came into the log with a date from long before")
            }
        }
    }
}

/// The clock may go forward by so much between two looks after the log: a holiday. What a longer absence would delete, a clock
/// that is wrong would, too.
const ABSENCE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A dictation that is older than the last look after the log by more than this was not dictated since.
const BELATED: SignedDuration = SignedDuration::from_hours(24);

/// Under this name the log keeps when it was last looked after.
const KEPT_UP: &str = "kept up";

/// The last look after the log.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct KeptUp {
    at: Timestamp,
    /// The last row that there was.
    seq: i64,
}

/// Under this name the log keeps the limits that were agreed to.
const NOTE: &str = "limits";

impl Store {
    /// What is over these limits at this moment.
    pub fn over(&self, limits: &Limits, now: Timestamp) -> Result<Extent, HistoryError> {
        let (condition, parameters) = condition(limits, now);
        self.extent_of(&condition, rusqlite::params_from_iter(parameters))
    }

    /// Deletes what is over the limits, if the user has agreed to them or nothing is over them.
    pub fn hold(&self, limits: &Limits, agreed: bool, now: Timestamp) -> Result<Held, HistoryError> {
        let over = self.over(limits, now)?;
        let text = serde_json::to_string(limits).map_err(std::io::Error::from)?;
        let known = self.note(NOTE)?;
        if !agreed && over.entries > 0 && known.as_deref() != Some(&text) {
            return Ok(Held::WouldDelete(over));
        }
        if known.as_deref() != Some(&text) {
            self.set_note(NOTE, &text)?;
        }
        if over.entries == 0 {
            self.keep_up(limits, now)?;
            return Ok(Held::Deleted(0));
        }
        if !agreed && let Some(doubt) = self.doubt(limits, now)? {
            // When the log was last looked after stays as it is: the doubt is the same at the next look.
            return Ok(Held::Doubtful(over, doubt));
        }
        let (condition, parameters) = condition(limits, now);
        let deleted = self.delete_where(&condition, rusqlite::params_from_iter(parameters))?;
        self.keep_up(limits, now)?;
        self.empty_write_ahead_log()?;
        Ok(Held::Deleted(deleted))
    }

    /// What speaks against deleting what seems to be over the limits.
    fn doubt(&self, limits: &Limits, now: Timestamp) -> Result<Option<Doubt>, HistoryError> {
        let kept_up = self.note(KEPT_UP)?.and_then(|note| serde_json::from_str::<KeptUp>(&note).ok());
        let Some(KeptUp { at, seq }) = kept_up else {
            // The newest dictation is the only other witness of the time.
            let newest = self.extent_of("1", [])?.newest.unwrap_or(now);
            return Ok(jumped(newest, now));
        };
        if let Some(doubt) = jumped(at, now) {
            return Ok(Some(doubt));
        }
        let (condition, mut parameters) = condition(limits, now);
        let before = at.checked_sub(BELATED).unwrap_or(Timestamp::MIN);
        parameters.extend([Value::Integer(seq), Value::Integer(before.as_millisecond())]);
        let last = parameters.len();
        let belated = format!("({condition}) AND seq > ?{} AND started_ms < ?{last}", last - 1);
        let belated = self.extent_of(&belated, rusqlite::params_from_iter(parameters))?.entries;
        Ok((belated > 0).then_some(Doubt::Belated(belated)))
    }

    /// Keeps that the log is looked after now. Without limits nothing depends on it.
    fn keep_up(&self, limits: &Limits, now: Timestamp) -> Result<(), HistoryError> {
        if *limits == Limits::default() {
            return Ok(());
        }
        let seq = self
            .connection
            .query_row("SELECT coalesce(max(seq), 0) FROM dictation", [], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        let note = serde_json::to_string(&KeptUp { at: now, seq }).map_err(std::io::Error::from)?;
        self.set_note(KEPT_UP, &note)
    }

    /// Something that the log knows of itself.
    pub(super) fn note(&self, name: &str) -> Result<Option<String>, HistoryError> {
        use rusqlite::OptionalExtension as _;
        self.connection
            .query_row("SELECT value FROM note WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(|error| self.failed(&error))
    }

    pub(super) fn set_note(&self, name: &str, value: &str) -> Result<(), HistoryError> {
        self.connection
            .execute("INSERT OR REPLACE INTO note (name, value) VALUES (?1, ?2)", (name, value))
            .map(drop)
            .map_err(|error| self.failed(&error))
    }
}

fn jumped(from: Timestamp, now: Timestamp) -> Option<Doubt> {
    let forward = now.duration_since(from);
    (forward > ABSENCE_MAX).then(|| Doubt::Jumped(forward.as_hours() / 24))
}

fn condition(limits: &Limits, now: Timestamp) -> (String, Vec<Value>) {
    let own: Vec<Value> = limits.profiles.keys().map(|profile| Value::Text(profile.clone())).collect();
    let places = |values: &[Value], from: usize| {
        (0..values.len()).map(|at| format!("?{}", from + at)).collect::<Vec<_>>().join(", ")
    };
    let mut parameters = own.clone();
    let mut alternatives = vec!["0".to_owned()];
    let others = format!("profile NOT IN ({})", places(&own, 1));
    add(&mut alternatives, &mut parameters, &others, limits.general, now);
    for (number, limit) in (1..).zip(limits.profiles.values()) {
        add(&mut alternatives, &mut parameters, &format!("profile = ?{number}"), *limit, now);
    }
    (alternatives.join(" OR "), parameters)
}

fn add(alternatives: &mut Vec<String>, parameters: &mut Vec<Value>, scope: &str, limit: Limit, now: Timestamp) {
    if limit.days > 0 {
        let age = SignedDuration::from_hours(24 * i64::from(limit.days));
        let oldest = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        parameters.push(Value::Integer(oldest.as_millisecond()));
        alternatives.push(format!("({scope} AND started_ms < ?{})", parameters.len()));
    }
    if limit.count > 0 {
        parameters.push(Value::Integer(i64::from(limit.count)));
        alternatives.push(format!(
            "seq IN (SELECT seq FROM dictation WHERE {scope} ORDER BY started_ms DESC, seq DESC LIMIT -1 OFFSET ?{})",
            parameters.len()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictation::DictationId;
    use crate::history::Entry;
    use crate::vault::test_key;

    fn day(number: u64) -> Timestamp {
        Timestamp::from_second(number.cast_signed() * 86_400).unwrap()
    }

    /// One dictation a day, every other one with the profile `mail`.
    fn log() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("log"), &test_key()).unwrap();
        for number in 1..=10 {
            let profile = if number % 2 == 0 { "mail" } else { "default" };
            store.record(&Entry::new(DictationId::numbered(number), day(number), profile)).unwrap();
        }
        (folder, store)
    }

    fn numbers(store: &Store) -> Vec<u64> {
        (1..=10).filter(|&number| store.get(DictationId::numbered(number)).unwrap().is_some()).collect()
    }

    fn general(days: u32, count: u32) -> Limits {
        Limits { general: Limit { days, count }, ..Limits::default() }
    }

    #[test]
    fn a_new_limit_says_what_it_would_delete_and_waits() {
        let (_folder, store) = log();
        let limits = general(4, 0);
        let Held::WouldDelete(extent) = store.hold(&limits, false, day(11)).unwrap() else { panic!("deleted unasked") };
        assert_eq!((extent.entries, extent.oldest, extent.newest), (6, Some(day(1)), Some(day(6))));
        assert_eq!(numbers(&store).len(), 10);
        assert_eq!(store.hold(&limits, true, day(11)).unwrap(), Held::Deleted(6));
        assert_eq!(numbers(&store), [7, 8, 9, 10]);
        // Agreed once, it holds from then on.
        assert_eq!(store.hold(&limits, false, day(12)).unwrap(), Held::Deleted(1));
        assert!(matches!(store.hold(&general(1, 0), false, day(12)).unwrap(), Held::WouldDelete(_)));
    }

    #[test]
    fn a_limit_that_deletes_nothing_needs_no_consent() {
        let (_folder, store) = log();
        assert_eq!(store.hold(&general(30, 100), false, day(11)).unwrap(), Held::Deleted(0));
        for number in 12..35 {
            store.hold(&general(30, 100), false, day(number)).unwrap();
        }
        assert_eq!(store.hold(&general(30, 100), false, day(35)).unwrap(), Held::Deleted(1));
        assert_eq!(numbers(&store), [5, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn a_clock_that_jumps_deletes_nothing_until_the_user_agrees() {
        let (_folder, store) = log();
        let limits = general(365, 0);
        assert_eq!(store.hold(&limits, false, day(11)).unwrap(), Held::Deleted(0));
        for hour in 0..3 {
            let later = day(742).checked_add(SignedDuration::from_hours(hour)).unwrap();
            let held = store.hold(&limits, false, later).unwrap();
            assert!(
                matches!(held, Held::Doubtful(Extent { entries: 10, .. }, Doubt::Jumped(731))),
                "hour {hour}: {held:?}"
            );
            // What is dictated meanwhile does not make it any truer.
            let number = 100 + hour.unsigned_abs();
            store.record(&Entry::new(DictationId::numbered(number), later, "default")).unwrap();
        }
        assert_eq!(numbers(&store).len(), 10);
        // The clock is right again; and then the year has really passed.
        assert_eq!(store.hold(&limits, false, day(12)).unwrap(), Held::Deleted(0));
        for number in (16..=371).step_by(5) {
            store.hold(&limits, false, day(number)).unwrap();
        }
        assert_eq!(numbers(&store), [6, 7, 8, 9, 10]);
        assert!(matches!(store.hold(&limits, false, day(900)).unwrap(), Held::Doubtful(..)));
        assert_eq!(store.hold(&limits, true, day(900)).unwrap(), Held::Deleted(5));
    }

    #[test]
    fn without_an_earlier_look_the_newest_dictation_tells_whether_the_clock_jumped() {
        let (_folder, store) = log();
        let limits = general(5, 0);
        store.set_note(NOTE, &serde_json::to_string(&limits).unwrap()).unwrap();
        assert!(matches!(store.hold(&limits, false, day(30)).unwrap(), Held::Doubtful(_, Doubt::Jumped(20))));
        assert_eq!(store.hold(&limits, false, day(12)).unwrap(), Held::Deleted(6));
    }

    #[test]
    fn old_dictations_that_are_imported_are_not_deleted_within_the_hour() {
        let (_folder, store) = log();
        let limits = general(30, 0);
        assert_eq!(
            store.hold(&limits, false, day(100)).unwrap(),
            Held::WouldDelete(store.over(&limits, day(100)).unwrap())
        );
        assert_eq!(store.hold(&limits, true, day(100)).unwrap(), Held::Deleted(10));
        store.record(&Entry::new(DictationId::numbered(1), day(1), "default")).unwrap();
        for hour in 1..3 {
            let later = day(100).checked_add(SignedDuration::from_hours(hour)).unwrap();
            assert!(matches!(store.hold(&limits, false, later).unwrap(), Held::Doubtful(_, Doubt::Belated(1))));
        }
        assert_eq!(store.hold(&limits, true, day(100)).unwrap(), Held::Deleted(1));
    }

    #[test]
    fn count_and_profiles_have_limits_of_their_own() {
        let (_folder, store) = log();
        assert_eq!(store.hold(&general(0, 3), true, day(11)).unwrap(), Held::Deleted(7));
        assert_eq!(numbers(&store), [8, 9, 10]);
        let (_folder, store) = log();
        let mut limits = general(2, 0);
        limits.profiles.insert("mail".into(), Limit { days: 0, count: 4 });
        assert_eq!(store.hold(&limits, true, day(11)).unwrap(), Held::Deleted(5));
        assert_eq!(numbers(&store), [4, 6, 8, 9, 10]);
        assert_eq!(store.hold(&Limits::default(), false, day(99)).unwrap(), Held::Deleted(0));
    }
}
