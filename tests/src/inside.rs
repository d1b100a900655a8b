//! Running a test itself inside the box, for code that finds its desktop through the environment.

use anyhow::{Context as _, Result};

use crate::desktop::{Desktop, Parts};
use crate::place::Place;

/// Runs `body` in a process whose environment is the box's, so that code of Scout that is called in it finds the box's
/// display, microphone, bus and folders.
///
/// A process cannot change its own environment safely while it has threads. So the test program is started once more inside
/// the box with only this test, whose full name (as `cargo test` prints it) is `test`. There, `body` gets the box's display
/// and sound; everything else of the box is reached through its environment.
pub fn inside(parts: &Parts, test: &str, body: impl FnOnce(&Desktop) -> Result<()>) -> Result<()> {
    if let Some(place) = Place::around_us()? {
        return body(&Desktop::attach(place, parts)?);
    }
    let desktop = Desktop::start(parts)?;
    let mut command = desktop.place().command(std::env::current_exe()?);
    let output = command.args(["--exact", test, "--nocapture", "--test-threads=1"]).output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    anyhow::ensure!(output.status.success(), "inside the box:\n{said}");
    // A misspelt name would run nothing, and nothing fails.
    said.contains("1 passed").then_some(()).with_context(|| format!("there is no test {test:?} in this program"))?;
    println!("{said}");
    Ok(())
}
