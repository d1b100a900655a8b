use scout_core::dictation::DictationId;
use scout_core::spool::Spool as _;
use serde_json::json;

use super::*;
use crate::history::Store;
use crate::spool::SealedSpool;

struct Place {
    folder: tempfile::TempDir,
    store: Store,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        crate::vault::test_spool(&folder.path().join("spool"));
        let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
        Self { folder, store }
    }

    /// Leaves audio behind, as a killed agent does.
    fn leave(&self, entry: &Entry) {
        let spool = SealedSpool::at(self.folder.path().join("spool"));
        let mut spooled = spool.create(entry.id, &crate::history::note(entry)).unwrap();
        for _ in 0..2 {
            spooled.write(&vec![0.5; 16_000]).unwrap();
        }
    }

    fn left(&self) -> Vec<Unfinished> {
        spool::unfinished(&self.folder.path().join("spool")).unwrap()
    }

    /// Recovers the only recording. Returns also how often it was transcribed.
    fn recover(&self, text: &str) -> (anyhow::Result<Entry>, usize) {
        let one = self.left().pop().unwrap();
        let opened = one.open(&mut spool::tests::vault(self.folder.path()));
        let logged = self.store.get(one.id).unwrap();
        self.recover_this(one, opened, logged, text)
    }

    fn recover_this(
        &self,
        one: Unfinished,
        opened: Result<Opened, SpoolError>,
        logged: Option<Entry>,
        text: &str,
    ) -> (anyhow::Result<Entry>, usize) {
        let mut transcribed = 0;
        let record = |entry: &Entry| Ok(self.store.record(entry)?);
        let result = recover(one, opened, logged, record, |entry, audio| {
            transcribed += 1;
            assert!(!audio.is_empty());
            assert_eq!(entry.language.as_deref(), Some("en"));
            if text == "fail" {
                anyhow::bail!("the test wants this");
            }
            Ok(RecordingTranscript {
                text: text.replace("unintelligible", ""),
                speech: if text.is_empty() { Duration::ZERO } else { Duration::from_millis(1_500) },
                missing: text.contains("half").then(|| Missing { total: Duration::from_secs(1), ..Missing::default() }),
                language: None,
                model: Some("tiny.en".into()),
                segments: json!([{ "text": text }]),
            })
        });
        (result.map(|recovered| recovered.entry.unwrap()), transcribed)
    }

    /// Changes the bytes of the only recording there is.
    fn damage(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.left().remove(0).path().to_owned();
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(path, bytes).unwrap();
    }

    fn damaged(&self) -> Vec<Unfinished> {
        spool::damaged(&self.folder.path().join("spool")).unwrap()
    }
}

fn entry() -> Entry {
    let mut entry = Entry::new(DictationId::new(), "2026-03-01T12:00:00Z".parse().unwrap(), "chat");
    entry.application.id = Some("signal".into());
    entry.language = Some("en".into());
    entry
}

#[test]
fn a_killed_dictation_is_logged_with_its_beginning_and_its_audio_deleted() {
    let place = Place::new();
    let begun = entry();
    place.leave(&begun);
    let recovered = place.recover(" hello there").0.unwrap();
    assert_eq!(place.store.get(begun.id).unwrap().unwrap(), recovered);
    assert_eq!((recovered.text.as_str(), recovered.outcome), ("hello there", Outcome::Recovered));
    assert_eq!((recovered.started, recovered.application), (begun.started, begun.application));
    assert_eq!((recovered.audio, recovered.model.as_deref()), (Duration::from_secs(2), Some("tiny.en")));
    assert!(place.left().is_empty());
}

#[test]
fn what_could_not_be_transcribed_is_kept() {
    let place = Place::new();
    place.leave(&entry());
    assert!(place.recover("fail").0.is_err());
    assert_eq!(place.left().len(), 1);
    assert_eq!(place.store.list(10, None).unwrap(), []);
}

#[test]
fn what_was_transcribed_before_the_end_is_not_transcribed_again() {
    let place = Place::new();
    let mut logged = entry();
    logged.text = "already known".into();
    place.store.record(&logged).unwrap();
    place.leave(&logged);
    let (recovered, heard) = place.recover("other");
    assert_eq!((recovered.unwrap().outcome, heard), (Outcome::Recovered, 0));
    assert_eq!(place.store.get(logged.id).unwrap().unwrap().text, "already known");
    assert!(place.left().is_empty());
}

