//! KDE's service for shortcuts, which its own programs use: it tells presses and releases, and asks no question.
//!
//! It keeps a key for the program that registered it until that program gives it back, even if the program has crashed, and
//! forgets all of them when it is started again, which it is together with KWin.

use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::{MatchRule, Message};

use super::{Listener, failed, keeper, qt};
use crate::{HookError, Shortcut};

const SERVICE: &str = "org.kde.kglobalaccel";
const PATH: &str = "/kglobalaccel";
const INTERFACE: &str = "org.kde.KGlobalAccel";
const COMPONENT: &str = "org.kde.kglobalaccel.Component";

/// The application's name in the desktop's list of shortcuts: as it is stored, and as it is shown.
const APPLICATION: (&str, &str) = ("scout", "Scout");

/// A shortcut that is in force, and one that is set even if it was another before (`KGlobalAccel`'s flags).
const SET_PRESENT: u32 = 0x2;
const NO_AUTOLOADING: u32 = 0x4;

/// A service that has just taken its name does not answer to it for some milliseconds.
const START_LIMIT: Duration = Duration::from_secs(3);
const ASK_AGAIN: Duration = Duration::from_millis(50);

pub(super) fn is_offered(bus: &Connection) -> bool {
    let asked = DBusProxy::new(bus).and_then(|bus| Ok(bus.name_has_owner(SERVICE.try_into()?)?));
    asked.unwrap_or(false)
}

/// Our keys at the service.
pub(super) struct Shortcuts {
    bus: Connection,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the service has been asked for, by its id.
    registered: BTreeSet<&'static str>,
    /// Nothing is registered any more.
    released: bool,
    /// Frees the keys should this process be killed.
    keeper: Option<Child>,
}

impl Shortcuts {
    pub(super) fn new(bus: &Connection) -> Self {
        Self { bus: bus.clone(), state: Mutex::default() }
    }

    /// Starts the process that frees the keys should this one be killed.
    pub(super) fn keep_by(&self, keeper: Command) {
        match keeper::start(keeper) {
            Ok(child) => self.lock().keeper = Some(child),
            Err(error) => tracing::warn!(%error, "should Scout be killed, the desktop keeps its keys"),
        }
    }

    /// Registers what is wanted, and gives back what is not wanted any more.
    pub(super) fn register(&self, listener: &Listener) -> Result<(), HookError> {
        let mut state = self.lock();
        if state.released {
            return Ok(());
        }
        let wanted = listener.shortcuts();
        let service = Proxy::new(&self.bus, SERVICE, PATH, INTERFACE).map_err(|error| failed(&error))?;
        let unwanted = state.registered.iter().filter(|id| wanted.iter().all(|shortcut| shortcut.id != **id));
        for id in unwanted {
            set_inactive(&service, id).map_err(|error| failed(&error))?;
        }
        state.registered = wanted.iter().map(|shortcut| shortcut.id).collect();
        // One that is refused does not keep the others from working.
        let registered: Vec<Result<(), HookError>> =
            wanted.iter().map(|shortcut| register(&service, shortcut)).collect();
        registered.into_iter().collect()
    }

