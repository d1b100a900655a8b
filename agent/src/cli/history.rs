//! `scout history`.

mod ask;
mod change;
mod copies;
mod facets;
mod key;
mod page;
mod recordings;
mod recover;
mod stats;
mod status;
mod transcriber;

use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use jiff::tz::TimeZone;
use scout_log::history::{self, Format, HistoryError, Hit, Home, Job, Record, Store, open_for_reading};
use serde::Serialize;

use crate::config::paths::Paths;
use crate::control::job;

/// Search and manage the log of dictations
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show the newest dictations
    List {
        /// How many
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: usize,
        /// Only those that the recogniser was unsure of
        #[arg(long)]
        doubtful: bool,
        /// Print one JSON array
        #[arg(long, long_help = json_help("Print one JSON array, the newest first. Each element has the fields "))]
        json: bool,
    },
    /// Show everything about one dictation
    Show {
        /// Its id: the first or the last digits of it are enough
        id: String,
        /// Print one JSON object
        #[arg(long, long_help = json_help("Print one JSON object with the fields "))]
        json: bool,
    },
    /// Find dictations by their words
    ///
    /// Finds the dictations that contain every word, the best match first, and among equals the newest. Case and
    /// accents make no difference. "words in quotes" must follow each other, and word* matches every word that begins
    /// like this. Filters: app:firefox (a part of the application's name), profile:mail, lang:en, after:2026-03-01,
    /// before:2026-04, on:today.
    Search {
        /// What to look for
        #[arg(required = true)]
        words: Vec<String>,
        /// How many at most
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: usize,
        /// Print one JSON array
        #[arg(long, long_help = json_help("Print one JSON array, the best match first. Each element has an excerpt and the fields "))]
        json: bool,
    },
    /// Write the whole log, the oldest dictation first
    Export {
        /// The format
        #[arg(long, value_enum, default_value = "jsonl")]
        format: FormatArgument,
        /// The file; standard output if not given
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    Facets(facets::Facets),
    Recover(recover::Recover),
    /// Check the log, and rescue what can be read if it is damaged
    ///
    /// The damaged file is kept. The agent does the same whenever it starts. Exits with 1 if something was damaged.
    Repair,
    Status(status::Status),
    Stats(stats::Stats),
    Delete(change::Delete),
    Limits(change::Limits),
    Import(copies::Import),
    Backup(copies::Backup),
    Backups(copies::Backups),
    Restore(copies::Restore),
    Audio(recordings::Audio),
    Retranscribe(recordings::Retranscribe),
    Rekey(key::Rekey),
    Key(key::Command),
}

