//! The key of the log, where it is kept, and files that are sealed to it.
//!
//! Each user has one random key. The key of the database is derived from it. Recordings, and entries that cannot be
//! written yet, are sealed to the *public* half of the key, which is on disk: they can be written while the keychain is
//! locked, and opened only with the key.

mod custody;
mod durable;
mod error;
mod key;
mod keyslot;
mod passphrase;
mod recipient;
mod sealed;
mod storage;

pub use custody::Vault;
pub(crate) use durable::sync_folder;
pub use error::KeyError;
pub use key::{Key, KeyId};
pub use keyslot::{Custody, Keyslot, Slot};
pub use passphrase::{PassphraseError, export, import};
pub use recipient::Recipient;
pub(crate) use sealed::{Outline, SealedFile, outline, read_all};
pub use storage::parse as parse_key;

/// Returns a fixed key for tests.
#[cfg(test)]
pub(crate) fn test_key() -> Key {
    Key::from_bytes([7; 32])
}

/// Writes the public half of [`test_key`] into a folder for recordings.
#[cfg(test)]
pub(crate) fn test_spool(folder: &std::path::Path) {
    std::fs::create_dir_all(folder).unwrap();
    Recipient::of(&test_key()).write(folder).unwrap();
}
