//! The first encryption of the log, and changes of its key.

use scout_platform::Desktop as _;

use super::*;
use crate::vault::{Custody, Key, Recipient};

#[test]
fn a_plain_log_of_an_older_scout_is_encrypted_and_nothing_plain_is_left() {
    let place = Place::new();
    {
        let store = Store::open_plain(&place.home().database).unwrap();
        for number in 0..100 {
            store.record(&entry(number, &format!("plainword{number} {}", "padding ".repeat(40)))).unwrap();
        }
    }
    assert!(place.holds(b"plainword42"));
    let mut writer = place.writer();
    assert_eq!(news(&mut writer), [News::Encrypted]);
    assert_eq!(found(&mut writer, "plainword42"), 1);
    assert!(!place.holds(b"plainword") && !place.holds(b"SQLite format 3"));
    writer.close();
    assert_eq!(news(&mut writer), []);
}

#[test]
fn an_encryption_that_was_interrupted_begins_again_or_is_finished() {
    for is_replaced in [false, true] {
        let place = Place::new();
        let database = place.home().database;
        Store::open_plain(&database).unwrap().record(&entry(1, "plainword")).unwrap();
        if is_replaced {
            // The encrypted log is in its place, the plain one was not wiped yet.
            let plain = files::with_ending(&database, ".kept");
            std::fs::copy(&database, &plain).unwrap();
            place.writer().store().unwrap();
            std::fs::rename(plain, files::with_ending(&database, ".plain")).unwrap();
        } else {
            std::fs::write(files::with_ending(&database, ".encrypting"), "half").unwrap();
            std::fs::hard_link(&database, files::with_ending(&database, ".plain")).unwrap();
        }
        let mut writer = place.writer();
        assert_eq!(found(&mut writer, "plainword"), 1);
        assert!(!place.holds(b"plainword"), "{is_replaced}");
    }
}

/// A folder in which the encryption of a log with two dictations was interrupted before the unencrypted log was wiped.
fn replaced_but_not_wiped() -> (Place, std::path::PathBuf) {
    let place = Place::new();
    let database = place.home().database;
    let plain = files::with_ending(&database, ".plain");
    let kept = files::with_ending(&database, ".kept");
    let store = Store::open_plain(&database).unwrap();
    for number in 1..=2 {
        store.record(&entry(number, &format!("plainword{number}"))).unwrap();
    }
    drop(store);
    std::fs::copy(&database, &kept).unwrap();
    place.writer().store().unwrap();
    std::fs::rename(kept, &plain).unwrap();
    (place, plain)
}

#[test]
fn the_unencrypted_log_is_wiped_only_after_the_encrypted_one_has_all_of_it() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("cut to a page", |log| std::fs::OpenOptions::new().write(true).open(log).unwrap().set_len(4096).unwrap()),
        ("cut to a byte", |log| std::fs::OpenOptions::new().write(true).open(log).unwrap().set_len(1).unwrap()),
        ("overwritten", |log| std::fs::write(log, vec![0x5a; 40_000]).unwrap()),
        ("gone", |log| std::fs::remove_file(log).unwrap()),
    ];
    for (name, damage) in damages {
        let (place, plain) = replaced_but_not_wiped();
        damage(&place.home().database);
        let mut writer = place.writer();
        assert_eq!((found(&mut writer, "plainword1"), found(&mut writer, "plainword2")), (1, 1), "{name}");
        assert!(!plain.exists() && !place.holds(b"plainword"), "{name}");
    }
}

#[test]
fn a_dictation_that_only_the_unencrypted_log_has_is_taken_in() {
    let (place, plain) = replaced_but_not_wiped();
    let more = Store::open_plain(&plain).unwrap();
    more.record(&entry(3, "plainword3")).unwrap();
    replace::close_into_one_file(more).unwrap();
    let mut writer = place.writer();
    assert_eq!(writer.store().unwrap().check().unwrap(), 3);
    assert_eq!(found(&mut writer, "plainword3"), 1);
    assert!(!plain.exists() && !place.holds(b"plainword"));
}

