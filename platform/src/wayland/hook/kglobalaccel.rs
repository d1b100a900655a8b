//! KDE's service for shortcuts, which its own programs use: it tells presses and releases, and asks no question.

use std::collections::BTreeSet;

use zbus::MatchRule;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::zvariant::OwnedObjectPath;

use super::{Listener, failed, qt};
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

pub(super) fn is_offered(bus: &Connection) -> bool {
    let asked = DBusProxy::new(bus).and_then(|bus| Ok(bus.name_has_owner(SERVICE.try_into()?)?));
    asked.unwrap_or(false)
}

/// Registers the shortcuts and passes them on until the service ends.
pub(super) fn listen(bus: &Connection, listener: &Listener) -> Result<(), HookError> {
    let service = Proxy::new(bus, SERVICE, PATH, INTERFACE).map_err(|error| failed(&error))?;
    let wanted = listener.shortcuts();
    for shortcut in &wanted {
        register(&service, shortcut)?;
    }
    let component: OwnedObjectPath = service.call("getComponent", &(APPLICATION.0,)).map_err(|error| failed(&error))?;
    let signals = signals(bus, &component)?;
    let connection = bus.clone();
    listener.rebind_by(move |shortcuts| {
        let Ok(service) = Proxy::new(&connection, SERVICE, PATH, INTERFACE) else { return };
        for shortcut in shortcuts {
            if let Err(error) = register(&service, shortcut) {
                tracing::warn!(%error, "the desktop keeps the former shortcut");
            }
        }
    });
    // The service repeats a press while the key is held.
    let mut down = BTreeSet::new();
    for message in signals {
        let Ok(message) = message else { break };
        let header = message.header();
        let pressed = match header.member().map(zbus::names::MemberName::as_str) {
            Some("globalShortcutPressed") => true,
            Some("globalShortcutReleased") => false,
            _ => continue,
        };
        let body = message.body();
        let Ok((_, id, _)) = body.deserialize::<(&str, &str, i64)>() else { continue };
        let changed = if pressed { down.insert(id.to_owned()) } else { down.remove(id) };
        if changed {
            listener.heard(id, pressed);
        }
    }
    Ok(())
}

fn register(service: &Proxy<'_>, shortcut: &Shortcut) -> Result<(), HookError> {
    let Some(key) = qt::key(&shortcut.chord) else {
        return Err(HookError::Permission {
            remedy: format!("KDE knows no shortcut {}: choose another key in Scout's configuration", shortcut.chord),
        });
    };
    let action = [APPLICATION.0, shortcut.id, APPLICATION.1, shortcut.description.as_str()];
    service.call_method("doRegister", &(&action[..],)).map_err(|error| failed(&error))?;
    let set: Vec<i32> = service
        .call("setShortcut", &(&action[..], vec![key], SET_PRESENT | NO_AUTOLOADING))
        .map_err(|error| failed(&error))?;
    if set.contains(&key) {
        return Ok(());
    }
    Err(HookError::Permission {
        remedy: format!(
            "another program has the shortcut {}: choose another key in Scout's configuration, or free it in the system \
             settings",
            shortcut.chord
        ),
    })
}

fn signals(bus: &Connection, component: &OwnedObjectPath) -> Result<MessageIterator, HookError> {
    /// Presses, their repeats and releases that wait to be read; a keyboard makes some thirty in a second.
    const WAITING: usize = 64;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(SERVICE)
        .and_then(|rule| rule.interface(COMPONENT))
        .and_then(|rule| rule.path(component.as_str()))
        .map_err(|error| failed(&error))?
        .build();
    MessageIterator::for_match_rule(rule, bus, Some(WAITING)).map_err(|error| failed(&error))
}
