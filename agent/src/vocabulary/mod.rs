//! The files of the user's vocabulary, and words that are found for it.

pub mod import;
pub mod lists;
pub mod mishearings;
