//! `scout rewrite`.

use std::io::{IsTerminal, Read as _};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use scout_core::profile::DEFAULT;

use crate::config::paths::Paths;
use crate::rewriter::{self, KEY_NAME};
use crate::setup;

/// Try the language model that rewrites texts, and store its key
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Ask the language model about a text, and print its answer
    Try {
        /// The text
        text: String,
        /// With this profile's settings, whether or not they ask for rewriting
        #[arg(long, value_name = "NAME", default_value = DEFAULT)]
        profile: String,
    },
    /// Store the key for a server on another machine in the keychain; it is read from standard input
    Key {
        /// Remove it instead
        #[arg(long)]
        remove: bool,
    },
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Try { text, profile } => {
                let loaded = setup::load(&Paths::of_user()?)?;
                let profile =
                    loaded.profiles.named(&profile).with_context(|| format!("there is no profile `{profile}`"))?;
                let settings = profile.settings(&loaded.config);
                let desktop = scout_platform::detect();
                println!("{}", rewriter::rewrite(&text, &settings.rewrite, || desktop.secrets())?);
            }
            Action::Key { remove: true } => scout_platform::detect().secrets().delete(KEY_NAME)?,
            Action::Key { remove: false } => {
                if std::io::stdin().is_terminal() {
                    eprintln!("Paste the key, then press Enter and Ctrl+D:");
                }
                let mut key = String::new();
                std::io::stdin().read_to_string(&mut key).context("the key cannot be read from standard input")?;
                ensure!(!key.trim().is_empty(), "there is no key on standard input: nothing was stored");
                scout_platform::detect().secrets().set(KEY_NAME, key.trim().as_bytes())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
