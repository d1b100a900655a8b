//! What one crate offers alike on every system.

pub(crate) mod clipboard;
pub mod cpu;
pub mod fault;
pub mod files;
pub(crate) mod keychain;
pub mod mmap;
pub(crate) mod notifications;
pub(crate) mod open;
pub mod process;
pub mod regular_file;
pub mod socket;
pub mod supervise;
#[cfg(any(target_os = "windows", target_os = "macos"))]
pub(crate) mod text_injector;
pub mod tray_host;
pub mod unnamed_file;
