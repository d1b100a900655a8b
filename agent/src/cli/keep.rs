//! `scout keep-clipboard`, which Scout starts itself when it ends.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use scout_platform::{Legacy, detect};

/// Keep on the clipboard what is read from standard input, until somebody copies something else
#[derive(Debug, clap::Args)]
pub struct Command {}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut left = Vec::new();
        std::io::stdin().lock().read_to_end(&mut left)?;
        let mut ready = || {
            let mut answer = std::io::stdout().lock();
            // Whoever started this may have lost patience: what it left is kept all the same.
            let _ = answer.write_all(b"\n").and_then(|()| answer.flush());
        };
        detect().keep_clipboard(&Legacy::from(left), &mut ready)?;
        Ok(ExitCode::SUCCESS)
    }
}
