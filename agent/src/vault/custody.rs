//! Where the key lies, and how it is fetched, made, changed and given up.
//!
//! A key is never made over an old log: if the key of a log that exists cannot be had, that is an error with its remedy.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use scout_platform::{SecretError, Secrets, files};
use zeroize::Zeroizing;

use super::key::{Key, KeyId, hex, unhex};
use super::keyslot::{self, Custody, Keyslot, Slot};
use super::recipient::Recipient;
use super::sealed::{self, Frames};

/// Why there is no key, by remedy. Dictation goes on in all cases.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Unlock the keychain.
    #[error("the keychain is locked, and the key of the log is in it: unlock it (it usually opens at log-in)")]
    Locked,
    /// Start the keychain again, or import the key.
    #[error(
        "the key {id} of the log is in the keychain, and the keychain does not answer ({reason}): start it and log in \
         again, or run `scout history key import` with a file that the key was exported to"
    )]
    Unreachable {
        /// The key's name.
        id: KeyId,
        /// What the system said.
        reason: String,
    },
    /// Restore the keychain, import the key, or begin a new log.
    #[error(
        "the key {id} of the log is gone from the place where it was kept: restore the keychain, or run `scout history key \
         import` with a file that the key was exported to. Without it nobody can read the log; `scout history key new` puts \
         the log aside and begins another"
    )]
    Gone {
        /// The key's name.
        id: KeyId,
    },
    /// Put the note back, or import the key.
    #[error(
        "the log is encrypted, and {} is missing, which tells with which key: put it back, or run `scout history key \
         import` with a file that the key was exported to", path.display()
    )]
    Unnamed {
        /// The note about the keys.
        path: PathBuf,
    },
    /// Nothing was ever logged here.
    #[error("there is no key yet: it is made when the agent starts for the first time")]
    NoneYet,
    /// Give Scout access to its folder, or make room.
    #[error("the key of the log cannot be kept or read in {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The keychain took the key and gave another one back, or none.
    #[error("the keychain did not keep the key: {reason}. `scout history key move file` keeps it in a file instead")]
    NotKept {
        /// What went wrong.
        reason: String,
    },
}

impl KeyError {
    /// Whether the key may be had later without the user doing anything with Scout.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Locked | Self::Unreachable { .. })
    }
}

