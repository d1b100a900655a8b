//! What we offer in the selections and what we read of them, connected together.

use x11rb::errors::ReplyError;

use super::super::windows::ConnectFailure;
use super::owner::Owner;
use super::snapshot::Reader;
use crate::Legacy;

/// The two sides of a selection: what we offer, and what others do.
pub(super) struct Selections {
    pub(super) owner: Owner,
    pub(super) reader: Reader,
}

impl Selections {
    pub(super) fn connect(display: &str) -> Result<Self, ConnectFailure> {
        Ok(Self { owner: Owner::start(display)?, reader: Reader::connect(display)? })
    }

    /// The connections in `slot`, made anew if there are none or the thread that serves has ended with its own.
    pub(super) fn in_slot<'a>(slot: &'a mut Option<Self>, display: &str) -> Result<&'a Self, ConnectFailure> {
        let usable = slot.take().filter(|selections| selections.owner.is_alive());
        let fresh = match usable {
            Some(selections) => selections,
            None => Self::connect(display)?,
        };
        Ok(slot.insert(fresh))
    }

    /// What is to be kept by another process once this one has ended.
    pub(super) fn leave(slot: Option<&Self>) -> Option<Legacy> {
        let left = slot?.owner.leave();
        left.inspect_err(|error: &ReplyError| tracing::warn!(%error, "what is on the clipboard goes with Scout"))
            .ok()
            .flatten()
    }
}
