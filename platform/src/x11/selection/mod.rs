//! The selections of X11, owned by us: the clipboard, pastes with a receipt, and what becomes of them when the program ends.

mod claims;
mod clipboard;
mod content;
mod incr;
mod late;
mod leaving;
mod owner;
mod paster;
mod receipt;
mod requests;
mod selections;
mod settling;
mod snapshot;

pub(super) use self::clipboard::X11Clipboard;
pub(super) use self::leaving::keep;
pub(super) use self::paster::X11Paster;
pub(super) use self::snapshot::make_window;
