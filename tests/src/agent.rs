//! The agent under test: the real binary, started as a user would.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::desktop::Desktop;
use crate::disk::Disk;
use crate::place::Place;
use crate::process::Process;
use crate::wait::wait_for;

/// A running `scout run`. Dropping it kills it.
#[derive(Debug)]
pub struct Agent {
    place: Place,
    process: Process,
}

impl Agent {
    /// Writes the user's configuration, starts the agent and waits until it answers.
    ///
    /// The box's agent uses the models of whoever runs the tests; its log, spool and settings are its own, and are still
    /// there for the next agent in the same box.
    pub fn start(desktop: &Desktop, config: &str) -> Result<Self> {
        let agent = Self::launch(desktop, config)?;
        agent.wait_until_ready()
    }

    /// The same, with its data on a disk that may fail.
    pub fn start_on(disk: &Disk, desktop: &Desktop, config: &str) -> Result<Self> {
        Self::launch_with(desktop, config, |command| disk.lie_under(command))?.wait_until_ready()
    }

    /// The same, with a fault that strikes once: a debug build fails at that place the first time that it gets there.
    pub fn start_with_fault(desktop: &Desktop, config: &str, place: &str) -> Result<Self> {
        let strike = |command: &mut Command| {
            command.env("SCOUT_FAULT", place);
        };
        Self::launch_with(desktop, config, strike)?.wait_until_ready()
    }

    /// The binary under test.
    pub fn binary() -> Result<&'static Path> {
        binary()
    }

    /// Starts the agent without waiting for it.
    pub fn launch(desktop: &Desktop, config: &str) -> Result<Self> {
        Self::launch_with(desktop, config, |_| ())
    }

    fn launch_with(desktop: &Desktop, config: &str, prepare: impl FnOnce(&mut Command)) -> Result<Self> {
        let place = desktop.place();
        let folder = place.config().join("scout");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("config.toml"), config)?;
        link_models(place)?;
        let mut command = place.command(binary()?);
        command.arg("run");
        prepare(&mut command);
        let process = place.start("scout", command)?;
        Ok(Self { place: place.clone(), process })
    }

    fn wait_until_ready(mut self) -> Result<Self> {
        wait_for("the agent to answer", || {
            anyhow::ensure!(self.process.is_running(), "the agent ended. {}", self.process.complaint());
            Ok(self.status().ok())
        })
        .with_context(|| self.process.complaint())?;
        Ok(self)
    }

    /// Runs `scout` with these arguments beside the agent, and returns what it did, successful or not.
    pub fn scout(&self, arguments: &[&str]) -> Result<Output> {
        scout(&self.place, arguments)
    }

    /// Starts `scout` with these arguments beside the agent, for a command that goes on, such as `ctl status --follow`.
    pub fn spawn(&self, arguments: &[&str]) -> Result<Process> {
        let mut command = self.place.command(binary()?);
        command.args(arguments);
        self.place.start("scout-beside", command)
    }

    /// Runs `scout ctl ...`, which has to succeed.
    pub fn ctl(&self, arguments: &[&str]) -> Result<String> {
        let output = self.scout(&[&["ctl"], arguments].concat())?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        anyhow::ensure!(
            output.status.success(),
            "scout ctl {arguments:?} failed: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(said)
    }

    /// Writes the user's configuration anew, as an editor would.
    pub fn configure(&self, config: &str) -> Result<()> {
        let path = self.place.config().join("scout/config.toml");
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, config)?;
        Ok(std::fs::rename(fresh, path)?)
    }

    /// What `scout ctl status --json` says.
    pub fn status(&self) -> Result<Value> {
        Ok(serde_json::from_str(&self.ctl(&["status", "--json"])?)?)
    }

    /// Waits until the agent is in that state: `idle`, `listening`, `finishing` or `delivering`.
    pub fn wait_for_state(&self, state: &str) -> Result<()> {
        wait_for(&format!("the state {state}"), || Ok((self.status()?["state"] == state).then_some(())))
            .with_context(|| self.process.complaint())
    }

    /// The log's rows, newest first, as `scout history list --json` prints them: one object a line, or a list.
    pub fn history(&self) -> Result<Vec<Value>> {
        history(&self.place)
    }

    /// What the agent has printed so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The agent's process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Sends a signal, by its name without SIG.
    pub fn signal(&self, name: &str) -> Result<()> {
        self.process.signal(name)
    }

    /// Waits until the agent ends by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.process.wait()
    }

    /// Kills it, as a crash would.
    pub fn kill(mut self) {
        self.process.kill();
    }
}

