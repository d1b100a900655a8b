//! The session: a pure state machine, and the thread around it.
