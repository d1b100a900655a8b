//! What Scout decides: pure functions and state machines, without files, threads, sockets or native code.
//!
//! [`session`] is the machine that decides everything about a dictation: it is given events and answers with effects.
//! [`incremental`] decides which stretches of audio are transcribed, and when the words are final; [`speech`] finds the
//! voice in them. [`profile`] resolves what the target application wants, [`text`] composes what is to be delivered, and
//! [`delivery`] plans how. [`config`] declares every option, and [`setup`] holds all that the user has set.
//!
//! The package `scout` carries out what is decided here.

pub mod alignment;
pub mod config;
pub mod delivery;
pub mod dictation;
pub mod incremental;
pub mod log_entry;
pub mod microphone;
pub mod profile;
pub mod session;
pub mod setup;
pub mod speech;
pub mod spool;
pub mod text;
pub mod transcript;
