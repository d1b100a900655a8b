//! Scout, a local-first dictation agent: everything that is the same on every OS.
//!
//! An utterance walks through the rooms from top to bottom, once: a key or a command wakes [`session`], which starts
//! [`capture`]; [`speech`] finds the voice in what was captured; [`transcribe`] turns it into words with a model from
//! [`models`]; [`profile`] says what the target application wants; [`text`] composes what is to be delivered, and
//! [`rewriter`] may ask a language model about it; [`deliver`] types it; [`history`] logs it, encrypted with the key
//! from [`vault`], and [`recovery`] does so after a crash. [`app`] joins the rooms, [`ui`] and [`control`] show and
//! steer them, [`config`] sets them up, and [`cli`] is the way in.

pub mod alignment;
pub mod app;
pub mod audio;
pub mod bindings;
pub mod capture;
pub mod cli;
pub mod config;
pub mod control;
pub mod deliver;
pub mod dictation;
pub mod history;
pub mod logging;
pub mod models;
pub mod profile;
pub mod recovery;
pub mod rewriter;
pub mod session;
pub mod setup;
pub mod speech;
pub mod text;
pub mod transcribe;
pub mod ui;
pub mod vault;
