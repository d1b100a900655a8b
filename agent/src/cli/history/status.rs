//! `scout history status`.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use scout_log::history::{self, HistoryError, Home};
use scout_log::spool;
use scout_log::vault::{Custody, Vault};
use serde::Serialize;

use super::change::sentences;
use super::{print, print_json};
use crate::config::paths::Paths;
use crate::setup;

/// Show where the log and its key are, and what waits
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// Print one JSON object with path, bytes, dictations, key, custody (keychain or file), problem, sealed,
    /// unfinished, damaged, copies and `last_copy`; what is not known is null
    #[arg(long)]
    json: bool,
}

/// The status.
#[derive(Debug, Serialize)]
struct Found {
    path: std::path::PathBuf,
    bytes: Option<u64>,
    dictations: Option<u32>,
    key: Option<String>,
    custody: Option<Custody>,
    problem: Option<String>,
    #[serde(skip)]
    key_problem: Option<String>,
    sealed: usize,
    unfinished: usize,
    damaged: usize,
    #[serde(skip)]
    damaged_in: std::path::PathBuf,
    copies: usize,
    last_copy: Option<Timestamp>,
}

impl Status {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let found = look(&Home::from(paths), &mut paths.vault());
        if self.json {
            return print_json(&found);
        }
        let limits = setup::load(paths)
            .map_or_else(|error| format!("{error}\n"), |loaded| sentences(&setup::upkeep(&loaded).limits));
        print(&(page(&found) + &limits))
    }
}

fn look(home: &Home, vault: &mut Vault) -> Found {
    let opened = history::open_for_reading(home, vault)
        .and_then(|store| Ok((store.check()?, history::shortfall(home, vault, &store)?)));
    let copies = history::backups(home);
    let (dictations, problem) = match opened {
        Ok((count, problem)) => (Some(count), problem),
        Err(HistoryError::Missing { .. }) => (Some(0), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let (slots, key_problem) = match vault.keyslot() {
        Ok(slots) => (slots, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let slot = slots.and_then(|slots| slots.keys.first().copied());
    Found {
        path: home.database.clone(),
        bytes: std::fs::metadata(&home.database).map(|file| file.len()).ok(),
        dictations,
        key: slot.map(|slot| slot.id.to_string()),
        custody: slot.map(|slot| slot.custody),
        problem,
        key_problem,
        sealed: history::sealed_entries(home),
        unfinished: spool::waiting(&home.spool).unwrap_or(0),
        damaged: spool::damaged(&home.spool).map_or(0, |left| left.len()),
        damaged_in: spool::damaged_folder(&home.spool),
        copies: copies.len(),
        last_copy: copies.last().map(|copy| copy.at),
    }
}

fn page(found: &Found) -> String {
    let mut page = String::new();
    let mut line = |label: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{label:<12}{value}");
    };
    let size = found.bytes.map_or_else(|| "not begun".to_owned(), |bytes| format!("{} KiB", bytes / 1024));
    let count = found.dictations.map_or_else(|| "dictations unknown".to_owned(), |count| format!("{count} dictations"));
    line("log", format!("{}, {count}, {size}", found.path.display()));
    line(
        "key",
        match (&found.key, found.custody) {
            (Some(key), Some(Custody::Keychain)) => format!("{key}, in the keychain"),
            (Some(key), Some(Custody::File)) => format!(
                "{key}, IN A FILE that only you can read, because no keychain answered: with one, `scout history key move \
             keychain` puts it there"
            ),
            _ if found.key_problem.is_some() => {
                format!("unknown: {}", found.key_problem.as_deref().unwrap_or_default())
            }
            _ => "none yet: it is made when the agent starts".to_owned(),
        },
    );
    if let Some(problem) = &found.problem {
        line("problem", problem.clone());
    }
    if found.sealed > 0 {
        line("sealed", format!("{} entries wait, encrypted, until the key can be had", found.sealed));
    }
    if found.unfinished > 0 {
        line("unfinished", format!("{} recordings: `scout history recover` turns them into text", found.unfinished));
    }
    if found.damaged > 0 {
        line(
            "damaged",
            format!("{} recordings that cannot be opened are kept in {}", found.damaged, found.damaged_in.display()),
        );
    }
    line(
        "copies",
        match found.last_copy {
            Some(at) => {
                format!("{}, the last of {}", found.copies, at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M"))
            }
            None => "none".to_owned(),
        },
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_platform::Desktop as _;
    use scout_platform::fake::{Failure, FakeDesktop};

    #[test]
    fn a_damaged_list_of_keys_is_shown_with_its_remedy_and_the_key_next_to_it_is_taken_in() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path(), &folder.path().join("log"), &folder.path().join("spool"));
        let desktop = FakeDesktop::new();
        desktop.handle().fail_secrets(Some(Failure::NotOffered));
        let vault = || Vault::new(folder.path(), &home.spool, desktop.secrets());
        scout_log::history::Writer::new(home.clone(), vault()).run(history::Job::TakeIn).unwrap();
        let key_file = folder.path().join(format!("key-{}", vault().current().unwrap().id()));
        for damaged in ["{", "{\"version\":1,\"keys\":[{\"id\":\"x\",\"custody\":\"file\"}]}"] {
            std::fs::write(folder.path().join("key.json"), damaged).unwrap();
            let shown = page(&look(&home, &mut vault()));
            assert!(!shown.contains("none yet"), "{shown}");
            assert!(shown.contains(&format!("`scout history key import {}`", key_file.display())), "{shown}");
            let key = scout_log::vault::parse_key(&std::fs::read(&key_file).unwrap()).unwrap();
            history::adopt_key(&home, &mut vault(), &key, Custody::File).unwrap();
            let shown = page(&look(&home, &mut vault()));
            assert!(shown.contains("0 dictations") && shown.contains("IN A FILE"), "{shown}");
        }
    }

    #[test]
    fn a_key_in_a_file_is_shown_and_so_is_what_waits() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path(), &folder.path().join("log"), &folder.path().join("spool"));
        let desktop = FakeDesktop::new();
        let handle = desktop.handle();
        let vault = || Vault::new(folder.path(), &home.spool, desktop.secrets());
        assert!(page(&look(&home, &mut vault())).contains("none yet"));
        handle.fail_secrets(Some(Failure::NotOffered));
        scout_log::history::Writer::new(home.clone(), vault()).run(history::Job::TakeIn).unwrap();
        let shown = page(&look(&home, &mut vault()));
        assert!(shown.contains("0 dictations") && shown.contains("IN A FILE"), "{shown}");
        let entry = scout_core::log_entry::Entry::new(
            scout_core::dictation::DictationId::new(),
            Timestamp::UNIX_EPOCH,
            "default",
        );
        history::seal_entry(&home, &entry).unwrap();
        assert!(page(&look(&home, &mut vault())).contains("1 entries wait"));
    }
}
