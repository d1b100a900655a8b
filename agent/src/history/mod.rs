//! The log: what was said, when, where, and what became of it.