#[test]
fn without_the_key_the_unencrypted_log_stays() {
    let (place, plain) = replaced_but_not_wiped();
    place.desktop.handle().fail_secrets(Some(scout_platform::fake::Failure::NotOffered));
    assert!(place.writer().store().is_err());
    assert!(plain.exists());
    place.desktop.handle().fail_secrets(None);
    assert_eq!(found(&mut place.writer(), "plainword2"), 1);
    assert!(!plain.exists());
}

#[test]
fn two_unencrypted_logs_become_one() {
    let place = Place::new();
    let database = place.home().database;
    let plain = files::with_ending(&database, ".plain");
    Store::open_plain(&plain).unwrap().record(&entry(1, "plainword1")).unwrap();
    Store::open_plain(&database).unwrap().record(&entry(2, "plainword2")).unwrap();
    let mut writer = place.writer();
    assert_eq!((found(&mut writer, "plainword1"), found(&mut writer, "plainword2")), (1, 1));
    assert!(!plain.exists() && !place.holds(b"plainword"));
}

/// Returns what Linux says about the locks on a file.
fn locks_on(file: &Path) -> Vec<String> {
    let Ok(inode) = std::process::Command::new("stat").args(["-c", ":%i "]).arg(file).output() else {
        return Vec::new();
    };
    let inode = String::from_utf8(inode.stdout).unwrap().trim_end_matches('\n').to_owned();
    let all = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    all.lines().filter(|line| line.contains("POSIX") && line.contains(&inode)).map(str::to_owned).collect()
}

#[test]
fn a_reader_in_the_same_process_leaves_the_locks_of_the_writer() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "word");
    let database = place.home().database;
    let before = locks_on(&database);
    let reader = crate::history::open_for_reading(&place.home(), &mut place.writer().vault).unwrap();
    assert_eq!(reader.list(9, None).unwrap().len(), 1);
    assert!(place.home().holds_log());
    drop(reader);
    assert_eq!(locks_on(&database).len(), before.len(), "{before:?}");
    assert!(!before.is_empty() || !Path::new("/proc/locks").exists());
}

#[test]
fn a_new_key_reads_everything_and_the_old_one_is_gone() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "before");
    let old = writer.vault.current().unwrap();
    writer.run(Job::BackUp { to: None }).unwrap();
    writer.run(Job::Rekey).unwrap();
    record(&mut writer, 2, "after");
    drop(writer);
    let mut writer = place.writer();
    let new = writer.vault.current().unwrap();
    assert_ne!(new, old);
    assert_eq!((found(&mut writer, "before"), found(&mut writer, "after")), (1, 1));
    assert!(writer.vault.key(old.id()).is_err());
    assert!(Store::open(&place.home().database, &old).is_err());
    let copy = place.home().all_backups().pop().unwrap();
    assert_eq!(Store::open(&copy.path, &new).unwrap().check().unwrap(), 1);
}

#[test]
fn a_change_of_keys_that_was_interrupted_is_finished() {
    for is_replaced in [false, true] {
        let place = Place::new();
        let mut writer = place.writer();
        record(&mut writer, 1, "word");
        let new = writer.vault.prepare().unwrap();
        if is_replaced {
            let anew = files::with_ending(&place.home().database, ".rekeying");
            let database = place.home().database;
            replace::write_copy(&writer.store().unwrap().connection, &database, &anew, &new).unwrap();
            drop(writer.close_into_one_file().unwrap());
            replace::replace(&anew, &database, None).unwrap();
        }
        drop(writer);
        let mut writer = place.writer();
        assert_eq!(found(&mut writer, "word"), 1);
        assert_eq!(writer.vault.current().unwrap() == new, is_replaced);
        assert!(!place.home().aside.exists(), "it was taken for damage");
    }
}

#[test]
fn a_lost_key_never_makes_a_new_one_until_the_user_says_so() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "lost");
    let id = writer.vault.current().unwrap().id();
    drop(writer);
    place.desktop.secrets().delete(&format!("log-key-{id}")).unwrap();
    let mut writer = place.writer();
    assert!(matches!(writer.store(), Err(HistoryError::Key(KeyError::Gone { .. }))));
    let before = std::fs::read(&place.home().database).unwrap();
    writer.run(Job::BeginAnew).unwrap();
    record(&mut writer, 2, "anew");
    let aside = place.home().aside.read_dir().unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::read(aside).unwrap(), before);
}

