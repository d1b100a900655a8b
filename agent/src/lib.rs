//! Scout, a local-first dictation agent: everything that is the same on every OS. What is decided is in [`scout_core`]; this
//! package carries it out.
//!
//! An utterance walks through the rooms from top to bottom, once: a key or a command wakes the session, which starts
//! [`capture`]; [`speech`] finds the voice in what was captured; [`transcribe`] turns it into words with a model from
//! [`models`]; [`rewriter`] may ask a language model about the text; [`deliver`] types it; [`scout_log`] logs
//! it, and does so after a crash. [`app`] joins the rooms, [`ui`] and [`control`] show and
//! steer them, [`config`] and [`vocabulary`] read and write the user's files, and [`cli`] is the way in.

pub mod app;
pub mod audio;
pub mod bindings;
pub mod capture;
pub mod cli;
pub mod config;
pub mod control;
pub mod deliver;
pub mod logging;
pub mod models;
pub mod rewriter;
pub mod setup;
pub mod speech;
pub mod transcribe;
pub mod ui;
pub mod vocabulary;
