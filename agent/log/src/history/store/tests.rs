use scout_core::dictation::DictationId;
use scout_core::log_entry::Outcome;
use scout_core::log_entry::{Application, Delivery, Entry, Latencies};
use serde_json::json;

use jiff::tz::Offset;

use super::*;

fn entry(number: u64, text: &str) -> Entry {
    let mut entry = Entry::new(DictationId::numbered(number), "2026-03-01T12:00:00.123Z".parse().unwrap(), "default");
    entry.text = text.to_owned();
    entry
}

/// An entry with a value in every field.
fn full_entry() -> Entry {
    let ms = |value| Some(Duration::from_millis(value));
    Entry {
        id: DictationId::new(),
        started: "2026-03-01T12:00:00.123Z".parse().unwrap(),
        utc_offset: Offset::constant(-5),
        ended: Some("2026-03-01T12:00:07.5Z".parse().unwrap()),
        application: Application {
            id: Some("org.gnome.TextEditor".into()),
            title: Some("Draft — Text Editor".into()),
            executable: Some("/usr/bin/gnome-text-editor".into()),
        },
        profile: "writing".into(),
        language: Some("en".into()),
        model: Some("tiny.en".into()),
        raw_text: " Hello new line world".into(),
        text: "Hello\nworld \u{1f44b}".into(),
        audio: Duration::from_millis(6_400),
        speech: Duration::from_millis(5_100),
        outcome: Outcome::Typed,
        detail: Some("typed after waiting for Ctrl".into()),
        latencies: Latencies {
            ready: ms(41),
            audio_end: ms(300),
            transcribe: ms(512),
            compose: ms(0),
            deliver: ms(77),
            release_to_text: ms(890),
        },
        segments: json!([{ "start_ms": 0, "end_ms": 5100, "text": " Hello new line world" }]),
    }
}

#[test]
fn an_entry_is_read_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (full, bare) = (full_entry(), entry(1, ""));
    let store = Store::open(&path, &crate::vault::test_key()).unwrap();
    store.record(&full).unwrap();
    store.record(&bare).unwrap();
    assert_eq!(store.get(full.id).unwrap().unwrap(), full);
    drop(store);
    let reader = Store::open_read_only(&path, &crate::vault::test_key()).unwrap();
    assert_eq!(reader.get(full.id).unwrap().unwrap(), full);
    assert_eq!(reader.get(bare.id).unwrap().unwrap(), bare);
    assert_eq!(reader.get(DictationId::numbered(7)).unwrap(), None);
}

#[test]
fn only_its_owner_can_read_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/here/log");
    let store = Store::open(&path, &crate::vault::test_key()).unwrap();
    store.record(&entry(1, "text")).unwrap();
    let folder = path.parent().unwrap();
    assert!(files::is_private(folder).unwrap());
    let written: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    assert!(written.len() >= 2, "{written:?}");
    for file in written {
        assert!(files::is_private(&file).unwrap(), "{}", file.display());
    }
}

#[test]
fn recording_again_changes_the_entry_and_adds_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
    let mut written = entry(1, "before");
    store.record(&written).unwrap();
    let delivery = Delivery {
        outcome: Outcome::Held,
        detail: Some("the focus moved".into()),
        ended: "2026-03-01T12:00:09Z".parse().unwrap(),
        deliver: None,
        release_to_text: None,
    };
    assert!(store.update(written.id, &delivery).unwrap());
    assert!(!store.update(DictationId::numbered(2), &delivery).unwrap());
    written.apply(&delivery);
    assert_eq!(store.list(10, None).unwrap(), [written.clone()]);
    written.text = "after".into();
    store.record(&written).unwrap();
    assert_eq!(store.list(10, None).unwrap(), [written]);
    assert!(store.search("before", 10).unwrap().is_empty());
    assert_eq!(store.search("after", 10).unwrap().len(), 1);
}

#[test]
fn the_list_is_newest_first_and_can_be_paged() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
    assert_eq!(store.latest().unwrap(), None);
    for number in [3, 1, 2, 5, 4] {
        store.record(&entry(number, "text")).unwrap();
    }
    let numbers = |entries: Vec<Entry>| -> Vec<DictationId> { entries.into_iter().map(|entry| entry.id).collect() };
    let expected = |numbers: &[u64]| -> Vec<_> { numbers.iter().copied().map(DictationId::numbered).collect() };
    assert_eq!(numbers(store.list(2, None).unwrap()), expected(&[5, 4]));
    assert_eq!(numbers(store.list(9, Some(DictationId::numbered(4))).unwrap()), expected(&[3, 2, 1]));
    assert_eq!(store.latest().unwrap().unwrap().id, DictationId::numbered(5));
}

