//! The desktop portal: what a desktop lets a program do once its user has agreed.

mod clipboard;
mod injector;
mod paster;
mod remote;
mod session;
mod token;

use std::collections::HashMap;

use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{MatchRule, Message};

pub(super) use injector::PortalInjector;
pub(super) use paster::PortalPaster;
pub(super) use remote::RemoteControl;

pub(super) const DESKTOP: &str = "org.freedesktop.portal.Desktop";
pub(super) const PATH: &str = "/org/freedesktop/portal/desktop";
const REQUEST: &str = "org.freedesktop.portal.Request";

/// The name of our desktop entry, by which desktops know the application.
const APPLICATION: &str = "scout";

pub(super) type Options<'a> = HashMap<&'a str, Value<'a>>;
pub(super) type Results = HashMap<String, OwnedValue>;

/// Why the portal is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum PortalError {
    /// The user said no, or the desktop did.
    #[error("the desktop did not grant it")]
    Declined,
    /// The user has been asked, and has not answered yet.
    #[error("the desktop waits for an answer to its question")]
    Unanswered,
    /// The portal was stopped, or has crashed.
    #[error("the desktop portal has ended")]
    Ended,
    /// The portal's answer makes no sense.
    #[error("the desktop portal opened no session")]
    NoSession,
    /// The call failed.
    #[error(transparent)]
    Bus(#[from] zbus::Error),
    /// The system gave no thread or pipe.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

/// The version of one of the portal's interfaces; `None` if there is no such portal. Where one is installed, the bus starts it
/// for this question.
pub(super) fn version(bus: &Connection, interface: &str) -> Option<u32> {
    let portal = zbus::blocking::Proxy::new(bus, DESKTOP, PATH, interface);
    let version = portal.and_then(|portal| portal.get_property::<u32>("version"));
    version.inspect_err(|error| tracing::debug!(%error, interface, "the desktop has no such portal")).ok()
}

/// Tells the portal who we are. Programs that no sandbox vouches for are nobody to it otherwise, and some desktops refuse
/// nobody. Older portals do not know the question.
pub(super) fn register(bus: &Connection) {
    const REGISTRY: &str = "org.freedesktop.host.portal.Registry";
    let none = Options::new();
    let told = bus.call_method(Some(DESKTOP), PATH, Some(REGISTRY), "Register", &(APPLICATION, none));
    if let Err(error) = told {
        tracing::debug!(%error, "the portal does not take our name");
    }
}

/// Calls a method whose answer comes later as a signal, and waits for it: the user may have to be asked first. `token` names
/// the request, and is used once on each connection.
pub(super) fn ask(
    bus: &Connection,
    token: &str,
    call: impl FnOnce(&str) -> zbus::Result<()>,
) -> Result<Results, PortalError> {
    const DONE: u32 = 0;
    let sender = bus.unique_name().map(|name| name.trim_start_matches(':').replace('.', "_")).unwrap_or_default();
    let request = format!("{PATH}/request/{sender}/{token}");
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface(REQUEST)?
        .member("Response")?
        .path(request.as_str())?
        .build();
    // Listened for before the call, so that no answer is too fast. A portal that ends answers no more.
    let dbus = DBusProxy::new(bus)?;
    for rule in [rule, end()?] {
        dbus.add_match_rule(rule).map_err(zbus::Error::from)?;
    }
    let messages = MessageIterator::from(bus);
    call(token)?;
    for message in messages {
        let message = message?;
        let header = message.header();
        if message.message_type() != Type::Signal {
            continue;
        }
        if is_end(&message) {
            return Err(PortalError::Ended);
        }
        if header.path().is_some_and(|path| path.as_str() == request) {
            let (code, results): (u32, Results) = message.body().deserialize()?;
            return if code == DONE { Ok(results) } else { Err(PortalError::Declined) };
        }
    }
    Err(PortalError::Ended)
}

/// What tells that the portal has ended.
fn end() -> zbus::Result<MatchRule<'static>> {
    let told =
        MatchRule::builder().msg_type(Type::Signal).sender("org.freedesktop.DBus")?.member("NameOwnerChanged")?;
    Ok(told.add_arg(DESKTOP)?.build())
}

/// Whether that message tells it.
fn is_end(message: &Message) -> bool {
    let header = message.header();
    let is_about = header.member().is_some_and(|member| member.as_str() == "NameOwnerChanged");
    let told = |(name, _, new): (&str, &str, &str)| name == DESKTOP && new.is_empty();
    is_about && message.body().deserialize().is_ok_and(told)
}
