use scout_platform::Desktop as _;
use scout_platform::fake::FakeDesktop;
use serde_json::json;

use super::*;
use crate::vault::{Custody, test_key, test_spool};

fn ramp(length: usize) -> Vec<f32> {
    (0..length).map(|i| (i as f32 / 32768.0) - 0.5).collect()
}

/// A vault with the key that [`test_spool`] seals to.
pub(crate) fn vault(folder: &Path) -> Vault {
    let mut vault = Vault::new(folder, folder, FakeDesktop::new().secrets());
    vault.adopt(&test_key(), Custody::Keychain).unwrap();
    vault
}

fn spool() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    test_spool(folder.path());
    folder
}

fn sealed_in(folder: &Path) -> usize {
    folder.read_dir().unwrap().filter(|file| id_of(&file.as_ref().unwrap().path(), EXTENSION).is_some()).count()
}

#[test]
fn what_a_killed_agent_left_is_found_with_its_note_and_gone_once_discarded() {
    let folder = spool();
    let (first, second) = (DictationId::numbered(1), DictationId::numbered(2));
    for id in [second, first] {
        let mut spooled = Spooled::create(folder.path(), id, &json!({ "for": id })).unwrap();
        spooled.write(&ramp(100)).unwrap();
        spooled.write(&ramp(50)).unwrap();
        // Dropped without being discarded, as by a crash.
    }
    let found = unfinished(folder.path()).unwrap();
    assert_eq!(found.iter().map(|left| left.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(found[0].duration(), duration_of(150));
    let opened = found[0].open(&mut vault(folder.path())).unwrap();
    assert_eq!(opened.note, json!({ "for": first }));
    assert_eq!(opened.samples, [ramp(100), ramp(50)].concat());
    for left in found {
        left.discard().unwrap();
    }
    assert_eq!(sealed_in(folder.path()), 0);
}

#[test]
fn a_file_cut_at_any_byte_gives_every_whole_frame() {
    let folder = spool();
    let mut vault = vault(folder.path());
    let mut spooled = Spooled::create(folder.path(), DictationId::numbered(1), &json!(null)).unwrap();
    let mut ends = Vec::new();
    for _ in 0..3 {
        spooled.write(&ramp(20)).unwrap();
        ends.push(std::fs::metadata(&spooled.path).unwrap().len() as usize);
    }
    let whole = std::fs::read(&spooled.path).unwrap();
    let path = spooled.path.clone();
    Box::new(spooled).discard().unwrap();
    let note_end = ends[0] - (ends[1] - ends[0]);
    for cut in 0..=whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let found = unfinished(folder.path()).unwrap();
        let opened = found[0].open(&mut vault);
        drop(found);
        if (1..note_end).contains(&cut) {
            // Not a frame shows that this is the key.
            assert!(matches!(opened, Err(SpoolError::Damaged { .. } | SpoolError::Key(_))), "cut after {cut}");
        } else {
            let opened = opened.unwrap();
            let frames = ends.iter().filter(|&&end| end <= cut).count();
            assert_eq!(opened.samples, ramp(20).repeat(frames), "cut after {cut} bytes");
            assert!(!opened.is_damaged, "cut after {cut} bytes");
        }
        // Only what holds no sound goes, and only once the key has shown it.
        assert_eq!(clear_empty(folder.path(), &mut vault).unwrap(), usize::from(cut == 0 || cut == note_end));
        assert_eq!(path.exists(), cut != 0 && cut != note_end, "cut after {cut} bytes");
    }
}

#[test]
fn no_flipped_bit_deletes_a_recording_and_what_can_be_opened_is_given() {
    let folder = spool();
    let mut vault = vault(folder.path());
    let mut spooled = Spooled::create(folder.path(), DictationId::numbered(1), &json!({ "app": "gedit" })).unwrap();
    for _ in 0..3 {
        spooled.write(&ramp(50)).unwrap();
    }
    let path = spooled.path.clone();
    let whole = std::fs::read(&path).unwrap();
    Box::new(spooled).discard().unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x80;
        std::fs::write(&path, &bytes).unwrap();
        clear_empty(folder.path(), &mut vault).unwrap();
        let found = unfinished(folder.path()).unwrap();
        assert_eq!(found.len(), 1, "byte {at}: it is gone");
        assert!(found[0].duration() >= duration_of(90), "byte {at}: {:?}", found[0].duration());
        match found[0].open(&mut vault) {
            Ok(opened) => {
                let lost = 150 - opened.samples.len();
                assert!(lost <= 50, "byte {at}: {lost} samples are lost");
                assert_eq!(opened.is_damaged, lost > 0 || opened.note.is_null(), "byte {at}");
            }
            Err(SpoolError::Damaged { .. }) => assert!((16..48).contains(&at), "byte {at}"),
            Err(error) => panic!("byte {at}: {error}"),
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "byte {at}: looking has changed it");
    }
}

