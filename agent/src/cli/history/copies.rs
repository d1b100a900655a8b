//! `scout history backup`, `backups`, `restore` and `import`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;
use scout_log::history::{self, Backup as Copy, Home, Job, days};
use serde::Serialize;

use super::change::start_of;
use super::{ask, print, print_json};
use crate::config::paths::Paths;

/// Copy the log into one file, encrypted with the log's key
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// The file; one among the scheduled copies if not given
    file: Option<PathBuf>,
}

impl Backup {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let to = self.file.as_deref().map(absolute).transpose()?;
        ask::perform(paths, Job::BackUp { to })
    }
}

/// List the copies of the log
#[derive(Debug, clap::Args)]
pub(super) struct Backups {
    /// Print one JSON array of objects with path, at (RFC 3339) and bytes, the oldest first
    #[arg(long)]
    json: bool,
}

impl Backups {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        #[derive(Serialize)]
        struct Record<'a> {
            path: &'a Path,
            at: Timestamp,
            bytes: u64,
        }
        let copies = history::backups(&Home::from(paths));
        let size = |copy: &Copy| std::fs::metadata(&copy.path).map_or(0, |file| file.len());
        if self.json {
            let record =
                |copy: &'_ Copy| serde_json::to_value(Record { path: &copy.path, at: copy.at, bytes: size(copy) });
            return print_json(&copies.iter().map(record).collect::<Result<Vec<_>, _>>()?);
        }
        if copies.is_empty() {
            return print("There are no copies yet: `scout history backup` makes one.\n");
        }
        let mut page = String::new();
        for copy in &copies {
            let at = copy.at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S");
            // Writing to a string cannot fail.
            let _ = writeln!(page, "{at}  {:>8} KiB  {}", size(copy) / 1024, copy.path.display());
        }
        print(&page)
    }
}

/// Replace the log by a copy
///
/// The copy is checked first; a damaged one changes nothing. The replaced log is kept.
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// The copy
    #[arg(required_unless_present = "at")]
    file: Option<PathBuf>,
    /// The newest copy from before the end of this day, month or year, or from before this moment (RFC 3339)
    #[arg(long, conflicts_with = "file")]
    at: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Restore {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let from = match (&self.file, &self.at) {
            (Some(file), _) => absolute(file)?,
            (None, at) => copy_at(&history::backups(&Home::from(paths)), at.as_deref().unwrap_or("today"))?,
        };
        let question = format!("{} will replace the log; the current log is kept.", from.display());
        if ask::agreed(&question, self.yes)? {
            ask::perform(paths, Job::Restore { from })?;
        }
        Ok(())
    }
}

/// Returns the newest copy that was made by then.
fn copy_at(copies: &[Copy], at: &str) -> anyhow::Result<PathBuf> {
    let until = if let Ok(moment) = at.parse::<Timestamp>() {
        moment
    } else {
        let (_, after) = days(at, Zoned::now().date()).with_context(|| {
            format!("{at} is not a time, day, month or year: write 2026-03-01T12:00:00Z or 2026-03-01")
        })?;
        start_of(after)?
    };
    let copy = copies.iter().rev().find(|copy| copy.at <= until);
    Ok(copy.with_context(|| format!("no copy is as old as {at}: `scout history backups` lists them"))?.path.clone())
}

/// Import an export (JSON Lines); dictations that are in the log already are replaced
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// The file
    file: PathBuf,
}

impl Import {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        ask::perform(paths, Job::Import { from: absolute(&self.file)? })
    }
}

/// Makes a path absolute, because the agent has another working directory.
fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} cannot be found", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_copy_from_before_a_moment_is_chosen() {
        let copy = |at: &str| Copy { path: PathBuf::from(at), at: at.parse().unwrap() };
        let copies = [copy("2026-03-01T12:00:00Z"), copy("2026-03-02T12:00:00Z"), copy("2026-03-03T12:00:00Z")];
        let chosen = |at: &str| copy_at(&copies, at).map(|path| path.display().to_string());
        assert_eq!(chosen("2026-03-02T12:00:00Z").unwrap(), "2026-03-02T12:00:00Z");
        assert_eq!(chosen("2026-03-02T11:59:59Z").unwrap(), "2026-03-01T12:00:00Z");
        assert_eq!(chosen("2026").unwrap(), "2026-03-03T12:00:00Z");
        assert!(chosen("2025").is_err() && chosen("then").is_err());
    }
}
