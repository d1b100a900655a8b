//! `scout doctor`.

mod checks;
mod finding;
mod microphone;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use scout_log::history::Home;
use scout_speech::capture::System;

use crate::config::paths::Paths;
use finding::{can_dictate, page};

/// Check what works on this machine, and explain how to fix what does not
///
/// Listens to the microphone for a second to measure its level; nothing is kept. Ends with 0 when dictation can work, else
/// with 1.
#[derive(Debug, clap::Args)]
pub struct Command {
    /// Print JSON instead of a page
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let paths = Paths::of_user()?;
        let desktop = scout_platform::detect();
        let (configuration, config) = checks::configuration(&paths);
        let mut findings = vec![checks::agent(&paths.runtime), configuration];
        let mut capabilities = scout_platform::capabilities(desktop.as_ref());
        let hook = if config.key.devices { desktop.device_hook() } else { desktop.key_hook() };
        // Not every desktop takes every key.
        capabilities = capabilities.with_hook(hook.map(|mut hook| {
            hook.want(&crate::app::shortcuts(&config.key));
            hook
        }));
        findings.extend(checks::desktop(&capabilities, &crate::bindings::binding(&config.key)));
        findings.push(checks::password_fields(desktop.field_probe()));
        findings.push(checks::tray());
        findings.push(microphone::check(&System, &config.microphone.device));
        findings.push(checks::processor());
        findings.push(checks::model(&paths.models, &config.model.name));
        let mut vault = paths.vault();
        findings.push(checks::log_key(&mut vault));
        findings.push(checks::database(&Home::from(&paths), &mut vault));
        findings.push(checks::unfinished(&paths.spool));

        let text = if self.json { serde_json::to_string_pretty(&findings)? + "\n" } else { page(&findings) };
        io::stdout().write_all(text.as_bytes()).context("the findings could not be printed")?;
        Ok(if can_dictate(&findings) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
