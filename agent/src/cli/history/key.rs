//! `scout history key` and `scout history rekey`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use scout_log::history::{Home, Job, adopt_key, write_plain};
use scout_log::vault::{self, Custody, Vault};
use zeroize::Zeroizing;

use super::{ask, print};
use crate::config::paths::Paths;
use crate::control::job;

/// Encrypt the log and its copies with a new key
///
/// The old key is deleted, unless an unfinished recording still needs it.
#[derive(Debug, clap::Args)]
pub(super) struct Rekey {}

impl Rekey {
    pub(super) fn run(paths: &Paths) -> anyhow::Result<()> {
        ask::perform(paths, Job::Rekey)
    }
}

/// Export, import, move or replace the key of the log
#[derive(Debug, clap::Args)]
pub(super) struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write the key into a file that a passphrase opens, for another machine or the day when the keychain is lost
    Export {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Import the key from such a file, or from a file in which Scout keeps it
    Import {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Move the key to another place
    Move {
        /// The new place
        #[arg(value_enum)]
        to: Place,
    },
    /// Set a log aside whose key is lost, and begin a new one with a new key
    New {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Passphrase {
    /// Read the passphrase from the first line of this file instead of asking for it
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Place {
    /// The system's keychain
    Keychain,
    /// A file that only you can read
    File,
}

impl Command {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        match self.action {
            Action::Export { file, passphrase } => export(&Home::from(paths), &mut paths.vault(), &file, &passphrase),
            Action::Import { file, passphrase } => import(paths, &file, &passphrase),
            Action::Move { to } => {
                let to = match to {
                    Place::Keychain => Custody::Keychain,
                    Place::File => Custody::File,
                };
                ask::perform(paths, Job::MoveKey { to })
            }
            Action::New { yes } => {
                let question = "The log that is here will be set aside. Without its key nobody can read it.";
                if ask::agreed(question, yes)? {
                    ask::perform(paths, Job::BeginAnew)?;
                }
                Ok(())
            }
        }
    }
}

fn export(home: &Home, vault: &mut Vault, file: &Path, passphrase: &Passphrase) -> anyhow::Result<()> {
    let key = vault.current()?;
    let text = vault::export(&key, &passphrase.ask(true)?)?;
    let written = write_plain(home, file, |output| Ok(output.write_all(text.as_bytes())?));
    written.with_context(|| format!("{} cannot be written", file.display()))?;
    print(&format!(
        "The key {} is in {}. Whoever has that file and the passphrase can read your log.\n",
        key.id(),
        file.display()
    ))
}

fn import(paths: &Paths, file: &Path, passphrase: &Passphrase) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    // One that Scout keeps in a file has no passphrase.
    let kept = vault::parse_key(text.as_bytes());
    let has_keychain = kept.is_none() && scout_platform::secrets().check().is_ok();
    let key = match kept {
        Some(key) => key,
        None => vault::import(&text, &passphrase.ask(false)?)?,
    };
    let home = Home::from(paths);
    let mut vault = paths.vault();
    adopt_key(&home, &mut vault, &key, if has_keychain { Custody::Keychain } else { Custody::File })?;
    let done = job::run(paths, Job::TakeIn)?;
    print(&format!("The key {} is back. {}\n", key.id(), done.said))?;
    ask::report(&done)
}

impl Passphrase {
    /// Reads the passphrase. Prompts `twice` where a typing error would lock the user out.
    fn ask(&self, twice: bool) -> anyhow::Result<Zeroizing<String>> {
        if let Some(file) = &self.passphrase_file {
            let text = std::fs::read_to_string(file).map(Zeroizing::new);
            let text = text.with_context(|| format!("{} cannot be read", file.display()))?;
            return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
        }
        let ask = |prompt: &str| {
            rpassword::prompt_password(prompt).map(Zeroizing::new).context("the passphrase could not be read")
        };
        let passphrase = ask("Passphrase: ")?;
        if twice {
            anyhow::ensure!(passphrase == ask("The same again: ")?, "the two passphrases differ: nothing was done");
        }
        Ok(passphrase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_log::vault::Key;
    use scout_platform::Desktop as _;

    #[test]
    fn an_exported_key_opens_with_the_passphrase_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let desktop = scout_platform::fake::FakeDesktop::new();
        let mut vault = Vault::new(folder.path(), &folder.path().join("spool"), desktop.secrets());
        let key = Key::generate().unwrap();
        vault.adopt(&key, Custody::Keychain).unwrap();
        let file = folder.path().join("key.scout");
        let secret = folder.path().join("passphrase");
        std::fs::write(&secret, "open sesame\n").unwrap();
        let home = Home::new(folder.path(), &folder.path().join("log"), &folder.path().join("spool"));
        export(&home, &mut vault, &file, &Passphrase { passphrase_file: Some(secret) }).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(vault::import(&text, "open sesame").unwrap(), key);
    }
}
