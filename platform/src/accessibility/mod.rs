//! The accessibility bus (AT-SPI), on which applications tell what they show. Used as screen readers use it, but nothing is
//! started or switched on: neither the bus, nor its registry, nor accessibility in applications.

mod field;
mod windows;

pub(crate) use field::AccessibleField;
pub(crate) use windows::FocusedWindow;

use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, Proxy, proxy};
use zbus::proxy::CacheProperties;
use zbus::zvariant::OwnedObjectPath;

const LAUNCHER: &str = "org.a11y.Bus";
const REGISTRY: &str = "org.a11y.atspi.Registry";
const ROOT: &str = "/org/a11y/atspi/accessible/root";
const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";

/// An application that does nothing for this long tells nothing. They answer within a millisecond, unless they are busy.
const ANSWER_LIMIT: Duration = Duration::from_millis(250);

/// The buses and the registry are no applications: they are never busy for long.
const SERVICE_LIMIT: Duration = Duration::from_secs(3);

/// Something that an application shows, or an application itself: its name on the bus, and its path there.
type Part = (String, OwnedObjectPath);

/// What a part is in at the moment: the numbers of `AtspiStateType` as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct States(u64);

impl States {
    const ACTIVE: Self = Self(1 << 1);
    const FOCUSED: Self = Self(1 << 12);
    const SHOWING: Self = Self(1 << 25);
    const VISIBLE: Self = Self(1 << 30);

    fn from_words(words: &[u32]) -> Self {
        let word = |number: usize| u64::from(words.get(number).copied().unwrap_or_default());
        Self(word(0) | word(1) << 32)
    }

    fn has(self, state: Self) -> bool {
        self.0 & state.0 != 0
    }
}

/// Connections to the bus.
struct Bus {
    /// For questions to applications, which may be busy.
    connection: Connection,
    /// For questions to the bus itself and the registry.
    services: Connection,
}

impl Bus {
    /// The bus of this session; `None` where it does not run. `limit` is for each question to the bus and the registry.
    fn running(limit: Duration) -> zbus::Result<Option<Self>> {
        let session = Builder::session()?.method_timeout(limit).build()?;
        // Asking for the address would start the bus.
        if !DBusProxy::new(&session)?.name_has_owner(LAUNCHER.try_into()?)? {
            return Ok(None);
        }
        let address: String =
            Proxy::new(&session, LAUNCHER, "/org/a11y/bus", "org.a11y.Bus")?.call("GetAddress", &())?;
        let connect = |limit| Builder::address(address.as_str())?.method_timeout(limit).build();
        Ok(Some(Self { connection: connect(ANSWER_LIMIT)?, services: connect(limit)? }))
    }

    /// The applications that take part.
    fn applications(&self) -> zbus::Result<Vec<Part>> {
        // Asking the registry would start it. Applications do that when they come, so without it there are none.
        if !DBusProxy::new(&self.services)?.name_has_owner(REGISTRY.try_into()?)? {
            return Ok(Vec::new());
        }
        Proxy::new(&self.services, REGISTRY, ROOT, ACCESSIBLE)?.call("GetChildren", &())
    }

    fn children(&self, (name, path): &Part) -> zbus::Result<Vec<Part>> {
        self.proxy(name, path.as_str(), ACCESSIBLE)?.call("GetChildren", &())
    }

    fn states(&self, (name, path): &Part) -> zbus::Result<States> {
        let words: Vec<u32> = self.proxy(name, path.as_str(), ACCESSIBLE)?.call("GetState", &())?;
        Ok(States::from_words(&words))
    }

    /// The name of an application, or the title of a window.
    fn name_of(&self, (name, path): &Part) -> Option<String> {
        let part = self.proxy(name, path.as_str(), ACCESSIBLE);
        let told = part.and_then(|part| part.get_property::<String>("Name"));
        // GTK 4 calls applications so that have no name.
        told.ok().filter(|name| !name.is_empty() && name != "Unnamed")
    }

    /// The application's process. For one in a sandbox it is the sandbox's.
    fn pid(&self, name: &str) -> Option<u32> {
        DBusProxy::new(&self.services).ok()?.get_connection_unix_process_id(name.try_into().ok()?).ok()
    }

    /// Asks for single properties only: Qt 5 leaves the bus when it is asked for all of a text's at once.
    fn proxy<'a>(&'a self, name: &'a str, path: &'a str, interface: &'a str) -> zbus::Result<Proxy<'a>> {
        proxy::Builder::new(&self.connection)
            .destination(name)?
            .path(path)?
            .interface(interface)?
            .cache_properties(CacheProperties::No)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_the_bits_of_two_words() {
        // As a GTK 3 entry with the focus says them.
        let states = States::from_words(&[0x4340_1980, 0x0001_0100]);
        assert!(states.has(States::FOCUSED) && states.has(States::SHOWING) && states.has(States::VISIBLE));
        assert!(!states.has(States::ACTIVE));
        assert!(!States::from_words(&[]).has(States::FOCUSED));
    }
}
