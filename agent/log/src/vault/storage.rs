//! Stores keys in the system's keychain, or in files that only the user can read.

use std::io;
use std::path::{Path, PathBuf};

use scout_platform::{SecretError, Secrets, files};
use zeroize::Zeroizing;

use super::durable;
use super::error::KeyError;
use super::key::{Key, KeyId, hex, unhex};
use super::keyslot::{Custody, Slot};

/// The beginning of the name of a key file; the name of the key follows.
const KEY_FILE: &str = "key-";

/// The keychain, and the data folder for key files.
pub(super) struct Storage {
    folder: PathBuf,
    pub(super) secrets: Box<dyn Secrets>,
}

impl Storage {
    pub(super) fn new(folder: &Path, secrets: Box<dyn Secrets>) -> Self {
        Self { folder: folder.to_owned(), secrets }
    }

    /// Reads a key from its place.
    pub(super) fn load(&self, slot: Slot) -> Result<Key, KeyError> {
        let kept = match slot.custody {
            Custody::Keychain => self
                .secrets
                .get(&secret_name(slot.id))
                .map_err(|error| of_secrets(slot.id, &error))?
                .map(Zeroizing::new),
            Custody::File => {
                let path = self.key_file(slot.id);
                match std::fs::read(&path) {
                    Ok(bytes) => Some(Zeroizing::new(bytes)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(source) => return Err(KeyError::File { path, source }),
                }
            }
        };
        let key = kept.as_deref().and_then(|kept| parse(kept)).filter(|key| key.id() == slot.id);
        key.ok_or(KeyError::Gone { id: slot.id })
    }

    /// Stores a key. A keychain is asked for it again, to prove that it kept the key.
    pub(super) fn store(&self, key: &Key, custody: Custody) -> Result<(), KeyError> {
        let id = key.id();
        let text = hex(key.expose());
        files::create_private_dir(&self.folder)
            .map_err(|source| KeyError::File { path: self.folder.clone(), source })?;
        match custody {
            Custody::Keychain => {
                self.secrets.set(&secret_name(id), text.as_bytes()).map_err(|error| of_secrets(id, &error))?;
                let kept =
                    self.secrets.get(&secret_name(id)).map_err(|error| of_secrets(id, &error))?.map(Zeroizing::new);
                if kept.as_deref().and_then(|kept| parse(kept)).as_ref() != Some(key) {
                    return Err(KeyError::NotKept { reason: "it gave back something else".to_owned() });
                }
                Ok(())
            }
            Custody::File => {
                let path = self.key_file(id);
                durable::write(&path, text.as_bytes()).map_err(|source| KeyError::File { path, source })
            }
        }
    }

    /// Deletes a key from its place.
    pub(super) fn delete(&self, slot: Slot) -> Result<(), KeyError> {
        match slot.custody {
            Custody::Keychain => {
                self.secrets.delete(&secret_name(slot.id)).map_err(|error| of_secrets(slot.id, &error))
            }
            Custody::File => remove(&self.key_file(slot.id)),
        }
    }

    /// Returns the keys that are in files, whether a list names them or not.
    pub(super) fn in_files(&self) -> Result<Vec<Slot>, KeyError> {
        let fail = |source| KeyError::File { path: self.folder.clone(), source };
        let files = match self.folder.read_dir() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            files => files.map_err(fail)?,
        };
        let mut slots = Vec::new();
        for file in files {
            let name = file.map_err(fail)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_prefix(KEY_FILE)).and_then(|id| id.parse().ok());
            slots.extend(id.map(|id| Slot { id, custody: Custody::File }));
        }
        Ok(slots)
    }

    /// Returns the path of the file in which a key is kept.
    pub(super) fn file(&self, slot: Slot) -> PathBuf {
        self.key_file(slot.id)
    }

    fn key_file(&self, id: KeyId) -> PathBuf {
        self.folder.join(format!("{KEY_FILE}{id}"))
    }
}

/// Removes a file. A missing file is not an error.
pub(super) fn remove(path: &Path) -> Result<(), KeyError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(KeyError::File { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Returns the name under which a keychain shows the key.
pub(super) fn secret_name(id: KeyId) -> String {
    format!("log-key-{id}")
}

/// Parses a key as it is kept in a file or a keychain; `None` if it is none.
pub fn parse(kept: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(kept).ok()?;
    Key::from_slice(&unhex(text.trim())?)
}

fn of_secrets(id: KeyId, error: &SecretError) -> KeyError {
    match error {
        SecretError::Locked => KeyError::Locked,
        SecretError::Silent { limit } => {
            KeyError::Unreachable { id, reason: format!("it has not replied for {} s", limit.as_secs()) }
        }
        SecretError::Absent { .. } | SecretError::Failed { .. } => {
            KeyError::Unreachable { id, reason: error.to_string() }
        }
    }
}
