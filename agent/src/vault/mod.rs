//! Keeps what was said unreadable to everybody but its owner: the key, where it lies, and files sealed to it.
//!
//! One random key per user. The log's database is encrypted with what is derived from it. Recordings, and entries that
//! cannot be written yet, are sealed to the key's *public* half, which lies on disk: they can be written while the keychain
//! is locked, and opened only with the key.

mod custody;
mod key;
mod keyslot;
mod passphrase;
mod recipient;
mod sealed;

pub use custody::{KeyError, Vault};
pub use key::{Key, KeyId};
pub use keyslot::{Custody, Keyslot, Slot};
pub use passphrase::{PassphraseError, export, import};
pub use recipient::Recipient;
pub(crate) use sealed::read_all;
pub use sealed::{Frames, Outline, SealedFile, open, outline};

/// A key and its public half in the spool's folder, for tests that need no keychain.
#[cfg(test)]
pub(crate) fn test_key() -> Key {
    Key::from_bytes([7; 32])
}

/// Makes a folder of spooled recordings usable in a test.
#[cfg(test)]
pub(crate) fn test_spool(folder: &std::path::Path) {
    std::fs::create_dir_all(folder).unwrap();
    Recipient::of(&test_key()).write(folder).unwrap();
}
