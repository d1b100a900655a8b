//! `scout history recover`: dictations that a killed agent left in the spool.

pub(super) mod model;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{ask, open_if_any, page, print};
use crate::capture::spool::{self, Opened, SpoolError, Unfinished};
use crate::config::paths::Paths;
use crate::dictation::duration_of;
use crate::history::{Entry, HistoryError, Home, Job, Outcome, seal_entry};
use crate::transcribe::incremental::LEAST_UNHEARD;
use crate::vault::Vault;

/// Transcribe dictations that were cut off when Scout was killed
///
/// Prints their texts and records them in the log; only then is their audio deleted. A recording that is damaged is kept, and
/// what can be read of it is recovered.
#[derive(Debug, clap::Args)]
pub(super) struct Recover {
    /// Only these, by the first or the last digits of their ids
    ids: Vec<String>,
    /// Only show what there is to recover
    #[arg(long, conflicts_with_all = ["discard", "model"])]
    list: bool,
    /// Delete the audio of these without transcribing it
    #[arg(long, requires = "ids", conflicts_with = "model")]
    discard: bool,
    /// The model to use, instead of the one that they were dictated for
    #[arg(long)]
    model: Option<String>,
}

/// What was heard in the audio of a dictation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) speech: Duration,
    pub(super) language: Option<String>,
    pub(super) model: Option<String>,
    pub(super) segments: serde_json::Value,
}

