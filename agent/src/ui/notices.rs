//! What the user must be told.
