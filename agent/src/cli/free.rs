//! `scout free-shortcuts`, which Scout starts itself on desktops that keep the keys of a program that was killed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use scout_platform::detect;

use crate::config::paths::Paths;

/// Give the keys back to the applications as soon as standard input ends
#[derive(Debug, clap::Args)]
pub struct Command {}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        // What ends the agent must not end this: the end of its standard input tells it when it is over.
        ctrlc::set_handler(|| ()).context("SIGTERM cannot be ignored")?;
        // The keys of an agent that was killed just now are freed before the next one registers its own.
        let runtime = Paths::of_user()?.runtime;
        std::fs::create_dir_all(&runtime)?;
        let turn = File::create(runtime.join("shortcuts.lock"))?;
        turn.lock()?;
        let mut answer = std::io::stdout().lock();
        answer.write_all(b"\n")?;
        answer.flush()?;
        std::io::stdin().lock().read_to_end(&mut Vec::new())?;
        detect().free_shortcuts();
        Ok(ExitCode::SUCCESS)
    }
}
