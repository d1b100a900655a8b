//! Answers the programs that ask for a selection of ours.

use x11rb::connection::Connection;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, EventMask, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent,
    Timestamp, Window,
};

use super::content::{Content, Names, Value};
use super::incr::{PIECE, Transfers, atoms, put};

/// Pairs in one MULTIPLE request that are looked at, in 32-bit words: no program has nearly as many formats.
const PAIRS_LIMIT: u32 = 512;

/// What was given to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// A format, whole.
    Format,
    /// A format, whose pieces follow.
    Begun,
    /// News about the selection only, or nothing.
    Nothing,
}

/// Answers one request for a selection that offers `content` since `since`.
pub(super) fn answer(
    connection: &impl Connection,
    names: &Names,
    transfers: &mut Transfers,
    content: Option<(&Content, Timestamp)>,
    request: &SelectionRequestEvent,
) -> Result<Given, ReplyOrIdError> {
    // Programs from before ICCCM name no property, and mean the target.
    let property = if request.property == x11rb::NONE { request.target } else { request.property };
    let given = match content {
        Some((content, since)) if request.target == names.MULTIPLE => {
            multiple(connection, names, transfers, content, since, request.requestor, property)?
        }
        Some((content, since)) => {
            single(connection, names, transfers, content, since, request.requestor, request.target, property)?
        }
        None => None,
    };
    let answer = SelectionNotifyEvent {
        response_type: SELECTION_NOTIFY_EVENT,
        sequence: 0,
        time: request.time,
        requestor: request.requestor,
        selection: request.selection,
        target: request.target,
        property: if given.is_some() { property } else { x11rb::NONE },
    };
    connection.send_event(false, request.requestor, EventMask::NO_EVENT, answer)?;
    connection.flush()?;
    Ok(given.unwrap_or(Given::Nothing))
}

/// Puts what is asked for into the property; `None` if it is not offered.
#[allow(clippy::too_many_arguments)] // the parts of one request, taken apart for MULTIPLE
fn single(
    connection: &impl Connection,
    names: &Names,
    transfers: &mut Transfers,
    content: &Content,
    since: Timestamp,
    requestor: Window,
    target: Atom,
    property: Atom,
) -> Result<Option<Given>, ReplyOrIdError> {
    if target == names.TARGETS {
        let about = [names.TARGETS, names.TIMESTAMP, names.MULTIPLE];
        let list: Vec<Atom> = about.into_iter().chain(content.targets()).collect();
        let value = atoms(&list);
        put(connection, requestor, property, &value, &value.bytes)?;
        return Ok(Some(Given::Nothing));
    }
    if target == names.TIMESTAMP {
        let bytes = since.to_ne_bytes();
        let value = Value { kind: AtomEnum::INTEGER.into(), format: 32, bytes: bytes[..].into() };
        put(connection, requestor, property, &value, &value.bytes)?;
        return Ok(Some(Given::Nothing));
    }
    let Some(value) = content.value(target) else { return Ok(None) };
    if value.bytes.len() > PIECE {
        transfers.begin(connection, requestor, property, value.clone(), names.INCR)?;
        return Ok(Some(Given::Begun));
    }
    put(connection, requestor, property, value, &value.bytes)?;
    Ok(Some(Given::Format))
}

/// Several targets at once: the property lists them in pairs with the properties to put them into. Those that are not
/// offered get no property in the list (ICCCM 2.6.2).
fn multiple(
    connection: &impl Connection,
    names: &Names,
    transfers: &mut Transfers,
    content: &Content,
    since: Timestamp,
    requestor: Window,
    property: Atom,
) -> Result<Option<Given>, ReplyOrIdError> {
    let asked = connection.get_property(false, requestor, property, AtomEnum::ANY, 0, PAIRS_LIMIT)?.reply()?;
    let Some(words) = asked.value32() else { return Ok(None) };
    let mut words: Vec<Atom> = words.collect();
    let mut given = Given::Nothing;
    for pair in words.chunks_exact_mut(2) {
        // A MULTIPLE within a MULTIPLE is refused: it could go on for ever.
        let answered = if pair[0] == names.MULTIPLE {
            None
        } else {
            single(connection, names, transfers, content, since, requestor, pair[0], pair[1])?
        };
        match answered {
            Some(Given::Nothing) => {}
            Some(format) => given = format,
            None => pair[1] = x11rb::NONE,
        }
    }
    let answered = Value { kind: names.ATOM_PAIR, ..atoms(&words) };
    put(connection, requestor, property, &answered, &answered.bytes)?;
    Ok(Some(given))
}
