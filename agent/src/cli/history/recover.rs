//! `scout history recover`: crash recovery.

use std::path::Path;

use jiff::tz::TimeZone;
use scout_core::log_entry::Entry;
use scout_log::history::{Home, Job};
use scout_log::recovery::{self, Kept, Recovered, Recovery};
use scout_log::spool;

use super::transcriber::RecordingTranscriber;
use super::{ask, page, print};
use crate::config::paths::Paths;
use crate::control::job;

/// Transcribe dictations that were cut off when Scout was killed
///
/// Prints their texts and records them in the log. Their audio is deleted after that. A recording is kept if it is damaged,
/// or if speech in it was not understood, and what is understood is recovered.
#[derive(Debug, clap::Args)]
pub(super) struct Recover {
    /// Only these, by the first or the last digits of their ids
    ids: Vec<String>,
    /// Only list what can be recovered
    #[arg(long, conflicts_with_all = ["discard", "model"])]
    list: bool,
    /// Delete the audio of these without transcribing it
    #[arg(long, requires = "ids", conflicts_with = "model")]
    discard: bool,
    /// The model to use, instead of the one that they were dictated for
    #[arg(long)]
    model: Option<String>,
}

impl Recover {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let found = recovery::find(&paths.spool, &self.ids)?;
        let set_aside = note_of(found.damaged, &paths.spool);
        if found.recordings.is_empty() {
            return print(&format!("There is nothing to recover.\n{set_aside}"));
        }
        if self.list {
            let listing = recovery::list(&found.recordings, &mut paths.vault());
            print(&(page::unfinished(&listing.rows, &TimeZone::system()) + &set_aside))?;
            return listing.problem.map_or(Ok(()), |error| Err(error.into()));
        }
        if self.discard {
            return found.recordings.into_iter().try_for_each(|one| Ok(one.discard()?));
        }
        let done = job::run(paths, Job::TakeIn)?;
        let mut recovery = Recovery::start(Home::from(paths), paths.vault())?;
        let mut transcriber = RecordingTranscriber::new(paths, self.model);
        let take_in = || Ok(job::run(paths, Job::TakeIn).map(drop)?);
        let mut failed = ask::report(&done).err();
        for recording in found.recordings {
            let id = recording.id;
            let outcome: anyhow::Result<Recovered> =
                recovery.recover(recording, |entry, audio| Ok(transcriber.transcribe(entry, audio)?), take_in);
            let problem = match outcome {
                Ok(Recovered { entry: Some(entry), kept }) => {
                    print(&result(&entry))?;
                    kept.as_ref().map(why_kept)
                }
                Ok(Recovered { entry: None, .. }) => {
                    print(&format!("{id}: nothing was recorded\n"))?;
                    None
                }
                Err(error) => Some(error.context("it was not recovered")),
            };
            if let Some(problem) = problem {
                // All problems are printed: the last one by the caller.
                if let Some(earlier) = failed.replace(problem.context(format!("the dictation {id}"))) {
                    eprintln!("scout: {earlier:#}");
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Returns a line about the damaged recordings, if there are any.
fn note_of(damaged: usize, spool: &Path) -> String {
    let folder = spool::damaged_folder(spool);
    match damaged {
        0 => String::new(),
        1 => format!("1 damaged recording is kept in {}.\n", folder.display()),
        count => format!("{count} damaged recordings are kept in {}.\n", folder.display()),
    }
}

/// Returns why a recording is kept, and the remedy.
fn why_kept(kept: &Kept) -> anyhow::Error {
    match kept {
        Kept::Damaged(path) => anyhow::anyhow!(
            "a part of its recording is damaged and is missing in the text; the recording is kept in {}",
            path.display()
        ),
        Kept::WordsMissing(missing, path) => anyhow::anyhow!(
            "words are missing in the text: {missing}. The recording is kept in {}: try another model with its id and \
             `--model`, or delete it with `--discard`",
            path.display()
        ),
    }
}

fn result(entry: &Entry) -> String {
    if entry.said().is_empty() {
        format!("{}: nothing was said\n", entry.short_id())
    } else {
        format!("{}: {}\n", entry.short_id(), page::visible(entry.said()))
    }
}
