//! `scout history delete` and `scout history limits`.

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use scout_log::history::{Extent, Job, Limit, Limits as Both, Which, days};

use super::{ask, open, print};
use crate::config::paths::Paths;
use crate::setup;

/// Delete dictations permanently
///
/// Prints how many dictations match, and asks. Deleted dictations are overwritten, and no file of Scout keeps them.
#[derive(Debug, clap::Args)]
pub(super) struct Delete {
    /// These, by the first or the last digits of their ids
    ids: Vec<String>,
    /// Those from applications with this in their names
    #[arg(long)]
    app: Option<String>,
    /// Those with this profile
    #[arg(long)]
    profile: Option<String>,
    /// Those of this day, month or year and later: 2026-03-01, 2026-03, 2026, today, yesterday
    #[arg(long)]
    after: Option<String>,
    /// Those before this day, month or year
    #[arg(long)]
    before: Option<String>,
    /// All dictations, copies, kept recordings and the key: a new log begins
    #[arg(long, conflicts_with_all = ["ids", "app", "profile", "after", "before"])]
    everything: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        if self.everything {
            let question =
                "Everything that was ever dictated will be deleted, copies, kept and unfinished recordings included.";
            if ask::agreed(question, self.yes)? {
                ask::perform(paths, Job::DeleteEverything)?;
            }
            return Ok(());
        }
        let moment = |text: &Option<String>| text.as_deref().map(beginning).transpose();
        let which = Which {
            from: moment(&self.after)?,
            until: moment(&self.before)?,
            ids: self.ids,
            app: self.app,
            profile: self.profile,
        };
        anyhow::ensure!(
            which != Which::default(),
            "say which: ids, --app, --profile, --after, --before, or --everything"
        );
        let extent = open(paths)?.extent(&which)?;
        if extent.entries == 0 {
            return print("No dictation matches.\n");
        }
        if ask::agreed(&format!("{} will be deleted.", described(&extent)), self.yes)? {
            ask::perform(paths, Job::Delete { which })?;
        }
        Ok(())
    }
}

/// Show how long dictations are kept, and what is over these limits
///
/// The limits are those of the configuration ([history] `keep_days` and `keep_count`, also per profile). A new limit
/// that would delete something takes effect when you agree to it here. With --days or --count it shows what such a
/// limit would delete, and changes nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Limits {
    /// Try this number of days
    #[arg(long)]
    days: Option<u32>,
    /// Try this number of dictations
    #[arg(long)]
    count: Option<u32>,
    /// Delete what is over the configured limits without asking
    #[arg(long, conflicts_with_all = ["days", "count"])]
    yes: bool,
}

impl Limits {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let configured = setup::upkeep(&setup::load(paths)?).limits;
        let is_trial = self.days.is_some() || self.count.is_some();
        let limits = if is_trial {
            Both { general: Limit { days: self.days.unwrap_or(0), count: self.count.unwrap_or(0) }, ..configured }
        } else {
            configured
        };
        print(&sentences(&limits))?;
        let over = open(paths)?.over_limits(&limits, Timestamp::now())?;
        if over.entries == 0 {
            return print("Nothing is over these limits.\n");
        }
        if is_trial {
            return print(&format!("{} would be deleted.\n", described(&over)));
        }
        if ask::agreed(&format!("{} over these limits will be deleted.", described(&over)), self.yes)? {
            ask::perform(paths, Job::Hold { limits })?;
        }
        Ok(())
    }
}

/// Returns the limits in words, one per line.
pub(super) fn sentences(limits: &Both) -> String {
    let sentence = |limit: &Limit| match (limit.days, limit.count) {
        (0, 0) => "kept for ever".to_owned(),
        (days, 0) => format!("kept for {days} days"),
        (0, count) => format!("the newest {count} are kept"),
        (days, count) => format!("the newest {count} are kept, for {days} days"),
    };
    let own = limits.profiles.iter().map(|(name, limit)| format!("with the profile {name}: {}\n", sentence(limit)));
    std::iter::once(format!("Dictations: {}\n", sentence(&limits.general))).chain(own).collect()
}

/// Returns the number of dictations and their days.
fn described(extent: &Extent) -> String {
    let day = |time: Timestamp| time.to_zoned(TimeZone::system()).date();
    let noun = if extent.entries == 1 { "dictation" } else { "dictations" };
    match (extent.oldest.map(day), extent.newest.map(day)) {
        (Some(oldest), Some(newest)) if oldest == newest => format!("{} {noun} of {oldest}", extent.entries),
        (Some(oldest), Some(newest)) => format!("{} {noun} from {oldest} to {newest}", extent.entries),
        _ => format!("{} {noun}", extent.entries),
    }
}

/// Returns when a day, month or year begins in the local time zone.
pub(super) fn beginning(text: &str) -> anyhow::Result<Timestamp> {
    let (first, _) = days(text, Zoned::now().date()).with_context(|| {
        format!("{text} is not a day, month or year: write 2026-03-01, 2026-03, 2026, today or yesterday")
    })?;
    start_of(first)
}

/// Returns when a day begins in the local time zone.
pub(super) fn start_of(day: Date) -> anyhow::Result<Timestamp> {
    Ok(day.to_zoned(TimeZone::system())?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_printed_in_words() {
        let mut limits = Both { general: Limit { days: 30, count: 0 }, ..Both::default() };
        limits.profiles.insert("bank".into(), Limit { days: 1, count: 10 });
        assert_eq!(
            sentences(&limits),
            "Dictations: kept for 30 days\nwith the profile bank: the newest 10 are kept, for 1 days\n"
        );
    }

    #[test]
    fn an_extent_is_printed_with_its_days() {
        let time = |text: &str| text.parse::<Timestamp>().ok();
        let extent = Extent { entries: 2, oldest: time("2026-03-01T12:00:00Z"), newest: time("2026-03-05T12:00:00Z") };
        assert!(described(&extent).starts_with("2 dictations from 2026-03-0"));
        assert!(beginning("2026-03").is_ok() && beginning("soon").is_err());
    }
}
