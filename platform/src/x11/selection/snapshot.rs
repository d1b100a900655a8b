//! Saves what another program offers on a selection, in all its formats.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, GetPropertyReply, PropMode, Property, Timestamp,
    Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use super::super::waiting::next_event;
use super::super::windows::ConnectFailure;
use super::content::{Content, Names, Value};

/// How long saving may take in all. Programs convert an image into a dozen formats for it; one that takes longer hangs, and
/// the text is typed instead.
const SAVE_LIMIT: Duration = Duration::from_secs(4);

/// What is saved at most. More is seldom copied, would have to be kept in memory, and takes longer than the limit anyway.
const SIZE_LIMIT: usize = 256 * 1024 * 1024;

/// What is read of a property at once, in 32-bit words.
const READ_AT_ONCE: u32 = 1024 * 1024;

/// Why a selection could not be saved.
#[derive(Debug, thiserror::Error)]
pub(super) enum SaveError {
    /// Its owner hangs, or is slow.
    #[error("the program that it was copied in did not give it within {} seconds", SAVE_LIMIT.as_secs())]
    Slow,
    /// It is too big to keep.
    #[error("it is larger than {} MiB", SIZE_LIMIT / 1024 / 1024)]
    TooBig,
    /// The connection failed.
    #[error(transparent)]
    Connection(#[from] ReplyError),
}

impl From<ConnectionError> for SaveError {
    fn from(error: ConnectionError) -> Self {
        Self::Connection(error.into())
    }
}

/// What a selection held.
#[derive(Debug, Clone, Default)]
pub(super) struct Saved {
    /// Its formats; empty if it had no owner.
    pub content: Content,
    /// Since when it held that, if its owner tells.
    pub since: Option<Timestamp>,
}

/// Asks for selections, over a connection and a window of its own.
pub(super) struct Reader {
    connection: RustConnection,
    window: Window,
    names: Names,
}

impl Reader {
    pub(super) fn connect(display: &str) -> Result<Self, ConnectFailure> {
        let (connection, screen) = x11rb::connect(Some(display))?;
        let names = Names::new(&connection)?.reply()?;
        let window = make_window(&connection, screen)?;
        Ok(Self { connection, window, names })
    }

    /// The server's time now.
    pub(super) fn server_time(&self) -> Result<Timestamp, SaveError> {
        let property = self.names.SCOUT_SELECTION;
        let kind = AtomEnum::STRING;
        self.connection.change_property(PropMode::APPEND, self.window, property, kind, 8, 0, &[])?;
        let news = self.await_event(Instant::now() + SAVE_LIMIT, |event| match event {
            Event::PropertyNotify(change) if change.atom == property => Some(change.time),
            _ => None,
        })?;
        news.ok_or(SaveError::Slow)
    }

    /// Saves all formats of a selection. Formats that its owner lists but does not give are left out, since nobody else can
    /// have them either.
    pub(super) fn save(&self, selection: Atom) -> Result<Saved, SaveError> {
        if self.connection.get_selection_owner(selection)?.reply()?.owner == x11rb::NONE {
            return Ok(Saved::default());
        }
        let deadline = Instant::now() + SAVE_LIMIT;
        let mut size = 0;
        let since = self.fetch(selection, self.names.TIMESTAMP, deadline, &mut size)?;
        let since = since.filter(|value| value.format == 32).and_then(|value| words(&value).next());
        let targets = match self.fetch(selection, self.names.TARGETS, deadline, &mut size)? {
            Some(list) => words(&list).collect(),
            // Programs from before ICCCM list nothing.
            None => vec![self.names.UTF8_STRING, AtomEnum::STRING.into()],
        };
        let mut formats: Vec<(Atom, Value)> = Vec::new();
        for target in targets {
            if self.names.is_format(target)
                && formats.iter().all(|(known, _)| *known != target)
                && let Some(value) = self.fetch(selection, target, deadline, &mut size)?
            {
                formats.push((target, value));
            }
        }
        Ok(Saved { content: Content::new(formats), since })
    }

