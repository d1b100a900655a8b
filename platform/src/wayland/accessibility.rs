//! Asks the applications themselves which of them has the focus, as screen readers do: GNOME's compositor tells nobody.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::OwnedObjectPath;

use super::process::described;
use crate::{Target, WindowId};

const REGISTRY: &str = "org.a11y.atspi.Registry";
const ROOT: &str = "/org/a11y/atspi/accessible/root";
const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";

/// An application that does nothing for this long tells nothing. They answer within a millisecond, unless they are busy.
const ANSWER_LIMIT: Duration = Duration::from_millis(250);

/// The state of the window that has the focus (`ATSPI_STATE_ACTIVE`), among those of the first word.
const ACTIVE: u32 = 1 << 1;

/// Stands for a window whose application tells nothing. It is a window like any other, so that a text for one that told is
/// not sent to it; two of its kind cannot be told apart.
const UNTOLD: WindowId = WindowId(0);

/// The registry of applications is started for the first question.
const START_LIMIT: Duration = Duration::from_secs(3);

/// The bus on which applications tell what they show.
pub(super) struct Accessibility {
    /// For questions to the applications, which may be busy.
    bus: Connection,
    /// For those to the registry.
    registry: Connection,
}

/// An application's part, or a window: whose it is, and its name there.
type Part = (String, OwnedObjectPath);

impl Accessibility {
    /// Fails where there is no such bus.
    pub(super) fn connect() -> zbus::Result<Self> {
        let session = Builder::session()?.method_timeout(START_LIMIT).build()?;
        let address: String =
            Proxy::new(&session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus")?.call("GetAddress", &())?;
        let connect = |limit| Builder::address(address.as_str())?.method_timeout(limit).build();
        let told = Self { bus: connect(ANSWER_LIMIT)?, registry: connect(START_LIMIT)? };
        told.applications()?;
        Ok(told)
    }

    /// The focused window.
    pub(super) fn focused(&self) -> zbus::Result<Target> {
        for (name, root) in self.applications()? {
            // One that is busy, or has just ended, is not the one that takes text now.
            let windows = self.parts(&name, root.as_str()).unwrap_or_default();
            let active = windows.into_iter().find(|(name, path)| self.is_active(name, path).unwrap_or(false));
            if let Some((owner, window)) = active {
                return self.target(&name, &root, &owner, &window);
            }
        }
        Ok(Target { window: Some(UNTOLD), ..Target::default() })
    }

    fn applications(&self) -> zbus::Result<Vec<Part>> {
        Proxy::new(&self.registry, REGISTRY, ROOT, ACCESSIBLE)?.call("GetChildren", &())
    }

    fn parts(&self, name: &str, path: &str) -> zbus::Result<Vec<Part>> {
        Proxy::new(&self.bus, name, path, ACCESSIBLE)?.call("GetChildren", &())
    }

    fn is_active(&self, name: &str, path: &OwnedObjectPath) -> zbus::Result<bool> {
        let states: Vec<u32> = Proxy::new(&self.bus, name, path, ACCESSIBLE)?.call("GetState", &())?;
        Ok(states.first().is_some_and(|first| first & ACTIVE != 0))
    }

    fn name_of(&self, name: &str, path: &OwnedObjectPath) -> Option<String> {
        let told = Proxy::new(&self.bus, name, path, ACCESSIBLE).and_then(|part| part.get_property::<String>("Name"));
        // GTK 4 calls applications so that have no name.
        told.ok().filter(|name| !name.is_empty() && name != "Unnamed")
    }

    fn target(
        &self,
        name: &str,
        root: &OwnedObjectPath,
        owner: &str,
        window: &OwnedObjectPath,
    ) -> zbus::Result<Target> {
        let mut hasher = DefaultHasher::new();
        (owner, window.as_str()).hash(&mut hasher);
        let pid = DBusProxy::new(&self.bus)?.get_connection_unix_process_id(name.try_into()?).ok();
        Ok(described(Target {
            window: Some(WindowId(hasher.finish())),
            app_id: self.name_of(name, root),
            title: self.name_of(owner, window),
            pid,
            ..Target::default()
        }))
    }
}
