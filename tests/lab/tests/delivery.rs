//! The instrument of delivery, on a desktop in a box.

use std::process::Command;

use anyhow::{Result, ensure};

#[test]
fn what_is_measured_arrives() -> Result<()> {
    let mut instrument = Command::new(env!("CARGO_BIN_EXE_scout-lab"));
    let output = instrument.args(["delivery", "--boxed", "--json", "--runs", "1"]).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<serde_json::Value> = serde_json::from_str(&said)?;
    ensure!(lines.len() == 6 && lines[0]["method"] == "typed" && lines[5]["method"] == "pasted", "{said}");
    Ok(())
}