    /// The text of a selection; `None` if it holds none.
    pub(super) fn text(&self, selection: Atom) -> Result<Option<Value>, SaveError> {
        if self.connection.get_selection_owner(selection)?.reply()?.owner == x11rb::NONE {
            return Ok(None);
        }
        self.fetch(selection, self.names.UTF8_STRING, Instant::now() + SAVE_LIMIT, &mut 0)
    }

    /// One format; `None` if the owner does not give it. `size` is what was fetched so far.
    fn fetch(
        &self,
        selection: Atom,
        target: Atom,
        deadline: Instant,
        size: &mut usize,
    ) -> Result<Option<Value>, SaveError> {
        let property = self.names.SCOUT_SELECTION;
        self.connection.delete_property(self.window, property)?;
        self.connection.convert_selection(self.window, selection, target, property, x11rb::CURRENT_TIME)?;
        let answered = self.await_event(deadline, |event| match event {
            Event::SelectionNotify(answer) if (answer.selection, answer.target) == (selection, target) => {
                Some(answer.property)
            }
            _ => None,
        })?;
        if answered.ok_or(SaveError::Slow)? == x11rb::NONE {
            return Ok(None);
        }
        let first = self.take(size)?;
        if first.type_ != self.names.INCR {
            return Ok(Some(Value { kind: first.type_, format: first.format, bytes: first.value.into() }));
        }
        // Taking the announcement has told the owner to begin.
        let (mut kind, mut format, mut bytes) = (x11rb::NONE, 8, Vec::new());
        loop {
            let news = self.await_event(deadline, |event| match event {
                Event::PropertyNotify(change) if change.atom == property && change.state == Property::NEW_VALUE => {
                    Some(())
                }
                _ => None,
            })?;
            news.ok_or(SaveError::Slow)?;
            let piece = self.take(size)?;
            if piece.value.is_empty() {
                return Ok(Some(Value { kind, format, bytes: bytes.into() }));
            }
            (kind, format) = (piece.type_, piece.format);
            bytes.extend_from_slice(&piece.value);
        }
    }

    /// Takes all of the property away.
    fn take(&self, size: &mut usize) -> Result<GetPropertyReply, SaveError> {
        let property = self.names.SCOUT_SELECTION;
        let mut offset = 0;
        let mut whole: Option<GetPropertyReply> = None;
        loop {
            // It is deleted once its end has been read.
            let asked =
                self.connection.get_property(true, self.window, property, AtomEnum::ANY, offset, READ_AT_ONCE)?;
            let part = asked.reply()?;
            *size += part.value.len();
            if *size > SIZE_LIMIT {
                return Err(SaveError::TooBig);
            }
            offset += READ_AT_ONCE;
            let remains = part.bytes_after > 0;
            match &mut whole {
                Some(whole) => whole.value.extend_from_slice(&part.value),
                None => whole = Some(part),
            }
            if !remains && let Some(whole) = whole {
                return Ok(whole);
            }
        }
    }

    fn await_event<T>(
        &self,
        deadline: Instant,
        mut wanted: impl FnMut(&Event) -> Option<T>,
    ) -> Result<Option<T>, ConnectionError> {
        while let Some(event) = next_event(&self.connection, deadline)? {
            if let Some(found) = wanted(&event) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

fn words(value: &Value) -> impl Iterator<Item = u32> {
    value.bytes.chunks_exact(4).filter_map(|word| word.try_into().ok()).map(u32::from_ne_bytes)
}

/// A window that nobody sees, which hears of its own properties.
pub(in crate::x11) fn make_window(connection: &RustConnection, screen: usize) -> Result<Window, ConnectFailure> {
    let made = || -> Result<Window, ReplyOrIdError> {
        let window = connection.generate_id()?;
        let (root, class) = (connection.setup().roots[screen].root, WindowClass::INPUT_ONLY);
        let attributes = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        connection.create_window(0, window, root, -1, -1, 1, 1, 0, class, 0, &attributes)?.check()?;
        Ok(window)
    };
    made().map_err(|error| match error {
        ReplyOrIdError::X11Error(error) => ReplyError::X11Error(error).into(),
        ReplyOrIdError::ConnectionError(error) => error.into(),
        ReplyOrIdError::IdsExhausted => ConnectionError::UnknownError.into(),
    })
}
