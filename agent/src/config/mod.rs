//! The configuration's files: read, watched, edited, and kept for the next start.
//!
//! What may be in them is declared in [`scout_core::config`].

pub mod edit;
pub mod error;
pub mod files;
pub mod last_good;
pub mod paths;
pub mod watch;

pub use error::ConfigError;
