//! Hears every key on an X11 display, through `rdev` and the server's RECORD extension.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use rdev::EventType;
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::record::{self, ConnectionExt as _};
use x11rb::protocol::xproto::MOTION_NOTIFY_EVENT;
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::clicks::{Clicks, Spot};
use super::keycodes;
use super::link::Link;
use crate::{ClickSink, HookError, KeyHook, KeySink};

/// How often the listener is asked for a sign of life while it starts. It takes 10 to 50 ms.
const PROBE_INTERVAL: Duration = Duration::from_millis(50);
/// How long it may take to start before we go on without a sign of life. On a machine that is overloaded it was within 1 s.
const START_LIMIT: Duration = Duration::from_secs(3);

/// `rdev` keeps its state in globals, so that one process can listen once.
static LISTENING: AtomicBool = AtomicBool::new(false);

/// The listener. `rdev` has no way to stop it: a second `start` only replaces the sink.
pub(super) struct X11Hook {
    pub(super) display: String,
    clicks: Option<ClickSink>,
    hears_clicks: bool,
}

impl X11Hook {
    pub(super) fn new(display: String) -> Self {
        Self { display, clicks: None, hears_clicks: false }
    }
}

impl KeyHook for X11Hook {
    fn check(&self) -> Result<(), HookError> {
        self.connect().map(drop)
    }

    fn on_click(&mut self, sink: ClickSink) {
        self.clicks = Some(sink);
    }

    /// RECORD reports the events of every device, whoever gets them.
    fn hears_everything(&self) -> bool {
        self.hears_clicks && LISTENING.load(Ordering::SeqCst)
    }

    fn start(&mut self, sink: KeySink) -> Result<(), HookError> {
        let (connection, root) = self.connect()?;
        Link::of_process().set_sink(sink);
        if LISTENING.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        // One sign of life is enough; the sender is forgotten after it.
        let (alive, sign_of_life) = mpsc::sync_channel(1);
        let clicks = self.clicks.take().map(|sink| Clicks::start(self.display.clone(), sink)).transpose();
        let clicks = clicks.map_err(|error| failed(&error))?;
        self.hears_clicks = clicks.is_some();
        let spawned = std::thread::Builder::new().name("hook".into()).spawn(move || listen(&alive, clicks.as_ref()));
        spawned.map_err(|error| failed(&error))?;
        await_start(&connection, root, &sign_of_life).inspect_err(|_| LISTENING.store(false, Ordering::SeqCst))
    }
}

impl X11Hook {
    /// Asks by a connection of our own what `rdev` needs, since `rdev` prints its errors or ends the process.
    fn connect(&self) -> Result<(RustConnection, u32), HookError> {
        let (connection, screen) = x11rb::connect(Some(&self.display)).map_err(|error| failed(&error))?;
        let offered = connection.extension_information(record::X11_EXTENSION_NAME).map_err(|error| failed(&error))?;
        if offered.is_none() {
            return Err(HookError::Connection { reason: "the X server has no RECORD extension".into() });
        }
        let version = connection.record_query_version(1, 13).map_err(|error| failed(&error))?;
        version.reply().map_err(|error| failed(&error))?;
        let root = connection.setup().roots[screen].root;
        Ok((connection, root))
    }
}

/// What the listener's thread reports while it starts.
type StartReport = Result<(), rdev::ListenError>;

/// The listener's thread. It does nothing but pass events on.
fn listen(alive: &SyncSender<StartReport>, clicks: Option<&Clicks>) {
    let link = Link::of_process();
    let on_event = alive.clone();
    let mut started = false;
    let clicks = clicks.cloned();
    let mut pointer: Option<Spot> = None;
    let ended = rdev::listen(move |event| {
        if !started {
            started = true;
            // Nobody waits any more if it took too long; that is fine.
            let _ = on_event.try_send(Ok(()));
        }
        let (key, pressed) = match event.event_type {
            EventType::KeyPress(key) => (key, true),
            EventType::KeyRelease(key) => (key, false),
            EventType::MouseMove { x, y } => {
                #[allow(clippy::cast_possible_truncation)] // the server's own coordinates have 16 bits
                let spot = (x as i16, y as i16);
                pointer = Some(spot);
                return;
            }
            EventType::ButtonPress(_) | EventType::Wheel { .. } => {
                if let Some(clicks) = &clicks {
                    clicks.heard(pointer);
                }
                return;
            }
            EventType::ButtonRelease(_) => return,
        };
        if let Some(keycode) = keycodes::from_rdev(key) {
            link.heard(keycode, pressed);
        }
    });
    if let Err(error) = ended {
        LISTENING.store(false, Ordering::SeqCst);
        tracing::error!(?error, "the key listener ended");
        let _ = alive.try_send(Err(error));
    }
}

/// Waits until the listener hears something. `rdev` does not tell when it has begun, so we move the pointer by nothing,
/// which it hears and nobody notices.
fn await_start(
    connection: &RustConnection,
    root: u32,
    sign_of_life: &mpsc::Receiver<StartReport>,
) -> Result<(), HookError> {
    const RELATIVE: u8 = 1;
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline {
        let moved = connection.xtest_fake_input(MOTION_NOTIFY_EVENT, RELATIVE, 0, root, 0, 0, 0);
        moved.map_err(|error| failed(&error))?;
        connection.sync().map_err(|error| failed(&error))?;
        match sign_of_life.recv_timeout(PROBE_INTERVAL) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => return Err(HookError::Connection { reason: format!("{error:?}") }),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(HookError::Connection { reason: "the listener ended at once".into() });
            }
        }
    }
    tracing::warn!("the key listener gave no sign of life yet; keys may not be heard");
    Ok(())
}

fn failed(error: &dyn std::error::Error) -> HookError {
    HookError::Connection { reason: error.to_string() }
}
