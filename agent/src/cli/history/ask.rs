//! Has changes of the log done, and asks the user for confirmation.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;
use scout_log::history::{Job, News};

use super::print;
use crate::config::paths::Paths;
use crate::control::job::{self, Done};

/// Has a job done, and prints its result. Fails after that if the log was damaged.
pub(super) fn perform(paths: &Paths, job: Job) -> anyhow::Result<()> {
    let done = job::run(paths, job)?;
    print(&format!("{}\n", done.said))?;
    report(&done)
}

/// Prints what happened while the log was opened. Damage is an error, although the job was done.
pub(super) fn report(done: &Done) -> anyhow::Result<()> {
    let (damage, others): (Vec<_>, Vec<_>) = done.news.iter().partition(|news| news.is_damage());
    for news in others {
        eprintln!("scout: {news}");
    }
    let damage = damage.into_iter().map(News::to_string).collect::<Vec<_>>().join(". ");
    anyhow::ensure!(damage.is_empty(), damage);
    Ok(())
}

/// Asks the user a question; `yes` is the answer given by an option. Fails if there is no terminal.
pub(super) fn agreed(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    let input = std::io::stdin();
    anyhow::ensure!(input.is_terminal(), "{question} Nothing was changed: --yes says that it is meant");
    eprint!("{question} [y/N] ");
    std::io::stderr().flush().context("the question could not be asked")?;
    let mut answer = String::new();
    input.read_line(&mut answer).context("the answer could not be read")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}
