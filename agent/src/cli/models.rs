//! `scout models`.

use std::process::ExitCode;

/// Manage speech models
#[derive(Debug, clap::Args)]
pub struct Command {}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        Ok(ExitCode::SUCCESS)
    }
}
