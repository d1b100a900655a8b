//! Crash recovery: turns the recordings that a killed agent left in the spool into entries of the log.
//!
//! A recording is deleted only after its entry is in the log. A damaged recording is kept in a folder of its own, and
//! the text of its readable parts is logged.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use scout_core::dictation::duration_of;
use scout_core::incremental::{LEAST_UNHEARD, Missing};
use scout_core::log_entry::{Entry, Outcome};

use crate::history;
use crate::history::{HistoryError, Home, Store, open_if_present, seal_entry};
use crate::spool::{self, Opened, SpoolError, Unfinished};
use crate::vault::Vault;

/// Why a recording was not recovered. It is kept in all cases.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Import the key of the recording, or delete it: no key opens it.
    #[error("it is kept in {}", kept.display())]
    Damaged {
        /// Its path now.
        kept: PathBuf,
        /// Why it cannot be opened.
        source: SpoolError,
    },
    /// Delete the recording: it is damaged, and the rest contains no words.
    #[error("its recording is damaged, and no words are in what is left; it is kept in {}", kept.display())]
    DamagedWithoutWords {
        /// Its path now.
        kept: PathBuf,
    },
    /// Try another model, or delete the recording.
    #[error(
        "somebody speaks in it, but no words were understood: try another model with `--model`, or delete it with \
         `--discard`"
    )]
    NoWords,
    /// Delete the recording: it is in the log already.
    #[error("it is in the log, but its audio could not be deleted")]
    NotDeleted(#[source] SpoolError),
    /// Make the spool or its key accessible; the message says how.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// Make the log readable, or correct the id; the message says how.
    #[error(transparent)]
    Log(#[from] HistoryError),
}

/// The recordings that can be recovered.
#[derive(Debug)]
pub struct Found {
    /// The recordings, the oldest first. They are locked, so that no other process recovers them.
    pub recordings: Vec<Unfinished>,
    /// The number of damaged recordings that were set aside before.
    pub damaged: usize,
}

/// Finds the recordings in the spool whose ids begin or end with one of `ids`; all of them without `ids`. Damaged
/// recordings that were set aside are found only by their ids.
pub fn find(spool: &Path, ids: &[String]) -> Result<Found, RecoveryError> {
    let mut recordings = spool::unfinished(spool)?;
    let set_aside = spool::damaged(spool)?;
    let damaged = set_aside.len();
    if !ids.is_empty() {
        recordings.extend(set_aside);
    }
    Ok(Found { recordings: select(recordings, ids)?, damaged })
}

/// Selects the recordings whose ids begin or end with one of `ids`; all of them without `ids`.
fn select(recordings: Vec<Unfinished>, ids: &[String]) -> Result<Vec<Unfinished>, HistoryError> {
    let matches = |one: &Unfinished, id: &str| {
        let id = id.to_ascii_lowercase();
        let whole = one.id.to_string();
        whole.starts_with(&id) || whole.ends_with(&id)
    };
    for id in ids {
        match recordings.iter().filter(|one| matches(one, id)).count() {
            0 => return Err(HistoryError::NoSuchEntry { id: id.clone() }),
            1 => {}
            _ => return Err(HistoryError::Ambiguous { id: id.clone() }),
        }
    }
    Ok(recordings.into_iter().filter(|one| ids.is_empty() || ids.iter().any(|id| matches(one, id))).collect())
}

/// What is known of recordings before they are transcribed.
#[derive(Debug)]
pub struct Listing {
    /// The beginning of each entry, and the length of its audio. Without the key, the beginning is only the time.
    pub rows: Vec<(Entry, Duration)>,
    /// Why a recording cannot be opened, if one of them is damaged; the last reason of several.
    pub problem: Option<SpoolError>,
}

/// Lists recordings without transcribing them.
pub fn list(recordings: &[Unfinished], vault: &mut Vault) -> Listing {
    let mut listing = Listing { rows: Vec::new(), problem: None };
    for one in recordings {
        let note = match one.open(vault) {
            Ok(opened) => opened.note,
            Err(error) => {
                if matches!(error, SpoolError::Damaged { .. }) {
                    listing.problem = Some(error);
                }
                serde_json::Value::Null
            }
        };
        listing.rows.push((history::from_note(one.id, &note), one.duration()));
    }
    listing
}

/// A recovered dictation.
#[derive(Debug)]
pub struct Recovered {
    /// Its entry in the log; `None` if nothing was recorded.
    pub entry: Option<Entry>,
    /// Why the recording is kept, if words are missing in the entry.
    pub kept: Option<Kept>,
}

/// Why a recording is kept although its entry is in the log, and its path.
#[derive(Debug)]
pub enum Kept {
    /// A part of it could not be opened.
    Damaged(PathBuf),
    /// Speech in it was not understood: another model may understand it.
    WordsMissing(Missing, PathBuf),
}

/// The transcript of a whole recording.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingTranscript {
    /// The transcript.
    pub text: String,
    /// The length of the speech in the recording.
    pub speech: Duration,
    /// The speech in which no words were understood, or too few.
    pub missing: Option<Missing>,
    /// The code of the language; `None` if it is not known.
    pub language: Option<String>,
    /// The name of the model; `None` if none was needed, because the recording contains no speech.
    pub model: Option<String>,
    /// The transcriber's segments, as a JSON array.
    pub segments: serde_json::Value,
}

