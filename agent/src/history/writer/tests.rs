use scout_platform::Desktop as _;
use scout_platform::fake::FakeDesktop;

use super::*;
use crate::dictation::DictationId;
use crate::history::{Damage, Entry, Format, Which};
use crate::vault::Custody;

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

    /// A writer of what lies in another folder, with the same keychain.
    fn writer_in(&self, folder: &Path) -> Writer {
        let home = home_in(folder);
        let vault = Vault::new(folder, &home.spool, self.desktop.secrets());
        Writer::new(home, vault)
    }

    /// Whether a file in the place holds these bytes.
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

/// Opens the log, and tells what happened.
fn news(writer: &mut Writer) -> Vec<News> {
    writer.store().unwrap();
    writer.take_news()
}

fn found(writer: &mut Writer, word: &str) -> usize {
    writer.store().unwrap().search(word, 9).unwrap().len()
}

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
fn an_encryption_that_was_cut_short_begins_again_or_is_finished() {
    for is_replaced in [false, true] {
        let place = Place::new();
        let database = place.home().database;
        Store::open_plain(&database).unwrap().record(&entry(1, "plainword")).unwrap();
        if is_replaced {
            // The encrypted log is in its place, the plain one was not wiped yet.
            let plain = transfer::with_ending(&database, ".kept");
            std::fs::copy(&database, &plain).unwrap();
            place.writer().store().unwrap();
            std::fs::rename(plain, transfer::with_ending(&database, ".plain")).unwrap();
        } else {
            std::fs::write(transfer::with_ending(&database, ".encrypting"), "half").unwrap();
            std::fs::hard_link(&database, transfer::with_ending(&database, ".plain")).unwrap();
        }
        let mut writer = place.writer();
        assert_eq!(found(&mut writer, "plainword"), 1);
        assert!(!place.holds(b"plainword"), "{is_replaced}");
    }
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
    let copy = backup::all(&place.home()).pop().unwrap();
    assert_eq!(Store::open(&copy.path, &new).unwrap().check().unwrap(), 1);
}

#[test]
fn a_change_of_keys_that_was_cut_short_is_finished() {
    for is_replaced in [false, true] {
        let place = Place::new();
        let mut writer = place.writer();
        record(&mut writer, 1, "word");
        let new = writer.vault.prepare().unwrap();
        if is_replaced {
            let anew = transfer::with_ending(&place.home().database, ".rekeying");
            let database = place.home().database;
            transfer::write_anew(&writer.store().unwrap().connection, &database, &anew, &new).unwrap();
            drop(writer.settle().unwrap());
            transfer::replace(&anew, &database, None).unwrap();
        }
        drop(writer);
        let mut writer = place.writer();
        assert_eq!(found(&mut writer, "word"), 1);
        assert_eq!(writer.vault.current().unwrap() == new, is_replaced);
        assert!(!place.home().aside.exists(), "it was taken for damage");
    }
}

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
    assert!(backup::all(&place.home()).is_empty() && spool::unfinished(&place.home().spool).unwrap().is_empty());
    assert_eq!(queue::waiting(&place.home().queue).len(), 0);
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
fn a_damaged_page_costs_only_what_was_on_it() {
    let place = Place::new();
    let mut writer = place.writer();
    for number in 1..=400 {
        record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
    }
    writer.store().unwrap().keep_recording(DictationId::numbered(1), &[0.25; 4_000]).unwrap();
    transfer::settle(writer.open.take().unwrap().store).unwrap();
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
fn a_log_without_its_first_page_is_replaced_by_its_newest_copy() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "copied");
    writer.run(Job::BackUp { to: None }).unwrap();
    transfer::settle(writer.open.take().unwrap().store).unwrap();
    drop(writer);
    let database = place.home().database;
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[..512].fill(0);
    std::fs::write(&database, bytes).unwrap();
    let mut writer = place.writer();
    assert!(matches!(news(&mut writer)[..], [News::FellBack { damage: Damage::Unreadable, entries: 1, .. }]));
    assert_eq!(found(&mut writer, "copied"), 1);
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in from.read_dir().unwrap().flatten() {
        let to = to.join(file.file_name());
        if file.path().is_dir() { copy(&file.path(), &to) } else { std::fs::copy(file.path(), to).map(drop).unwrap() }
    }
}

#[test]
fn a_power_cut_at_any_byte_of_the_log_of_writes_costs_only_what_comes_after_it() {
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
        let log = transfer::with_ending(&writer.home.database, "-wal");
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
fn a_database_that_was_cut_short_is_mended_as_far_as_it_goes() {
    for share in [1, 4, 7, 9] {
        let place = Place::new();
        let mut writer = place.writer();
        for number in 1..=100 {
            record(&mut writer, number, &format!("word{number} {}", "filler ".repeat(60)));
        }
        writer.run(Job::BackUp { to: None }).unwrap();
        record(&mut writer, 101, "after the copy");
        transfer::settle(writer.open.take().unwrap().store).unwrap();
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
fn a_log_that_is_gone_or_empty_is_replaced_by_its_newest_copy_with_dictations() {
    for damage in [Damage::Missing, Damage::Empty] {
        let place = Place::new();
        let mut writer = place.writer();
        assert_eq!(news(&mut writer), [], "a first start is silent");
        for number in 1..=5 {
            record(&mut writer, number, "copied");
        }
        writer.run(Job::BackUp { to: None }).unwrap();
        transfer::settle(writer.open.take().unwrap().store).unwrap();
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
fn a_log_that_is_gone_without_a_copy_is_begun_anew_and_that_is_told() {
    let place = Place::new();
    let mut writer = place.writer();
    record(&mut writer, 1, "lost");
    drop(writer);
    transfer::remove_database(&place.home().database).unwrap();
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

#[test]
fn a_public_key_that_is_not_the_users_is_written_anew_and_that_is_told() {
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
                writer.look_after_recipient().unwrap();
            } else {
                writer.close();
            }
            assert_eq!(news(&mut writer), [News::RecipientMended], "{wrong:?}");
            assert!(Recipient::read(&spool).unwrap().is_of(&key));
        }
        Recipient::of(&stranger).write(&spool).unwrap();
        assert!(!writer.vault.has_recipient());
        if is_open {
            writer.look_after_recipient().unwrap();
        } else {
            writer.close();
        }
        assert_eq!(news(&mut writer), [News::RecipientMended]);
        assert!(writer.vault.has_recipient());
    }
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
