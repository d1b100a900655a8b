//! Damaged, missing and truncated logs.

use super::*;
use crate::history::Damage;

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in from.read_dir().unwrap().flatten() {
        let to = to.join(file.file_name());
        if file.path().is_dir() { copy(&file.path(), &to) } else { std::fs::copy(file.path(), to).map(drop).unwrap() }
    }
}

#[test]
fn a_damaged_page_costs_only_what_was_on_it() {
    let place = Place::new();
    let mut writer = place.writer();
    for number in 1..=400 {
        record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
    }
    writer.store().unwrap().keep_recording(DictationId::numbered(1), &[0.25; 4_000]).unwrap();
    replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
    drop(writer);
    let database = place.home().database;
    let mut bytes = std::fs::read(&database).unwrap();
    // A page of the table, somewhere in the middle.
    let at = bytes.len() / 4096 / 2 * 4096;
    bytes[at + 100..at + 200].fill(0x5a);
    std::fs::write(&database, bytes).unwrap();
    let mut writer = place.writer();
    let Some(News::Rescued { entries, aside }) = news(&mut writer).pop() else { panic!("not noticed") };
    assert!((380..=400).contains(&entries), "{entries}");
    assert!(aside.exists());
    let store = writer.store().unwrap();
    assert_eq!(u64::from(store.check().unwrap()), entries);
    assert!(store.recording(DictationId::numbered(1)).unwrap().is_some());
}

#[test]
fn a_log_without_its_first_page_is_replaced_by_its_newest_backup() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "copied");
    writer.run(Job::BackUp { to: None }).unwrap();
    replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
    drop(writer);
    let database = place.home().database;
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[..512].fill(0);
    std::fs::write(&database, bytes).unwrap();
    let mut writer = place.writer();
    assert!(matches!(news(&mut writer)[..], [News::FellBack { damage: Damage::Unreadable, entries: 1, .. }]));
    assert_eq!(found(&mut writer, "copied"), 1);
}

#[test]
fn a_power_cut_at_any_byte_of_the_write_ahead_log_costs_only_what_comes_after_it() {
    const WRITTEN: u64 = 20;
    const CUTS: usize = 24;
    let place = Place::new();
    let mut writer = place.writer();
    for number in 1..=WRITTEN {
        record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
    }
    let mut counts = Vec::new();
    for cut in 0..=CUTS {
        let after = tempfile::tempdir().unwrap();
        copy(place.folder.path(), after.path());
        let mut writer = place.writer_in(after.path());
        let log = files::with_ending(&writer.home.database, "-wal");
        let length = std::fs::metadata(&log).unwrap().len() as usize;
        let left = if cut == CUTS { length } else { (length * cut / CUTS).saturating_sub(13) };
        std::fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(left as u64).unwrap();
        let news = news(&mut writer);
        let store = writer.store().unwrap();
        assert_eq!(news, [], "cut at {left} of {length}, it was taken for damage");
        let count = u64::from(store.check().unwrap());
        for number in 1..=count {
            assert_eq!(store.search(&format!("\"word{number}\""), 9).unwrap().len(), 1, "{number} of {count}");
        }
        counts.push(count);
    }
    assert!(counts.is_sorted() && counts[0] < counts[CUTS / 2], "{counts:?}");
    assert_eq!(counts[CUTS], WRITTEN);
}

#[test]
fn a_truncated_database_is_repaired_as_far_as_possible() {
    for share in [1, 4, 7, 9] {
        let place = Place::new();
        let mut writer = place.writer();
        for number in 1..=100 {
            record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
        }
        writer.run(Job::BackUp { to: None }).unwrap();
        record(&mut writer, 101, "after the copy");
        replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
        drop(writer);
        let database = place.home().database;
        let length = std::fs::metadata(&database).unwrap().len();
        std::fs::OpenOptions::new().write(true).open(&database).unwrap().set_len(length * share / 10).unwrap();
        let mut writer = place.writer();
        let news = news(&mut writer).pop();
        let left = writer.store().unwrap().check().unwrap();
        match news {
            Some(News::Rescued { entries, aside }) => {
                assert!(aside.exists() && entries == u64::from(left) && entries > 0, "{entries} {left}");
            }
            Some(News::FellBack { aside, .. }) => {
                assert!(aside.is_some_and(|aside| aside.exists()) && left == 100, "{left}");
            }
            other => panic!("{share} tenths left: {other:?}"),
        }
    }
}

#[test]
fn a_log_that_is_gone_or_empty_is_replaced_by_its_newest_backup_with_dictations() {
    for damage in [Damage::Missing, Damage::Empty] {
        let place = Place::new();
        let mut writer = place.writer();
        assert_eq!(news(&mut writer), [], "a first start is silent");
        for number in 1..=5 {
            record(&mut writer, number, "copied");
        }
        writer.run(Job::BackUp { to: None }).unwrap();
        replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
        drop(writer);
        let database = place.home().database;
        // The newest copies are an empty file and an empty log.
        std::fs::write(place.home().backups.join("history-20990101T000000Z.sqlite3"), "").unwrap();
        let empty = place.home().backups.join("history-20980101T000000Z.sqlite3");
        drop(Store::open(&empty, &place.writer().vault.current().unwrap()).unwrap());
        if damage == Damage::Missing {
            std::fs::remove_file(&database).unwrap();
        } else {
            std::fs::write(&database, "").unwrap();
        }
        let error = crate::history::open_for_reading(&place.home(), &mut place.writer().vault).unwrap_err();
        assert!(error.to_string().contains("history repair"), "{error}");
        let mut writer = place.writer();
        let news = news(&mut writer);
        assert!(matches!(news[..], [News::FellBack { damage: found, entries: 5, .. }] if found == damage), "{news:?}");
        assert_eq!(found(&mut writer, "copied"), 5);
        let said = writer.run(Job::Repair).unwrap().said;
        assert_eq!(said, "The log is whole: 5 dictations.");
    }
}

#[test]
fn a_log_that_is_gone_without_a_backup_is_created_again_and_that_is_reported() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "lost");
    drop(writer);
    files::remove_database(&place.home().database).unwrap();
    let mut writer = place.writer();
    assert_eq!(writer.run(Job::Repair).unwrap().said, "The log is whole: 0 dictations.");
    let said = writer.take_news().pop().unwrap().to_string();
    assert!(said.contains("The log was missing, and there is no copy"), "{said}");
    // It is whole now, and so is one that was put aside or deleted on purpose.
    drop(writer);
    let mut writer = place.writer();
    assert_eq!(news(&mut writer), []);
    for job in [Job::BeginAnew, Job::DeleteEverything] {
        writer.run(job).unwrap();
        assert_eq!(writer.take_news(), []);
    }
}
