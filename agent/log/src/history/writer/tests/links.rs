//! The log, or the folder that it is in, is a link.

use std::os::unix::fs::symlink;

use super::*;
use crate::history::open_if_present;

#[test]
fn a_log_whose_link_leads_nowhere_is_reported_as_not_there_and_nothing_takes_its_place() {
    for is_folder in [false, true] {
        let place = Place::new();
        let disk = tempfile::tempdir().unwrap();
        let folder = place.folder.path().join("data");
        if is_folder {
            symlink(disk.path().join("scout"), &folder).unwrap();
        } else {
            std::fs::create_dir(&folder).unwrap();
            symlink(disk.path().join("scout/log"), folder.join("history.sqlite3")).unwrap();
        }
        let mut writer = place.writer_in(&folder);
        let read = open_if_present(&writer.home, &mut writer.vault).map(drop);
        let written = writer.run(Job::Repair).map(drop);
        for error in [read.unwrap_err(), written.unwrap_err()] {
            assert!(matches!(error, HistoryError::NotThere { .. }), "{error}");
            assert!(error.to_string().contains("which is not there: mount the disk"), "{error}");
        }
        // With the disk, it is a log like any other.
        std::fs::create_dir(disk.path().join("scout")).unwrap();
        if !is_folder {
            std::fs::write(disk.path().join("scout/log"), "").unwrap();
        }
        record(&mut place.writer_in(&folder), 1, "word");
    }
}

#[test]
fn a_log_that_is_a_link_is_repaired_restored_and_erased_where_it_is() {
    let place = Place::new();
    let disk = tempfile::tempdir().unwrap();
    let (link, file) = (place.home().database, disk.path().join("log"));
    std::fs::write(&file, "").unwrap();
    symlink(&file, &link).unwrap();
    let mut writer = place.writer();
    for number in 1..=60 {
        record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
    }
    writer.run(Job::BackUp { to: None }).unwrap();
    let backup = place.home().all_backups().pop().unwrap().path;
    replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096 * 3 + 7] ^= 4;
    std::fs::write(&file, bytes).unwrap();
    assert!(matches!(news(&mut writer)[..], [News::Rescued { .. }]));
    writer.run(Job::Restore { from: backup.clone() }).unwrap();
    writer.run(Job::Rekey).unwrap();
    writer.run(Job::BeginAnew).unwrap();
    record(&mut writer, 99, "again");
    assert!(link.is_symlink() && !files::with_ending(&link, "-wal").exists());
    replace::close_into_one_file(writer.open.take().unwrap().store).unwrap();
    let page = std::fs::read(&file).unwrap()[..64].to_vec();
    writer.run(Job::DeleteEverything).unwrap();
    assert!(link.is_symlink() && !backup.exists());
    assert!(!std::fs::read(&file).unwrap().windows(64).any(|window| window == page));
    assert_eq!(found(&mut writer, "again"), 0);
}
