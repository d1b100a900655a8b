//! Hears every key on an X11 display, through the server's RECORD extension.
//!
//! The server reports keys and clicks on one connection, in their order, and whoever asks it something on another may be answered
//! before. So one kind of request is recorded as well: one that does nothing, sent by the listener itself. Once it is reported, so
//! is everything that the server has taken before it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::record::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, NO_OPERATION_REQUEST,
};
use x11rb::rust_connection::RustConnection;

use super::catch_up::CatchUp;
use super::clicks::{Clicks, Spot};
use super::link::{Heard, Link};
use super::server::KeyBits;
use crate::{CaughtUp, ClickSink, HookError, KeyHook, KeySink, Trouble};

/// The server's first message: from now on it reports every event.
const START_OF_DATA: u8 = 4;
/// A message with events.
const FROM_SERVER: u8 = 0;
/// A message with a request.
const FROM_CLIENT: u8 = 1;
/// How long an event is in the protocol, in bytes.
const EVENT_SIZE: usize = 32;

/// Whether the process listens: injectors and listener share one [`Link`].
static LISTENING: AtomicBool = AtomicBool::new(false);

/// Those who wait for what the server has still to report to the one listener of the process.
static CATCH_UP: Mutex<Option<Arc<CatchUp>>> = Mutex::new(None);

/// The listener. It listens until the process ends: a second `start` only replaces the sink.
pub(super) struct X11Hook {
    pub(super) display: String,
    trouble: Option<Trouble>,
    clicks: Option<ClickSink>,
    hears_clicks: Arc<AtomicBool>,
}

impl X11Hook {
    pub(super) fn new(display: String) -> Self {
        Self { display, trouble: None, clicks: None, hears_clicks: Arc::default() }
    }
}

impl KeyHook for X11Hook {
    fn check(&self) -> Result<(), HookError> {
        Recorder::connect(&self.display).map(drop)
    }

    fn on_trouble(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
    }

    fn on_click(&mut self, sink: ClickSink) {
        self.clicks = Some(sink);
    }

    /// RECORD reports the events of every device, whoever gets them.
    fn hears_everything(&self) -> bool {
        self.hears_clicks.load(Ordering::SeqCst) && LISTENING.load(Ordering::SeqCst)
    }

    fn catch_up(&self, caught_up: CaughtUp) {
        match &*catch_up() {
            Some(listener) => listener.ask(caught_up),
            None => caught_up(),
        }
    }

    fn start(&mut self, sink: KeySink) -> Result<(), HookError> {
        let recorder = Recorder::connect(&self.display)?;
        Link::of_process().set_sink(sink);
        if LISTENING.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let start = |sink| Clicks::start(self.display.clone(), sink, Arc::clone(&self.hears_clicks));
        let clicks = self.clicks.take().map(start).transpose();
        let clicks =
            clicks.map_err(|error| failed(&error)).inspect_err(|_| LISTENING.store(false, Ordering::SeqCst))?;
        let trouble = self.trouble.take();
        *catch_up() = Some(Arc::clone(&recorder.catch_up));
        let (begun, has_begun) = mpsc::sync_channel(1);
        let listen = move || {
            let ended = recorder.listen(&begun, clicks.as_ref());
            LISTENING.store(false, Ordering::SeqCst);
            *catch_up() = None;
            tracing::error!(error = %ended, "the key listener ended");
            // Whoever started it has gone on if it had begun; then this is trouble.
            if let Err(TrySendError::Disconnected(Err(ended)) | TrySendError::Full(Err(ended))) =
                begun.try_send(Err(ended))
                && let Some(trouble) = trouble
            {
                trouble(Err(ended));
            }
        };
        let spawned = std::thread::Builder::new().name("hook".into()).spawn(listen);
        spawned.map_err(|error| failed(&error)).inspect_err(|_| LISTENING.store(false, Ordering::SeqCst))?;
        // The server answers at once, as it does any request: this is a round trip, and no wait for events.
        has_begun.recv().unwrap_or_else(|_| Err(HookError::Connection { reason: "the listener ended at once".into() }))
    }
}

fn catch_up() -> std::sync::MutexGuard<'static, Option<Arc<CatchUp>>> {
    CATCH_UP.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Two connections, as the extension wants it: one is the stream of events, the other is for questions.
struct Recorder {
    control: Arc<RustConnection>,
    stream: RustConnection,
    context: record::Context,
    catch_up: Arc<CatchUp>,
}

impl Recorder {
    /// Has the server make ready what listening needs.
    fn connect(display: &str) -> Result<Self, HookError> {
        let connect = || x11rb::connect(Some(display)).map_err(|error| failed(&error));
        let (control, _) = connect()?;
        let offered = control.extension_information(record::X11_EXTENSION_NAME).map_err(|error| failed(&error))?;
        if offered.is_none() {
            return Err(HookError::Connection { reason: "the X server has no RECORD extension".into() });
        }
        let (stream, _) = connect()?;
        let context = make_context(&control).map_err(|error| failed(&error))?;
        let control = Arc::new(control);
        Ok(Self { catch_up: Arc::new(CatchUp::new(Arc::clone(&control))), control, stream, context })
    }

