//! The command line: one file per subcommand.

pub mod config;
pub mod ctl;
pub mod doctor;
pub mod free;
pub mod history;
pub mod keep;
pub mod models;
pub mod profiles;
pub mod rewrite;
pub mod run;
pub mod setup;
pub mod text;
pub mod transcribe;
pub mod vocabulary;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Hold a key, speak, and release it: your words are typed into the application that you are using. Nothing leaves the
/// machine.
#[derive(Debug, Parser)]
#[command(name = "scout", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Command),
    Ctl(ctl::Command),
    Transcribe(transcribe::Command),
    History(history::Command),
    Models(models::Command),
    Profiles(profiles::Command),
    Text(text::Command),
    Vocabulary(vocabulary::Command),
    Rewrite(rewrite::Command),
    Config(config::Command),
    Doctor(doctor::Command),
    Setup(setup::Command),
    #[command(name = crate::deliver::KEEP, hide = true)]
    Keep(keep::Command),
    #[command(name = crate::app::FREE_SHORTCUTS, hide = true)]
    FreeShortcuts(free::Command),
}

/// Set in a debug build, it lets the system write core dumps, to debug a crash.
#[cfg(debug_assertions)]
const CORE_DUMPS: &str = "SCOUT_CORE_DUMPS";

/// Whether a crash may write the memory of this process to disk. Never in a release build.
fn may_dump() -> bool {
    #[cfg(debug_assertions)]
    return std::env::var_os(CORE_DUMPS).is_some();
    #[cfg(not(debug_assertions))]
    false
}

/// Parses the arguments and runs one command. Errors go to standard error with their causes.
pub fn main() -> ExitCode {
    if !may_dump()
        && let Err(error) = scout_platform::process::forbid_core_dumps()
    {
        eprintln!("scout: a crash could write what was dictated to disk: {error}");
    }
    let result = match Arguments::parse().command {
        Command::Run(command) => command.run(),
        Command::Ctl(command) => command.run(),
        Command::Transcribe(command) => command.run(),
        Command::History(command) => command.run(),
        Command::Models(command) => command.run(),
        Command::Profiles(command) => command.run(),
        Command::Text(command) => command.run(),
        Command::Vocabulary(command) => command.run(),
        Command::Rewrite(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Setup(command) => command.run(),
        Command::Keep(command) => command.run(),
        Command::FreeShortcuts(command) => command.run(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("scout: {error:#}");
        ExitCode::FAILURE
    })
}
