//! The desktop portal for shortcuts: the desktop asks the user once, and tells when a shortcut goes down and up.

use std::collections::HashMap;

use zbus::MatchRule;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use super::{Listener, failed};
use crate::keys::Modifier;
use crate::{Chord, HookError, SessionKind, keysym_name};

const DESKTOP: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SHORTCUTS: &str = "org.freedesktop.portal.GlobalShortcuts";
const REQUEST: &str = "org.freedesktop.portal.Request";

/// The name of our desktop entry, by which desktops know the application.
const APPLICATION: &str = "scout";

type Options<'a> = HashMap<&'a str, Value<'a>>;
type Results = HashMap<String, OwnedValue>;

/// Whether there is a portal for shortcuts. Where one is installed, the bus starts it for this question.
pub(super) fn is_offered(bus: &Connection) -> bool {
    let version = Proxy::new(bus, DESKTOP, PATH, SHORTCUTS).and_then(|portal| portal.get_property::<u32>("version"));
    version.inspect_err(|error| tracing::debug!(%error, "no portal for shortcuts")).is_ok()
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

/// Tells the portal who we are. Programs that no sandbox vouches for are nobody to it otherwise, and some desktops refuse
/// nobody. Older portals do not know the question.
fn register(bus: &Connection) {
    const REGISTRY: &str = "org.freedesktop.host.portal.Registry";
    let none = Options::new();
    let told = bus.call_method(Some(DESKTOP), PATH, Some(REGISTRY), "Register", &(APPLICATION, none));
    if let Err(error) = told {
        tracing::debug!(%error, "the portal does not take our name");
    }
}

fn create_session(bus: &Connection, portal: &Proxy<'_>) -> Result<OwnedObjectPath, HookError> {
    let results = ask(bus, "scout_session", |token| {
        let options = Options::from([("handle_token", token.into()), ("session_handle_token", "scout".into())]);
        portal.call_method("CreateSession", &(options,)).map(drop)
    })?;
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
    })?;
    let bound = results.get("shortcuts").and_then(|value| value.try_clone().ok());
    let bound = bound.and_then(|value| <Vec<(String, Results)>>::try_from(value).ok()).unwrap_or_default();
    if bound.is_empty() {
        return Err(declined());
    }
    Ok(())
}

/// Calls a method whose answer comes later as a signal, and waits for it.
fn ask(bus: &Connection, token: &str, call: impl FnOnce(&str) -> zbus::Result<()>) -> Result<Results, HookError> {
    const DONE: u32 = 0;
    let sender = bus.unique_name().map(|name| name.trim_start_matches(':').replace('.', "_")).unwrap_or_default();
    let request = format!("{PATH}/request/{sender}/{token}");
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface(REQUEST)
        .and_then(|rule| rule.member("Response"))
        .and_then(|rule| rule.path(request))
        .map_err(|error| failed(&error))?
        .build();
    let mut answers = MessageIterator::for_match_rule(rule, bus, Some(1)).map_err(|error| failed(&error))?;
    call(token).map_err(|error| failed(&error))?;
    let answer = answers.next().ok_or_else(|| HookError::Connection { reason: "the portal has ended".into() })?;
    let answer = answer.map_err(|error| failed(&error))?;
    let (code, results): (u32, Results) = answer.body().deserialize().map_err(|error| failed(&error))?;
    if code == DONE { Ok(results) } else { Err(declined()) }
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
