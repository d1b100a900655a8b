//! Bringing the text to its target.
