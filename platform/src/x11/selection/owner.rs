//! Owns selections and serves them, on a thread and a connection of its own.

use std::collections::HashMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use x11rb::connection::Connection as _;
use x11rb::errors::{ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, ClientMessageEvent, ConnectionExt as _, EventMask, Property, SelectionRequestEvent, Timestamp, Window,
};
use x11rb::rust_connection::RustConnection;

use super::super::clients::Client;
use super::super::windows::ConnectFailure;
use super::content::{Content, Names};
use super::incr::{Transfers, atoms, put};
use super::late::LateReaders;
use super::requests::{Given, answer};
use super::snapshot::make_window;

/// In a message to ourselves: all before it has been answered. Any other ends the thread.
const CATCH_UP: u32 = 1;

/// Something that happened to what we offer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Note {
    /// A program has asked for anything at all.
    Asked(Client),
    /// All that was asked for before [`Owner::catch_up`] has been answered.
    CaughtUp,
    /// A program has begun to read a big value.
    Reading(Client, Instant),
    /// A program has read it, at that moment.
    Read(Client, Instant),
    /// Another program has taken the selection over.
    Lost(Atom),
    /// The clipboard manager has saved the clipboard, or has not.
    Saved(bool),
}

/// What we offer on a selection.
#[derive(Clone)]
pub(super) struct Holding {
    pub content: Arc<Content>,
    /// When we took the selection over, by the server's clock.
    pub since: Timestamp,
}

/// The selections that are ours. Dropping it gives them up.
pub(super) struct Owner {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    connection: RustConnection,
    window: Window,
    names: Names,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    holdings: HashMap<Atom, Holding>,
    transfers: Transfers,
    late: LateReaders,
    /// Where notes go, while somebody wants them.
    notes: Option<Sender<Note>>,
}

