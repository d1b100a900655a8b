//! A desktop in a box, and what the end-to-end tests need of it.
