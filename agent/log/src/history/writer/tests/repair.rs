//! Damaged, missing and truncated logs.

use rusqlite::OpenFlags;

use super::*;
use crate::history::{Damage, open_for_reading, store};

/// Copies a folder with all that is in it.
pub(super) fn copy(from: &Path, to: &Path) {
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
    let Some(News::Rescued { entries, aside, .. }) = news(&mut writer).pop() else { panic!("not noticed") };
    assert!((380..=400).contains(&entries), "{entries}");
    assert!(aside.exists());
    let store = writer.store().unwrap();
    assert_eq!(u64::from(store.check().unwrap()), entries);
    assert!(store.recording(DictationId::numbered(1)).unwrap().is_some());
}

/// Closes the log into one file, and returns its path.
fn closed(mut writer: Writer) -> std::path::PathBuf {
    replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
    writer.home.database.clone()
}

fn flip_a_bit(file: &Path, at: usize) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[at] ^= 4;
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn one_flipped_bit_anywhere_costs_only_the_dictations_on_its_page() {
    const WRITTEN: u64 = 60;
    let place = Place::new();
    let mut writer = place.writer();
    for number in 1..=WRITTEN {
        record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
    }
    let long = "long ".repeat(4_000);
    record(&mut writer, WRITTEN + 1, &long);
    writer.store().unwrap().keep_recording(DictationId::numbered(1), &[0.25; 4_000]).unwrap();
    let pages = std::fs::metadata(closed(writer)).unwrap().len() as usize / 4096;
    let mut lost = vec![0_u32; WRITTEN as usize + 2];
    // A bit in the salt, one in the first page's content, one in each other page.
    for at in std::iter::once(5).chain((0..pages).map(|page| page * 4096 + 2000)) {
        let after = tempfile::tempdir().unwrap();
        copy(place.folder.path(), after.path());
        let mut writer = place.writer_in(after.path());
        flip_a_bit(&writer.home.database, at);
        let news = news(&mut writer);
        let store = writer.store().unwrap();
        let left = store.list(1000, None).unwrap();
        if let [News::Rescued { entries, aside, .. }] = &news[..] {
            assert!(aside.exists() && *entries == left.len() as u64, "byte {at}");
        } else {
            assert!(news.is_empty() && left.len() as u64 == WRITTEN + 1, "byte {at}: {news:?}");
        }
        assert!(at >= 4096 || left.len() as u64 == WRITTEN + 1, "the first page holds no dictation: {}", left.len());
        for number in 1..=WRITTEN + 1 {
            let entry = store.get(DictationId::numbered(number)).unwrap();
            lost[number as usize] += u32::from(entry.is_none());
            let text = if number > WRITTEN { long.clone() } else { format!("word{number} {}", "filler ".repeat(60)) };
            assert!(entry.is_none_or(|entry| entry.text == text), "byte {at}: dictation {number} is changed");
        }
        let is_kept = store.recording(DictationId::numbered(1)).unwrap().is_some();
        assert!(is_kept || at >= 4096, "byte {at}: the recording is lost");
    }
    assert!(lost[1..=WRITTEN as usize].iter().all(|lost| *lost == 1), "{lost:?}");
    assert!(lost[WRITTEN as usize + 1] > 1, "it is on several pages");
}

#[test]
fn a_repair_that_is_interrupted_leaves_the_damaged_log_in_its_place() {
    let place = Place::new();
    let mut writer = place.writer();
    for number in 1..=100 {
        record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
    }
    let database = closed(writer);
    flip_a_bit(&database, 2000);
    // The folder of damaged logs cannot be made, as on a full disk.
    std::fs::write(place.home().aside, "in the way").unwrap();
    assert!(place.writer().store().is_err());
    std::fs::remove_file(place.home().aside).unwrap();
    let mut writer = place.writer();
    assert!(matches!(news(&mut writer)[..], [News::Rescued { entries: 100, .. }]));
}

#[test]
fn nothing_that_was_set_aside_is_overwritten_within_the_same_second() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "copied");
    writer.run(Job::BackUp { to: None }).unwrap();
    let copy = place.home().all_backups().pop().unwrap().path;
    for number in 2..=4 {
        record(&mut writer, number, &format!("replaced{number}"));
        writer.run(Job::Restore { from: copy.clone() }).unwrap();
    }
    let key = writer.vault.current().unwrap();
    let aside: Vec<_> = place.home().aside.read_dir().unwrap().flatten().map(|file| file.path()).collect();
    assert_eq!(aside.len(), 3, "{aside:?}");
    for number in 2..=4 {
        let has = |path: &std::path::PathBuf| {
            let store = Store::open(path, &key).unwrap();
            store.get(DictationId::numbered(number)).unwrap().is_some()
        };
        assert_eq!(aside.iter().filter(|path| has(path)).count(), 1, "{number}");
    }
}

