//! What is on the clipboard through Scout outlives it: a process of its own keeps it.

use std::io;
use std::process::Command;

use scout_platform::Legacy;

/// The command that keeps it.
pub const KEEP: &str = "keep-clipboard";

/// Starts `scout keep-clipboard` with what is left. It ends as soon as somebody copies something else.
pub fn leave_to_keeper(legacy: Legacy) {
    let started = || -> io::Result<()> {
        let mut keeper = Command::new(std::env::current_exe()?);
        keeper.arg(KEEP);
        legacy.leave_to(keeper)
    };
    if let Err(error) = started() {
        tracing::warn!(%error, "what is on the clipboard goes with Scout");
    }
}
