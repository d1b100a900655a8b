//! Word error rate: how far what was recognised is from what was said, over texts that were brought to one form first.
//!
//! The form is that of Whisper's own English normaliser, so that our figures can be set next to published ones: *twenty
//! dollars* and *$20*, *colour* and *color*, *won't* and *will not* count as the same.

mod english;
mod errors;
mod numbers;

pub use english::normalize_english;
pub use errors::WordErrors;

/// A pattern that is part of this program.
fn pattern(pattern: &str) -> regex::Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and every one is compiled by the tests")]
    regex::Regex::new(pattern).expect("a valid pattern")
}
