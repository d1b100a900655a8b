//! Fetches, creates, replaces, moves and deletes the keys of the log.
//!
//! A new key never replaces the key of an existing log. If that key is not available, the error states the remedy.

use std::io;
use std::path::{Path, PathBuf};

use scout_platform::{SecretError, Secrets};

use super::error::KeyError;
use super::key::{Key, KeyId};
use super::keyslot::{self, Custody, Keyslot, Slot};
use super::recipient::Recipient;
use super::sealed::{self, Frames};
use super::storage::{Storage, remove};

/// The keys of one user.
pub struct Vault {
    folder: PathBuf,
    spool: PathBuf,
    storage: Storage,
    /// The fetched keys: a keychain is slow.
    fetched: Vec<Key>,
    /// Whether a wrong public key on disk was replaced.
    has_replaced_recipient: bool,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Vault {
    /// Creates the vault of the log in `folder`. Recordings are sealed in the folder `spool`.
    pub fn new(folder: &Path, spool: &Path, secrets: Box<dyn Secrets>) -> Self {
        Self {
            folder: folder.to_owned(),
            spool: spool.to_owned(),
            storage: Storage::new(folder, secrets),
            fetched: Vec::new(),
            has_replaced_recipient: false,
        }
    }

    /// Returns which keys exist and where they are kept; `None` before the first one. Does not access the keychain.
    pub fn keyslot(&self) -> Result<Option<Keyslot>, KeyError> {
        let path = keyslot::file(&self.folder);
        Keyslot::read(&path).map_err(|source| match source.kind() {
            // It is there, and is no list.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => KeyError::ListDamaged {
                key_file: self
                    .storage
                    .in_files()
                    .ok()
                    .and_then(|slots| slots.first().map(|slot| self.storage.file(*slot))),
                reason: source.to_string(),
                path,
            },
            _ => KeyError::File { path, source },
        })
    }

    /// Returns where the current key is kept. Does not access the keychain.
    pub fn custody(&self) -> Option<Custody> {
        self.keyslot().ok().flatten().and_then(|slots| slots.keys.first().map(|slot| slot.custody))
    }

    /// Returns whether the keychain is locked, without a prompt to the user; `None` if that is not known.
    pub fn is_locked(&self) -> Option<bool> {
        self.storage.secrets.is_locked()
    }

    /// Forgets the fetched keys, so that they are fetched again.
    pub(crate) fn forget(&mut self) {
        self.fetched.clear();
    }

    /// Returns the current key.
    pub fn current(&mut self) -> Result<Key, KeyError> {
        let slots = self.keyslot()?.ok_or(KeyError::NoneYet)?;
        let slot = *slots.keys.first().ok_or(KeyError::NoneYet)?;
        self.fetch(slot)
    }

    /// Returns the key with this name.
    #[cfg(test)]
    pub(crate) fn key(&mut self, id: KeyId) -> Result<Key, KeyError> {
        let slot = self.keyslot()?.and_then(|slots| slots.keys.into_iter().find(|slot| slot.id == id));
        self.fetch(slot.ok_or(KeyError::Gone { id })?)
    }

