//! The list of keys and where each is kept. It is on disk next to the log, and is not a secret.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::durable;
use super::key::KeyId;

/// The name of the file in the data folder.
const FILE: &str = "key.json";

/// The name of the file that lists keys that are to be deleted.
const DELETION: &str = "key-deletion.json";

/// The format that this program reads and writes.
const VERSION: u32 = 1;

/// The keys that are in use. The first one is the key of the log. The others are older keys that files may still be
/// sealed to, or the key that the log is being changed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyslot {
    /// The keys, the current one first.
    pub keys: Vec<Slot>,
    /// Whether no log was created with them yet. If one was, a missing log is damage.
    pub(crate) is_unused: bool,
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The name of the key.
    pub id: KeyId,
    /// Where it is kept.
    pub custody: Custody,
}

/// Where a key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Custody {
    /// In the system's keychain.
    Keychain,
    /// In a file that only the user can read, because no keychain answered when the key was created, or because the
    /// user chose it.
    File,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    version: u32,
    keys: Vec<SlotOnDisk>,
    /// Missing in files of an older Scout, which wrote them just before it created the log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unused: bool,
}

#[derive(Serialize, Deserialize)]
struct SlotOnDisk {
    id: String,
    custody: Custody,
}

impl Keyslot {
    /// Reads a list; `None` if there is none or if it names no key.
    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let on_disk: OnDisk = serde_json::from_str(&text)?;
        if on_disk.version > VERSION {
            return Err(io::Error::other("it was written by a newer Scout: update Scout"));
        }
        let slot = |slot: SlotOnDisk| {
            Ok(Slot {
                id: slot.id.parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?,
                custody: slot.custody,
            })
        };
        let keys = on_disk.keys.into_iter().map(slot).collect::<io::Result<Vec<_>>>()?;
        Ok((!keys.is_empty()).then_some(Self { keys, is_unused: on_disk.unused }))
    }

    /// Writes the list, completely or not at all.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let keys = self.keys.iter().map(|slot| SlotOnDisk { id: slot.id.to_string(), custody: slot.custody }).collect();
        let on_disk = OnDisk { version: VERSION, keys, unused: self.is_unused };
        durable::write(path, (serde_json::to_string_pretty(&on_disk)? + "\n").as_bytes())
    }
}

/// Returns the path of the list in the data folder.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Returns the path of the list of keys that are to be deleted. It is apart from the other one, because that one begins
/// anew when everything is deleted.
pub(super) fn deletion_file(folder: &Path) -> PathBuf {
    folder.join(DELETION)
}
