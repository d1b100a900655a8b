//! From sound to words.
//!
//! [`capture`] records a microphone, brings it to 16 kHz mono and has it transcribed while it is recorded; [`audio`] reads
//! files. [`vad`] finds the voice in both, and what has no voice is not transcribed. [`transcribe`] runs Whisper with a model
//! from [`models`], which also verifies and imports them.
//!
//! What is decided about a recording (which stretches are transcribed, and when the words are final) is in
//! [`scout_core::incremental`]. Nothing here knows of keys, windows or the log: recordings are copied to a
//! [spool](scout_core::spool) that the caller brings.

pub mod audio;
pub mod capture;
pub mod models;
pub mod transcribe;
pub mod vad;
