//! Asking whoever writes the log for a change, and asking the user whether it is meant.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;

use crate::config::paths::Paths;
use crate::control::{Reply, Request, client};
use crate::history::{Home, Job, Writer};
use crate::vault::Vault;

/// Has the running agent do it, or does it here if none runs. Gives what there is to say.
pub(super) fn change(paths: &Paths, job: Job) -> anyhow::Result<String> {
    match client::send(&paths.runtime, &Request::History { job: job.clone() }) {
        Ok(Reply::Done { said }) => Ok(said),
        Ok(_) => Ok(String::new()),
        Err(error) if error.is_not_running() => {
            let mut writer = Writer::new(Home::from(paths), Vault::of_user(paths));
            Ok(writer.run(job)?.said)
        }
        Err(error) => Err(error.into()),
    }
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
