//! `scout ctl`.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use scout_core::dictation::Outcome;

use crate::config::paths::Paths;
use crate::control::client::{self, ClientError};
use crate::control::{Reply, Request, State, StatusReport};

/// Exit code when no agent is running, so that a script can tell that from a refusal.
const NOT_RUNNING: u8 = 4;

/// Control the running agent
///
/// Meant for key bindings, scripts and status bars. Ends with 0 when the agent did as asked, with 1 when it refused (and says
/// why), and with 4 when no agent is running.
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Start listening
    Start {
        /// Use this profile instead of the one that the focused application gets
        #[arg(long)]
        profile: Option<String>,
    },
    /// Stop listening and deliver what was said
    Stop,
    /// Start when idle, stop when listening
    Toggle,
    /// Drop the current dictation
    Cancel,
    /// Show what the agent is doing
    Status {
        /// Keep running, and print every change
        #[arg(long)]
        follow: bool,
        /// Print JSON, one object per line
        #[arg(long)]
        json: bool,
    },
    /// Turn hands-free mode on or off: a voice begins a dictation, and silence ends it
    HandsFree {
        /// Which; left out, the other of the two
        switch: Option<Switch>,
    },
    /// Deliver the last dictation's text into the window that has the focus now
    PasteLast,
    /// Take the last delivered text back, if its window has the focus and nothing was typed since
    Undo,
    /// Read the configuration again
    Reload,
    /// End the agent
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    On,
    Off,
    Toggle,
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let request = match self.verb {
            Verb::Start { profile } => Request::Start { profile },
            Verb::Stop => Request::Stop,
            Verb::Toggle => Request::Toggle,
            Verb::Cancel => Request::Cancel,
            Verb::Status { follow, json } => return status(follow, json),
            Verb::HandsFree { switch } => Request::HandsFree {
                on: match switch {
                    Some(Switch::On) => Some(true),
                    Some(Switch::Off) => Some(false),
                    Some(Switch::Toggle) | None => None,
                },
            },
            Verb::PasteLast => Request::PasteLast,
            Verb::Undo => Request::Undo,
            Verb::Reload => Request::Reload,
            Verb::Quit => Request::Quit,
        };
        let runtime = Paths::of_user()?.runtime;
        exit_code(client::send(&runtime, &request).map(|_| ()))
    }
}

fn status(follow: bool, json: bool) -> anyhow::Result<ExitCode> {
    let runtime = Paths::of_user()?.runtime;
    if !follow {
        return exit_code(match client::send(&runtime, &Request::Status) {
            Ok(Reply::Status(report)) => return Ok(print(&report, json)?.unwrap_or(ExitCode::SUCCESS)),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        });
    }
    let reports = match client::follow(&runtime) {
        Ok(reports) => reports,
        Err(error) => return exit_code(Err(error)),
    };
    for report in reports {
        match report {
            Ok(report) => {
                if let Some(code) = print(&report, json)? {
                    return Ok(code);
                }
            }
            Err(error) => return exit_code(Err(error)),
        }
    }
    eprintln!("scout: the agent has ended");
    Ok(NOT_RUNNING.into())
}

fn exit_code(result: Result<(), ClientError>) -> anyhow::Result<ExitCode> {
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.is_not_running() => {
            eprintln!("scout: {error}");
            Ok(NOT_RUNNING.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Prints one status. Says how to end when nobody reads any more.
fn print(report: &StatusReport, json: bool) -> anyhow::Result<Option<ExitCode>> {
    let line = if json { serde_json::to_string(report)? } else { sentence(report) };
    let mut output = io::stdout().lock();
    match writeln!(output, "{line}").and_then(|()| output.flush()) {
        // `scout ctl status --follow | head -1` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Some(ExitCode::SUCCESS)),
        result => result.map(|()| None).context("the status could not be printed"),
    }
}

/// The status in one line for a human.
fn sentence(report: &StatusReport) -> String {
    let state = match report.state {
        State::Idle => "ready",
        State::Listening => "listening",
        State::Finishing => "transcribing",
        State::Delivering => "typing",
        State::Error => "dictation does not work",
    };
    let mut parts = vec![state.to_owned()];
    let used = [("profile", &report.profile), ("microphone", &report.device), ("model", &report.model)];
    parts.extend(used.into_iter().filter_map(|(kind, name)| Some(format!("{kind} {}", name.as_ref()?))));
    if report.hands_free {
        parts.push("hands-free, a voice begins a dictation".to_owned());
    }
    if report.held {
        parts.push("a text is waiting (`scout ctl paste-last`)".to_owned());
    } else if let Some(last) = report.last {
        let outcome = match last {
            Outcome::Unconfirmed => "pasted, unconfirmed",
            Outcome::Held => "held",
            Outcome::Cancelled => "cancelled",
            Outcome::NothingSaid => "without speech",
            Outcome::Failed => "not transcribed",
            _ => "delivered",
        };
        parts.push(format!("last dictation {outcome}"));
    }
    if report.in_password_field {
        parts.push("not logged (password field)".to_owned());
    }
    parts.extend(report.rewrites_at.iter().map(|host| format!("what you say is sent to {host}")));
    parts.extend(report.warnings.first().map(|first| match report.warnings.len() {
        1 => format!("warning: {first}"),
        count => format!("{count} warnings, the first: {first}"),
    }));
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_line_that_says_what_matters() {
        let report = StatusReport::starting();
        let cases = [
            (report.clone(), "ready"),
            (
                StatusReport {
                    state: State::Listening,
                    profile: Some("mail".into()),
                    device: Some("Headset".into()),
                    model: Some("tiny.en".into()),
                    ..report.clone()
                },
                "listening; profile mail; microphone Headset; model tiny.en",
            ),
            (
                StatusReport { held: true, last: Some(Outcome::Held), ..report.clone() },
                "ready; a text is waiting (`scout ctl paste-last`)",
            ),
            (
                StatusReport { last: Some(Outcome::Typed), in_password_field: true, ..report.clone() },
                "ready; last dictation delivered; not logged (password field)",
            ),
            (
                StatusReport {
                    state: State::Error,
                    last: Some(Outcome::Typed),
                    warnings: vec!["no model".into(), "no keychain".into()],
                    ..report
                },
                "dictation does not work; last dictation delivered; 2 warnings, the first: no model",
            ),
        ];
        for (report, expected) in cases {
            assert_eq!(sentence(&report), expected);
        }
    }
}
