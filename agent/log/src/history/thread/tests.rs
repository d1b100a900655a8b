use std::path::Path;

use jiff::Timestamp;
use scout_core::log_entry::Outcome;
use scout_platform::Desktop as _;
use scout_platform::fake::{Failure, FakeDesktop};

use super::*;
use crate::history::Store;
use crate::spool;
use crate::vault::test_key;

fn entry(number: u64, text: &str) -> Entry {
    let mut entry = Entry::new(DictationId::numbered(number), Timestamp::UNIX_EPOCH, "default");
    entry.text = text.to_owned();
    entry
}

fn typed() -> Delivery {
    Delivery {
        outcome: Outcome::Typed,
        detail: None,
        ended: Timestamp::UNIX_EPOCH,
        deliver: Some(Duration::from_millis(50)),
        release_to_text: Some(Duration::from_millis(700)),
    }
}

fn spawn(path: &Path) -> (History, Receiver<Event>) {
    let folder = path.parent().unwrap().to_owned();
    // Bound: more events than any test causes.
    let (sender, events) = bounded(100);
    let vault = spool::tests::vault(&tempfile::tempdir().unwrap().keep());
    let home = Home::new(&folder, path, &folder.join("spool"));
    let sink = move |event| {
        if !matches!(event, Event::Opened(_)) {
            sender.send(event).unwrap();
        }
    };
    (History::spawn(home, vault, sink).unwrap(), events)
}

fn texts(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.text.as_str()).collect()
}

#[test]
fn what_is_recorded_is_in_the_log_with_its_outcome_once_the_thread_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/down/log");
    let (history, events) = spawn(&path);
    history.record(entry(1, "one"));
    history.record(entry(2, "two"));
    history.update(DictationId::numbered(1), typed());
    assert_eq!(texts(&history.recent(10).recv().unwrap()), ["two", "one"]);
    assert_eq!(texts(&history.recent(1).recv().unwrap()), ["two"]);
    history.record(entry(3, "three"));
    drop(history);
    let recorded: Vec<_> = events.into_iter().collect();
    assert!(matches!(recorded[..], [Event::Recorded(_), Event::Recorded(_), Event::Recorded(_)]), "{recorded:?}");
    let entries = Store::open_read_only(&path, &test_key()).unwrap().list(10, None).unwrap();
    assert_eq!(texts(&entries), ["three", "two", "one"]);
    assert_eq!(entries[2].outcome, Outcome::Typed);
}

#[test]
fn while_the_log_cannot_be_written_entries_are_kept_and_shown_and_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("scout");
    std::fs::write(&in_the_way, "a file where the folder should be").unwrap();
    let path = in_the_way.join("log");
    let (history, events) = spawn(&path);
    assert!(matches!(events.recv().unwrap(), Event::Failing { error: HistoryError::NoAccess { .. }, waiting: 0 }));
    history.record(entry(1, "one"));
    history.record(entry(2, "two"));
    history.update(DictationId::numbered(1), typed());
    let shown = history.recent(10).recv().unwrap();
    assert_eq!(texts(&shown), ["two", "one"]);
    assert_eq!(shown[1].outcome, Outcome::Typed);
    assert!(events.is_empty(), "the failure is reported once");

    std::fs::remove_file(&in_the_way).unwrap();
    // The thread tries again by itself.
    assert!(matches!(events.recv().unwrap(), Event::Recorded(id) if id == DictationId::numbered(1)));
    assert!(matches!(events.recv().unwrap(), Event::Recorded(id) if id == DictationId::numbered(2)));
    assert!(matches!(events.recv().unwrap(), Event::Working));
    drop(history);
    let entries = Store::open_read_only(&path, &test_key()).unwrap().list(10, None).unwrap();
    assert_eq!(texts(&entries), ["two", "one"]);
    assert_eq!(entries[1].outcome, Outcome::Typed);
}

#[test]
fn a_lock_of_another_program_delays_neither_the_caller_nor_loses_the_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let other = Store::open(&path, &test_key()).unwrap();
    let (history, events) = spawn(&path);
    assert_eq!(history.recent(10).recv().unwrap(), []);
    other.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Were this to wait for the lock, the test would never reach its end.
    history.record(entry(1, "one"));
    assert!(Store::open_read_only(&path, &test_key()).unwrap().list(10, None).unwrap().is_empty());
    other.connection.execute_batch("COMMIT").unwrap();
    assert!(matches!(events.recv().unwrap(), Event::Recorded(_)));
}

