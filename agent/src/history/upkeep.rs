//! What the log needs from time to time: limits held, copies made.

use jiff::{SignedDuration, Timestamp};

use super::backup::{self, Standing};
use super::error::HistoryError;
use super::limits::{Doubt, Held, Limits};
use super::writer::Writer;

/// What the user wants of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upkeep {
    /// How long dictations are kept.
    pub limits: Limits,
    /// Days between two copies; zero makes none.
    pub backup_days: u32,
    /// How many copies are kept.
    pub backups: u32,
}

/// What it came to that the user should know.
#[derive(Debug)]
pub(super) enum Finding {
    /// So many dictations are over limits that the user has not agreed to.
    OverLimits(u64),
    /// So many are over limits that the user has agreed to, and it is doubtful that they are as old as it seems.
    Doubtful(u64, Doubt),
    /// No copy could be made.
    NoBackup(HistoryError),
}

impl Upkeep {
    /// Does what is due.
    pub(super) fn run(&self, writer: &mut Writer) -> Vec<Finding> {
        let mut findings = Vec::new();
        let now = Timestamp::now();
        match writer.store().and_then(|store| store.hold(&self.limits, false, now)) {
            Ok(Held::Deleted(0)) => {}
            Ok(Held::Deleted(count)) => tracing::info!(count, "dictations over the limits were deleted"),
            Ok(Held::WouldDelete(extent)) => findings.push(Finding::OverLimits(extent.entries)),
            Ok(Held::Doubtful(extent, doubt)) => findings.push(Finding::Doubtful(extent.entries, doubt)),
            Err(error) => tracing::warn!(%error, "the limits of the log could not be held"),
        }
        if self.backup_days > 0
            && let Err(error) = self.back_up(writer, now)
        {
            findings.push(Finding::NoBackup(error));
        }
        findings
    }

    fn back_up(&self, writer: &mut Writer, now: Timestamp) -> Result<(), HistoryError> {
        let keys = writer.vault.keys()?;
        let last = backup::last(&writer.home, &keys, now);
        let interval = SignedDuration::from_hours(24 * i64::from(self.backup_days));
        let is_due = last.is_none_or(|last| now.duration_since(last) >= interval);
        let is_worth_it = writer.opened().is_some_and(|store| store.latest().is_ok_and(|latest| latest.is_some()));
        if !is_due || !is_worth_it {
            return Ok(());
        }
        writer.back_up(&backup::path_at(&writer.home, now))?;
        let store = writer.store()?;
        let log = Standing { entries: store.count()?, deleted_at: store.deleted_at()? };
        backup::rotate(&writer.home, self.backups.max(1) as usize, &keys, log, now)
    }
}
