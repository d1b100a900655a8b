//! Hears the keys that the desktop lets a program ask for: chords that it has agreed to report, and no others.

mod keeper;
mod kglobalaccel;
mod portal;
mod qt;

use std::process::Command;
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
    /// The command that frees the keys should this process be killed.
    keeper: Option<Command>,
}

/// What the listening thread goes by.
#[derive(Default)]
pub(super) struct Listener {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    shortcuts: Vec<Shortcut>,
    sink: Option<KeySink>,
    trouble: Option<Trouble>,
    /// KDE's keys, which can be changed after the start, and have to be given back at the end.
    shortcuts_of_kde: Option<Arc<kglobalaccel::Shortcuts>>,
}

impl WaylandHook {
    pub(super) fn new() -> Self {
        Self { listener: Arc::default(), started: false, keeper: None }
    }
}

/// Frees the keys of an agent that was killed.
pub(super) fn free_shortcuts() {
    let freed = session().and_then(|bus| kglobalaccel::free(&bus));
    if let Err(error) = freed {
        tracing::debug!(%error, "the desktop's service for shortcuts was not told of the end");
    }
}

impl KeyHook for WaylandHook {
    fn check(&self) -> Result<(), HookError> {
        match find_way(&connect()?)? {
            Way::KGlobalAccel => self.listener.shortcuts().iter().try_for_each(kglobalaccel::check),
            Way::Portal => Ok(()),
        }
    }

    fn want(&mut self, shortcuts: &[Shortcut]) {
        let mut inner = self.listener.lock();
        shortcuts.clone_into(&mut inner.shortcuts);
        let Some(registered) = inner.shortcuts_of_kde.clone() else { return };
        drop(inner);
        let listener = Arc::clone(&self.listener);
        // Aside, because a desktop that hangs would hold up the caller.
        let register = move || listener.report(registered.register(&listener));
        if let Err(error) = std::thread::Builder::new().name("shortcuts".into()).spawn(register) {
            tracing::warn!(%error, "the desktop keeps the former shortcuts");
        }
    }

    fn keep_by(&mut self, keeper: Command) {
        self.keeper = Some(keeper);
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
        let shortcuts = Arc::new(kglobalaccel::Shortcuts::new(&bus));
        if way == Way::KGlobalAccel {
            listener.lock().shortcuts_of_kde = Some(Arc::clone(&shortcuts));
        }
        let keeper = self.keeper.take();
        // A desktop that asks the user may take its time.
        let listen = move || {
            let ended = match way {
                Way::KGlobalAccel => {
                    // Before the keys are registered, so that there is no moment in which a kill would leave them so.
                    if let Some(keeper) = keeper {
                        shortcuts.keep_by(keeper);
                    }
                    kglobalaccel::listen(&shortcuts, &listener)
                }
                Way::Portal => portal::listen(&bus, &listener),
            };
            let error = match ended {
                Ok(()) => HookError::Connection { reason: "the desktop's service for shortcuts has ended".into() },
                Err(error) => error,
            };
            listener.report(Err(error));
        };
        let spawned = std::thread::Builder::new().name("hook".into()).spawn(listen);
        spawned.map_err(|error| HookError::Connection { reason: error.to_string() })?;
        self.started = true;
        Ok(())
    }
}

impl Drop for WaylandHook {
    fn drop(&mut self) {
        let registered = self.listener.lock().shortcuts_of_kde.take();
        if let Some(registered) = registered {
            registered.release();
        }
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

    /// A shortcut went down or up: its keys did, as far as the agent is concerned.
    fn heard(&self, id: &str, pressed: bool) {
        let mut inner = self.lock();
        let Some(shortcut) = inner.shortcuts.iter().find(|shortcut| shortcut.id == id).cloned() else { return };
        let Some(sink) = &mut inner.sink else { return };
        let mut keys: Vec<Key> = shortcut.chord.modifiers.iter().map(|modifier| left(*modifier)).collect();
        keys.push(shortcut.chord.key.as_heard());
        if !pressed {
            keys.reverse();
        }
        for key in keys {
            sink(KeyEvent { key, pressed, at: Instant::now() });
        }
    }

    /// Whether keys are heard has changed, or may have.
    fn report(&self, state: Result<(), HookError>) {
        match &state {
            Ok(()) => tracing::debug!("the desktop reports the shortcuts"),
            Err(error) => tracing::debug!(%error, "keys are not heard"),
        }
        if let Some(trouble) = &self.lock().trouble {
            trouble(state);
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
    session().map_err(|error| failed(&error))
}

fn session() -> zbus::Result<Connection> {
    Builder::session()?.method_timeout(ANSWER_LIMIT).build()
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
