//! Deleting everything.

use super::*;
use crate::history::seal_entry;

#[test]
fn after_deleting_everything_there_is_no_trace_and_not_even_the_key() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "secret");
    writer.run(Job::BackUp { to: None }).unwrap();
    let old = writer.vault.current().unwrap();
    seal_entry(&place.home(), &entry(2, "sealed")).unwrap();
    let mut spooled =
        spool::Spooled::create(&place.home().spool, DictationId::new(), &serde_json::Value::Null).unwrap();
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
    let mut dictating = spool::Spooled::create(&home.spool, DictationId::new(), &serde_json::Value::Null).unwrap();
    dictating.write(&[0.5; 100]).unwrap();
    writer.run(Job::DeleteEverything).unwrap();
    assert!(!place.holds(b"plantedword"), "{:?}", planted.iter().filter(|path| path.exists()).collect::<Vec<_>>());
    assert!(mine.exists() && dictating.path().exists(), "it was not Scout's to delete");
}
