//! Which profile applies to which application.
