//! `scout history key` and `scout history rekey`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::{ask, print};
use crate::config::paths::Paths;
use crate::history::{HistoryError, Home, Job, Store};
use crate::vault::{self, Custody, Key, Vault};

/// Encrypt the log and its copies with a new key
///
/// The old key is given up, unless an unfinished recording still needs it.
#[derive(Debug, clap::Args)]
pub(super) struct Rekey {}

impl Rekey {
    pub(super) fn run(paths: &Paths) -> anyhow::Result<()> {
        ask::perform(paths, Job::Rekey)
    }
}

/// Keep the log's key safe, or bring it back
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
    /// Bring the key back from such a file
    Import {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Keep the key elsewhere
    Move {
        /// Where
        #[arg(value_enum)]
        to: Place,
    },
    /// Put a log aside whose key is lost, and begin another with a new key
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
            Action::Export { file, passphrase } => export(&mut Vault::of_user(paths), &file, &passphrase),
            Action::Import { file, passphrase } => import(paths, &file, &passphrase),
            Action::Move { to } => {
                let to = match to {
                    Place::Keychain => Custody::Keychain,
                    Place::File => Custody::File,
                };
                ask::perform(paths, Job::MoveKey { to })
            }
            Action::New { yes } => {
                let question = "The log that is here will be put aside. Without its key nobody can read it.";
                if ask::agreed(question, yes)? {
                    ask::perform(paths, Job::BeginAnew)?;
                }
                Ok(())
            }
        }
    }
}

fn export(vault: &mut Vault, file: &Path, passphrase: &Passphrase) -> anyhow::Result<()> {
    let key = vault.current()?;
    let text = vault::export(&key, &passphrase.ask(true)?)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(file).map(drop).map_err(|error| error.error)
    };
    write().with_context(|| format!("{} cannot be written", file.display()))?;
    print(&format!(
        "The key {} is in {}. Whoever has that file and the passphrase can read your log.\n",
        key.id(),
        file.display()
    ))
}

fn import(paths: &Paths, file: &Path, passphrase: &Passphrase) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let key = vault::import(&text, &passphrase.ask(false)?)?;
    let home = Home::from(paths);
    let mut vault = Vault::of_user(paths);
    adopt(&home, &mut vault, &key, scout_platform::secrets().check().is_ok())?;
    let changed = ask::change(paths, Job::TakeIn)?;
    print(&format!("The key {} is back. {}\n", key.id(), changed.said))?;
    changed.damage
}

/// Takes the key in, if it opens the log.
fn adopt(home: &Home, vault: &mut Vault, key: &Key, has_keychain: bool) -> anyhow::Result<()> {
    match Store::open_read_only(&home.database, key) {
        Ok(_) | Err(HistoryError::Missing { .. } | HistoryError::Older { .. }) => {}
        Err(HistoryError::Damaged { .. }) => {
            anyhow::bail!("the key {} does not open this log: it is another one's", key.id())
        }
        Err(error) => return Err(error.into()),
    }
    vault.adopt(key, if has_keychain { Custody::Keychain } else { Custody::File })?;
    Ok(())
}

impl Passphrase {
    /// The passphrase, asked for twice where a mistake would lock the user out.
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
    use crate::vault::test_key;
    use scout_platform::Desktop as _;

    #[test]
    fn only_the_key_that_opens_the_log_is_taken_in() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path(), &folder.path().join("log"), &folder.path().join("spool"));
        drop(Store::open(&home.database, &test_key()).unwrap());
        let desktop = scout_platform::fake::FakeDesktop::new();
        let mut vault = Vault::new(folder.path(), &home.spool, desktop.secrets());
        let file = folder.path().join("key.scout");
        let secret = folder.path().join("passphrase");
        std::fs::write(&secret, "open sesame\n").unwrap();
        let passphrase = Passphrase { passphrase_file: Some(secret) };
        assert!(adopt(&home, &mut vault, &Key::from_bytes([1; 32]), true).is_err());
        adopt(&home, &mut vault, &test_key(), true).unwrap();
        export(&mut vault, &file, &passphrase).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(vault::import(&text, "open sesame").unwrap(), test_key());
    }
}