#[test]
fn a_log_that_is_removed_while_it_is_open_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (history, _events) = spawn(&path);
    history.record(entry(1, "one"));
    assert_eq!(history.recent(10).recv().unwrap().len(), 1);
    for ending in ["", "-wal", "-shm"] {
        std::fs::remove_file(folder.path().join(format!("log{ending}"))).unwrap();
    }
    history.record(entry(2, "two"));
    drop(history);
    assert_eq!(texts(&Store::open_read_only(&path, &test_key()).unwrap().list(10, None).unwrap()), ["two", "one"]);
}

#[test]
fn while_the_keychain_is_locked_entries_are_sealed_and_taken_in_once_it_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (database, spool) = (folder.path().join("log"), folder.path().join("spool"));
    let home = Home::new(folder.path(), &database, &spool);
    let desktop = FakeDesktop::new();
    let start = || {
        let (sender, events) = bounded(100);
        let vault = Vault::new(folder.path(), &spool, desktop.secrets());
        (History::spawn(home.clone(), vault, move |event| sender.send(event).unwrap()).unwrap(), events)
    };
    let (history, events) = start();
    assert!(matches!(events.recv().unwrap(), Event::Opened(Custody::Keychain)));
    history.record(entry(1, "before"));
    drop(history);

    desktop.handle().fail_secrets(Some(Failure::Permission));
    let (history, events) = start();
    assert!(matches!(events.recv().unwrap(), Event::Sealing { .. }));
    history.record(entry(2, "sealed words"));
    history.update(DictationId::numbered(2), typed());
    assert!(matches!(events.recv().unwrap(), Event::Recorded(id) if id == DictationId::numbered(2)));
    drop(history);
    let sealed = std::fs::read_dir(folder.path().join("queue")).unwrap().count();
    assert_eq!(sealed, 2);

    desktop.handle().fail_secrets(None);
    let (history, _events) = start();
    let recent = history.recent(9).recv().unwrap();
    assert_eq!(texts(&recent), ["sealed words", "before"]);
    assert_eq!(recent[0].outcome, Outcome::Typed);
    assert_eq!(std::fs::read_dir(folder.path().join("queue")).unwrap().count(), 0);
}

#[test]
fn the_upkeep_is_due_once_an_hour() {
    let now = Instant::now();
    let minutes = |minutes| now + Duration::from_mins(minutes);
    assert!(is_upkeep_due(None, now));
    assert!(!is_upkeep_due(Some(now), minutes(59)) && is_upkeep_due(Some(now), minutes(60)));
}

#[test]
fn copies_are_made_when_they_are_due_and_the_oldest_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (history, events) = spawn(&path);
    let home = Home::new(folder.path(), &path, &folder.path().join("spool"));
    let copies = || -> Vec<Timestamp> { home.all_backups().iter().map(|copy| copy.at).collect() };
    let keep_up = || {
        let limits = crate::history::Limits::default();
        history.keep_up(Upkeep { limits, backup_days: 7, backups: 2 });
        // What is asked for later is done later.
        history.recent(1).recv().unwrap();
    };
    // As if the newest copy had been made so long ago.
    let age = |hours: i64| {
        let newest = home.all_backups().pop().unwrap();
        let earlier = newest.at.checked_sub(jiff::SignedDuration::from_hours(hours)).unwrap();
        std::fs::rename(newest.path, home.backup_path(earlier)).unwrap();
    };
    keep_up();
    assert!(copies().is_empty(), "there is nothing to copy");
    history.record(entry(1, "one"));
    keep_up();
    assert_eq!(copies().len(), 1);
    keep_up();
    assert_eq!(copies().len(), 1, "the last one is new");
    age(6 * 24 + 23);
    keep_up();
    assert_eq!(copies().len(), 1, "it is not a week old");
    age(1 + 7 * 24);
    keep_up();
    age(7 * 24);
    let kept = copies().pop().unwrap();
    keep_up();
    assert_eq!((copies().len(), copies()[0]), (2, kept), "the oldest of three went");
    drop(history);
    let failed = events.into_iter().any(|event| matches!(event, Event::NoBackup(_)));
    assert!(!failed);
}
