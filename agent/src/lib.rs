//! Scout, a local-first dictation agent: everything that is the same on every OS. What is decided is in [`scout_core`]; this
//! package carries it out.
//!
//! An utterance goes through it from top to bottom: a key or a command starts a dictation, [`scout_speech`] records it and
//! finds its words, [`rewriter`] may ask a language model about the text, [`deliver`] types it, and [`scout_log`] logs it.
//! [`app`] joins these parts and their threads. [`ui`] and [`control`] show and steer them, [`config`], [`setup`] and
//! [`vocabulary`] read and write the user's files, [`bindings`] writes the dictation key into a compositor's settings, and
//! [`cli`] is the way in.

pub mod app;
pub mod bindings;
pub mod cli;
pub mod config;
pub mod control;
pub mod deliver;
pub mod logging;
pub mod rewriter;
pub mod setup;
pub mod trouble;
pub mod ui;
pub mod vocabulary;