    /// Opens a sealed file. Tries the key that its header names first, then the others, because the header may be
    /// damaged. Returns no frames if no key opens it.
    pub(crate) fn open(&mut self, bytes: &[u8]) -> Result<Frames, KeyError> {
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

    /// Returns all available keys, the current one first.
    pub(crate) fn keys(&mut self) -> Result<Vec<Key>, KeyError> {
        let slots = self.keyslot()?.map_or_else(Vec::new, |slots| slots.keys);
        let mut keys = Vec::new();
        for (number, slot) in slots.into_iter().enumerate() {
            match self.fetch(slot) {
                Ok(key) => keys.push(key),
                Err(error) if number == 0 => return Err(error),
                Err(error) => tracing::debug!(%error, "an older key is not available"),
            }
        }
        Ok(keys)
    }

    /// Returns why the first of the keys that cannot be fetched is not available; `None` if all can be.
    pub(crate) fn unavailable(&mut self) -> Result<Option<KeyError>, KeyError> {
        let slots = self.keyslot()?.map_or_else(Vec::new, |slots| slots.keys);
        Ok(slots.into_iter().find_map(|slot| self.fetch(slot).err()))
    }

    /// Returns the current key. Creates the first one, unless an encrypted log exists.
    pub fn ensure(&mut self, is_log_encrypted: bool) -> Result<Key, KeyError> {
        let key = match self.keyslot()? {
            Some(_) => self.current()?,
            None if is_log_encrypted => return Err(KeyError::Unnamed { path: keyslot::file(&self.folder) }),
            None => self.make()?,
        };
        self.ensure_recipient(&key)?;
        Ok(key)
    }

    /// Replaces the public key on disk if it does not belong to this key.
    fn ensure_recipient(&mut self, key: &Key) -> Result<(), KeyError> {
        if Recipient::read(&self.spool).is_some_and(|recipient| recipient.is_of(key)) {
            return Ok(());
        }
        if Recipient::is_there(&self.spool) {
            tracing::warn!(key = %key.id(), "the public key that recordings are sealed to was wrong, and is replaced");
            self.has_replaced_recipient = true;
        }
        self.write_recipient(key)
    }

    /// Checks that recordings are sealed to the current key, if it was fetched.
    pub(crate) fn check_recipient(&mut self) -> Result<(), KeyError> {
        let current = self.keyslot()?.and_then(|slots| slots.keys.first().copied());
        let fetched = self.fetched.iter().find(|key| current.is_some_and(|slot| slot.id == key.id()));
        fetched.cloned().map_or(Ok(()), |key| self.ensure_recipient(&key))
    }

    /// Returns whether a wrong public key was replaced since the last call.
    pub(crate) fn take_replaced_recipient(&mut self) -> bool {
        std::mem::take(&mut self.has_replaced_recipient)
    }

    /// Returns whether recordings are sealed to one of the user's keys, as far as that is known without a key.
    pub fn has_recipient(&self) -> bool {
        let Some(recipient) = Recipient::read(&self.spool) else { return false };
        // An unreadable list of keys is no evidence against it.
        let slots = self.keyslot().ok().flatten();
        slots.is_none_or(|slots| slots.keys.iter().any(|slot| slot.id == recipient.id()))
    }

    /// Removes the public key. Nothing can be sealed until the key is available.
    pub fn remove_recipient(&self) -> Result<(), KeyError> {
        Recipient::remove(&self.spool).map_err(|source| KeyError::File { path: self.spool.clone(), source })
    }

    /// Returns whether a log was created with the key. If so, a missing log is damage.
    pub(crate) fn is_used(&self) -> bool {
        self.keyslot().ok().flatten().is_some_and(|slots| !slots.is_unused)
    }

    /// Marks the key as used: a log was created with it.
    pub(crate) fn set_used(&mut self) -> Result<(), KeyError> {
        match self.keyslot()? {
            Some(mut slots) if slots.is_unused => {
                slots.is_unused = false;
                self.write_keyslot(&slots)
            }
            _ => Ok(()),
        }
    }

    /// Creates the first key.
    fn make(&mut self) -> Result<Key, KeyError> {
        let custody = match self.storage.secrets.check() {
            Ok(()) => Custody::Keychain,
            // It will be unlocked later. A key file would then be wrong.
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

    /// Makes a key the current one. The caller has checked that it opens the log, or that there is no log.
    pub fn adopt(&mut self, key: &Key, custody: Custody) -> Result<(), KeyError> {
        self.keep(key, custody)?;
        let mut slots = self.keyslot().ok().flatten().unwrap_or(Keyslot { keys: Vec::new(), is_unused: true });
        slots.keys.retain(|slot| slot.id != key.id());
        slots.keys.insert(0, Slot { id: key.id(), custody });
        self.write_keyslot(&slots)?;
        self.write_recipient(key)
    }

    /// Creates the key that the log is about to change to. [`Self::adopt`] makes it the current one.
    pub fn prepare(&mut self) -> Result<Key, KeyError> {
        let custody = self.custody().ok_or(KeyError::NoneYet)?;
        let key = Key::generate().map_err(|source| KeyError::File { path: self.folder.clone(), source })?;
        self.keep(&key, custody)?;
        let mut slots = self.keyslot()?.ok_or(KeyError::NoneYet)?;
        slots.keys.push(Slot { id: key.id(), custody });
        self.write_keyslot(&slots)?;
        Ok(key)
    }

    /// Deletes all keys but one. Data that was encrypted with them cannot be read any more.
    pub(crate) fn retire_all_but(&mut self, kept: KeyId) -> Result<(), KeyError> {
        let Some(mut slots) = self.keyslot()? else { return Ok(()) };
        while let Some(at) = slots.keys.iter().position(|slot| slot.id != kept) {
            // Until the key is gone, the list names it.
            self.delete(slots.keys[at])?;
            slots.keys.remove(at);
            self.write_keyslot(&slots)?;
        }
        Ok(())
    }

    /// Notes on the disk that all keys are to be deleted, with the key files that no list names.
    pub(crate) fn note_deletion(&mut self) -> Result<(), KeyError> {
        let mut noted = self.noted()?;
        // If the list is unreadable, the keys in the keychain are not known.
        let listed = self.keyslot().ok().flatten().map_or_else(Vec::new, |slots| slots.keys);
        for slot in listed.into_iter().chain(self.storage.in_files()?) {
            if !noted.contains(&slot) {
                noted.push(slot);
            }
        }
        self.write_noted(noted)
    }

    /// Removes the list of keys and the public key, so that the next key is a first one. The keys themselves stay.
    pub(crate) fn begin_anew(&mut self) -> Result<(), KeyError> {
        self.fetched.clear();
        remove(&keyslot::file(&self.folder))?;
        self.remove_recipient()
    }

    /// Deletes the keys that [`Self::note_deletion`] noted, but for those that are in use. Those that cannot be deleted
    /// stay noted, and the first error is returned.
    pub(crate) fn delete_noted(&mut self) -> Result<(), KeyError> {
        let noted = self.noted()?;
        if noted.is_empty() {
            return Ok(());
        }
        let used = self.keyslot()?.map_or_else(Vec::new, |slots| slots.keys);
        let (mut left, mut problem) = (Vec::new(), None);
        for slot in noted.into_iter().filter(|slot| !used.contains(slot)) {
            if let Err(error) = self.delete(slot) {
                left.push(slot);
                problem = problem.or(Some(error));
            }
        }
        self.write_noted(left)?;
        problem.map_or(Ok(()), Err)
    }

    fn delete(&mut self, slot: Slot) -> Result<(), KeyError> {
        self.storage.delete(slot)?;
        self.fetched.retain(|key| key.id() != slot.id);
        Ok(())
    }

    fn noted(&self) -> Result<Vec<Slot>, KeyError> {
        Ok(read_list(keyslot::deletion_file(&self.folder))?.map_or_else(Vec::new, |slots| slots.keys))
    }

    fn write_noted(&self, keys: Vec<Slot>) -> Result<(), KeyError> {
        let path = keyslot::deletion_file(&self.folder);
        if keys.is_empty() {
            return remove(&path);
        }
        Keyslot { keys, is_unused: true }.write(&path).map_err(|source| KeyError::File { path, source })
    }

    /// Moves all keys to another place.
    pub(crate) fn relocate(&mut self, custody: Custody) -> Result<(), KeyError> {
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
        before.into_iter().filter(|slot| slot.custody != custody).try_for_each(|slot| self.storage.delete(slot))
    }

    fn fetch(&mut self, slot: Slot) -> Result<Key, KeyError> {
        if let Some(key) = self.fetched.iter().find(|key| key.id() == slot.id) {
            return Ok(key.clone());
        }
        let key = self.storage.load(slot)?;
        self.fetched.push(key.clone());
        Ok(key)
    }

    fn keep(&mut self, key: &Key, custody: Custody) -> Result<(), KeyError> {
        let is_kept = self.storage.load(Slot { id: key.id(), custody }).is_ok_and(|kept| kept == *key);
        if !is_kept {
            self.storage.store(key, custody)?;
        }
        if !self.fetched.contains(key) {
            self.fetched.push(key.clone());
        }
        Ok(())
    }

    fn write_keyslot(&self, slots: &Keyslot) -> Result<(), KeyError> {
        let path = keyslot::file(&self.folder);
        slots.write(&path).map_err(|source| KeyError::File { path, source })
    }

    fn write_recipient(&self, key: &Key) -> Result<(), KeyError> {
        Recipient::of(key).write(&self.spool).map_err(|source| KeyError::File { path: self.spool.clone(), source })
    }
}

fn read_list(path: PathBuf) -> Result<Option<Keyslot>, KeyError> {
    Keyslot::read(&path).map_err(|source| KeyError::File { path, source })
}

#[cfg(test)]
mod tests;
