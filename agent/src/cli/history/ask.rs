//! Asking whoever writes the log for a change, and asking the user whether it is meant.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;

use super::print;
use crate::config::paths::Paths;
use crate::control::{Reply, Request, client};
use crate::history::{Home, Job, News, Writer};
use crate::vault::Vault;

/// What a change came to.
#[derive(Debug)]
pub(super) struct Changed {
    /// What there is to say.
    pub said: String,
    /// The log was damaged, and this became of it. The change was made nevertheless.
    pub damage: anyhow::Result<()>,
}

/// Has the running agent do it, or does it here if none runs. The agent notifies the user of damage by itself.
pub(super) fn change(paths: &Paths, job: Job) -> anyhow::Result<Changed> {
    match client::send(&paths.runtime, &Request::History { job: job.clone() }) {
        Ok(Reply::Done { said }) => Ok(Changed { said, damage: Ok(()) }),
        Ok(_) => Ok(Changed { said: String::new(), damage: Ok(()) }),
        Err(error) if error.is_not_running() => {
            let mut writer = Writer::new(Home::from(paths), Vault::of_user(paths));
            let result = writer.run(job);
            let (damage, others): (Vec<_>, Vec<_>) = writer.take_news().into_iter().partition(News::is_damage);
            for news in others {
                eprintln!("scout: {news}");
            }
            let damage = damage.iter().map(News::to_string).collect::<Vec<_>>().join(". ");
            let damage = if damage.is_empty() { Ok(()) } else { Err(anyhow::anyhow!(damage)) };
            match result {
                Ok(report) => Ok(Changed { said: report.said, damage }),
                Err(error) => match damage {
                    Ok(()) => Err(error.into()),
                    Err(damage) => Err(anyhow::Error::from(error).context(damage)),
                },
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a change, and prints what it came to. Fails after that if the log was damaged.
pub(super) fn perform(paths: &Paths, job: Job) -> anyhow::Result<()> {
    let changed = change(paths, job)?;
    print(&(changed.said + "\n"))?;
    changed.damage
}

/// Asks a question that is answered by yes or no. `yes` answers it before it is asked.
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