impl Owner {
    pub(super) fn start(display: &str) -> Result<Self, ConnectFailure> {
        let (connection, screen) = x11rb::connect(Some(display))?;
        let names = Names::new(&connection)?.reply()?;
        let window = make_window(&connection, screen)?;
        let shared = Arc::new(Shared { connection, window, names, state: Mutex::default() });
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("clipboard".into()).spawn(move || {
            served.serve();
            // Whoever waits for news learns that there will be none.
            served.lock().notes = None;
        });
        let thread = thread.map_err(x11rb::errors::ConnectionError::IoError)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn names(&self) -> &Names {
        &self.shared.names
    }

    /// Whether the thread still serves; it ends with its connection.
    pub(super) fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// From now on what happens is told there.
    pub(super) fn tell(&self, notes: Option<Sender<Note>>) {
        self.shared.lock().notes = notes;
    }

    /// Notes when everything has been answered that the server has passed on until now.
    pub(super) fn catch_up(&self) -> Result<(), ReplyError> {
        let Shared { connection, window, names, .. } = &*self.shared;
        let mark = ClientMessageEvent::new(32, *window, names.SCOUT_SELECTION, [CATCH_UP, 0, 0, 0, 0]);
        connection.send_event(false, *window, EventMask::NO_EVENT, mark)?;
        Ok(connection.flush()?)
    }

    /// What we offer on a selection now.
    pub(super) fn holding(&self, selection: Atom) -> Option<Holding> {
        self.shared.lock().holdings.get(&selection).cloned()
    }

    /// All that we offer now.
    pub(super) fn holdings(&self) -> Vec<(Atom, Holding)> {
        let state = self.shared.lock();
        state.holdings.iter().map(|(selection, holding)| (*selection, holding.clone())).collect()
    }

    /// Asks the clipboard manager to save these formats of the clipboard; the answer is a note. `false` if there is none.
    pub(super) fn ask_to_save(&self, targets: &[Atom]) -> Result<bool, ReplyError> {
        let Shared { connection, window, names, .. } = &*self.shared;
        if connection.get_selection_owner(names.CLIPBOARD_MANAGER)?.reply()?.owner == x11rb::NONE {
            return Ok(false);
        }
        let property = names.SCOUT_SELECTION;
        let list = atoms(targets);
        put(connection, *window, property, &list, &list.bytes)?;
        let (manager, save) = (names.CLIPBOARD_MANAGER, names.SAVE_TARGETS);
        connection.convert_selection(*window, manager, save, property, x11rb::CURRENT_TIME)?.check()?;
        Ok(true)
    }

    /// Takes a selection over at `time`, or offers something else on one that is ours since then. `false` if another program
    /// has a newer claim to it.
    pub(super) fn offer(&self, selection: Atom, content: Arc<Content>, time: Timestamp) -> Result<bool, ReplyError> {
        let Shared { connection, window, .. } = &*self.shared;
        let mut state = self.shared.lock();
        connection.set_selection_owner(*window, selection, time)?;
        let is_ours = connection.get_selection_owner(selection)?.reply()?.owner == *window;
        if is_ours {
            state.holdings.insert(selection, Holding { content, since: time });
        } else {
            state.holdings.remove(&selection);
        }
        Ok(is_ours)
    }

    /// Gives a selection up that had no owner before.
    pub(super) fn clear(&self, selection: Atom, time: Timestamp) -> Result<(), ReplyError> {
        self.shared.lock().holdings.remove(&selection);
        // The server ignores it if another program took the selection over later than we did.
        self.shared.connection.set_selection_owner(x11rb::NONE, selection, time)?.check()
    }

    /// From now on that program gets `content`, whatever else is offered, until it has read it or a limit has passed.
    /// As [`LateReaders::expect`].
    pub(super) fn expect_late(&self, reader: Client, content: Arc<Content>, pressed: Instant, has_read: bool) {
        self.shared.lock().late.expect(reader, content, pressed, has_read);
    }

    /// Whether any program is still to read a text.
    pub(super) fn awaits_any(&self) -> bool {
        !self.shared.lock().late.is_empty(Instant::now())
    }

    /// Whether that program is still to read a text that was pasted before.
    pub(super) fn awaits(&self, reader: &Client) -> bool {
        self.shared.lock().late.awaits(reader, Instant::now())
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let Shared { connection, window, names, .. } = &*self.shared;
        let end = ClientMessageEvent::new(32, *window, names.SCOUT_SELECTION, [0; 5]);
        let sent = connection.send_event(false, *window, EventMask::NO_EVENT, end).map(drop);
        if sent.and_then(|()| connection.flush()).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // What a panic can leave half done is a transfer, which then ends by its own time limit.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        loop {
            let event = match self.connection.wait_for_event() {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!(%error, "the clipboard is served no longer");
                    return;
                }
            };
            let handled = match event {
                Event::ClientMessage(message) if message.type_ == self.names.SCOUT_SELECTION => {
                    if message.data.as_data32()[0] != CATCH_UP {
                        return;
                    }
                    self.lock().note(Note::CaughtUp);
                    Ok(())
                }
                Event::SelectionRequest(request) => self.request(&request),
                Event::SelectionNotify(answer) if answer.selection == self.names.CLIPBOARD_MANAGER => {
                    self.lock().note(Note::Saved(answer.property != x11rb::NONE));
                    Ok(())
                }
                Event::SelectionClear(lost) => self.lost(lost.selection).map_err(Into::into),
                Event::PropertyNotify(change) if change.state == Property::DELETE => {
                    self.taken(change.window, change.atom)
                }
                Event::DestroyNotify(gone) => {
                    self.lock().transfers.gone(gone.window);
                    Ok(())
                }
                // Windows that asked may be gone before they are answered: such errors arrive as events, and change nothing.
                _ => Ok(()),
            };
            if let Err(error) = handled {
                tracing::debug!(%error, "a program that asked for the clipboard got no answer");
            }
        }
    }

    fn request(&self, request: &SelectionRequestEvent) -> Result<(), ReplyOrIdError> {
        let mut state = self.lock();
        let reader = state.reader(&self.connection, request.requestor);
        if let Some(reader) = reader {
            state.note(Note::Asked(reader));
        }
        let late = reader.and_then(|reader| state.late.content(&reader, Instant::now()));
        let holding = state.holdings.get(&request.selection).cloned();
        // An empty clipboard is kept only for programs that are still to read.
        let content = holding.map(|holding| (late.unwrap_or(holding.content), holding.since));
        let content = content.as_ref().filter(|(content, _)| !content.is_empty());
        let content = content.map(|(content, since)| (&**content, *since));
        let given = answer(&self.connection, &self.names, &mut state.transfers, content, request)?;
        match (given, reader) {
            // The mark is read by clipboard managers, and is not the text.
            (Given::Format, Some(reader)) if request.target != self.names.PRIVATE_HINT => state.read(reader),
            (Given::Begun, Some(reader)) => {
                state.late.read(&reader, true, Instant::now());
                state.note(Note::Reading(reader, Instant::now()));
            }
            _ => {}
        }
        Ok(())
    }

    fn lost(&self, selection: Atom) -> Result<(), ReplyError> {
        let mut state = self.lock();
        // The news may be of an earlier time than the one in which the selection is ours.
        if self.connection.get_selection_owner(selection)?.reply()?.owner != self.window {
            state.holdings.remove(&selection);
            if selection == self.names.CLIPBOARD {
                state.late.forget();
            }
            state.note(Note::Lost(selection));
        }
        Ok(())
    }

    fn taken(&self, window: Window, property: Atom) -> Result<(), ReplyOrIdError> {
        let mut state = self.lock();
        if state.transfers.taken(&self.connection, window, property)?
            && let Some(reader) = state.reader(&self.connection, window)
        {
            state.read(reader);
        }
        Ok(())
    }
}

impl State {
    /// The program that reads, if it matters.
    fn reader(&mut self, connection: &RustConnection, window: Window) -> Option<Client> {
        if self.notes.is_none() && self.late.is_empty(Instant::now()) {
            return None;
        }
        let known = Client::of(connection, window);
        known.inspect_err(|error| tracing::debug!(%error, "who reads the clipboard is not known")).ok()
    }

    fn read(&mut self, reader: Client) {
        let now = Instant::now();
        self.late.read(&reader, false, now);
        self.note(Note::Read(reader, now));
    }

    fn note(&mut self, note: Note) {
        if self.notes.as_ref().is_some_and(|notes| notes.send(note).is_err()) {
            self.notes = None;
        }
    }
}
