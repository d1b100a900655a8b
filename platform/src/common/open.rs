//! Opens a file in the program that the desktop has for it.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

#[cfg(target_os = "linux")]
const OPENER: &str = "xdg-open";
#[cfg(target_os = "macos")]
const OPENER: &str = "open";
#[cfg(target_os = "windows")]
const OPENER: &str = "notepad";

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "{program} cannot open it ({reason}): set a program for text files in the desktop's settings, or install xdg-utils"
)]
pub struct OpenError {
    /// The program that should have.
    pub program: &'static str,
    /// What the system said.
    pub reason: String,
}

/// Opens a file for the user. Returns when the program has taken it, which for some is when it is closed.
pub fn open_document(path: &Path) -> Result<(), OpenError> {
    let failed = |error: io::Error| OpenError { program: OPENER, reason: error.to_string() };
    let status = Command::new(OPENER).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).status().map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    Err(OpenError { program: OPENER, reason: status.to_string() })
}

/// The name of the program that opens files.
pub fn opener() -> &'static str {
    OPENER
}
