//! Why the key of the log is not available.

use std::io;
use std::path::{Path, PathBuf};

use super::key::KeyId;

/// Why there is no key. Each variant has its own remedy. Dictation continues in all cases.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Unlock the keychain.
    #[error("the keychain is locked, and the key of the log is in it: unlock it (it usually opens at log-in)")]
    Locked,
    /// Start the keychain, or import the key.
    #[error(
        "the key {id} of the log is in the keychain, and the keychain does not answer ({reason}): start or restart \
         it, for example by logging out and in again, or run `scout history key import` with a file that the key was exported to"
    )]
    Unreachable {
        /// The name of the key.
        id: KeyId,
        /// The message of the operating system.
        reason: String,
    },
    /// Restore the keychain, import the key, or begin a new log.
    #[error(
        "the key {id} of the log is gone from the place where it was kept: restore the keychain, or run `scout history key \
         import` with a file that the key was exported to. Without it nobody can read the log; `scout history key new` puts \
         the log aside and begins another"
    )]
    Gone {
        /// The name of the key.
        id: KeyId,
    },
    /// Restore the list of keys, or import the key.
    #[error(
        "the log is encrypted, and {} is missing, which tells with which key: put it back, or run `scout history key \
         import` with a file that the key was exported to", path.display()
    )]
    Unnamed {
        /// The list of keys.
        path: PathBuf,
    },
    /// Restore the list of keys, or import the key.
    #[error("{} cannot be read ({reason}), which tells with which key the log is encrypted: {}", path.display(), remedy_of(key_file.as_deref()))]
    ListDamaged {
        /// The list of keys.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// A file next to it that holds a key.
        key_file: Option<PathBuf>,
    },
    /// Start the agent, which creates the key.
    #[error("there is no key yet: it is made when the agent starts for the first time")]
    NoneYet,
    /// Give Scout access to its folder, or free space on the disk.
    #[error("the key of the log cannot be kept or read in {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The message of the operating system.
        source: io::Error,
    },
    /// Keep the key in a file: the keychain accepted the key, and returned another one or none.
    #[error("the keychain did not keep the key: {reason}. `scout history key move file` keeps it in a file instead")]
    NotKept {
        /// The reason.
        reason: String,
    },
}

fn remedy_of(key_file: Option<&Path>) -> String {
    match key_file {
        Some(file) => format!("the key is next to it, and `scout history key import {}` takes it in", file.display()),
        None => "put a copy of it back, or run `scout history key import` with a file that the key was exported to"
            .to_owned(),
    }
}
