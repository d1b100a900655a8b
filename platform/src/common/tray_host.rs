//! Whether the desktop shows tray icons.

/// Why no tray icon can be seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrayHostError {
    /// The session bus, over which icons are shown on Linux, is not reached.
    #[error(
        "the session bus is not reached ({reason}): start Scout from the desktop session, or with dbus-run-session"
    )]
    NoBus {
        /// What the system said.
        reason: String,
    },
    /// Nothing in the session shows icons. One that starts later is found.
    #[error(
        "nothing in this session shows tray icons: on GNOME install and enable the extension \u{201c}AppIndicator and \
         KStatusNotifierItem Support\u{201d} (package gnome-shell-extension-appindicator); elsewhere add a panel with a \
         tray, such as those of KDE, Xfce, MATE, LXQt or Waybar"
    )]
    NoHost,
}

/// Tells whether something in this session shows tray icons now.
#[cfg(target_os = "linux")]
pub fn check() -> Result<(), TrayHostError> {
    if linux::has_host().map_err(|error| TrayHostError::NoBus { reason: error.to_string() })? {
        Ok(())
    } else {
        Err(TrayHostError::NoHost)
    }
}

/// Tells whether something in this session shows tray icons now. Here the tray is a part of the system.
#[cfg(not(target_os = "linux"))]
pub fn check() -> Result<(), TrayHostError> {
    Ok(())
}

/// Tells `sink` whether something in this session shows tray icons: now, and again whenever that may have changed. Blocks
/// the calling thread until `sink` returns `false`; ends with an error when the session bus is lost.
#[cfg(target_os = "linux")]
pub fn watch(sink: &mut dyn FnMut(bool) -> bool) -> Result<(), TrayHostError> {
    linux::watch(sink).map_err(|error| TrayHostError::NoBus { reason: error.to_string() })
}

/// Tells `sink` that tray icons are shown. Here the tray is a part of the system, so there is nothing to wait for.
#[cfg(not(target_os = "linux"))]
pub fn watch(sink: &mut dyn FnMut(bool) -> bool) -> Result<(), TrayHostError> {
    sink(true);
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    use zbus::blocking::Proxy;
    use zbus::blocking::connection::Builder;
    use zbus::blocking::fdo::DBusProxy;

    /// Trays find their icons through this name, whichever desktop they belong to.
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    /// How long anything on the bus may take. It takes milliseconds, except on a desktop that hangs.
    const ANSWER_LIMIT: Duration = Duration::from_secs(3);

    pub(super) fn has_host() -> zbus::Result<bool> {
        let bus = Builder::session()?.method_timeout(ANSWER_LIMIT).build()?;
        if !DBusProxy::new(&bus)?.name_has_owner(WATCHER.try_into()?)? {
            return Ok(false);
        }
        let watcher = Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER)?;
        watcher.get_property("IsStatusNotifierHostRegistered")
    }

    pub(super) fn watch(sink: &mut dyn FnMut(bool) -> bool) -> zbus::Result<()> {
        let bus = Builder::session()?.build()?;
        // Asked for before the first look, so that a tray that starts in between is not missed.
        let changes = DBusProxy::new(&bus)?.receive_name_owner_changed_with_args(&[(0, WATCHER)])?;
        if !sink(has_host()?) {
            return Ok(());
        }
        for change in changes {
            if !sink(change.args()?.new_owner().is_some()) {
                return Ok(());
            }
        }
        Err(zbus::Error::Failure("it closed the connection".to_owned()))
    }
}
