//! The queue on disk for entries that cannot be written, because the key is not available. Each entry is a file that is
//! sealed to the public half of the key. The writer takes the files in when it opens the log.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use scout_core::dictation::DictationId;
use scout_core::log_entry::{Delivery, Entry};
use serde::{Deserialize, Serialize};

use super::error::HistoryError;
use super::home::Home;
use super::record::{Record, entry_from};
use super::store::Store;
use crate::spool::{bytes_of, samples_of};
use crate::vault::{KeyError, Recipient, SealedFile, Vault};

/// The extension of the files. Their names are ids, which give the order.
const EXTENSION: &str = "entry";

/// One write to the log.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Write {
    /// Inserts or replaces an entry.
    Record(Box<Entry>),
    /// Updates the outcome of an entry.
    Update(DictationId, Delivery),
    /// Stores the recording of an entry.
    Audio(DictationId, std::sync::Arc<[f32]>),
}

impl Write {
    /// Writes it to the log.
    pub(super) fn apply(&self, store: &Store) -> Result<(), HistoryError> {
        match self {
            Self::Record(entry) => store.record(entry),
            Self::Update(id, delivery) => {
                if !store.update(*id, delivery)? {
                    tracing::warn!(%id, "the outcome of a dictation that is not in the log was not kept");
                }
                Ok(())
            }
            Self::Audio(id, samples) => store.keep_recording(*id, samples),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outgoing<'a> {
    Record(Box<Record<'a>>),
    Update {
        id: DictationId,
        outcome: &'a str,
        detail: Option<&'a str>,
        ended: Timestamp,
        deliver: Option<Duration>,
        release_to_text: Option<Duration>,
    },
    Audio {
        id: DictationId,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Incoming {
    Record(serde_json::Value),
    Update {
        id: DictationId,
        outcome: String,
        detail: Option<String>,
        ended: Timestamp,
        deliver: Option<Duration>,
        release_to_text: Option<Duration>,
    },
    Audio {
        id: DictationId,
    },
}

/// Seals a write. When this returns, it survives a power loss. Returns `false` if there is no public key to seal to.
pub(super) fn seal(folder: &Path, recipient: &Path, write: &Write) -> Result<bool, HistoryError> {
    let Some(recipient) = Recipient::read(recipient) else { return Ok(false) };
    let fail = |error: std::io::Error| HistoryError::of_io(folder, &error);
    scout_platform::files::create_private_dir(folder).map_err(fail)?;
    let (file, place) = tempfile::NamedTempFile::new_in(folder).map_err(fail)?.into_parts();
    let mut sealed = SealedFile::begin(file, &recipient).map_err(fail)?;
    let (json, audio) = outgoing(write).map_err(|error| fail(error.into()))?;
    sealed.write(&json).map_err(fail)?;
    if let Some(audio) = audio {
        sealed.write(&audio).map_err(fail)?;
    }
    sealed.sync().map_err(fail)?;
    place.persist(folder.join(format!("{}.{EXTENSION}", DictationId::new()))).map_err(|error| fail(error.error))?;
    Ok(true)
}

/// Seals an entry for the next process that writes the log. Fails if there is no public key yet.
pub fn seal_entry(home: &Home, entry: &Entry) -> Result<(), HistoryError> {
    if seal(&home.queue, &home.spool, &Write::Record(Box::new(entry.clone())))? {
        return Ok(());
    }
    Err(KeyError::NoneYet.into())
}

/// A write as bytes, and its audio, if it has one.
type Packed = (zeroize::Zeroizing<Vec<u8>>, Option<Vec<u8>>);

fn outgoing(write: &Write) -> serde_json::Result<Packed> {
    let (out, audio) = match write {
        Write::Record(entry) => (Outgoing::Record(Box::new(Record::from(&**entry))), None),
        Write::Update(id, delivery) => {
            let update = Outgoing::Update {
                id: *id,
                outcome: delivery.outcome.as_str(),
                detail: delivery.detail.as_deref(),
                ended: delivery.ended,
                deliver: delivery.deliver,
                release_to_text: delivery.release_to_text,
            };
            (update, None)
        }
        Write::Audio(id, samples) => (Outgoing::Audio { id: *id }, Some(bytes_of(samples))),
    };
    Ok((zeroize::Zeroizing::new(serde_json::to_vec(&out)?), audio))
}

/// Returns the files in the queue, the oldest first.
pub(super) fn waiting(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = folder.read_dir() else { return Vec::new() };
    let is_ours = |path: &PathBuf| path.extension().is_some_and(|extension| extension == EXTENSION);
    let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).filter(is_ours).collect();
    paths.sort();
    paths
}

/// Opens a file of the queue. Returns `None` if it is damaged and cannot be read.
pub(super) fn open(path: &Path, vault: &mut Vault) -> Result<Option<Write>, HistoryError> {
    let bytes = std::fs::read(path).map_err(|error| HistoryError::of_io(path, &error))?;
    let mut frames = vault.open(&bytes)?.frames.into_iter();
    let Some(json) = frames.next().flatten() else { return Ok(None) };
    Ok(match serde_json::from_slice(&json) {
        Ok(Incoming::Record(record)) => {
            entry_from(record.to_string().as_bytes()).ok().map(|entry| Write::Record(Box::new(entry)))
        }
        Ok(Incoming::Update { id, outcome, detail, ended, deliver, release_to_text }) => outcome
            .parse()
            .ok()
            .map(|outcome| Write::Update(id, Delivery { outcome, detail, ended, deliver, release_to_text })),
        Ok(Incoming::Audio { id }) => {
            frames.next().flatten().map(|frame| Write::Audio(id, samples_of(&frame).collect()))
        }
        Err(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::tests::vault;
    use crate::vault::test_spool;
    use scout_core::log_entry::Outcome;

    #[test]
    fn what_is_sealed_comes_back_in_order_and_is_unreadable_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let queue = folder.path().join("queue");
        assert!(!seal(&queue, folder.path(), &Write::Audio(DictationId::new(), [].into())).unwrap());
        test_spool(folder.path());
        let mut entry = Entry::new(DictationId::new(), "2026-03-01T12:00:00Z".parse().unwrap(), "default");
        entry.text = "a secret thing".into();
        let delivery = Delivery {
            outcome: Outcome::Held,
            detail: Some("the focus moved".into()),
            ended: "2026-03-01T12:00:09Z".parse().unwrap(),
            deliver: Some(Duration::from_millis(12)),
            release_to_text: None,
        };
        let writes = [
            Write::Record(Box::new(entry.clone())),
            Write::Update(entry.id, delivery),
            Write::Audio(entry.id, [0.5, -0.25].into()),
        ];
        for write in &writes {
            assert!(seal(&queue, folder.path(), write).unwrap());
        }
        let files = waiting(&queue);
        let opened: Vec<Write> =
            files.iter().map(|path| open(path, &mut vault(folder.path())).unwrap().unwrap()).collect();
        assert_eq!(opened, writes);
        for path in files {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(6).any(|window| window == b"secret" || window == b"update"));
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            let _cut_short_but_no_panic = open(&path, &mut vault(folder.path())).unwrap();
        }
    }
}
