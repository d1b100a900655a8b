use scout_core::dictation::DictationId;
use scout_core::log_entry::Entry;

use super::*;
use crate::vault::test_key;

fn day(number: u64) -> Timestamp {
    Timestamp::from_second(number.cast_signed() * 86_400).unwrap()
}

/// One dictation a day, every other one with the profile `mail`.
fn log() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("log"), &test_key()).unwrap();
    for number in 1..=10 {
        let profile = if number % 2 == 0 { "mail" } else { "default" };
        store.record(&Entry::new(DictationId::numbered(number), day(number), profile)).unwrap();
    }
    (folder, store)
}

fn numbers(store: &Store) -> Vec<u64> {
    (1..=10).filter(|&number| store.get(DictationId::numbered(number)).unwrap().is_some()).collect()
}

fn general(days: u32, count: u32) -> Limits {
    Limits { general: Limit { days, count }, ..Limits::default() }
}

#[test]
fn a_new_limit_says_what_it_would_delete_and_waits() {
    let (_folder, store) = log();
    let limits = general(4, 0);
    let Enforcement::WouldDelete(extent) = store.enforce(&limits, false, day(11)).unwrap() else {
        panic!("deleted unasked")
    };
    assert_eq!((extent.entries, extent.oldest, extent.newest), (6, Some(day(1)), Some(day(6))));
    assert_eq!(numbers(&store).len(), 10);
    assert_eq!(store.enforce(&limits, true, day(11)).unwrap(), Enforcement::Deleted(6));
    assert_eq!(numbers(&store), [7, 8, 9, 10]);
    // Agreed once, it holds from then on.
    assert_eq!(store.enforce(&limits, false, day(12)).unwrap(), Enforcement::Deleted(1));
    assert!(matches!(store.enforce(&general(1, 0), false, day(12)).unwrap(), Enforcement::WouldDelete(_)));
}

#[test]
fn a_limit_that_deletes_nothing_needs_no_consent() {
    let (_folder, store) = log();
    assert_eq!(store.enforce(&general(30, 100), false, day(11)).unwrap(), Enforcement::Deleted(0));
    for number in 12..35 {
        store.enforce(&general(30, 100), false, day(number)).unwrap();
    }
    assert_eq!(store.enforce(&general(30, 100), false, day(35)).unwrap(), Enforcement::Deleted(1));
    assert_eq!(numbers(&store), [5, 6, 7, 8, 9, 10]);
}

#[test]
fn a_clock_that_jumps_deletes_nothing_until_the_user_agrees() {
    let (_folder, store) = log();
    let limits = general(365, 0);
    assert_eq!(store.enforce(&limits, false, day(11)).unwrap(), Enforcement::Deleted(0));
    for hour in 0..3 {
        let later = day(742).checked_add(SignedDuration::from_hours(hour)).unwrap();
        let held = store.enforce(&limits, false, later).unwrap();
        assert!(
            matches!(held, Enforcement::Doubtful(Extent { entries: 10, .. }, Doubt::Jumped(731))),
            "hour {hour}: {held:?}"
        );
        // What is dictated meanwhile does not make it any truer.
        let number = 100 + hour.unsigned_abs();
        store.record(&Entry::new(DictationId::numbered(number), later, "default")).unwrap();
    }
    assert_eq!(numbers(&store).len(), 10);
    // The clock is right again; and then the year has really passed.
    assert_eq!(store.enforce(&limits, false, day(12)).unwrap(), Enforcement::Deleted(0));
    for number in (16..=371).step_by(5) {
        store.enforce(&limits, false, day(number)).unwrap();
    }
    assert_eq!(numbers(&store), [6, 7, 8, 9, 10]);
    assert!(matches!(store.enforce(&limits, false, day(900)).unwrap(), Enforcement::Doubtful(..)));
    assert_eq!(store.enforce(&limits, true, day(900)).unwrap(), Enforcement::Deleted(5));
}

#[test]
fn without_an_earlier_look_the_newest_dictation_tells_whether_the_clock_jumped() {
    let (_folder, store) = log();
    let limits = general(5, 0);
    store.set_metadata(AGREED, &serde_json::to_string(&limits).unwrap()).unwrap();
    assert!(matches!(store.enforce(&limits, false, day(30)).unwrap(), Enforcement::Doubtful(_, Doubt::Jumped(20))));
    assert_eq!(store.enforce(&limits, false, day(12)).unwrap(), Enforcement::Deleted(6));
}

#[test]
fn old_dictations_that_are_imported_are_not_deleted_within_the_hour() {
    let (_folder, store) = log();
    let limits = general(30, 0);
    assert_eq!(
        store.enforce(&limits, false, day(100)).unwrap(),
        Enforcement::WouldDelete(store.over_limits(&limits, day(100)).unwrap())
    );
    assert_eq!(store.enforce(&limits, true, day(100)).unwrap(), Enforcement::Deleted(10));
    store.record(&Entry::new(DictationId::numbered(1), day(1), "default")).unwrap();
    for hour in 1..3 {
        let later = day(100).checked_add(SignedDuration::from_hours(hour)).unwrap();
        assert!(matches!(store.enforce(&limits, false, later).unwrap(), Enforcement::Doubtful(_, Doubt::Belated(1))));
    }
    assert_eq!(store.enforce(&limits, true, day(100)).unwrap(), Enforcement::Deleted(1));
}

#[test]
fn count_and_profiles_have_limits_of_their_own() {
    let (_folder, store) = log();
    assert_eq!(store.enforce(&general(0, 3), true, day(11)).unwrap(), Enforcement::Deleted(7));
    assert_eq!(numbers(&store), [8, 9, 10]);
    let (_folder, store) = log();
    let mut limits = general(2, 0);
    limits.profiles.insert("mail".into(), Limit { days: 0, count: 4 });
    assert_eq!(store.enforce(&limits, true, day(11)).unwrap(), Enforcement::Deleted(5));
    assert_eq!(numbers(&store), [4, 6, 8, 9, 10]);
    assert_eq!(store.enforce(&Limits::default(), false, day(99)).unwrap(), Enforcement::Deleted(0));
}