fn json_help(beginning: &str) -> String {
    format!("{beginning}{}", Record::FIELDS)
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FormatArgument {
    /// One JSON object per line, with all fields
    Jsonl,
    /// A table for spreadsheets
    Csv,
    /// A page to read
    Markdown,
}

impl From<FormatArgument> for Format {
    fn from(format: FormatArgument) -> Self {
        match format {
            FormatArgument::Jsonl => Self::JsonLines,
            FormatArgument::Csv => Self::Csv,
            FormatArgument::Markdown => Self::Markdown,
        }
    }
}

/// Printed instead of an empty table.
const NOTHING_YET: &str = "Nothing has been dictated yet.\n";

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let paths = Paths::of_user()?;
        match self.action {
            Action::List { limit, doubtful, json } => list(&paths, limit, doubtful, json),
            Action::Facets(facets) => facets.run(&paths),
            Action::Show { id, json } => show(&paths, &id, json),
            Action::Search { words, limit, json } => search(&paths, &words, limit, json),
            Action::Export { format, output } => export(&paths, format.into(), output.as_deref()),
            Action::Recover(recover) => recover.run(&paths),
            Action::Repair => ask::perform(&paths, Job::Repair),
            Action::Status(status) => status.run(&paths),
            Action::Stats(stats) => stats.run(&paths),
            Action::Delete(delete) => delete.run(&paths),
            Action::Limits(limits) => limits.run(&paths),
            Action::Import(import) => import.run(&paths),
            Action::Backup(backup) => backup.run(&paths),
            Action::Backups(backups) => backups.run(&paths),
            Action::Restore(restore) => restore.run(&paths),
            Action::Audio(audio) => audio.run(&paths),
            Action::Retranscribe(retranscribe) => retranscribe.run(&paths),
            Action::Rekey(_) => key::Rekey::run(&paths),
            Action::Key(key) => key.run(&paths),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Opens the log for reading. Warns if it is older than Scout left it.
fn open(paths: &Paths) -> Result<Store, HistoryError> {
    take_in_sealed_entries(paths);
    let (home, mut vault) = (Home::from(paths), paths.vault());
    history::remove_unfinished(&home)?;
    let store = match open_for_reading(&home, &mut vault) {
        // Another file may have taken the place of the log, which the agent notices when it is asked to use it.
        Err(error @ HistoryError::Damaged { .. }) => match job::run_in_agent(paths, Job::TakeIn) {
            Ok(_) => open_for_reading(&home, &mut vault)?,
            Err(_) => return Err(error),
        },
        opened => opened?,
    };
    if let Some(sentence) = history::shortfall(&home, &mut vault, &store)? {
        eprintln!("scout: {sentence}");
    }
    Ok(store)
}

/// Opens the log for reading; `None` before the first dictation.
fn open_if_any(paths: &Paths) -> Result<Option<Store>, HistoryError> {
    match open(paths) {
        Ok(store) => Ok(Some(store)),
        Err(HistoryError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Has entries written to the log that were sealed while the key was not available, so that a reader sees them.
fn take_in_sealed_entries(paths: &Paths) {
    if history::sealed_entries(&Home::from(paths)) == 0 {
        return;
    }
    match job::run(paths, Job::TakeIn) {
        Ok(done) => done.news.iter().for_each(|news| eprintln!("scout: {news}")),
        Err(error) => {
            eprintln!("scout: some dictations are not in the log yet: {:#}", anyhow::Error::from(error));
        }
    }
}

fn list(paths: &Paths, limit: usize, doubtful: bool, json: bool) -> anyhow::Result<()> {
    let entries = open_if_any(paths)?.map_or_else(
        || Ok(Vec::new()),
        |store| if doubtful { store.doubtful(limit) } else { store.list(limit, None) },
    )?;
    if json {
        return print_json(&entries.iter().map(Record::from).collect::<Vec<_>>());
    }
    let rows: Vec<_> = entries.iter().map(|entry| (entry, entry.said())).collect();
    print(&if rows.is_empty() {
        if doubtful { "There is no dictation that the recogniser was unsure of.\n" } else { NOTHING_YET }.to_owned()
    } else {
        page::table(&rows, &TimeZone::system(), width())
    })
}

fn show(paths: &Paths, id: &str, json: bool) -> anyhow::Result<()> {
    let store = open(paths)?;
    let entry = store.find(id)?;
    if json {
        return print_json(&Record::from(&entry));
    }
    print(&page::details(&entry, &TimeZone::system()))
}

fn search(paths: &Paths, words: &[String], limit: usize, json: bool) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct HitRecord<'a> {
        #[serde(flatten)]
        record: Record<'a>,
        excerpt: &'a str,
        /// The positions of the matches in the excerpt, in bytes.
        matches: Vec<[usize; 2]>,
    }
    let hits = open_if_any(paths)?.map_or_else(|| Ok(Vec::new()), |store| store.search(&query(words), limit))?;
    if json {
        let record = |hit: &'_ Hit| {
            let matches = hit.marks.iter().map(|mark| [mark.start, mark.end]).collect();
            serde_json::to_value(HitRecord { record: Record::from(&hit.entry), excerpt: &hit.excerpt, matches })
        };
        return print_json(&hits.iter().map(record).collect::<Result<Vec<_>, _>>()?);
    }
    let is_terminal = std::io::stdout().is_terminal();
    let excerpt = |hit: &Hit| if is_terminal { page::marked(&hit.excerpt, &hit.marks) } else { hit.excerpt.clone() };
    let excerpts: Vec<String> = hits.iter().map(excerpt).collect();
    let rows: Vec<_> = hits.iter().zip(&excerpts).map(|(hit, excerpt)| (&hit.entry, excerpt.as_str())).collect();
    print(&if rows.is_empty() {
        "No dictation holds all of these words.\n".to_owned()
    } else {
        page::table(&rows, &TimeZone::system(), width())
    })
}

/// The names of the filters of a search.
const FILTERS: [&str; 8] = ["app", "profile", "lang", "language", "after", "before", "on", "from"];

/// Joins the arguments to a query. The shell has removed the quotes around words that belong together; an argument with
/// a space was quoted.
fn query(words: &[String]) -> String {
    let quoted = |word: &String| {
        if !word.contains(char::is_whitespace) || word.contains('"') {
            return word.clone();
        }
        // The value of a filter may contain spaces too: app:"My Editor" arrives without its quotes.
        let filter = word.split_once(':').filter(|(name, _)| FILTERS.contains(name));
        filter.map_or_else(|| format!("\"{word}\""), |(name, value)| format!("{name}:\"{value}\""))
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

fn export(paths: &Paths, format: Format, output: Option<&Path>) -> anyhow::Result<()> {
    let store = open(paths)?;
    let Some(path) = output else {
        return match store.export(format, &mut BufWriter::new(std::io::stdout().lock())) {
            Err(HistoryError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => Ok(result?),
        };
    };
    history::write_plain(&Home::from(paths), path, |output| store.export(format, output))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Prints a text. A reader that has closed the pipe (such as `head`) is not an error.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Returns the width of a table; `None` if the output is not a terminal.
fn width() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_were_quoted_in_the_shell_stay_together() {
        let query = |words: &[&str]| query(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        assert_eq!(query(&["quick brown", "dog"]), "\"quick brown\" dog");
        assert_eq!(query(&["\"quick brown\" dog"]), "\"quick brown\" dog");
        assert_eq!(query(&["quick*"]), "quick*");
        assert_eq!(query(&["app:My Editor", "dog"]), "app:\"My Editor\" dog");
    }
}
