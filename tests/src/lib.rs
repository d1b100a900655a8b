//! A desktop in a box, and what the end-to-end tests need of it.
//!
//! [`Desktop::start`] makes a private desktop out of real parts: an X server without a screen, a window manager, a session
//! bus, a sound server with a virtual microphone, a tray, a notification service, a keychain. [`Target`] is a real
//! application that text is typed into, [`Agent`] is the real `scout` binary, and [`speech`] is real speech. Everything
//! lives in one temporary folder and ends with it, so several test processes can run side by side.
//!
//! What the parts need is installed by `packaging/setup.sh test`. A part that is missing makes the test fail and says so.
#![allow(clippy::missing_panics_doc)] // nothing here panics but on a poisoned lock, which is a panic already

mod accessx;
mod agent;
mod bus;
mod clipboard;
mod desktop;
mod dictate;
mod disk;
mod display;
mod focus;
mod gnome;
mod inside;
mod key_window;
mod keychain;
mod keys;
mod kwin;
pub mod noise;
mod notifications;
mod notified;
mod place;
mod process;
mod room;
mod screen_lock;
mod shortcuts;
mod sound;
pub mod speech;
mod target;
mod tray;
mod wait;
mod wayland;
pub mod wer;
mod whole_pass;

pub use accessx::Controls;
pub use agent::Agent;
pub use bus::Bus;
pub use clipboard::ClipboardOwner;
pub use desktop::{Desktop, Parts};
pub use dictate::{BETWEEN_PRESSES, dictate, dictate_by, while_listening};
pub use disk::Disk;
pub use display::Display;
pub use gnome::{Gnome, GnomePortal, RemotePortal};
pub use inside::inside;
pub use key_window::{KeyTime, KeyWindow};
pub use keychain::Keychain;
pub use keys::Binding;
pub use kwin::KWin;
pub use notifications::{Notification, Notifications};
pub use notified::is_told;
pub use place::Place;
pub use process::Process;
pub use screen_lock::{Locked, Locker};
pub use shortcuts::ShortcutsPortal;
pub use sound::{MICROPHONE_NAME, Playback, SECOND_NAME, Sound, SoundServer};
pub use target::{Hang, Stall, Target};
pub use tray::{MenuItem, Tray};
pub use wait::{PATIENCE, wait_for};
pub use wayland::Wayland;
pub use whole_pass::WholePass;