    /// Passes on every key event and click until the connection ends, and returns why it did. `begun` is answered once the
    /// server reports events.
    fn listen(&self, begun: &SyncSender<Result<(), HookError>>, clicks: Option<&Clicks>) -> HookError {
        let Err(error) = self.try_listen(begun, clicks) else {
            return HookError::Connection { reason: "the X server has stopped to report keys".into() };
        };
        failed(&error)
    }

    fn try_listen(&self, begun: &SyncSender<Result<(), HookError>>, clicks: Option<&Clicks>) -> Result<(), ReplyError> {
        let link = Link::of_process();
        let messages = self.stream.record_enable_context(self.context)?;
        self.stream.flush()?;
        for message in messages {
            let message = message?;
            match message.category {
                // There is one such message, and room for it.
                START_OF_DATA => drop(begun.try_send(Ok(()))),
                FROM_SERVER => {
                    for event in message.data.chunks_exact(EVENT_SIZE) {
                        if let Some(key) = key_event(event) {
                            link.heard(key, || self.keys_down());
                        } else if let (Some(clicks), Some(spot)) = (clicks, click(event)) {
                            clicks.heard(spot);
                        }
                    }
                }
                FROM_CLIENT => {
                    if let Some(caught_up) = self.catch_up.answered() {
                        match clicks {
                            Some(clicks) => clicks.catch_up(caught_up),
                            None => caught_up(),
                        }
                    }
                }
                _ => {}
            }
            // Changes of the keyboard mapping are told to every connection: they must not pile up in this one.
            while self.stream.poll_for_event()?.is_some() {}
        }
        Ok(())
    }

    /// The keys that are down at this moment.
    fn keys_down(&self) -> Option<KeyBits> {
        let asked = self.control.query_keymap().ok()?.reply().ok()?;
        while let Ok(Some(_)) = self.control.poll_for_event() {}
        Some(KeyBits(asked.keys))
    }
}

fn make_context(connection: &RustConnection) -> Result<record::Context, ReplyError> {
    connection.record_query_version(1, 13)?.reply()?;
    let context = connection.generate_id().map_err(|_| ConnectionError::UnknownError)?;
    // Presses and releases of keys, and presses of buttons, a wheel's among them.
    let events = record::Range8 { first: KEY_PRESS_EVENT, last: BUTTON_PRESS_EVENT };
    let range = record::Range { device_events: events, ..record::Range::default() };
    connection.record_create_context(context, 0, &[record::CS::ALL_CLIENTS.into()], &[range])?.check()?;
    // Of our own requests those that do nothing. A client is recorded in one way only, but the events of devices are no client's.
    let own = connection.setup().resource_id_base;
    let markers = record::Range8 { first: NO_OPERATION_REQUEST, last: NO_OPERATION_REQUEST };
    let range = record::Range { core_requests: markers, ..record::Range::default() };
    connection.record_register_clients(context, 0, &[own], &[range])?.check()?;
    Ok(context)
}

/// A key event, as it stands in the protocol: its kind, the keycode, and the modifiers that were held before it.
fn key_event(event: &[u8]) -> Option<Heard> {
    let pressed = match *event.first()? {
        KEY_PRESS_EVENT => true,
        KEY_RELEASE_EVENT => false,
        _ => return None,
    };
    Some(Heard { keycode: *event.get(1)?, pressed, state: u16::from_ne_bytes([*event.get(28)?, *event.get(29)?]) })
}

/// Where a button was pressed, as it stands in the protocol.
fn click(event: &[u8]) -> Option<Spot> {
    let at = |first: usize| Some(i16::from_ne_bytes([*event.get(first)?, *event.get(first + 1)?]));
    (*event.first()? == BUTTON_PRESS_EVENT).then_some((at(20)?, at(22)?))
}

fn failed(error: &dyn std::error::Error) -> HookError {
    HookError::Connection { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_events_are_read_from_the_protocol() {
        let mut event = [0; EVENT_SIZE];
        (event[0], event[1]) = (KEY_PRESS_EVENT, 75);
        event[28..30].copy_from_slice(&5u16.to_ne_bytes());
        assert_eq!(key_event(&event), Some(Heard { keycode: 75, pressed: true, state: 5 }));
        event[0] = KEY_RELEASE_EVENT;
        assert_eq!(key_event(&event), Some(Heard { keycode: 75, pressed: false, state: 5 }));
        event[0] = x11rb::protocol::xproto::MOTION_NOTIFY_EVENT;
        assert_eq!(key_event(&event), None);
        assert_eq!(key_event(&[KEY_PRESS_EVENT, 75]), None, "cut short");
        assert_eq!(click(&event), None);
        event[0] = BUTTON_PRESS_EVENT;
        event[20..22].copy_from_slice(&300i16.to_ne_bytes());
        event[22..24].copy_from_slice(&(-1i16).to_ne_bytes());
        assert_eq!(click(&event), Some((300, -1)));
    }
}