#[test]
fn a_public_key_that_is_not_the_users_is_replaced_and_that_is_reported() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "word");
    let key = writer.vault.current().unwrap();
    let spool = place.home().spool;
    let stranger = Key::from_bytes([9; 32]);
    let file = spool.join("recipient");
    let right = std::fs::read_to_string(&file).unwrap();
    let changed = right.replacen(&right[20..21], if &right[20..21] == "0" { "1" } else { "0" }, 1);
    for is_open in [true, false] {
        for wrong in [changed.as_str(), "rubbish", ""] {
            std::fs::write(&file, wrong).unwrap();
            assert!(Recipient::read(&spool).is_none());
            if is_open {
                writer.check_recipient().unwrap();
            } else {
                writer.close();
            }
            assert_eq!(news(&mut writer), [News::RecipientReplaced], "{wrong:?}");
            assert!(Recipient::read(&spool).unwrap().is_of(&key));
        }
        Recipient::of(&stranger).write(&spool).unwrap();
        assert!(!writer.vault.has_recipient());
        if is_open {
            writer.check_recipient().unwrap();
        } else {
            writer.close();
        }
        assert_eq!(news(&mut writer), [News::RecipientReplaced]);
        assert!(writer.vault.has_recipient());
    }
}

#[test]
fn the_key_moves_and_the_log_stays_readable() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "word");
    for to in [Custody::File, Custody::Keychain] {
        writer.run(Job::MoveKey { to }).unwrap();
        writer.close();
        let mut fresh = place.writer();
        assert_eq!((found(&mut fresh, "word"), fresh.vault.custody()), (1, Some(to)));
    }
}

#[test]
fn a_log_whose_new_key_is_missing_is_neither_damaged_nor_replaced_by_an_older_copy() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "copied");
    writer.run(Job::MoveKey { to: Custody::File }).unwrap();
    writer.run(Job::BackUp { to: None }).unwrap();
    record(&mut writer, 2, "after the copy");
    // A change of the key that a kill interrupts after the log is replaced.
    let new = writer.vault.prepare().unwrap();
    let database = place.home().database;
    let anew = files::with_ending(&database, ".rekeying");
    replace::write_copy(&writer.store().unwrap().connection, &database, &anew, &new).unwrap();
    drop(writer.close_into_one_file().unwrap());
    replace::replace(&anew, &database, None).unwrap();
    drop(writer);
    let key_file = place.folder.path().join(format!("key-{}", new.id()));
    let content = std::fs::read(&key_file).unwrap();
    let before = std::fs::read(&database).unwrap();
    for left in [None, Some("")] {
        match left {
            None => std::fs::remove_file(&key_file).unwrap(),
            Some(text) => std::fs::write(&key_file, text).unwrap(),
        }
        let mut writer = place.writer();
        let read = crate::history::open_for_reading(&place.home(), &mut writer.vault).unwrap_err();
        let written = writer.store().map(drop).unwrap_err();
        for error in [read, written] {
            assert!(matches!(error, HistoryError::Key(KeyError::Gone { id }) if id == new.id()), "{error}");
        }
        assert_eq!(std::fs::read(&database).unwrap(), before);
        assert!(!place.home().aside.exists());
    }
    std::fs::write(&key_file, content).unwrap();
    let mut writer = place.writer();
    assert_eq!((found(&mut writer, "copied"), found(&mut writer, "after")), (1, 1));
}

#[test]
fn a_change_of_the_key_completes_after_one_that_was_interrupted() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "word");
    writer.run(Job::MoveKey { to: Custody::File }).unwrap();
    writer.vault.prepare().unwrap();
    writer.run(Job::BackUp { to: None }).unwrap();
    writer.run(Job::Rekey).unwrap();
    let current = writer.vault.current().unwrap();
    assert_eq!(writer.vault.keys().unwrap(), std::slice::from_ref(&current));
    let names = place.folder.path().read_dir().unwrap().flatten().map(|file| file.file_name());
    assert_eq!(names.filter(|name| name.to_string_lossy().starts_with("key-")).count(), 1);
    assert_eq!(found(&mut writer, "word"), 1);
}