#[test]
fn a_log_with_no_whole_page_is_replaced_by_its_newest_backup() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "copied");
    writer.run(Job::BackUp { to: None }).unwrap();
    replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
    drop(writer);
    let database = place.home().database;
    let mut bytes = std::fs::read(&database).unwrap();
    bytes.fill(0x5a);
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
            Some(News::Rescued { entries, aside, .. }) => {
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
        let error = open_for_reading(&place.home(), &mut place.writer().vault).unwrap_err();
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
    crate::history::home::remove_database(&place.home().database).unwrap();
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

/// The files of a transaction that a kill interrupts: the database has its changes, the rollback journal what was there
/// before.
fn interrupt_a_transaction(writer: &mut Writer) {
    let key = writer.vault.current().unwrap();
    let database = writer.home.database.clone();
    writer.close();
    let connection = store::connect(&database, OpenFlags::SQLITE_OPEN_READ_WRITE, Some(&key)).unwrap();
    // With a small cache, changed pages are written before the transaction ends.
    connection
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 4; BEGIN IMMEDIATE; \
             UPDATE dictation SET outcome_detail = hex(randomblob(3000));",
        )
        .unwrap();
    let journal = files::with_ending(&database, "-journal");
    let killed = [&database, &journal].map(|file| (file, std::fs::read(file).unwrap()));
    drop(connection);
    assert_ne!(std::fs::read(&database).unwrap(), killed[0].1, "nothing was written yet");
    for (file, bytes) in killed {
        std::fs::write(file, bytes).unwrap();
    }
}

#[test]
fn a_transaction_that_a_kill_interrupts_is_rolled_back_by_whoever_comes_next() {
    type Next = fn(&Place) -> Vec<Entry>;
    let (read, wait, repair, write): (Next, Next, Next, Next) = (
        |place| open_for_reading(&place.home(), &mut place.writer().vault).unwrap().list(1000, None).unwrap(),
        |place| {
            // Another process has the lock of the writer, and opens the log a moment later.
            let lock = place.home().lock_for_writing().unwrap();
            let (database, key) = (place.home().database, place.writer().vault.current().unwrap());
            let other = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(300));
                drop(Store::open(&database, &key).unwrap());
            });
            let read = open_for_reading(&place.home(), &mut place.writer().vault).unwrap();
            other.join().unwrap();
            drop(lock);
            read.list(1000, None).unwrap()
        },
        |place| {
            let mut writer = place.writer();
            assert_eq!(writer.run(Job::Repair).unwrap().said, "The log is whole: 60 dictations.");
            assert_eq!(writer.take_news(), []);
            writer.store().unwrap().list(1000, None).unwrap()
        },
        |place| {
            let mut writer = place.writer();
            assert_eq!(news(&mut writer), []);
            writer.store().unwrap().list(1000, None).unwrap()
        },
    );
    for next in [read, wait, repair, write] {
        let place = Place::new();
        let mut writer = place.writer();
        for number in 1..=60 {
            record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
        }
        let before = writer.store().unwrap().list(1000, None).unwrap();
        interrupt_a_transaction(&mut writer);
        drop(writer);
        assert_eq!(next(&place), before);
        assert!(!files::with_ending(&place.home().database, "-journal").exists());
        let mut writer = place.writer();
        record(&mut writer, 61, "later");
        assert_eq!(found(&mut writer, "later"), 1);
    }
}

#[test]
fn a_log_of_less_than_a_page_is_repaired_from_its_copy_and_its_write_ahead_log() {
    for length in [0, 1, 2, 100, 511] {
        let place = Place::new();
        let mut writer = place.writer();
        record(&mut writer, 1, "copied");
        writer.run(Job::BackUp { to: None }).unwrap();
        record(&mut writer, 2, "after the copy");
        let after = tempfile::tempdir().unwrap();
        copy(place.folder.path(), after.path());
        let mut writer = place.writer_in(after.path());
        let database = writer.home.database.clone();
        std::fs::OpenOptions::new().write(true).open(&database).unwrap().set_len(length).unwrap();
        std::fs::remove_file(files::with_ending(&database, "-shm")).unwrap();
        let journal = files::with_ending(&database, "-wal");
        let kept = std::fs::read(&journal).unwrap();
        assert!(!kept.is_empty());

        let error = open_for_reading(&writer.home, &mut writer.vault).unwrap_err();
        assert!(error.to_string().contains("history repair"), "{length}: {error}");
        let key = writer.vault.current().unwrap();
        assert!(Store::open_read_only(&database, &key).is_err());
        assert_eq!(std::fs::read(&journal).ok().as_ref(), Some(&kept), "{length}: reading changed it");
        let news = news(&mut writer);
        assert!(
            matches!(news[..], [News::FellBack { entries: 1, added: 1, aside: Some(_), .. }]),
            "{length}: {news:?}"
        );
        let aside = writer.home.aside.read_dir().unwrap().flatten().map(|file| std::fs::read(file.path()).unwrap());
        assert!(aside.into_iter().any(|bytes| bytes == kept), "{length}");
        assert_eq!((found(&mut writer, "copied"), found(&mut writer, "after")), (1, 1));
    }
}
