//! `scout doctor`.

use std::process::ExitCode;

/// Tell what works on this machine, and what to do about what does not
#[derive(Debug, clap::Args)]
pub struct Command {}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        Ok(ExitCode::SUCCESS)
    }
}