impl Recover {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let mut found = spool::unfinished(&paths.spool)?;
        let damaged = spool::damaged(&paths.spool)?;
        let aside = note_of(damaged.len(), &paths.spool);
        if !self.ids.is_empty() {
            // Whoever names one may mean one that could not be opened before.
            found.extend(damaged);
        }
        let unfinished = chosen(found, &self.ids)?;
        if unfinished.is_empty() {
            return print(&format!("There is nothing to recover.\n{aside}"));
        }
        let mut vault = Vault::of_user(paths);
        if self.list {
            let (page, problem) = listed(&unfinished, &mut vault);
            print(&(page + &aside))?;
            return problem.map_or(Ok(()), |error| Err(error.into()));
        }
        if self.discard {
            return unfinished.into_iter().try_for_each(|one| Ok(one.discard()?));
        }
        let home = Home::from(paths);
        let mut model = model::Model::new(paths, self.model);
        // What was sealed before the agent ended is looked for in the log, too.
        let mut failed = ask::change(paths, Job::TakeIn)?.damage.err();
        let store = open_if_any(paths)?;
        for one in unfinished {
            let id = one.id;
            let opened = one.open(&mut vault);
            let logged = store.as_ref().map_or(Ok(None), |store| store.get(id));
            let record = |entry: &Entry| -> anyhow::Result<()> {
                seal_entry(&home, entry)?;
                ask::change(paths, Job::TakeIn).map(drop)
            };
            // One that fails keeps its audio, and does not keep the others from being recovered.
            let recovered = logged
                .map_err(anyhow::Error::from)
                .and_then(|logged| recover(one, opened, logged, &record, &mut |entry, audio| model.hear(entry, audio)));
            let problem = match recovered {
                Ok(Recovered { entry: Some(entry), kept }) => {
                    print(&result(&entry))?;
                    kept.map(|kept| {
                        anyhow::anyhow!(
                            "a part of its recording is damaged and is missing in the text; the recording is kept in {}",
                            kept.display()
                        )
                    })
                }
                Ok(Recovered { entry: None, .. }) => {
                    print(&format!("{id}: nothing was recorded\n"))?;
                    None
                }
                Err(error) => Some(error.context("it was not recovered")),
            };
            if let Some(problem) = problem {
                let problem = problem.context(format!("the dictation {id}"));
                // Each is said; the last one by whoever runs the command.
                if let Some(earlier) = failed.replace(problem) {
                    eprintln!("scout: {earlier:#}");
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// A line about the recordings that were set aside, if there are any.
fn note_of(damaged: usize, spool: &Path) -> String {
    let folder = spool::damaged_folder(spool);
    match damaged {
        0 => String::new(),
        1 => format!("1 damaged recording is kept in {}.\n", folder.display()),
        count => format!("{count} damaged recordings are kept in {}.\n", folder.display()),
    }
}

/// Those that the user named; all if none was named.
fn chosen(unfinished: Vec<Unfinished>, ids: &[String]) -> Result<Vec<Unfinished>, HistoryError> {
    let names = |one: &Unfinished, id: &str| {
        let id = id.to_ascii_lowercase();
        let whole = one.id.to_string();
        whole.starts_with(&id) || whole.ends_with(&id)
    };
    for id in ids {
        match unfinished.iter().filter(|one| names(one, id)).count() {
            0 => return Err(HistoryError::NoSuchEntry { id: id.clone() }),
            1 => {}
            _ => return Err(HistoryError::Ambiguous { id: id.clone() }),
        }
    }
    Ok(unfinished.into_iter().filter(|one| ids.is_empty() || ids.iter().any(|id| names(one, id))).collect())
}

/// What became of one dictation.
#[derive(Debug)]
struct Recovered {
    /// What is in the log; `None` if nothing was recorded.
    entry: Option<Entry>,
    /// Where the recording is kept, if a part of it could not be opened.
    kept: Option<PathBuf>,
}

/// Brings one dictation into the log, and then deletes its audio. What is damaged is kept.
fn recover(
    unfinished: Unfinished,
    opened: Result<Opened, SpoolError>,
    logged: Option<Entry>,
    record: &dyn Fn(&Entry) -> anyhow::Result<()>,
    hear: &mut dyn FnMut(&Entry, &[f32]) -> anyhow::Result<Heard>,
) -> anyhow::Result<Recovered> {
    // The agent may have died after recording it.
    let is_done = |entry: &Entry| !is_open(entry) || !entry.said().is_empty();
    if let Some(mut entry) = logged.as_ref().filter(|entry| is_done(entry)).cloned() {
        if is_open(&entry) {
            close(&mut entry);
            record(&entry)?;
        }
        unfinished.discard().context("it is in the log, but its audio could not be deleted")?;
        return Ok(Recovered { entry: Some(entry), kept: None });
    }
    let opened = match opened {
        Ok(opened) => opened,
        Err(error @ SpoolError::Damaged { .. }) => {
            let kept = unfinished.set_aside()?;
            return Err(anyhow::Error::from(error).context(format!("it is kept in {}", kept.display())));
        }
        Err(error) => return Err(error.into()),
    };
    if opened.samples.is_empty() && !opened.is_damaged {
        unfinished.discard()?;
        return Ok(Recovered { entry: None, kept: None });
    }
    let mut entry = logged.unwrap_or_else(|| Entry::from_note(unfinished.id, &opened.note));
    let heard = hear(&entry, &opened.samples)?;
    if !opened.is_damaged && heard.text.trim().is_empty() && heard.speech >= LEAST_UNHEARD {
        anyhow::bail!(
            "somebody speaks in it, but no words were understood: try another model with `--model`, or delete it with \
             `--discard`"
        );
    }
    entry.audio = duration_of(opened.samples.len());
    entry.raw_text = heard.text;
    entry.raw_text.trim().clone_into(&mut entry.text);
    entry.language = heard.language.or(entry.language);
    entry.model = heard.model.or(entry.model);
    entry.speech = heard.speech;
    entry.segments = heard.segments;
    if opened.is_damaged && entry.said().is_empty() {
        let kept = unfinished.set_aside()?;
        anyhow::bail!("its recording is damaged, and no words are in what is left; it is kept in {}", kept.display());
    }
    close(&mut entry);
    record(&entry)?;
    if opened.is_damaged {
        return Ok(Recovered { entry: Some(entry), kept: Some(unfinished.set_aside()?) });
    }
    unfinished.discard().context("it is in the log, but its audio could not be deleted")?;
    Ok(Recovered { entry: Some(entry), kept: None })
}

/// Whether nobody knows yet what became of it.
fn is_open(entry: &Entry) -> bool {
    matches!(entry.outcome, Outcome::Transcribed | Outcome::Failed)
}

fn close(entry: &mut Entry) {
    entry.outcome = if entry.said().is_empty() { Outcome::NothingSaid } else { Outcome::Recovered };
    entry.detail = None;
    entry.ended = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
}

/// Without the key, all that shows is when they were begun and how long they are. Of those that are damaged, the last is told
/// as a problem.
fn listed(unfinished: &[Unfinished], vault: &mut Vault) -> (String, Option<SpoolError>) {
    let mut problem = None;
    let mut row = |one: &Unfinished| {
        let opened = one.open(vault).map_err(|error| {
            if matches!(error, SpoolError::Damaged { .. }) {
                problem = Some(error);
            }
        });
        let note = opened.map(|opened| opened.note).unwrap_or_default();
        (Entry::from_note(one.id, &note), one.duration())
    };
    let rows: Vec<_> = unfinished.iter().map(&mut row).collect();
    (page::unfinished(&rows, &TimeZone::system()), problem)
}

fn result(entry: &Entry) -> String {
    if entry.said().is_empty() {
        format!("{}: nothing was said\n", entry.short_id())
    } else {
        format!("{}: {}\n", entry.short_id(), page::visible(entry.said()))
    }
}

#[cfg(test)]
mod tests;
