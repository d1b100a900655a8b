//! Values that are too big for one property, given piece by piece (ICCCM 2.7.2): the giving side.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::errors::ConnectionError;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, PropMode, Window,
};

use super::content::Value;

/// The size of a piece. Every server takes this much in one request (the smallest limit that the protocol allows is 256 KiB),
/// and the other clients of the server do not notice.
pub(super) const PIECE: usize = 128 * 1024;

/// A transfer in which nothing happened for this long is given up: the other side hangs or is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// One value on its way.
struct Transfer {
    requestor: Window,
    property: Atom,
    value: Value,
    sent: usize,
    last_step: Instant,
}

/// All values that are on their way.
#[derive(Default)]
pub(super) struct Transfers(Vec<Transfer>);

impl Transfers {
    /// Announces a value to the window that asked for it. The caller then sends the notification.
    pub(super) fn begin(
        &mut self,
        connection: &impl Connection,
        requestor: Window,
        property: Atom,
        value: Value,
        incr: Atom,
    ) -> Result<(), ConnectionError> {
        self.0.retain(|transfer| transfer.last_step.elapsed() < PATIENCE);
        // The other side asks for each piece by deleting the one before.
        let watched = EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY;
        let attributes = ChangeWindowAttributesAux::new().event_mask(watched);
        connection.change_window_attributes(requestor, &attributes)?;
        let size = u32::try_from(value.bytes.len()).unwrap_or(u32::MAX);
        connection.change_property(PropMode::REPLACE, requestor, property, incr, 32, 1, &size.to_ne_bytes())?;
        self.0.push(Transfer { requestor, property, value, sent: 0, last_step: Instant::now() });
        Ok(())
    }

    /// The other side has taken a piece: gives it the next. `true` when that was the last one.
    pub(super) fn taken(
        &mut self,
        connection: &impl Connection,
        requestor: Window,
        property: Atom,
    ) -> Result<bool, ConnectionError> {
        let of_this = |transfer: &Transfer| (transfer.requestor, transfer.property) == (requestor, property);
        let Some(index) = self.0.iter().position(of_this) else { return Ok(false) };
        let transfer = &mut self.0[index];
        let end = (transfer.sent + PIECE).min(transfer.value.bytes.len());
        let piece = &transfer.value.bytes[transfer.sent..end];
        put(connection, requestor, property, &transfer.value, piece)?;
        // An empty piece is the end.
        let done = piece.is_empty();
        (transfer.sent, transfer.last_step) = (end, Instant::now());
        if done {
            self.0.remove(index);
            if self.0.iter().all(|transfer| transfer.requestor != requestor) {
                let attributes = ChangeWindowAttributesAux::new().event_mask(EventMask::NO_EVENT);
                connection.change_window_attributes(requestor, &attributes)?;
            }
        }
        connection.flush()?;
        Ok(done)
    }

    /// A window is gone, and what it was to get with it.
    pub(super) fn gone(&mut self, requestor: Window) {
        self.0.retain(|transfer| transfer.requestor != requestor);
    }
}

/// Writes a value, or a piece of it, into a property.
pub(super) fn put(
    connection: &impl Connection,
    window: Window,
    property: Atom,
    value: &Value,
    bytes: &[u8],
) -> Result<(), ConnectionError> {
    let items = bytes.len() / usize::from(value.format / 8).max(1);
    let items = u32::try_from(items).unwrap_or(u32::MAX);
    connection.change_property(PropMode::REPLACE, window, property, value.kind, value.format, items, bytes)?;
    Ok(())
}

/// The value of a list of atoms.
pub(super) fn atoms(list: &[Atom]) -> Value {
    let bytes: Vec<u8> = list.iter().flat_map(|atom| atom.to_ne_bytes()).collect();
    Value { kind: AtomEnum::ATOM.into(), format: 32, bytes: bytes.into() }
}
