//! The desktop portal for shortcuts: the desktop asks the user once, and tells when a shortcut goes down and up.

use zbus::MatchRule;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

use super::super::portal::{DESKTOP, Options, PATH, PortalError, Results, ask, register, version};
use super::{Listener, failed};
use crate::keys::Modifier;
use crate::{Chord, HookError, SessionKind, keysym_name};

const SHORTCUTS: &str = "org.freedesktop.portal.GlobalShortcuts";

/// Whether there is a portal for shortcuts.
pub(super) fn is_offered(bus: &Connection) -> bool {
    version(bus, SHORTCUTS).is_some()
}

/// Asks for the shortcuts and passes them on until the portal ends.
pub(super) fn listen(bus: &Connection, listener: &Listener) -> Result<(), HookError> {
    // Waiting for the user's answer takes as long as it takes: this connection has no limit.
    let bus = &Connection::session().map_err(|error| failed(&error)).or_else(|_| Ok::<_, HookError>(bus.clone()))?;
    register(bus);
    let portal = Proxy::new(bus, DESKTOP, PATH, SHORTCUTS).map_err(|error| failed(&error))?;
    let session = create_session(bus, &portal)?;
    // Asked for before anything is bound: no press is missed.
    let signals = signals(bus)?;
    bind(bus, &portal, &session, listener)?;
    tracing::info!("the desktop reports the shortcuts");
    for message in signals {
        let Ok(message) = message else { break };
        let header = message.header();
        let pressed = match header.member().map(zbus::names::MemberName::as_str) {
            Some("Activated") => true,
            Some("Deactivated") => false,
            _ => continue,
        };
        let body = message.body();
        if let Ok((from, id, _, _)) = body.deserialize::<(ObjectPath<'_>, &str, u64, Results)>()
            && from == *session
        {
            listener.heard(id, pressed);
        }
    }
    Ok(())
}

fn create_session(bus: &Connection, portal: &Proxy<'_>) -> Result<OwnedObjectPath, HookError> {
    let results = ask(bus, "scout_session", |token| {
        let options = Options::from([("handle_token", token.into()), ("session_handle_token", "scout".into())]);
        portal.call_method("CreateSession", &(options,)).map(drop)
    })
    .map_err(refused)?;
    let handle = results.get("session_handle").and_then(|value| String::try_from(value.clone()).ok());
    handle
        .and_then(|handle| OwnedObjectPath::try_from(handle).ok())
        .ok_or_else(|| HookError::Connection { reason: "the portal opened no session".into() })
}

fn bind(bus: &Connection, portal: &Proxy<'_>, session: &OwnedObjectPath, listener: &Listener) -> Result<(), HookError> {
    let wanted = listener.shortcuts();
    let results = ask(bus, "scout_bind", |token| {
        let shortcuts: Vec<(&str, Options<'_>)> = wanted
            .iter()
            .map(|shortcut| {
                let mut details = Options::from([("description", shortcut.description.as_str().into())]);
                if let Some(trigger) = trigger(&shortcut.chord) {
                    details.insert("preferred_trigger", trigger.into());
                }
                (shortcut.id, details)
            })
            .collect();
        let options = Options::from([("handle_token", token.into())]);
        portal.call_method("BindShortcuts", &(session, shortcuts, "", options)).map(drop)
    })
    .map_err(refused)?;
    let bound = results.get("shortcuts").and_then(|value| value.try_clone().ok());
    let bound = bound.and_then(|value| <Vec<(String, Results)>>::try_from(value).ok()).unwrap_or_default();
    if bound.is_empty() {
        return Err(declined());
    }
    Ok(())
}

fn signals(bus: &Connection) -> Result<MessageIterator, HookError> {
    /// Presses and releases that wait to be read; a hand makes a few in a second.
    const WAITING: usize = 64;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(DESKTOP)
        .and_then(|rule| rule.interface(SHORTCUTS))
        .map_err(|error| failed(&error))?
        .build();
    MessageIterator::for_match_rule(rule, bus, Some(WAITING)).map_err(|error| failed(&error))
}

fn refused(error: PortalError) -> HookError {
    match error {
        PortalError::Declined => declined(),
        other => HookError::Connection { reason: other.to_string() },
    }
}

fn declined() -> HookError {
    HookError::Permission {
        remedy: format!(
            "the desktop did not grant the push-to-talk shortcut. Start Scout again and agree, or bind a key to \
             `scout ctl start` and `scout ctl stop` in the settings of {} (`scout setup wayland` tells how)",
            SessionKind::Wayland
        ),
    }
}

/// A chord as the shortcuts specification writes it. `None` for a key without a name: the user chooses one then.
fn trigger(chord: &Chord) -> Option<String> {
    let mut parts: Vec<String> = chord
        .modifiers
        .iter()
        .map(|modifier| {
            let name = match modifier {
                Modifier::Control => "CTRL",
                Modifier::Shift => "SHIFT",
                Modifier::Alt => "ALT",
                Modifier::Super => "LOGO",
            };
            name.to_owned()
        })
        .collect();
    parts.push(keysym_name(chord.key)?);
    Some(parts.join("+"))
}

#[cfg(test)]
mod tests {
    use super::trigger;

    #[test]
    fn chords_are_written_as_the_specification_does() {
        for (chord, written) in [("F9", "F9"), ("ctrl+alt+Space", "CTRL+ALT+space"), ("super+A", "LOGO+a")] {
            assert_eq!(trigger(&chord.parse().unwrap()).as_deref(), Some(written));
        }
        assert_eq!(trigger(&"ctrl+code:200".parse().unwrap()), None);
    }
}