#[test]
fn what_was_delivered_before_the_end_stays_as_it_is() {
    let place = Place::new();
    let mut logged = entry();
    logged.text = "delivered".into();
    logged.outcome = Outcome::Typed;
    place.store.record(&logged).unwrap();
    place.leave(&logged);
    assert_eq!(place.recover("other").1, 0);
    assert_eq!(place.store.get(logged.id).unwrap().unwrap(), logged);
    assert!(place.left().is_empty());
}

#[test]
fn silence_is_logged_as_silence() {
    let place = Place::new();
    place.leave(&entry());
    assert_eq!(place.recover("").0.unwrap().outcome, Outcome::NothingSaid);
    assert!(place.left().is_empty());
}

#[test]
fn of_a_damaged_recording_what_is_left_is_logged_and_the_recording_is_kept() {
    let place = Place::new();
    let begun = entry();
    place.leave(&begun);
    place.damage(|bytes| *bytes.last_mut().unwrap() ^= 1);
    let recovered = place.recover("the first half").0.unwrap();
    assert_eq!(place.store.get(begun.id).unwrap().unwrap(), recovered);
    assert_eq!((recovered.text.as_str(), recovered.audio), ("the first half", Duration::from_secs(1)));
    assert!(place.left().is_empty());
    assert_eq!(place.damaged()[0].id, begun.id);
}

#[test]
fn a_recording_that_no_key_opens_is_never_called_silence() {
    for text in ["", "words"] {
        let place = Place::new();
        place.leave(&entry());
        // A bit of the encapsulated key.
        place.damage(|bytes| bytes[20] ^= 1);
        let (result, heard) = place.recover(text);
        let error = format!("{:#}", result.unwrap_err());
        assert!(error.contains("cannot be opened") && error.contains("kept in"), "{error}");
        assert_eq!(heard, 0);
        assert_eq!((place.store.list(10, None).unwrap().len(), place.left().len(), place.damaged().len()), (0, 0, 1));
    }
    let place = Place::new();
    place.leave(&entry());
    place.damage(|bytes| *bytes.last_mut().unwrap() ^= 1);
    assert!(place.recover("").0.is_err(), "half of it is silence, the other half is unknown");
    assert_eq!((place.store.list(10, None).unwrap().len(), place.damaged().len()), (0, 1));
}

#[test]
fn a_voice_of_which_nothing_is_understood_is_kept() {
    let place = Place::new();
    place.leave(&entry());
    let error = place.recover("unintelligible").0.unwrap_err().to_string();
    assert!(error.contains("--model") && error.contains("--discard"), "{error}");
    assert_eq!(place.left().len(), 1);
}

#[test]
fn a_recording_of_which_words_are_missing_is_kept_and_can_be_tried_again() {
    let place = Place::new();
    let begun = entry();
    place.leave(&begun);
    let recovered = place.recover("the first half").0.unwrap();
    assert_eq!(place.store.get(begun.id).unwrap().unwrap(), recovered);
    assert!(place.left().is_empty());
    let again = |text: &str| {
        let one = place.damaged().pop().unwrap();
        let opened = one.open(&mut spool::tests::vault(place.folder.path()));
        let logged = place.store.get(one.id).unwrap();
        place.recover_this(one, opened, logged, text).0.unwrap();
        place.store.get(begun.id).unwrap().unwrap().text
    };
    assert_eq!(again("the larger half"), "the larger half");
    assert_eq!(again("all of it"), "all of it");
    assert!(place.damaged().is_empty());
}

#[test]
fn dictations_are_chosen_by_the_digits_that_the_list_shows() {
    let place = Place::new();
    let entries: Vec<Entry> = (0..3).map(|_| entry()).collect();
    for entry in &entries {
        place.leave(entry);
    }
    let chosen = |ids: &[String]| select(place.left(), ids);
    assert_eq!(chosen(&[]).unwrap().len(), 3);
    let one = chosen(&[entries[1].short_id()]).unwrap();
    assert_eq!((one.len(), one[0].id), (1, entries[1].id));
    drop(one);
    assert!(matches!(chosen(&["zzzz".into()]), Err(HistoryError::NoSuchEntry { .. })));
    let shared: String = entries[0].id.to_string().chars().take(4).collect();
    assert!(matches!(chosen(&[shared]), Err(HistoryError::Ambiguous { .. })));
}
