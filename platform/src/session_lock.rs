//! Whether the screen is locked, as those say who lock it: the session's manager, and the desktop's own service.

use std::time::Duration;

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;

/// How long an answer may take. It takes a millisecond, or the service hangs.
const ANSWER_LIMIT: Duration = Duration::from_millis(300);

/// Services that know: their name, path and interface. KDE has the first, GNOME the second.
const SAVERS: [(&str, &str, &str); 2] = [
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver"),
];

/// Asks the session's manager: GNOME, KDE, Xfce and others tell it when they lock the screen.
pub(crate) struct Manager(Option<Connection>);

/// Asks the desktop's own service.
pub(crate) struct Saver(Option<Connection>);

impl Manager {
    pub(crate) fn connect() -> Self {
        Self(connection(Builder::system()))
    }

    /// What cannot be asked counts as not locked: it is the focus that decides then.
    pub(crate) fn says_locked(&self) -> bool {
        let asked = self.0.as_ref().map(|bus| {
            bus.call_method(
                Some("org.freedesktop.login1"),
                "/org/freedesktop/login1/session/auto",
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &("org.freedesktop.login1.Session", "LockedHint"),
            )
        });
        let Some(Ok(answer)) = asked else { return false };
        answer.body().deserialize::<zbus::zvariant::Value<'_>>().is_ok_and(|value| value == true.into())
    }
}

impl Saver {
    pub(crate) fn connect() -> Self {
        Self(connection(Builder::session()))
    }

    /// As [`Manager::says_locked`]. A screen that is only dark counts as locked: the first key would wake it.
    pub(crate) fn says_locked(&self) -> bool {
        let Some(bus) = &self.0 else { return false };
        SAVERS.iter().any(|(name, path, interface)| {
            // A service that is not there must not be started to be asked.
            let there = DBusProxy::new(bus).and_then(|dbus| Ok(dbus.name_has_owner((*name).try_into()?)?));
            let answer = there.and_then(|there| {
                if there {
                    bus.call_method(Some(*name), *path, Some(*interface), "GetActive", &()).map(Some)
                } else {
                    Ok(None)
                }
            });
            answer.is_ok_and(|answer| answer.is_some_and(|answer| answer.body().deserialize::<bool>().unwrap_or(false)))
        })
    }
}

fn connection(builder: zbus::Result<Builder<'_>>) -> Option<Connection> {
    let connected = builder.and_then(|builder| builder.method_timeout(ANSWER_LIMIT).build());
    connected.inspect_err(|error| tracing::debug!(%error, "nobody to ask for locks")).ok()
}