/// The keys of one user.
pub struct Vault {
    folder: PathBuf,
    spool: PathBuf,
    secrets: Box<dyn Secrets>,
    /// Keys that were fetched: a keychain takes its time.
    fetched: Vec<Key>,
    /// Whether the public key on disk was wrong, and was written anew.
    has_mended_recipient: bool,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Vault {
    /// The vault whose notes lie in `folder`, beside the log; what is spooled lies in `spool`.
    pub fn new(folder: &Path, spool: &Path, secrets: Box<dyn Secrets>) -> Self {
        Self {
            folder: folder.to_owned(),
            spool: spool.to_owned(),
            secrets,
            fetched: Vec::new(),
            has_mended_recipient: false,
        }
    }

    /// This user's.
    pub fn of_user(paths: &crate::config::paths::Paths) -> Self {
        Self::new(paths.data(), &paths.spool, scout_platform::secrets())
    }

    /// Which keys there are and where; `None` before the first was made. Asks no keychain.
    pub fn keyslot(&self) -> Result<Option<Keyslot>, KeyError> {
        Keyslot::read(&self.folder).map_err(|source| KeyError::File { path: keyslot::file(&self.folder), source })
    }

    /// Where the current key lies. Asks no keychain.
    pub fn custody(&self) -> Option<Custody> {
        self.keyslot().ok().flatten().and_then(|slots| slots.keys.first().map(|slot| slot.custody))
    }

    /// Whether the keychain is locked, without asking the user to unlock it; `None` where that cannot be told.
    pub fn is_locked(&self) -> Option<bool> {
        self.secrets.is_locked()
    }

    /// Asks for the keys again, where they are kept: they may have been changed.
    pub fn forget(&mut self) {
        self.fetched.clear();
    }

    /// The current key.
    pub fn current(&mut self) -> Result<Key, KeyError> {
        let slots = self.keyslot()?.ok_or(KeyError::NoneYet)?;
        let slot = *slots.keys.first().ok_or(KeyError::NoneYet)?;
        self.fetch(slot)
    }

    /// The key of that name.
    pub fn key(&mut self, id: KeyId) -> Result<Key, KeyError> {
        let slot = self.keyslot()?.and_then(|slots| slots.keys.into_iter().find(|slot| slot.id == id));
        self.fetch(slot.ok_or(KeyError::Gone { id })?)
    }

    /// Opens a sealed file with the key that does: the one that its header names first, then the others, because the header
    /// may be damaged. Gives no frames if it is damaged beyond that.
    pub fn open(&mut self, bytes: &[u8]) -> Result<Frames, KeyError> {
        let named = sealed::key_of(bytes);
        let mut slots = self.keyslot()?.map_or_else(Vec::new, |slots| slots.keys);
        slots.sort_by_key(|slot| named != Some(slot.id));
        let is_known = named.is_none_or(|id| slots.iter().any(|slot| slot.id == id));
        let mut problem = None;
        for slot in slots {
            match self.fetch(slot) {
                Ok(key) => {
                    let frames = sealed::open(bytes, &key);
                    if frames.is_open() {
                        return Ok(frames);
                    }
                }
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        match (problem, named) {
            (Some(error), _) => Err(error),
            (None, Some(id)) if !is_known => Err(KeyError::Gone { id }),
            (None, _) => Ok(Frames::unopened(bytes.len())),
        }
    }

    /// All keys that can be had now, the current one first.
    pub fn keys(&mut self) -> Result<Vec<Key>, KeyError> {
        let slots = self.keyslot()?.map_or_else(Vec::new, |slots| slots.keys);
        let mut keys = Vec::new();
        for (number, slot) in slots.into_iter().enumerate() {
            match self.fetch(slot) {
                Ok(key) => keys.push(key),
                Err(error) if number == 0 => return Err(error),
                Err(error) => tracing::debug!(%error, "an older key cannot be had"),
            }
        }
        Ok(keys)
    }

    /// The current key, made if there is none and no log that one could be missing for.
    pub fn ensure(&mut self, is_log_encrypted: bool) -> Result<Key, KeyError> {
        let key = match self.keyslot()? {
            Some(_) => self.current()?,
            None if is_log_encrypted => return Err(KeyError::Unnamed { path: keyslot::file(&self.folder) }),
            None => self.make()?,
        };
        self.mend_recipient(&key)?;
        Ok(key)
    }

    /// Sees to it that recordings are sealed to this key.
    fn mend_recipient(&mut self, key: &Key) -> Result<(), KeyError> {
        if Recipient::read(&self.spool).is_some_and(|recipient| recipient.is_of(key)) {
            return Ok(());
        }
        if Recipient::is_there(&self.spool) {
            tracing::warn!(key = %key.id(), "the public key that recordings are sealed to was wrong, and is written anew");
            self.has_mended_recipient = true;
        }
        self.write_recipient(key)
    }

    /// Looks again whether recordings are sealed to the current key, as far as it was fetched.
    pub fn look_after_recipient(&mut self) -> Result<(), KeyError> {
        let current = self.keyslot()?.and_then(|slots| slots.keys.first().copied());
        let fetched = self.fetched.iter().find(|key| current.is_some_and(|slot| slot.id == key.id()));
        fetched.cloned().map_or(Ok(()), |key| self.mend_recipient(&key))
    }

    /// Whether the public key on disk was wrong since this was last asked.
    pub fn take_mended_recipient(&mut self) -> bool {
        std::mem::take(&mut self.has_mended_recipient)
    }

    /// Whether recordings are sealed to one of the user's keys, as far as it can be told without a key.
    pub fn has_recipient(&self) -> bool {
        let Some(recipient) = Recipient::read(&self.spool) else { return false };
        // A note about the keys that cannot be read tells nothing against it.
        let slots = self.keyslot().ok().flatten();
        slots.is_none_or(|slots| slots.keys.iter().any(|slot| slot.id == recipient.id()))
    }

    /// Removes the public key: nothing can be sealed until the key is had.
    pub fn remove_recipient(&self) -> Result<(), KeyError> {
        Recipient::remove(&self.spool).map_err(|source| KeyError::File { path: self.spool.clone(), source })
    }

    /// Whether a log was begun with the key, so that its absence is damage.
    pub fn is_used(&self) -> bool {
        self.keyslot().ok().flatten().is_some_and(|slots| !slots.is_unused)
    }

    /// A log was begun with the key.
    pub fn set_used(&mut self) -> Result<(), KeyError> {
        match self.keyslot()? {
            Some(mut slots) if slots.is_unused => {
                slots.is_unused = false;
                self.write_keyslot(&slots)
            }
            _ => Ok(()),
        }
    }

    fn make(&mut self) -> Result<Key, KeyError> {
        let custody = match self.secrets.check() {
            Ok(()) => Custody::Keychain,
            // It will open; a file would be in the way then.
            Err(SecretError::Locked) => return Err(KeyError::Locked),
            Err(error) => {
                tracing::warn!(%error, "the key of the log is kept in a file");
                Custody::File
            }
        };
        let key = Key::generate().map_err(|source| KeyError::File { path: self.folder.clone(), source })?;
        self.keep(&key, custody)?;
        self.write_keyslot(&Keyslot { keys: vec![Slot { id: key.id(), custody }], is_unused: true })?;
        self.write_recipient(&key)?;
        Ok(key)
    }

    /// Takes in a key that the user brings, as the current one. The caller has seen that it opens the log, or that there is
    /// no log.
    pub fn adopt(&mut self, key: &Key, custody: Custody) -> Result<(), KeyError> {
        self.keep(key, custody)?;
        let mut slots = self.keyslot().ok().flatten().unwrap_or(Keyslot { keys: Vec::new(), is_unused: true });
        slots.keys.retain(|slot| slot.id != key.id());
        slots.keys.insert(0, Slot { id: key.id(), custody });
        self.write_keyslot(&slots)?;
        self.write_recipient(key)
    }

    /// Makes a key that the log is going to be changed to. It becomes the current one by [`Self::adopt`].
    pub fn prepare(&mut self) -> Result<Key, KeyError> {
        let custody = self.custody().ok_or(KeyError::NoneYet)?;
        let key = Key::generate().map_err(|source| KeyError::File { path: self.folder.clone(), source })?;
        self.keep(&key, custody)?;
        let mut slots = self.keyslot()?.ok_or(KeyError::NoneYet)?;
        slots.keys.push(Slot { id: key.id(), custody });
        self.write_keyslot(&slots)?;
        Ok(key)
    }

    /// Gives up a key for good. Nothing that was encrypted with it can be read any more.
    pub fn retire(&mut self, id: KeyId) -> Result<(), KeyError> {
        let Some(mut slots) = self.keyslot()? else { return Ok(()) };
        let Some(at) = slots.keys.iter().position(|slot| slot.id == id) else { return Ok(()) };
        let slot = slots.keys.remove(at);
        if slots.keys.is_empty() {
            remove(&keyslot::file(&self.folder))?;
            Recipient::remove(&self.spool).map_err(|source| KeyError::File { path: self.spool.clone(), source })?;
        } else {
            self.write_keyslot(&slots)?;
        }
        self.fetched.retain(|key| key.id() != id);
        match slot.custody {
            Custody::Keychain => self.secrets.delete(&secret_name(id)).map_err(|error| of_secrets(id, &error)),
            Custody::File => remove(&self.key_file(id)),
        }
    }

    /// Keeps the current key in another place, and no longer in the former one.
    pub fn relocate(&mut self, custody: Custody) -> Result<(), KeyError> {
        let mut slots = self.keyslot()?.ok_or(KeyError::NoneYet)?;
        for slot in &mut slots.keys {
            let former = *slot;
            if former.custody == custody {
                continue;
            }
            let key = self.fetch(former)?;
            self.keep(&key, custody)?;
            slot.custody = custody;
        }
        let before = self.keyslot()?.map_or_else(Vec::new, |slots| slots.keys);
        self.write_keyslot(&slots)?;
        for former in before.into_iter().filter(|slot| slot.custody != custody) {
            match former.custody {
                Custody::Keychain => {
                    self.secrets.delete(&secret_name(former.id)).map_err(|error| of_secrets(former.id, &error))?;
                }
                Custody::File => remove(&self.key_file(former.id))?,
            }
        }
        Ok(())
    }

    fn fetch(&mut self, slot: Slot) -> Result<Key, KeyError> {
        if let Some(key) = self.fetched.iter().find(|key| key.id() == slot.id) {
            return Ok(key.clone());
        }
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
        let key = kept.as_deref().and_then(|kept| key_in(kept)).filter(|key| key.id() == slot.id);
        let key = key.ok_or(KeyError::Gone { id: slot.id })?;
        self.fetched.push(key.clone());
        Ok(key)
    }

    fn keep(&mut self, key: &Key, custody: Custody) -> Result<(), KeyError> {
        let id = key.id();
        let text = hex(key.expose());
        files::create_private_dir(&self.folder)
            .map_err(|source| KeyError::File { path: self.folder.clone(), source })?;
        match custody {
            Custody::Keychain => {
                self.secrets.set(&secret_name(id), text.as_bytes()).map_err(|error| of_secrets(id, &error))?;
                let kept =
                    self.secrets.get(&secret_name(id)).map_err(|error| of_secrets(id, &error))?.map(Zeroizing::new);
                if kept.as_deref().and_then(|kept| key_in(kept)).as_ref() != Some(key) {
                    return Err(KeyError::NotKept { reason: "it gave back something else".to_owned() });
                }
            }
            Custody::File => {
                let path = self.key_file(id);
                let written = files::open_private(&path, OpenOptions::new().create(true).write(true).truncate(true))
                    .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
                written.map_err(|source| KeyError::File { path, source })?;
            }
        }
        if !self.fetched.contains(key) {
            self.fetched.push(key.clone());
        }
        Ok(())
    }

    fn write_keyslot(&self, slots: &Keyslot) -> Result<(), KeyError> {
        slots.write(&self.folder).map_err(|source| KeyError::File { path: keyslot::file(&self.folder), source })
    }

    fn write_recipient(&self, key: &Key) -> Result<(), KeyError> {
        Recipient::of(key).write(&self.spool).map_err(|source| KeyError::File { path: self.spool.clone(), source })
    }

    fn key_file(&self, id: KeyId) -> PathBuf {
        self.folder.join(format!("key-{id}"))
    }
}

/// The name under which a keychain shows it.
fn secret_name(id: KeyId) -> String {
    format!("log-key-{id}")
}

fn key_in(kept: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(kept).ok()?;
    Key::from_slice(&unhex(text.trim())?)
}

fn of_secrets(id: KeyId, error: &SecretError) -> KeyError {
    match error {
        SecretError::Locked => KeyError::Locked,
        SecretError::Absent { .. } | SecretError::Failed { .. } => {
            KeyError::Unreachable { id, reason: error.to_string() }
        }
    }
}

fn remove(path: &Path) -> Result<(), KeyError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(KeyError::File { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