    /// The same with a service that has just been started.
    fn register_again(&self, listener: &Listener) -> Result<(), HookError> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            match self.register(listener) {
                Err(HookError::Connection { reason }) if Instant::now() < deadline => {
                    tracing::debug!(reason, "the service for shortcuts does not answer yet");
                    std::thread::sleep(ASK_AGAIN);
                }
                done => return done,
            }
        }
    }

    /// Gives all keys back, for good: applications get them again.
    pub(super) fn release(&self) {
        let mut state = self.lock();
        state.released = true;
        let freed = Proxy::new(&self.bus, SERVICE, PATH, INTERFACE)
            .and_then(|service| state.registered.iter().try_for_each(|id| set_inactive(&service, id)));
        if let Err(error) = freed {
            tracing::debug!(%error, "the desktop's service for shortcuts was not told of the end");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Registering again puts right whatever was left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives back the keys of an agent that has ended without doing so.
pub(in crate::wayland) fn free(bus: &Connection) -> zbus::Result<()> {
    if !is_offered(bus) {
        return Ok(());
    }
    let service = Proxy::new(bus, SERVICE, PATH, INTERFACE)?;
    let component: &[&str] = &[APPLICATION.0, "", APPLICATION.1, ""];
    let actions: Vec<Vec<String>> = service.call("allActionsForComponent", &(component,))?;
    let ids = actions.iter().filter_map(|action| action.get(1));
    ids.into_iter().try_for_each(|id| set_inactive(&service, id))
}

/// What the service and the bus tell.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Pressed(String),
    Released(String),
    Ended,
    Started,
}

/// Registers the shortcuts and passes them on until the bus ends. Service and keys may come and go meanwhile.
pub(super) fn listen(shortcuts: &Shortcuts, listener: &Listener) -> Result<(), HookError> {
    let messages = messages(&shortcuts.bus).map_err(|error| failed(&error))?;
    listener.report(shortcuts.register_again(listener));
    // The service repeats a press while the key is held.
    let mut down = BTreeSet::new();
    for message in messages {
        let Ok(message) = message else { break };
        match told(&message) {
            Some(Told::Pressed(id)) if down.insert(id.clone()) => listener.heard(&id, true),
            Some(Told::Released(id)) if down.remove(&id) => listener.heard(&id, false),
            Some(Told::Ended) => {
                // Nobody tells any more when these come up.
                for id in std::mem::take(&mut down) {
                    listener.heard(&id, false);
                }
                listener.report(Err(HookError::Interrupted { service: "KDE's service for shortcuts" }));
            }
            Some(Told::Started) => listener.report(shortcuts.register_again(listener)),
            Some(Told::Pressed(_) | Told::Released(_)) | None => {}
        }
    }
    Ok(())
}

fn told(message: &Message) -> Option<Told> {
    if message.message_type() != Type::Signal {
        return None;
    }
    let (header, body) = (message.header(), message.body());
    match header.member()?.as_str() {
        "NameOwnerChanged" => {
            let (name, _, new): (&str, &str, &str) = body.deserialize().ok()?;
            let told = if new.is_empty() { Told::Ended } else { Told::Started };
            (name == SERVICE).then_some(told)
        }
        member @ ("globalShortcutPressed" | "globalShortcutReleased") => {
            let (component, id, _): (&str, &str, i64) = body.deserialize().ok()?;
            let told = if member == "globalShortcutPressed" { Told::Pressed } else { Told::Released };
            (component == APPLICATION.0).then(|| told(id.to_owned()))
        }
        _ => None,
    }
}

/// Whether KDE takes it as a shortcut at all.
pub(super) fn check(shortcut: &Shortcut) -> Result<(), HookError> {
    key_of(shortcut).map(drop)
}

fn key_of(shortcut: &Shortcut) -> Result<i32, HookError> {
    qt::key(&shortcut.chord).ok_or_else(|| HookError::Refused {
        reason: format!("KDE knows no shortcut {}: choose another key in Scout's configuration", shortcut.chord),
    })
}

fn register(service: &Proxy<'_>, shortcut: &Shortcut) -> Result<(), HookError> {
    let key = key_of(shortcut)?;
    let action = [APPLICATION.0, shortcut.id, APPLICATION.1, shortcut.description.as_str()];
    service.call_method("doRegister", &(&action[..],)).map_err(|error| failed(&error))?;
    let set: Vec<i32> = service
        .call("setShortcut", &(&action[..], vec![key], SET_PRESENT | NO_AUTOLOADING))
        .map_err(|error| failed(&error))?;
    if set.contains(&key) {
        return Ok(());
    }
    Err(HookError::Refused {
        reason: format!(
            "another program has the shortcut {}: choose another key in Scout's configuration, or free it in the system \
             settings",
            shortcut.chord
        ),
    })
}

fn set_inactive(service: &Proxy<'_>, id: &str) -> zbus::Result<()> {
    let action: &[&str] = &[APPLICATION.0, id, APPLICATION.1, ""];
    service.call_method("setInactive", &(action,)).map(drop)
}

/// The presses and releases of our keys, and the service's beginning and end.
fn messages(bus: &Connection) -> zbus::Result<MessageIterator> {
    let keys = MatchRule::builder().msg_type(Type::Signal).interface(COMPONENT)?.add_arg(APPLICATION.0)?.build();
    let owner =
        MatchRule::builder().msg_type(Type::Signal).sender("org.freedesktop.DBus")?.member("NameOwnerChanged")?;
    let dbus = DBusProxy::new(bus)?;
    for rule in [keys, owner.add_arg(SERVICE)?.build()] {
        dbus.add_match_rule(rule)?;
    }
    Ok(MessageIterator::from(bus))
}
