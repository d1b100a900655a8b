//! The selections of X11, owned by us: the clipboard, pastes with a receipt, and what becomes of them when the program ends.

mod clipboard;
mod content;
mod incr;
mod late;
mod leaving;
mod owner;
mod paster;
mod receipt;
mod requests;
mod snapshot;

use x11rb::errors::ReplyError;

pub(super) use self::clipboard::X11Clipboard;
pub(super) use self::leaving::keep;
pub(super) use self::paster::X11Paster;
pub(super) use self::snapshot::make_window;

use self::owner::Owner;
use self::snapshot::Reader;
use super::windows::ConnectFailure;
use crate::Legacy;

/// The two sides of a selection: what we offer, and what others do.
struct Selections {
    owner: Owner,
    reader: Reader,
}

impl Selections {
    fn connect(display: &str) -> Result<Self, ConnectFailure> {
        Ok(Self { owner: Owner::start(display)?, reader: Reader::connect(display)? })
    }

    /// The connections in `slot`, made anew if there are none or the thread that serves has ended with its own.
    fn in_slot<'a>(slot: &'a mut Option<Self>, display: &str) -> Result<&'a Self, ConnectFailure> {
        let usable = slot.take().filter(|selections| selections.owner.is_alive());
        let fresh = match usable {
            Some(selections) => selections,
            None => Self::connect(display)?,
        };
        Ok(slot.insert(fresh))
    }

    /// What is to be kept by another process once this one has ended.
    fn leave(slot: Option<&Self>) -> Option<Legacy> {
        let left = slot?.owner.leave();
        left.inspect_err(|error: &ReplyError| tracing::warn!(%error, "what is on the clipboard goes with Scout"))
            .ok()
            .flatten()
    }
}
