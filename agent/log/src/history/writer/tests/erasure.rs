//! Deleting everything.

use scout_core::spool::Spool as _;
use scout_platform::Desktop as _;
use scout_platform::fake::Failure;

use super::*;
use crate::history::seal_entry;
use crate::spool::SealedSpool;
use crate::vault::{Custody, Key};

#[test]
fn after_deleting_everything_there_is_no_trace_and_not_even_the_key() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "secret");
    writer.run(Job::BackUp { to: None }).unwrap();
    let old = writer.vault.current().unwrap();
    seal_entry(&place.home(), &entry(2, "sealed")).unwrap();
    let spool = SealedSpool::at(place.home().spool);
    let mut spooled = spool.create(DictationId::new(), &serde_json::Value::Null).unwrap();
    spooled.write(&[0.5; 100]).unwrap();
    drop(spooled);
    let before = std::fs::read(&place.home().database).unwrap();
    writer.run(Job::DeleteEverything).unwrap();
    assert!(writer.vault.key(old.id()).is_err());
    assert_eq!(writer.store().unwrap().check().unwrap(), 0);
    assert!(place.home().all_backups().is_empty() && spool::unfinished(&place.home().spool).unwrap().is_empty());
    assert_eq!(sealed_queue::waiting(&place.home().queue).len(), 0);
    // Not a page of the old database is in any file.
    assert!(!place.holds(&before[64..128]));
    record(&mut writer, 3, "anew");
    assert_eq!(found(&mut writer, "anew"), 1);
}

#[test]
fn deleting_everything_reaches_every_file_that_scout_writes() {
    let place = Place::new();
    let home = place.home();
    let mut writer = place.writer();
    record(&mut writer, 1, "word");
    let planted: Vec<std::path::PathBuf> = [
        "history.sqlite3.rescued",
        "history.sqlite3.rekeying",
        "history.sqlite3.restoring",
        "history.sqlite3.restoring-anew",
        "history.sqlite3.encrypting",
        "history.sqlite3.encrypting-wal",
        "history.sqlite3.plain",
        "history.sqlite3-journal",
        ".tmpAbCdEf",
        "mishearings.jsonl",
        "spool/.tmpAbCdEf",
        "spool/00000000-0000-7000-8000-000000000001.sealed",
        "spool/00000000-0000-7000-8000-000000000001.wav",
        "spool/00000000-0000-7000-8000-000000000001.json",
        "spool/damaged/00000000-0000-7000-8000-000000000002.sealed",
        "queue/.tmpAbCdEf",
        "queue/00000000-0000-7000-8000-000000000001.entry",
        "queue/00000000-0000-7000-8000-000000000001.damaged",
        "backups/history-20260101T000000Z.sqlite3",
        "backups/.history-AbCdEf",
        "aside/damaged-20260101T000000Z.sqlite3",
        "aside/damaged-20260101T000000Z.sqlite3-wal",
    ]
    .map(|name| home.folder().join(name))
    .to_vec();
    for path in &planted {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "plantedword").unwrap();
    }
    let mine = home.folder().join("export-of-mine.jsonl");
    std::fs::write(&mine, "mine").unwrap();
    let id = DictationId::new();
    let mut dictating = SealedSpool::at(&home.spool).create(id, &serde_json::Value::Null).unwrap();
    dictating.write(&[0.5; 100]).unwrap();
    writer.run(Job::DeleteEverything).unwrap();
    assert!(!place.holds(b"plantedword"), "{:?}", planted.iter().filter(|path| path.exists()).collect::<Vec<_>>());
    assert!(mine.exists() && home.spool.join(format!("{id}.sealed")).exists(), "it was not Scout's to delete");
}

#[test]
fn a_key_in_a_locked_keychain_is_deleted_when_the_keychain_is_unlocked() {
    type Later = fn(&mut Writer);
    let again: Later = |writer| drop(writer.run(Job::DeleteEverything).unwrap());
    let open: Later = |writer| assert_eq!(found(writer, "secret"), 0);
    for later in [again, open] {
        let place = Place::new();
        let mut writer = place.writer();
        record(&mut writer, 1, "secret");
        let old = format!("log-key-{}", writer.vault.current().unwrap().id());
        drop(writer);
        place.desktop.handle().fail_secrets(Some(Failure::Permission));
        let said = place.writer().run(Job::DeleteEverything).unwrap_err().to_string();
        for part in ["was deleted", "unlock", "history delete --everything"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!place.home().database.exists());
        place.desktop.handle().fail_secrets(None);
        assert!(place.desktop.secrets().get(&old).unwrap().is_some());
        let mut writer = place.writer();
        later(&mut writer);
        assert!(place.desktop.secrets().get(&old).unwrap().is_none());
        record(&mut writer, 2, "anew");
        assert_eq!(found(&mut writer, "anew"), 1);
    }
}

#[test]
fn key_files_that_no_list_names_are_deleted_too() {
    let place = Place::new();
    place.desktop.handle().fail_secrets(Some(Failure::NotOffered));
    let mut writer = place.writer();
    record(&mut writer, 1, "secret");
    assert_eq!(writer.vault.custody(), Some(Custody::File));
    let file = |name: String| place.folder.path().join(name);
    let current = file(format!("key-{}", writer.vault.current().unwrap().id()));
    let left = file(format!("key-{}", Key::from_bytes([5; 32]).id()));
    let mine = file("key-of-mine".to_owned());
    for path in [&left, &mine] {
        std::fs::write(path, "a key").unwrap();
    }
    // A kill after the list of keys was removed.
    writer.close();
    std::fs::remove_file(file("key.json".to_owned())).unwrap();
    writer.run(Job::DeleteEverything).unwrap();
    assert!(!current.exists() && !left.exists() && mine.exists());
}
