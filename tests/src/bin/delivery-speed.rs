//! Runs `scout bench delivery` in a desktop in a box: on the same X server whatever the machine shows, and without a display.
//!
//! Its arguments are those of the benchmark: `--json`, `--runs 9`.

use anyhow::Result;
use scout_tests::{Desktop, Parts};

fn main() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let given: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = ["bench", "delivery"].into_iter().chain(given.iter().map(String::as_str)).collect();
    let output = desktop.scout(&arguments)?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    anyhow::ensure!(output.status.success(), "the benchmark failed");
    Ok(())
}
