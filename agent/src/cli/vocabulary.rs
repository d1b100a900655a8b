//! `scout vocabulary`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use scout_core::text::vocabulary::{learn, lists};
use scout_log::history::{Home, open_for_reading};

use crate::config::paths::Paths;
use crate::vocabulary::{import, lists as files, mishearings};

/// Manage words that the recogniser does not know: names, products, terms
///
/// They are kept in lists, a file each with a word on each line; `general` applies everywhere, others where a profile names
/// them.
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show the words of a list
    List {
        /// Which list
        #[arg(long, default_value = lists::GENERAL)]
        list: String,
    },
    /// Add words to a list
    Add {
        /// The words; one of several words in quotation marks
        #[arg(required = true)]
        words: Vec<String>,
        /// Which list
        #[arg(long, default_value = lists::GENERAL)]
        list: String,
    },
    /// Take words from a text file, or names from a folder with source code
    Import {
        /// The file or folder
        from: PathBuf,
        /// Which list they go to
        #[arg(long, default_value = lists::GENERAL)]
        list: String,
        /// Take this many of the names in a folder, the most frequent first
        #[arg(long, default_value_t = 200)]
        most: usize,
        /// Show them, and add nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Record what a dictation should have been
    ///
    /// The words that were misheard are kept for `scout vocabulary learn`; the log stays as it is.
    Correct {
        /// The dictation's id, as `scout history list` shows it: the first or the last digits of it are enough
        id: String,
        /// What it should have been
        text: String,
    },
    /// Propose words that you keep correcting
    Learn {
        /// Add what is proposed to the list
        #[arg(long)]
        add: bool,
        /// Which list they go to
        #[arg(long, default_value = lists::GENERAL)]
        list: String,
    },
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let paths = Paths::of_user()?;
        match self.action {
            Action::List { list } => show(&paths.vocabulary, &list)?,
            Action::Add { words, list } => add(&paths.vocabulary, &list, &words)?,
            Action::Import { from, list, most, dry_run } => {
                let words = gather(&from, most)?;
                if dry_run {
                    println!("{}", words.join("\n"));
                } else {
                    add(&paths.vocabulary, &list, &words)?;
                }
            }
            Action::Correct { id, text } => correct(&paths, &id, &text)?,
            Action::Learn { add: adds, list } => {
                let kept = mishearings::read(&paths.mishearings)
                    .with_context(|| format!("{} cannot be read", paths.mishearings.display()))?;
                let proposals = learn::proposals(&kept);
                if proposals.is_empty() {
                    println!(
                        "nothing to propose yet: tell what a dictation should have been with `scout vocabulary correct`"
                    );
                    return Ok(ExitCode::SUCCESS);
                }
                let lines: Vec<String> = proposals.iter().map(learn::Proposal::line).collect();
                if adds {
                    add(&paths.vocabulary, &list, &lines)?;
                } else {
                    for (proposal, line) in proposals.iter().zip(&lines) {
                        println!("{:4}x  {line}", proposal.times);
                    }
                    println!("add them with `scout vocabulary learn --add`");
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(folder: &Path, list: &str) -> anyhow::Result<()> {
    let lists = files::load(folder)?;
    match lists.get(list) {
        Some(entries) => {
            for entry in entries {
                println!("{}", entry.written);
            }
        }
        None if list == lists::GENERAL => {}
        None => bail!("there is no list `{list}`: it would be {}", lists::path(folder, list).display()),
    }
    Ok(())
}

fn add(folder: &Path, list: &str, words: &[String]) -> anyhow::Result<()> {
    if list.is_empty() || list.starts_with('.') || list.contains(['/', '\\']) {
        bail!("`{list}` is no name for a list: use letters, digits and hyphens");
    }
    let path = lists::path(folder, list);
    let text = words.join("\n");
    if let Err(problems) = lists::parse(Path::new("the words"), &text) {
        bail!("{}", problems[0]);
    }
    let added = files::add(folder, list, words)?;
    for word in &added {
        println!("{word}");
    }
    println!("{} of {} words added to {}", added.len(), words.len(), path.display());
    Ok(())
}

fn gather(from: &Path, most: usize) -> anyhow::Result<Vec<String>> {
    let unreadable = || format!("{} cannot be read", from.display());
    if from.is_dir() {
        return import::of_tree(from, most).with_context(unreadable);
    }
    Ok(import::of_text(&std::fs::read_to_string(from).with_context(unreadable)?))
}

fn correct(paths: &Paths, id: &str, text: &str) -> anyhow::Result<()> {
    let entry = open_for_reading(&Home::from(paths), &mut paths.vault())?.find(id)?;
    let found = learn::compare(entry.said(), text);
    if found.is_empty() {
        println!("no word was misheard there");
        return Ok(());
    }
    mishearings::keep(&paths.mishearings, &found)
        .with_context(|| format!("{} cannot be written", paths.mishearings.display()))?;
    for mishearing in &found {
        println!("{} -> {}", mishearing.heard, mishearing.meant);
    }
    Ok(())
}
