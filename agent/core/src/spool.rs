//! The spool: recordings on disk while they are made, so that a crash of the agent loses none. Capture writes to it through
//! these traits.

use std::io;
use std::path::PathBuf;

use crate::dictation::DictationId;

/// Stores recordings as they arrive.
pub trait Spool: Send {
    /// Starts the recording of a dictation. `note` describes the dictation for crash recovery.
    fn create(&self, id: DictationId, note: &serde_json::Value) -> Result<Box<dyn SpooledRecording>, SpoolWriteError>;
}

/// A recording that is being written, or is complete and not yet in the log. Dropping it leaves it in the spool, for crash
/// recovery.
pub trait SpooledRecording: Send {
    /// Appends samples (16 kHz, mono). They survive a crash of this process once it returns.
    fn write(&mut self, samples: &[f32]) -> Result<(), SpoolWriteError>;

    /// Deletes the recording: its text is safe, or the dictation was cancelled.
    fn discard(self: Box<Self>) -> Result<(), SpoolWriteError>;
}

/// Why the spool cannot be written. The dictation itself continues in memory.
#[derive(Debug, thiserror::Error)]
pub enum SpoolWriteError {
    /// Make room, or make the folder writable.
    #[error("the recording cannot be kept in {path}: {source}. It is safe only while Scout runs")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Unlock the keychain, so that the key can be made.
    #[error(
        "the recording cannot be kept, because there is no key yet to encrypt it with: unlock the keychain. It is safe only \
         while Scout runs"
    )]
    NoKeyYet,
}
