//! Another file takes the place of the log: while it is open, after a kill, and between two starts.

use super::repair::copy;
use super::*;
use crate::history::{open_for_reading, shortfall};

const COPIED: u64 = 30;
const LATER: u64 = 5;

/// Returns the writer of a log with a copy, and with dictations that the copy does not have; and the copy.
fn log_with_copy(place: &Place) -> (Writer, PathBuf) {
    let mut writer = place.writer();
    for number in 1..=COPIED {
        record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
    }
    writer.run(Job::BackUp { to: None }).unwrap();
    for number in COPIED + 1..=COPIED + LATER {
        record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
    }
    writer.written();
    (writer, place.home().all_backups().pop().unwrap().path)
}

/// Replaces a file by a copy of another one, which has another name until then.
fn move_over(from: &Path, to: &Path) {
    let moved = files::with_ending(to, "-mine");
    std::fs::copy(from, &moved).unwrap();
    std::fs::rename(&moved, to).unwrap();
}

fn copy_over(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}

#[test]
fn a_log_that_is_replaced_by_its_copy_while_it_is_open_loses_no_dictation_and_that_is_reported() {
    for replace in [move_over, copy_over] {
        let place = Place::new();
        let (mut writer, backup) = log_with_copy(&place);
        replace(&backup, &place.home().database);
        record(&mut writer, 99, "after the exchange");
        let news = writer.take_news();
        assert!(matches!(&news[..], [News::Exchanged { added: LATER, aside: Some(_) }]), "{news:?}");
        assert_eq!(u64::from(writer.store().unwrap().check().unwrap()), COPIED + LATER + 1);
        drop(writer);
        // It is in the file at the path, and not in one without a name.
        let mut writer = place.writer();
        assert_eq!(
            writer.run(Job::Repair).unwrap().said,
            format!("The log is whole: {} dictations.", COPIED + LATER + 1)
        );
        assert_eq!(writer.take_news(), []);
    }
}

#[test]
fn a_log_that_is_replaced_before_its_writer_ends_is_not_overwritten_with_old_pages() {
    for replace in [move_over, copy_over] {
        let place = Place::new();
        let (mut writer, backup) = log_with_copy(&place);
        replace(&backup, &place.home().database);
        writer.close();
        drop(writer);
        assert_eq!(std::fs::read(&backup).unwrap(), std::fs::read(place.home().database).unwrap());
        let mut writer = place.writer();
        let news = news(&mut writer);
        assert!(matches!(&news[..], [News::Exchanged { added: LATER, .. }]), "{news:?}");
        assert_eq!(u64::from(writer.store().unwrap().check().unwrap()), COPIED + LATER);
    }
}

#[test]
fn the_writes_of_a_killed_writer_next_to_a_copy_do_not_damage_the_copy() {
    let place = Place::new();
    let (writer, backup) = log_with_copy(&place);
    let after = tempfile::tempdir().unwrap();
    copy(place.folder.path(), after.path());
    drop(writer);
    let mut writer = place.writer_in(after.path());
    copy_over(&backup, &writer.home.database);
    assert_eq!(writer.run(Job::Repair).unwrap().said, format!("The log is whole: {} dictations.", COPIED + LATER));
    let news = writer.take_news();
    assert!(matches!(&news[..], [News::Exchanged { added: LATER, aside: Some(_) }]), "{news:?}");
    assert!(news[0].is_damage());
}

#[test]
fn what_is_left_of_a_damaged_log_is_added_to_a_copy_that_holds_more_and_the_other_way_round() {
    for is_log_better in [false, true] {
        let place = Place::new();
        let (mut writer, backup) = log_with_copy(&place);
        let database = place.home().database;
        replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
        drop(writer);
        if is_log_better {
            // The copy has one dictation that the log lost with a page.
            let mut bytes = std::fs::read(&database).unwrap();
            let middle = bytes.len() / 4096 / 2 * 4096;
            bytes[middle + 100..middle + 200].fill(0x5a);
            std::fs::write(&database, bytes).unwrap();
        } else {
            let length = std::fs::metadata(&database).unwrap().len();
            let mut bytes = std::fs::read(&database).unwrap();
            bytes[4096..length as usize * 3 / 4].fill(0x5a);
            std::fs::write(&database, bytes).unwrap();
        }
        assert!(backup.exists());
        let mut writer = place.writer();
        let news = news(&mut writer);
        match &news[..] {
            [News::Rescued { .. }] if is_log_better => {}
            [News::FellBack { entries, .. }] if !is_log_better => assert_eq!(u64::from(*entries), COPIED),
            other => panic!("{other:?}"),
        }
        let left = u64::from(writer.store().unwrap().check().unwrap());
        assert!(left >= COPIED && (!is_log_better || left == COPIED + LATER), "{left}");
    }
}

#[test]
fn dictations_that_were_deleted_do_not_come_back_from_a_copy_when_the_log_is_repaired() {
    let place = Place::new();
    let (mut writer, _) = log_with_copy(&place);
    let ids = vec![DictationId::numbered(1).to_string()];
    writer.run(Job::Delete { which: Which { ids, ..Which::default() } }).unwrap();
    let database = place.home().database;
    replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
    drop(writer);
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[2000] ^= 4;
    std::fs::write(&database, bytes).unwrap();
    let mut writer = place.writer();
    assert!(matches!(news(&mut writer)[..], [News::Rescued { added: 0, .. }]));
    assert!(writer.store().unwrap().get(DictationId::numbered(1)).unwrap().is_none());
}

#[test]
fn an_older_copy_that_is_put_in_place_between_two_starts_is_reported_once_and_a_restored_one_is_not() {
    let place = Place::new();
    let (mut writer, backup) = log_with_copy(&place);
    let database = place.home().database;
    replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
    drop(writer);
    copy_over(&backup, &database);
    let mut vault = place.writer().vault;
    let store = open_for_reading(&place.home(), &mut vault).unwrap();
    let sentence = shortfall(&place.home(), &mut vault, &store).unwrap().unwrap();
    assert!(sentence.contains("35 dictations") && sentence.contains("has 30 now"), "{sentence}");
    assert!(sentence.contains("`scout history backups`"), "{sentence}");
    drop(store);
    let mut writer = place.writer();
    let told = news(&mut writer);
    assert_eq!(told, [News::Older { held: COPIED + LATER, entries: COPIED }]);
    assert_eq!(told[0].to_string(), sentence);
    drop(writer);
    let mut writer = place.writer();
    assert_eq!(news(&mut writer), []);
    // On purpose.
    record(&mut writer, 50, "later");
    writer.written();
    writer.run(Job::Restore { from: backup }).unwrap();
    writer.run(Job::Rekey).unwrap();
    writer.run(Job::Delete { which: Which { until: Some(Timestamp::MAX), ..Which::default() } }).unwrap();
    writer.close();
    assert_eq!(news(&mut writer), []);
}