/// Runs `scout` in the box without an agent of its own, and returns what it did, successful or not.
pub(crate) fn scout(place: &Place, arguments: &[&str]) -> Result<Output> {
    Ok(place.command(binary()?).args(arguments).stdin(Stdio::null()).output()?)
}

fn history(place: &Place) -> Result<Vec<Value>> {
    let output = scout(place, &["history", "list", "--json"])?;
    anyhow::ensure!(output.status.success(), "scout history list failed: {}", String::from_utf8_lossy(&output.stderr));
    let rows = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let mut all = Vec::new();
    for row in rows {
        match row? {
            Value::Array(list) => all.extend(list),
            one => all.push(one),
        }
    }
    Ok(all)
}

impl Desktop {
    /// Runs `scout` in the box, whether or not an agent runs, and returns what it did, successful or not.
    pub fn scout(&self, arguments: &[&str]) -> Result<Output> {
        scout(self.place(), arguments)
    }

    /// Lets commands find the models of the user who runs the tests, where no agent has been started yet.
    pub fn install_models(&self) -> Result<()> {
        link_models(self.place())
    }

    /// The log's rows, whether or not an agent runs.
    pub fn history(&self) -> Result<Vec<Value>> {
        history(self.place())
    }
}

/// The binary under test: `SCOUT_BIN`, or the one that cargo builds from this tree, built now if it is older than its
/// sources. A test never runs yesterday's agent.
fn binary() -> Result<&'static Path> {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    if let Some(found) = BINARY.get() {
        return Ok(found);
    }
    let found = match std::env::var_os("SCOUT_BIN") {
        Some(given) => PathBuf::from(given).canonicalize().context("SCOUT_BIN does not name a file")?,
        None => build()?,
    };
    Ok(BINARY.get_or_init(|| found))
}

fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(cargo);
    command.current_dir(workspace).args(["build", "--quiet", "--package", "scout", "--bin", "scout"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let status = command.status().context("cargo cannot be started; set SCOUT_BIN to a built scout")?;
    anyhow::ensure!(status.success(), "scout does not build");
    // Test programs lie in target/PROFILE/deps, the demo in target/PROFILE, and scout in target/PROFILE.
    let own = std::env::current_exe()?;
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("scout"))
        .find(|candidate| candidate.is_file())
        .with_context(|| format!("no scout near {}; set SCOUT_BIN", own.display()))
}

/// Lets the agent in the box find the models of the user who runs the tests, instead of copying them.
fn link_models(place: &Place) -> Result<()> {
    let link = place.data().join("scout/models");
    if link.is_symlink() {
        return Ok(());
    }
    let store = std::env::var_os("SCOUT_TEST_MODELS").map(PathBuf::from).map_or_else(user_models, Ok)?;
    anyhow::ensure!(
        store.is_dir(),
        "there is no speech model at {}: `make model` gets it; SCOUT_TEST_MODELS names another folder",
        store.display()
    );
    std::fs::create_dir_all(place.data().join("scout"))?;
    std::os::unix::fs::symlink(store.canonicalize()?, link)?;
    Ok(())
}

fn user_models() -> Result<PathBuf> {
    let data = match std::env::var_os("XDG_DATA_HOME") {
        Some(data) if !data.is_empty() => PathBuf::from(data),
        _ => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".local/share"),
    };
    Ok(data.join("scout/models"))
}
