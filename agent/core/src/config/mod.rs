//! The configuration: what may be set, what the user has set, and what is wrong with it.
//!
//! Each option is declared in one place, a file of [`schema`], with all that is known of it ([`options()`]). From that
//! come the settings structs, the check of what a user writes, `config/default.toml` and the table in
//! `docs/options.md`. [`load::from_text`] reads a text over the defaults and reports *all* that is wrong in it.

pub mod allowed;
pub mod check;
mod declare;
pub mod default_file;
pub mod file;
pub mod help;
pub mod language;
pub mod limits;
pub mod lists;
pub mod load;
pub mod option;
pub mod problem;
pub mod schema;
pub mod value;

pub use load::{Loaded, Origin, Override};
pub use problem::Problem;
pub use schema::{Config, option, options, sections};
