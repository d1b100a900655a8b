//! How much a user's configuration may hold. More than this is a mistake, and would hold up the start or fill the memory.

/// One megabyte.
const MEGABYTE: u64 = 1_000_000;

/// Bytes of a configuration file, or of a profile.
pub const TOML_FILE: u64 = MEGABYTE;
/// Bytes of all profiles together.
pub const PROFILES: u64 = 16 * MEGABYTE;
/// Bytes of a list of words, and of all lists together: some 80,000 words. How each one sounds is found out
/// at the start, and each dictation is compared with all of them.
pub const WORDS_FILE: u64 = MEGABYTE;
/// Bytes of the copy of all files that were taken over last: twice what they hold together, for escapes.
pub const LAST_GOOD: u64 = 2 * (TOML_FILE + PROFILES + WORDS_FILE) + MEGABYTE;
/// Characters of a line in a list of words.
pub const WORDS_LINE: usize = 400;
/// Profiles that one profile builds on, one through the other.
pub const EXTENDS: usize = 32;
/// Problems of one file that are reported at once.
pub const PROBLEMS: usize = 50;
