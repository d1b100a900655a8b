//! `scout run`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use scout_platform::socket::SocketError;
use scout_speech::capture::System;

use crate::app::fallback::Start;
use crate::app::{App, Parts};
use crate::config::paths::Paths;
use crate::control;
use crate::logging;
use crate::ui::Action;

/// Exit code when an agent is running in this session already.
const ALREADY_RUNNING: u8 = 3;

/// Start the agent in this session
///
/// It runs until `scout ctl quit`, Ctrl-C, or the end of the session. There is one agent for each session: a second one says so
/// and ends with 3.
#[derive(Debug, clap::Args)]
pub struct Command {}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        scout_platform::cpu::check_baseline()?;
        let paths = Paths::of_user()?;
        let place = match control::Place::claim(&paths.runtime) {
            Err(SocketError::AlreadyRunning) => {
                eprintln!("scout: an agent is running in this session already: `scout ctl status` asks it how it is");
                return Ok(ExitCode::from(ALREADY_RUNNING));
            }
            claimed => claimed?,
        };
        // A mistake in the user's files is reported by the agent: at log-in nobody sees what a command prints.
        let start = Start::load(&paths);
        logging::start(start.loaded.config.log.level);
        let desktop = scout_platform::detect();
        tracing::info!(session = desktop.description(), "starting");
        let app = App::start(Parts { desktop, microphone: Arc::new(System), paths, start })?;
        let server = control::Server::start(place, app.calls(), app.board().clone())?;
        let actions = app.actions();
        ctrlc::set_handler(move || {
            // The session is gone only if the agent is ending already.
            let _ = actions.send(Action::Quit);
        })
        .context("Ctrl-C and SIGTERM cannot be caught")?;
        let ended = app.run_ui();
        server.stop();
        // The service is started again after anything but success.
        ended?;
        tracing::info!("ended");
        Ok(ExitCode::SUCCESS)
    }
}
