//! `scout bench`.

mod accuracy;
mod delivery;
mod history;
mod latency;
mod vocabulary;

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
    Delivery(delivery::Delivery),
    Latency(latency::Latency),
    Vocabulary(vocabulary::VocabularyBench),
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.benchmark {
            Benchmark::Accuracy(accuracy) => accuracy.run(),
            Benchmark::History(history) => history.run(),
            Benchmark::Delivery(delivery) => delivery.run(),
            Benchmark::Latency(latency) => latency.run(),
            Benchmark::Vocabulary(vocabulary) => vocabulary.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
