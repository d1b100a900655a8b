//! The desktop portal: what a desktop lets a program do once its user has agreed.

mod clipboard;
mod injector;
mod paster;
mod remote;
mod session;
mod token;

use std::collections::HashMap;

use zbus::MatchRule;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::{OwnedValue, Value};

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
        .path(request)?
        .build();
    // Listened for before the call, so that no answer is too fast.
    let mut answers = MessageIterator::for_match_rule(rule, bus, Some(1))?;
    call(token)?;
    let answer = answers.next().ok_or(PortalError::Ended)??;
    let (code, results): (u32, Results) = answer.body().deserialize()?;
    if code == DONE { Ok(results) } else { Err(PortalError::Declined) }
}