#[test]
fn an_id_is_found_by_its_first_or_last_digits() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
    let id = |text: &str| text.parse::<DictationId>().unwrap();
    let first = id("0199aaaa-0000-7000-8000-0000deadbeef");
    let second = id("0199aabb-0000-7000-8000-00000badcafe");
    for id in [first, second] {
        store.record(&Entry { id, ..entry(0, "text") }).unwrap();
    }
    let found = |text: &str| store.find(text).map(|entry| entry.id);
    assert_eq!(found(&first.to_string()).unwrap(), first);
    assert_eq!(found("0199aaB").unwrap(), second);
    assert_eq!(found("0199aaaa-00").unwrap(), first);
    assert_eq!(found("DEADBEEF").unwrap(), first);
    assert_eq!(found(&store.get(second).unwrap().unwrap().short_id()).unwrap(), second);
    assert!(matches!(found("0199aa"), Err(HistoryError::Ambiguous { .. })));
    assert!(matches!(found("0198"), Err(HistoryError::NoSuchEntry { .. })));
    for wrong in ["", "019", "xyz1", "'; DROP", "%%%%", &"0".repeat(33)] {
        assert!(matches!(found(wrong), Err(HistoryError::NotAnId { .. })), "{wrong}");
    }
}

#[test]
fn a_deleted_entry_is_gone_from_list_and_search() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
    store.record(&entry(1, "secret")).unwrap();
    store.record(&entry(2, "other")).unwrap();
    assert!(store.delete(DictationId::numbered(1)).unwrap());
    assert!(!store.delete(DictationId::numbered(1)).unwrap());
    assert_eq!(store.list(10, None).unwrap().len(), 1);
    assert!(store.search("secret", 10).unwrap().is_empty());
}

#[test]
fn a_reader_sees_what_the_writer_writes_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let writer = Store::open(&path, &crate::vault::test_key()).unwrap();
    let reader = Store::open_read_only(&path, &crate::vault::test_key()).unwrap();
    writer.record(&entry(1, "text")).unwrap();
    assert_eq!(reader.list(10, None).unwrap().len(), 1);
    assert!(matches!(reader.record(&entry(2, "text")), Err(HistoryError::NoAccess { .. })));
    assert!(matches!(
        Store::open_read_only(&folder.path().join("elsewhere"), &crate::vault::test_key()),
        Err(HistoryError::Missing { .. })
    ));
}

#[test]
fn a_log_of_a_newer_scout_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    {
        let store = Store::open(&path, &crate::vault::test_key()).unwrap();
        store.record(&entry(1, "text")).unwrap();
        store.connection.pragma_update(None, "user_version", migrate::LATEST + 1).unwrap();
    }
    let before = std::fs::read(&path).unwrap();
    for result in
        [Store::open(&path, &crate::vault::test_key()), Store::open_read_only(&path, &crate::vault::test_key())]
    {
        let message = result.unwrap_err().to_string();
        assert!(message.contains("newer Scout") && message.contains("update Scout"), "{message}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_log_of_an_older_scout_is_brought_up_to_date_when_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    {
        let mut store = Store::open(&path, &crate::vault::test_key()).unwrap();
        store.record(&entry(1, "some text")).unwrap();
        migrate::migrate(&mut store.connection, 1).unwrap();
    }
    assert!(matches!(
        Store::open_read_only(&path, &crate::vault::test_key()),
        Err(HistoryError::Older { found: 1, .. })
    ));
    assert_eq!(Store::open(&path, &crate::vault::test_key()).unwrap().search("text", 10).unwrap().len(), 1);
}

#[test]
fn what_is_no_database_is_called_damaged_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let content = "this was never a database ".repeat(100);
    std::fs::write(&path, &content).unwrap();
    assert!(matches!(Store::open(&path, &crate::vault::test_key()), Err(HistoryError::Damaged { .. })));
    assert!(matches!(Store::open_read_only(&path, &crate::vault::test_key()), Err(HistoryError::Damaged { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
}

#[test]
fn a_value_that_no_scout_wrote_is_an_error_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
    for change in ["outcome = 'vanished'", "started_ms = 9223372036854775807", "utc_offset_s = 999999", "audio_ms = -1"]
    {
        store.record(&entry(1, "text")).unwrap();
        store.connection.execute(&format!("UPDATE dictation SET {change}"), []).unwrap();
        assert!(matches!(store.list(1, None), Err(HistoryError::Damaged { .. })), "{change}");
    }
}

#[test]
fn it_survives_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
    let pages: i64 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    // SQLite reports its own limit on the size just as it reports a full disk.
    let _: i64 = store.connection.pragma_update_and_check(None, "max_page_count", pages, |row| row.get(0)).unwrap();
    let long = "words ".repeat(10_000);
    assert!(matches!(store.record(&entry(1, &long)), Err(HistoryError::DiskFull { .. })));
    assert_eq!(store.list(10, None).unwrap(), []);
    let _: i64 = store.connection.pragma_update_and_check(None, "max_page_count", 10_000, |row| row.get(0)).unwrap();
    store.record(&entry(1, &long)).unwrap();
    assert_eq!(store.search("words", 10).unwrap().len(), 1);
}
