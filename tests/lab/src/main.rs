//! `scout-lab`: the instruments that measure Scout on the machine at hand, one file each.

mod accuracy;
mod corpus;
mod delivery;
mod history;
mod idle_cost;
mod latency;
mod plain_delivery;
mod statistics;
mod vocabulary;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measure Scout on this machine
#[derive(Debug, Parser)]
#[command(name = "scout-lab", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    instrument: Instrument,
}

#[derive(Debug, Subcommand)]
enum Instrument {
    Latency(latency::Latency),
    Accuracy(accuracy::Accuracy),
    Delivery(delivery::Delivery),
    Vocabulary(vocabulary::VocabularyBench),
    History(history::History),
    /// What an agent costs that has nothing to do: memory, processor time, and how often each of its threads wakes up
    ///
    /// Starts `scout run` in a desktop in a box: the program that the variable `SCOUT_BIN` names, or the one that cargo builds.
    IdleCost,
    PlainDelivery(plain_delivery::PlainDelivery),
    /// Started by the delivery that is measured, when the clipboard has to outlive it.
    #[command(name = scout::deliver::KEEP, hide = true)]
    Keep(scout::cli::keep::Command),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().instrument {
        Instrument::Latency(latency) => latency.run(),
        Instrument::Accuracy(accuracy) => accuracy.run(),
        Instrument::Delivery(delivery) => delivery.run(),
        Instrument::Vocabulary(vocabulary) => vocabulary.run(),
        Instrument::History(history) => history.run(),
        Instrument::IdleCost => idle_cost::run(),
        Instrument::PlainDelivery(plain_delivery) => plain_delivery.run(),
        Instrument::Keep(keep) => keep.run().map(drop),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scout-lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}
