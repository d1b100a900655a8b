//! What is known of a dictation when it begins, kept beside its audio: if the agent is killed, the recovered dictation
//! still says when and where it was spoken.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::entry::{Application, Entry};
use crate::dictation::DictationId;

/// The profile of a recovered dictation whose note is lost.
const PROFILE_UNKNOWN: &str = "default";

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    started: Timestamp,
    utc_offset_s: i32,
    app: Option<String>,
    window_title: Option<String>,
    executable: Option<String>,
    profile: String,
    language: Option<String>,
    model: Option<String>,
}

impl Entry {
    /// What to keep beside the audio until the entry itself is recorded.
    pub fn note(&self) -> serde_json::Value {
        let note = Note {
            started: self.started,
            utc_offset_s: self.utc_offset.seconds(),
            app: self.application.id.clone(),
            window_title: self.application.title.clone(),
            executable: self.application.executable.clone(),
            profile: self.profile.clone(),
            language: self.language.clone(),
            model: self.model.clone(),
        };
        // Strings, numbers and a time always become JSON; were it not so, the audio would still be kept.
        serde_json::to_value(note).unwrap_or_default()
    }

    /// The beginning of an entry, from its note. If the note is lost, its time is the one in its id.
    pub fn from_note(id: DictationId, note: &serde_json::Value) -> Self {
        let Ok(note) = Note::deserialize(note) else {
            return Self::new(id, time_of(id).unwrap_or_else(Timestamp::now), PROFILE_UNKNOWN);
        };
        let mut entry = Self::new(id, note.started, note.profile);
        entry.utc_offset = Offset::from_seconds(note.utc_offset_s).unwrap_or(entry.utc_offset);
        entry.application = Application { id: note.app, title: note.window_title, executable: note.executable };
        entry.language = note.language;
        entry.model = note.model;
        entry
    }
}

/// When an id was made: the first six bytes of a UUID of version 7 are the milliseconds since 1970.
fn time_of(id: DictationId) -> Option<Timestamp> {
    let bytes = id.as_bytes();
    let is_version_7 = bytes[6] >> 4 == 7;
    let milliseconds = bytes[..6].iter().fold(0, |sum, &byte| sum << 8 | i64::from(byte));
    Timestamp::from_millisecond(milliseconds).ok().filter(|_| is_version_7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_brings_the_beginning_back() {
        let mut entry = Entry::new(DictationId::new(), "2026-03-01T12:00:00.5Z".parse().unwrap(), "chat");
        entry.utc_offset = Offset::constant(-3);
        entry.application.id = Some("signal".into());
        entry.application.title = Some("Signal".into());
        entry.language = Some("pt".into());
        entry.model = Some("base".into());
        assert_eq!(Entry::from_note(entry.id, &entry.note()), entry);
    }

    #[test]
    fn without_a_note_the_id_tells_the_time() {
        let before = Timestamp::now().as_millisecond();
        let id = DictationId::new();
        let entry = Entry::from_note(id, &serde_json::Value::Null);
        assert!((before..=Timestamp::now().as_millisecond()).contains(&entry.started.as_millisecond()));
        assert_eq!(entry.profile, PROFILE_UNKNOWN);
    }
}
