//! `scout history recover`: dictations that a killed agent left in the spool.

pub(super) mod model;

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{ask, open_if_any, page, print};
use crate::capture::spool::{self, Opened, Unfinished};
use crate::config::paths::Paths;
use crate::history::{Entry, HistoryError, Home, Job, Outcome, seal_entry};
use crate::transcribe::incremental::LEAST_UNHEARD;
use crate::vault::Vault;

/// Transcribe dictations that were cut off when Scout was killed
///
/// Prints their texts and records them in the log; only then is their audio deleted.
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
        let unfinished = chosen(spool::unfinished(&paths.spool)?, &self.ids)?;
        if unfinished.is_empty() {
            return print("There is nothing to recover.\n");
        }
        if self.list {
            return print(&listed(&unfinished, &mut Vault::of_user(paths)));
        }
        if self.discard {
            return unfinished.into_iter().try_for_each(|one| Ok(one.discard()?));
        }
        let mut vault = Vault::of_user(paths);
        let home = Home::from(paths);
        let mut model = model::Model::new(paths, self.model);
        // What was sealed before the agent ended is looked for in the log, too.
        ask::change(paths, Job::TakeIn)?;
        let store = open_if_any(paths)?;
        let mut failed = None;
        for one in unfinished {
            let id = one.id;
            let opened = one.open(&mut vault);
            let logged = store.as_ref().map_or(Ok(None), |store| store.get(id));
            let record = |entry: &Entry| -> anyhow::Result<()> {
                seal_entry(&home, entry)?;
                ask::change(paths, Job::TakeIn).map(drop)
            };
            // One that fails keeps its audio, and does not keep the others from being recovered.
            let recovered = opened.map_err(anyhow::Error::from).and_then(|opened| {
                recover(one, &opened, logged?, &record, &mut |entry, audio| model.hear(entry, audio))
            });
            match recovered {
                Ok(entry) => print(&result(&entry))?,
                Err(error) => failed = Some(error.context(format!("the dictation {id} was not recovered"))),
            }
        }
        failed.map_or(Ok(()), Err)
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

/// Brings one dictation into the log, and then deletes its audio.
fn recover(
    unfinished: Unfinished,
    opened: &Opened,
    logged: Option<Entry>,
    record: &dyn Fn(&Entry) -> anyhow::Result<()>,
    hear: &mut dyn FnMut(&Entry, &[f32]) -> anyhow::Result<Heard>,
) -> anyhow::Result<Entry> {
    // The agent may have died after recording it.
    let mut entry = logged.unwrap_or_else(|| Entry::from_note(unfinished.id, &opened.note));
    let is_open = matches!(entry.outcome, Outcome::Transcribed | Outcome::Failed);
    if is_open {
        if entry.said().is_empty() {
            let heard = hear(&entry, &opened.samples)?;
            if heard.text.trim().is_empty() && heard.speech >= LEAST_UNHEARD {
                anyhow::bail!(
                    "somebody speaks in it, but no words were understood: try another model with `--model`, or delete it with \
                     `--discard`"
                );
            }
            entry.audio = unfinished.duration();
            entry.raw_text = heard.text;
            entry.text = entry.raw_text.trim().to_owned();
            entry.language = heard.language.or(entry.language);
            entry.model = heard.model.or(entry.model);
            entry.speech = heard.speech;
            entry.segments = heard.segments;
        }
        entry.outcome = if entry.said().is_empty() { Outcome::NothingSaid } else { Outcome::Recovered };
        entry.detail = None;
        entry.ended = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
        record(&entry)?;
    }
    unfinished.discard().context("it is in the log, but its audio could not be deleted")?;
    Ok(entry)
}

/// Without the key, all that shows is when they were begun and how long they are.
fn listed(unfinished: &[Unfinished], vault: &mut Vault) -> String {
    let mut row = |one: &Unfinished| {
        let note = one.open(vault).map(|opened| opened.note).unwrap_or_default();
        (Entry::from_note(one.id, &note), one.duration())
    };
    let rows: Vec<_> = unfinished.iter().map(&mut row).collect();
    page::unfinished(&rows, &TimeZone::system())
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
