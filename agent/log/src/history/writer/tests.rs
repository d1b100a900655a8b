//! Tests of the writer.

mod encryption;
mod erasure;
mod exchange;
#[cfg(unix)]
mod links;
mod repair;

use std::path::Path;

use jiff::Timestamp;
use scout_core::dictation::DictationId;
use scout_core::log_entry::Entry;
use scout_platform::Desktop as _;
use scout_platform::fake::FakeDesktop;

use super::*;
use crate::history::{Format, Which};

struct Place {
    folder: tempfile::TempDir,
    desktop: FakeDesktop,
}

fn home_in(folder: &Path) -> Home {
    Home::new(folder, &folder.join("history.sqlite3"), &folder.join("spool"))
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), desktop: FakeDesktop::new() }
    }

    fn home(&self) -> Home {
        home_in(self.folder.path())
    }

    fn writer(&self) -> Writer {
        self.writer_in(self.folder.path())
    }

    /// Returns a writer of the log in another folder, with the same keychain.
    fn writer_in(&self, folder: &Path) -> Writer {
        let home = home_in(folder);
        let vault = Vault::new(folder, &home.spool, self.desktop.secrets());
        Writer::new(home, vault)
    }

    /// Returns whether a file of the log contains these bytes.
    fn holds(&self, needle: &[u8]) -> bool {
        fn any(folder: &Path, needle: &[u8]) -> bool {
            folder.read_dir().unwrap().flatten().any(|file| {
                let path = file.path();
                if path.is_dir() {
                    any(&path, needle)
                } else {
                    std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
                }
            })
        }
        any(self.folder.path(), needle)
    }
}

fn entry(number: u64, text: &str) -> Entry {
    let mut entry = Entry::new(DictationId::numbered(number), Timestamp::UNIX_EPOCH, "default");
    entry.application.id = Some("gedit".into());
    entry.text = text.into();
    entry
}

fn record(writer: &mut Writer, number: u64, text: &str) {
    writer.store().unwrap().record(&entry(number, text)).unwrap();
}

/// Opens the log, and returns what happened.
fn news(writer: &mut Writer) -> Vec<News> {
    writer.store().unwrap();
    writer.take_news()
}

fn found(writer: &mut Writer, word: &str) -> usize {
    writer.store().unwrap().search(word, 9).unwrap().len()
}

#[test]
fn an_export_comes_back_and_a_wrong_line_brings_nothing() {
    let place = Place::new();
    let mut writer = place.writer();
    for number in 1..=3 {
        record(&mut writer, number, &format!("word{number}"));
    }
    let file = place.folder.path().join("export.jsonl");
    let mut output = Vec::new();
    writer.store().unwrap().export(Format::JsonLines, &mut output).unwrap();
    std::fs::write(&file, &output).unwrap();
    writer.run(Job::Delete { which: Which { until: Some(Timestamp::MAX), ..Which::default() } }).unwrap();
    assert_eq!(found(&mut writer, "word2"), 0);
    writer.run(Job::Import { from: file.clone() }).unwrap();
    assert_eq!(found(&mut writer, "word2"), 1);
    output.extend_from_slice(b"{\"id\":1}\n");
    std::fs::write(&file, &output).unwrap();
    let error = writer.run(Job::Import { from: file }).unwrap_err();
    assert!(matches!(error, HistoryError::NotImported { line: 4, .. }), "{error}");
}

#[test]
fn there_is_one_writer_at_a_time() {
    let place = Place::new();
    let mut first = place.writer();
    record(&mut first, 1, "word");
    assert!(matches!(place.writer().store(), Err(HistoryError::Locked { .. })));
    first.close();
    assert_eq!(found(&mut place.writer(), "word"), 1);
}