impl RecordingTranscript {
    /// Returns whether somebody speaks in the recording, and no words were understood.
    pub fn is_unintelligible(&self) -> bool {
        self.text.trim().is_empty() && self.speech >= LEAST_UNHEARD
    }

    /// Sets the text and the fields of an entry that follow from it.
    pub fn fill_in(self, entry: &mut Entry) {
        self.text.trim().clone_into(&mut entry.text);
        entry.raw_text = self.text;
        entry.speech = self.speech;
        entry.language = self.language.or_else(|| entry.language.take());
        entry.model = self.model.or_else(|| entry.model.take());
        entry.segments = self.segments;
    }
}

/// Recovers recordings, one after the other.
#[derive(Debug)]
pub struct Recovery {
    home: Home,
    vault: Vault,
    store: Option<Store>,
}

impl Recovery {
    /// Starts a recovery. The caller has the sealed queue taken into the log before, because it may hold an entry of a
    /// recording.
    pub fn start(home: Home, mut vault: Vault) -> Result<Self, HistoryError> {
        let store = open_if_present(&home, &mut vault)?;
        Ok(Self { home, vault, store })
    }

    /// Has a recording transcribed, records its entry in the log, and deletes the recording. `transcribe` gets the beginning
    /// of the entry and the samples (16 kHz mono); `take_in` has the writer of the log take in the sealed queue.
    pub fn recover<E: From<RecoveryError>>(
        &mut self,
        recording: Unfinished,
        transcribe: impl FnOnce(&Entry, &[f32]) -> Result<RecordingTranscript, E>,
        take_in: impl Fn() -> Result<(), E>,
    ) -> Result<Recovered, E> {
        let opened = recording.open(&mut self.vault);
        let logged =
            self.store.as_ref().map_or(Ok(None), |store| store.get(recording.id)).map_err(RecoveryError::from)?;
        let record = |entry: &Entry| {
            seal_entry(&self.home, entry).map_err(RecoveryError::from)?;
            take_in()
        };
        recover(recording, opened, logged, record, transcribe)
    }
}

fn recover<E: From<RecoveryError>>(
    recording: Unfinished,
    opened: Result<Opened, SpoolError>,
    logged: Option<Entry>,
    record: impl Fn(&Entry) -> Result<(), E>,
    transcribe: impl FnOnce(&Entry, &[f32]) -> Result<RecordingTranscript, E>,
) -> Result<Recovered, E> {
    // The agent may have been killed after it recorded the entry. What was set aside has words that the entry does not have.
    let is_done = |entry: &Entry| !recording.is_set_aside() && (!is_unresolved(entry) || !entry.said().is_empty());
    if let Some(mut entry) = logged.as_ref().filter(|entry| is_done(entry)).cloned() {
        if is_unresolved(&entry) {
            resolve(&mut entry);
            record(&entry)?;
        }
        recording.discard().map_err(RecoveryError::NotDeleted)?;
        return Ok(Recovered { entry: Some(entry), kept: None });
    }
    let opened = match opened {
        Ok(opened) => opened,
        Err(source @ SpoolError::Damaged { .. }) => {
            return Err(RecoveryError::Damaged { kept: set_aside(recording)?, source }.into());
        }
        Err(error) => return Err(RecoveryError::from(error).into()),
    };
    if opened.samples.is_empty() && !opened.is_damaged {
        recording.discard().map_err(RecoveryError::from)?;
        return Ok(Recovered { entry: None, kept: None });
    }
    let mut entry = logged.unwrap_or_else(|| history::from_note(recording.id, &opened.note));
    let transcript = transcribe(&entry, &opened.samples)?;
    if !opened.is_damaged && transcript.is_unintelligible() {
        return Err(RecoveryError::NoWords.into());
    }
    let missing = transcript.missing;
    transcript.fill_in(&mut entry);
    entry.audio = duration_of(opened.samples.len());
    if opened.is_damaged && entry.said().is_empty() {
        return Err(RecoveryError::DamagedWithoutWords { kept: set_aside(recording)? }.into());
    }
    resolve(&mut entry);
    record(&entry)?;
    if opened.is_damaged {
        return Ok(Recovered { entry: Some(entry), kept: Some(Kept::Damaged(set_aside(recording)?)) });
    }
    if let Some(missing) = missing {
        let kept = Kept::WordsMissing(missing, set_aside(recording)?);
        return Ok(Recovered { entry: Some(entry), kept: Some(kept) });
    }
    recording.discard().map_err(RecoveryError::NotDeleted)?;
    Ok(Recovered { entry: Some(entry), kept: None })
}

fn set_aside(recording: Unfinished) -> Result<PathBuf, RecoveryError> {
    Ok(recording.set_aside()?)
}

/// Returns whether the entry has no final outcome: the agent was killed before it knew one, or the transcription
/// failed.
fn is_unresolved(entry: &Entry) -> bool {
    matches!(entry.outcome, Outcome::Transcribed | Outcome::Failed)
}

/// Sets the outcome of a recovered entry.
fn resolve(entry: &mut Entry) {
    entry.outcome = if entry.said().is_empty() { Outcome::NothingSaid } else { Outcome::Recovered };
    entry.detail = None;
    entry.ended = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
}

#[cfg(test)]
mod tests;
