//! Retention: enforces the limits of the log, and makes its scheduled backups.
//!
//! A new limit that would delete something takes effect after the user has agreed to it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::backup::{self, LogState};
use super::error::HistoryError;
use super::home::Home;
use super::store::{Extent, Store};
use crate::vault::Vault;

/// A limit. Zero means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limit {
    /// How many days a dictation is kept.
    pub days: u32,
    /// How many dictations are kept, the newest ones.
    pub count: u32,
}

/// The limits of one user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// The limit for all profiles without a limit of their own.
    pub general: Limit,
    /// The limits of single profiles, by name.
    pub profiles: BTreeMap<String, Limit>,
}

/// The result of enforcing the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// This many dictations were over a limit and were deleted.
    Deleted(u64),
    /// The limits are new and would delete these dictations: the user has to agree first.
    WouldDelete(Extent),
    /// These dictations are over limits that the user has agreed to, but their age is doubtful: the user has to agree
    /// again.
    Doubtful(Extent, Doubt),
}

/// Why the age of dictations that are over a limit is doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The clock moved this many days forward since the last check: Scout did not run, or the clock is wrong.
    Jumped(i64),
    /// This many of them were added after the last check, but are dated before it: they were imported, or dictated
    /// while the clock was wrong.
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

/// The longest time between two checks that is not doubtful: a holiday. A longer one may be due to a wrong clock.
const ABSENCE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An entry that is added after a check, but is dated earlier than it by more than this, was not dictated since.
const BELATED: SignedDuration = SignedDuration::from_hours(24);

/// The name under which the log keeps its last check.
const LAST_CHECK: &str = "kept up";

/// The last check of the limits.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Check {
    at: Timestamp,
    /// The last row at that time.
    seq: i64,
}

/// The name under which the log keeps the limits that the user has agreed to.
const AGREED: &str = "limits";

impl Store {
    /// Counts the dictations that are over these limits at this time.
    pub fn over_limits(&self, limits: &Limits, now: Timestamp) -> Result<Extent, HistoryError> {
        let (condition, parameters) = condition(limits, now);
        self.extent_of(&condition, rusqlite::params_from_iter(parameters))
    }

    /// Deletes the dictations that are over the limits, if the user has agreed to these limits before, or agrees now
    /// (`agreed`).
    pub(crate) fn enforce(&self, limits: &Limits, agreed: bool, now: Timestamp) -> Result<Enforcement, HistoryError> {
        let over = self.over_limits(limits, now)?;
        let text = serde_json::to_string(limits).map_err(std::io::Error::from)?;
        let known = self.metadata(AGREED)?;
        if !agreed && over.entries > 0 && known.as_deref() != Some(&text) {
            return Ok(Enforcement::WouldDelete(over));
        }
        if known.as_deref() != Some(&text) {
            self.set_metadata(AGREED, &text)?;
        }
        if over.entries == 0 {
            self.store_check(limits, now)?;
            return Ok(Enforcement::Deleted(0));
        }
        if !agreed && let Some(doubt) = self.doubt(limits, now)? {
            // The last check stays, so that the doubt is the same at the next one.
            return Ok(Enforcement::Doubtful(over, doubt));
        }
        let (condition, parameters) = condition(limits, now);
        let deleted = self.delete_where(&condition, rusqlite::params_from_iter(parameters))?;
        self.store_check(limits, now)?;
        self.empty_write_ahead_log()?;
        Ok(Enforcement::Deleted(deleted))
    }

    /// Returns the reason why the age of dictations that are over the limits is doubtful.
    fn doubt(&self, limits: &Limits, now: Timestamp) -> Result<Option<Doubt>, HistoryError> {
        let last_check = self.metadata(LAST_CHECK)?.and_then(|note| serde_json::from_str::<Check>(&note).ok());
        let Some(Check { at, seq }) = last_check else {
            // Without a last check, the newest dictation shows whether the clock moved.
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

    /// Stores the time of this check. Without limits nothing depends on it.
    fn store_check(&self, limits: &Limits, now: Timestamp) -> Result<(), HistoryError> {
        if *limits == Limits::default() {
            return Ok(());
        }
        let seq = self
            .connection
            .query_row("SELECT coalesce(max(seq), 0) FROM dictation", [], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        let note = serde_json::to_string(&Check { at: now, seq }).map_err(std::io::Error::from)?;
        self.set_metadata(LAST_CHECK, &note)
    }
}

/// The configured upkeep of the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upkeep {
    /// How long dictations are kept.
    pub limits: Limits,
    /// Days between two backups; zero makes none.
    pub backup_days: u32,
    /// How many backups are kept.
    pub backups: u32,
}

/// A result of the upkeep that the user has to know.
#[derive(Debug)]
pub(super) enum UpkeepProblem {
    /// This many dictations are over limits that the user has not agreed to.
    OverLimits(u64),
    /// This many dictations are over limits that the user has agreed to, and their age is doubtful.
    Doubtful(u64, Doubt),
    /// The scheduled backup failed.
    NoBackup(HistoryError),
}

impl Upkeep {
    /// Enforces the limits, and makes a backup if one is due.
    pub(super) fn run(&self, home: &Home, store: &Store, vault: &mut Vault) -> Vec<UpkeepProblem> {
        let mut problems = Vec::new();
        let now = Timestamp::now();
        match store.enforce(&self.limits, false, now) {
            Ok(Enforcement::Deleted(0)) => {}
            Ok(Enforcement::Deleted(count)) => tracing::info!(count, "dictations over the limits were deleted"),
            Ok(Enforcement::WouldDelete(extent)) => problems.push(UpkeepProblem::OverLimits(extent.entries)),
            Ok(Enforcement::Doubtful(extent, doubt)) => problems.push(UpkeepProblem::Doubtful(extent.entries, doubt)),
            Err(error) => tracing::warn!(%error, "the limits of the log could not be enforced"),
        }
        if self.backup_days > 0
            && let Err(error) = self.back_up(home, store, vault, now)
        {
            problems.push(UpkeepProblem::NoBackup(error));
        }
        problems
    }

    fn back_up(&self, home: &Home, store: &Store, vault: &mut Vault, now: Timestamp) -> Result<(), HistoryError> {
        let keys = vault.keys()?;
        let last = backup::last(home, &keys, now);
        let interval = SignedDuration::from_hours(24 * i64::from(self.backup_days));
        let is_due = last.is_none_or(|last| now.duration_since(last) >= interval);
        if !is_due || !store.latest().is_ok_and(|latest| latest.is_some()) {
            return Ok(());
        }
        backup::make(home, store, &vault.current()?, &home.backup_path(now))?;
        let log = LogState { entries: store.count()?, deleted_at: store.deleted_at()? };
        backup::rotate(home, self.backups.max(1) as usize, &keys, log, now)
    }
}

/// Returns a doubt if the clock moved too far forward.
fn jumped(from: Timestamp, now: Timestamp) -> Option<Doubt> {
    let forward = now.duration_since(from);
    (forward > ABSENCE_MAX).then(|| Doubt::Jumped(forward.as_hours() / 24))
}

/// Returns the dictations that are over the limits as an SQL condition with its parameters.
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

/// Adds the condition of one limit, which applies to the rows in `scope`.
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
mod tests;
