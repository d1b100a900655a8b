//! Scout on a real desktop in a box, end to end. All of it is one program: it is linked once, and tests that wait for sound
//! run side by side, each on a desktop of its own.
//!
//! `cargo test -p scout-tests --test e2e delivery::` runs one file of it.

mod aim;
mod bindings;
mod bound_keys;
mod box_itself;
mod capture;
mod clipboard_programs;
mod control;
mod delivery;
mod dictation;
mod disk;
mod docs;
mod gnome;
mod grab;
mod hands_free;
mod hook;
mod kills;
mod kwin;
mod languages;
mod leaving;
mod live;
mod log;
mod long;
mod matrix;
mod microphone;
mod pasting;
mod profiles;
mod quiet;
mod recognition;
mod recovery;
mod speech;
mod tray;
mod troubles;
mod typing;
mod undo;
mod wayland;
mod wayland_dictation;
