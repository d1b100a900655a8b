//! `scout bench`.

mod accuracy;
mod history;
mod latency;

use std::process::ExitCode;

/// Measure Scout on this machine
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, clap::Subcommand)]
enum Benchmark {
    Accuracy(accuracy::Accuracy),
    History(history::History),
    Latency(latency::Latency),
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.benchmark {
            Benchmark::Accuracy(accuracy) => accuracy.run(),
            Benchmark::History(history) => history.run(),
            Benchmark::Latency(latency) => latency.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
