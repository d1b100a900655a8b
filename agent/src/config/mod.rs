//! Layered configuration: load, validate, watch, edit.
//!
//! [`schema`] says what the rooms are given, [`options`] what a user may write, and `config/default.toml` explains it to the
//! user; tests keep the three the same. [`load()`] reads a file over the defaults and reports *all* that is wrong in it,
//! [`watch`] does so again whenever the file changes, and [`edit`] changes one option without touching the rest.

pub mod allowed;
pub mod check;
pub mod edit;
pub mod files;
pub mod language;
pub mod last_good;
pub mod lists;
pub mod load;
pub mod options;
pub mod paths;
pub mod problem;
pub mod rooms;
pub mod schema;
pub mod watch;

pub use load::{Loaded, Origin, Override, load};
pub use problem::{ConfigError, Problem};
pub use schema::Config;

/// Every option with its default and its explanation, as the user reads it.
pub const DEFAULT_TOML: &str = include_str!("../../../config/default.toml");
