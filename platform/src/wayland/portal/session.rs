//! One session of remote control: its opening, the keys that are pressed in it, and what the desktop tells of it.

use std::sync::Arc;

use zbus::MatchRule;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::zvariant::OwnedObjectPath;

use super::clipboard::{Board, CLIPBOARD};
use super::{DESKTOP, Options, PATH, PortalError, Results, ask, end, is_end, register, token, version};

pub(super) const REMOTE_DESKTOP: &str = "org.freedesktop.portal.RemoteDesktop";
const SESSION: &str = "org.freedesktop.portal.Session";

/// The keyboard among the devices that can be lent.
pub(super) const KEYBOARD: u32 = 1;

/// The permission stands until the user takes it back.
const PERSISTENT: u32 = 2;
/// The version of the portal that remembers permissions.
const REMEMBERS_FROM: u32 = 2;

/// A key as the portal is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    /// By the character that it gives, wherever the layout has it.
    Keysym(u32),
    /// By the kernel's number.
    Keycode(u32),
}

/// A session that is open, or was.
pub(in crate::wayland) struct Session {
    bus: Connection,
    handle: OwnedObjectPath,
    /// The clipboard, if it was lent too.
    board: Option<Arc<Board>>,
}

impl Session {
    /// Asks the desktop for its keyboard and its clipboard, and waits for the user's answer.
    pub(super) fn open(bus: &Connection) -> Result<(Self, MessageIterator), PortalError> {
        register(bus);
        let portal = Proxy::new(bus, DESKTOP, PATH, REMOTE_DESKTOP)?;
        let remembers = version(bus, REMOTE_DESKTOP).is_some_and(|version| version >= REMEMBERS_FROM);
        let results = ask(bus, "scout_create", |token| {
            let options = Options::from([("handle_token", token.into()), ("session_handle_token", "scout".into())]);
            portal.call_method("CreateSession", &(options,)).map(drop)
        })?;
        let handle = results.get("session_handle").and_then(|value| String::try_from(value.clone()).ok());
        let handle = handle.and_then(|handle| OwnedObjectPath::try_from(handle).ok()).ok_or(PortalError::NoSession)?;
        let known = if remembers { token::read() } else { None };
        if let Err(error) = select(bus, &portal, &handle, "scout_select", remembers, known.as_deref()) {
            // A token that is nonsense to the desktop must not keep the user from being asked.
            known.as_ref().ok_or(error)?;
            select(bus, &portal, &handle, "scout_select_again", remembers, None)?;
        }
        let clipboard = version(bus, CLIPBOARD).is_some() && request_clipboard(bus, &handle);
        // Listened for before the session starts, so that nothing is missed.
        let signals = signals(bus, &handle)?;
        let results = ask(bus, "scout_start", |token| {
            portal.call_method("Start", &(&handle, "", Options::from([("handle_token", token.into())]))).map(drop)
        })?;
        if remembers {
            let next = results.get("restore_token").and_then(|token| String::try_from(token.clone()).ok());
            token::keep(next.as_deref());
        }
        let devices = results.get("devices").and_then(|devices| u32::try_from(devices).ok()).unwrap_or_default();
        if devices & KEYBOARD == 0 {
            return Err(PortalError::Declined);
        }
        let lent = results.get("clipboard_enabled").and_then(|lent| bool::try_from(lent).ok()).unwrap_or_default();
        let board = (clipboard && lent).then(|| Arc::new(Board::new(bus, &handle)));
        Ok((Self { bus: bus.clone(), handle, board }, signals))
    }

    /// Whether the desktop still knows it.
    pub(super) fn is_alive(&self) -> bool {
        let asked = Proxy::new(&self.bus, DESKTOP, &self.handle, SESSION)
            .and_then(|session| session.get_property::<u32>("version"));
        asked.is_ok()
    }

    /// The clipboard, if it was lent.
    pub(super) fn board(&self) -> Option<&Arc<Board>> {
        self.board.as_ref()
    }

    /// Presses a key or lets it go.
    pub(super) fn key(&self, stroke: Stroke, pressed: bool) -> Result<(), PortalError> {
        let (method, number) = match stroke {
            Stroke::Keysym(keysym) => ("NotifyKeyboardKeysym", keysym),
            Stroke::Keycode(keycode) => ("NotifyKeyboardKeycode", keycode),
        };
        let body = (&self.handle, Options::new(), number.cast_signed(), u32::from(pressed));
        self.bus.call_method(Some(DESKTOP), PATH, Some(REMOTE_DESKTOP), method, &body)?;
        Ok(())
    }

    /// Takes what the desktop tells until the session ends, on whichever side.
    pub(super) fn serve(&self, signals: MessageIterator) {
        for message in signals {
            let Ok(message) = message else { break };
            if message.message_type() != Type::Signal {
                continue;
            }
            let header = message.header();
            let Some(member) = header.member() else { continue };
            let body = message.body();
            match member.as_str() {
                "Closed" if header.path().is_some_and(|path| *path == *self.handle) => break,
                "NameOwnerChanged" if is_end(&message) => break,
                "SelectionOwnerChanged" => {
                    let told = body.deserialize::<(OwnedObjectPath, Results)>();
                    if let (Ok((_, changed)), Some(board)) = (told, &self.board) {
                        board.changed_hands(&changed);
                    }
                }
                "SelectionTransfer" => {
                    let told = body.deserialize::<(OwnedObjectPath, String, u32)>();
                    if let (Ok((_, format, serial)), Some(board)) = (told, &self.board) {
                        board.asked(format, serial);
                    }
                }
                _ => {}
            }
        }
        if let Some(board) = &self.board {
            board.end();
        }
    }
}

/// Whether the clipboard can be lent with this session. Not every desktop behind the portal does so.
fn request_clipboard(bus: &Connection, handle: &OwnedObjectPath) -> bool {
    let none = Options::new();
    let requested = bus.call_method(Some(DESKTOP), PATH, Some(CLIPBOARD), "RequestClipboard", &(handle, none));
    requested.inspect_err(|error| tracing::debug!(%error, "the desktop keeps its clipboard")).is_ok()
}

fn select(
    bus: &Connection,
    portal: &Proxy<'_>,
    handle: &OwnedObjectPath,
    request: &str,
    remembers: bool,
    known: Option<&str>,
) -> Result<(), PortalError> {
    ask(bus, request, |token| {
        let mut options = Options::from([("handle_token", token.into()), ("types", KEYBOARD.into())]);
        if remembers {
            options.insert("persist_mode", PERSISTENT.into());
        }
        if let Some(known) = known {
            options.insert("restore_token", known.into());
        }
        portal.call_method("SelectDevices", &(handle, options)).map(drop)
    })?;
    Ok(())
}

/// What the desktop tells of the session and of the clipboard, and the end of the portal.
fn signals(bus: &Connection, handle: &OwnedObjectPath) -> Result<MessageIterator, PortalError> {
    let of =
        |interface: &'static str| MatchRule::builder().msg_type(Type::Signal).sender(DESKTOP)?.interface(interface);
    let dbus = DBusProxy::new(bus)?;
    for rule in [of(SESSION)?.path(handle.as_str())?.build(), of(CLIPBOARD)?.build(), end()?] {
        dbus.add_match_rule(rule).map_err(zbus::Error::from)?;
    }
    Ok(MessageIterator::from(bus))
}
