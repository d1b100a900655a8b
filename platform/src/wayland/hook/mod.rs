//! Hears the keys that the desktop lets a program ask for: chords that it has agreed to report, and no others.

mod kglobalaccel;
mod portal;
mod qt;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;

use crate::keys::Modifier;
use crate::{HookError, Key, KeyEvent, KeyHook, KeySink, SessionKind, Shortcut, Trouble};

/// How long anything on the bus may take. It takes milliseconds, except on a desktop that hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// What a desktop may offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// KDE's service for shortcuts: no question is asked.
    KGlobalAccel,
    /// The portal for shortcuts: the desktop asks the user once.
    Portal,
}

/// The hook.
pub(super) struct WaylandHook {
    listener: Arc<Listener>,
    started: bool,
}

/// What the listening thread goes by.
#[derive(Default)]
pub(super) struct Listener {
    inner: Mutex<Inner>,
}

/// Takes the new shortcuts.
type Rebind = Box<dyn Fn(&[Shortcut]) + Send>;

#[derive(Default)]
struct Inner {
    shortcuts: Vec<Shortcut>,
    sink: Option<KeySink>,
    trouble: Option<Trouble>,
    /// Has the desktop change the keys, where it can after the start.
    rebind: Option<Rebind>,
}

impl WaylandHook {
    pub(super) fn new() -> Self {
        Self { listener: Arc::default(), started: false }
    }
}

impl KeyHook for WaylandHook {
    fn check(&self) -> Result<(), HookError> {
        find_way(&connect()?).map(drop)
    }

    fn want(&mut self, shortcuts: &[Shortcut]) {
        let mut inner = self.listener.lock();
        shortcuts.clone_into(&mut inner.shortcuts);
        if let Some(rebind) = &inner.rebind {
            rebind(shortcuts);
        }
    }

    fn on_trouble(&mut self, trouble: Trouble) {
        self.listener.lock().trouble = Some(trouble);
    }

    fn start(&mut self, sink: KeySink) -> Result<(), HookError> {
        self.listener.lock().sink = Some(sink);
        if self.started {
            return Ok(());
        }
        let bus = connect()?;
        let way = find_way(&bus)?;
        tracing::info!(?way, "asking the desktop for shortcuts");
        let listener = Arc::clone(&self.listener);
        // A desktop that asks the user may take its time.
        let listen = move || {
            let ended = match way {
                Way::KGlobalAccel => kglobalaccel::listen(&bus, &listener),
                Way::Portal => portal::listen(&bus, &listener),
            };
            let error = match ended {
                Ok(()) => HookError::Connection { reason: "the desktop's service for shortcuts has ended".into() },
                Err(error) => error,
            };
            listener.tell(error);
        };
        let spawned = std::thread::Builder::new().name("hook".into()).spawn(listen);
        spawned.map_err(|error| HookError::Connection { reason: error.to_string() })?;
        self.started = true;
        Ok(())
    }
}

impl Listener {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A sink that panicked takes no more keys, which is seen elsewhere.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shortcuts(&self) -> Vec<Shortcut> {
        self.lock().shortcuts.clone()
    }

    fn rebind_by(&self, rebind: impl Fn(&[Shortcut]) + Send + 'static) {
        self.lock().rebind = Some(Box::new(rebind));
    }

    /// A shortcut went down or up: its keys did, as far as the agent is concerned.
    fn heard(&self, id: &str, pressed: bool) {
        let mut inner = self.lock();
        let Some(shortcut) = inner.shortcuts.iter().find(|shortcut| shortcut.id == id).cloned() else { return };
        let Some(sink) = &mut inner.sink else { return };
        let mut keys: Vec<Key> = shortcut.chord.modifiers.iter().map(|modifier| left(*modifier)).collect();
        keys.push(shortcut.chord.key);
        if !pressed {
            keys.reverse();
        }
        for key in keys {
            sink(KeyEvent { key, pressed, at: Instant::now() });
        }
    }

    fn tell(&self, error: HookError) {
        tracing::debug!(%error, "the hook has ended");
        if let Some(trouble) = &self.lock().trouble {
            trouble(error);
        }
    }
}

/// The left one of a modifier's keys.
fn left(modifier: Modifier) -> Key {
    Key::Named(match modifier {
        Modifier::Control => "ControlLeft",
        Modifier::Shift => "ShiftLeft",
        Modifier::Alt => "AltLeft",
        Modifier::Super => "SuperLeft",
    })
}

fn connect() -> Result<Connection, HookError> {
    Builder::session().and_then(|builder| builder.method_timeout(ANSWER_LIMIT).build()).map_err(|error| failed(&error))
}

fn find_way(bus: &Connection) -> Result<Way, HookError> {
    if kglobalaccel::is_offered(bus) {
        Ok(Way::KGlobalAccel)
    } else if portal::is_offered(bus) {
        Ok(Way::Portal)
    } else {
        Err(HookError::NotOffered(SessionKind::Wayland))
    }
}

fn failed(error: &zbus::Error) -> HookError {
    HookError::Connection { reason: error.to_string() }
}
