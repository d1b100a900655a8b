//! Layered configuration: load, validate, watch, edit.
//!
//! Each option is declared in one place, a file of [`schema`], with all that is known of it ([`options()`]). From that
//! come the settings structs, the check of what a user writes, `config/default.toml` and the table in
//! `docs/options.md`. [`load()`] reads a file over the defaults and reports *all* that is wrong in it, [`watch`] does
//! so again whenever the file changes, and [`edit`] changes one option without touching the rest.

pub mod allowed;
pub mod check;
mod declare;
pub mod default_file;
pub mod edit;
pub mod files;
pub mod help;
pub mod language;
pub mod last_good;
pub mod limits;
pub mod lists;
pub mod load;
pub mod option;
pub mod paths;
pub mod problem;
pub mod schema;
pub mod value;
pub mod watch;

pub use load::{Loaded, Origin, Override, load};
pub use problem::{ConfigError, Problem};
pub use schema::{Config, option, options, sections};