#[test]
fn what_is_damaged_is_set_aside_and_found_there() {
    let folder = spool();
    let mut spooled = Spooled::create(folder.path(), DictationId::numbered(1), &json!(null)).unwrap();
    spooled.write(&ramp(50)).unwrap();
    drop(spooled);
    let kept = unfinished(folder.path()).unwrap().remove(0).set_aside().unwrap();
    assert!(kept.starts_with(damaged_folder(folder.path())) && kept.exists());
    assert!(unfinished(folder.path()).unwrap().is_empty());
    let mut found = damaged(folder.path()).unwrap();
    assert_eq!(found[0].open(&mut vault(folder.path())).unwrap().samples, ramp(50));
    assert_eq!(found.remove(0).set_aside().unwrap(), kept);
}

#[test]
fn nothing_of_it_can_be_read_without_the_key() {
    let folder = spool();
    let mut spooled = Spooled::create(folder.path(), DictationId::numbered(1), &json!({ "app": "secretary" })).unwrap();
    spooled.write(&[0.25; 4_000]).unwrap();
    drop(spooled);
    let mut stranger = Vault::new(folder.path(), folder.path(), FakeDesktop::new().secrets());
    let found = unfinished(folder.path()).unwrap();
    assert!(matches!(found[0].open(&mut stranger), Err(SpoolError::Key(_))));
    let bytes = std::fs::read(found[0].path()).unwrap();
    let sample = 0.25_f32.mul_add(32768.0, 0.0) as i16;
    for plain in [b"secretary".as_slice(), &sample.to_le_bytes().repeat(4)] {
        assert!(!bytes.windows(plain.len()).any(|window| window == plain));
    }
}

#[test]
fn recordings_of_a_scout_without_encryption_are_sealed() {
    let folder = spool();
    let path = folder.path().join(format!("{}.wav", DictationId::numbered(1)));
    let samples = bytes_of(&ramp(100));
    std::fs::write(&path, [vec![0; 44], samples].concat()).unwrap();
    std::fs::write(path.with_extension("json"), r#"{"app":"gedit"}"#).unwrap();
    assert_eq!(seal_plain(folder.path()).unwrap(), 1);
    assert!(!path.exists() && !path.with_extension("json").exists());
    let opened = unfinished(folder.path()).unwrap()[0].open(&mut vault(folder.path())).unwrap();
    assert_eq!(opened, Opened { note: json!({ "app": "gedit" }), samples: ramp(100), is_damaged: false });
    assert_eq!(seal_plain(folder.path()).unwrap(), 0);
}

#[test]
fn what_is_still_being_worked_on_is_no_leftover() {
    let folder = spool();
    let mut spooled = Spooled::create(folder.path(), DictationId::numbered(1), &json!(null)).unwrap();
    spooled.write(&ramp(100)).unwrap();
    assert_eq!(unfinished(folder.path()).unwrap().len(), 0);
    drop(spooled);
    let recovering = unfinished(folder.path()).unwrap();
    assert_eq!(recovering.len(), 1);
    assert_eq!(unfinished(folder.path()).unwrap().len(), 0, "two recover the same dictation");
}

#[test]
fn a_spool_that_cannot_be_written_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Spooled::create(&file.join("spool"), DictationId::numbered(1), &json!(null)).unwrap_err();
    assert!(error.to_string().contains("cannot be kept"), "{error}");
    let error = Spooled::create(&folder.path().join("spool"), DictationId::numbered(1), &json!(null)).unwrap_err();
    assert!(matches!(error, SpoolWriteError::NoKeyYet), "{error}");
    assert_eq!(unfinished(&folder.path().join("absent")).unwrap().len(), 0);
}
