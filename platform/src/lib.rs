//! The desktops that Scout runs on: implementations of the traits of `scout-desktop`, and [`detect`], which chooses among
//! them at run time.
//!
//! This crate is the only place with `cfg(target_os)` and `unsafe`. It knows nothing of dictation: it listens to keys, types
//! text, tells which window has the focus, and reaches the clipboard, the keychain and the notification service.
//!
//! One folder per desktop, with one file per trait that it implements itself; `common` for what one crate gives on all
//! systems.

mod common;
mod detect;
mod sound_server;

#[cfg(target_os = "linux")]
mod accessibility;
#[cfg(target_os = "linux")]
mod devices;
#[cfg(target_os = "linux")]
mod headless;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "linux")]
mod pulse;
#[cfg(target_os = "linux")]
mod session_lock;
#[cfg(target_os = "linux")]
mod wayland;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

pub use common::open::{OpenError, open_document, opener};
pub use common::{cpu, fault, files, mmap, process, regular_file, socket, supervise, tray_host, unnamed_file};
pub use detect::{Environment, detect, detect_in};
pub use scout_desktop::*;
pub use sound_server::{Listener, Recording, SoundServerError, Source, record, sources};

/// The user's keychain, whichever desktop this is. Commands that need nothing else of the desktop use it.
pub fn secrets() -> Box<dyn Secrets> {
    Box::new(common::keychain::Keychain)
}
