//! Samples to words.
