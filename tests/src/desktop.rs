//! The box itself: which parts it has, and the parts.

use anyhow::{Context as _, Result};

use crate::bus::Bus;
use crate::display::Display;
use crate::gnome::{Gnome, GnomePortal, RemotePortal};
use crate::keychain::Keychain;
use crate::kwin::KWin;
use crate::notifications::Notifications;
use crate::place::Place;
use crate::process::Process;
use crate::room::{HEAVY, LIGHT, Room};
use crate::shortcuts::ShortcutsPortal;
use crate::sound::{Sound, SoundServer};
use crate::tray::Tray;
use crate::wayland::Wayland;

/// Which parts a box has. Those that need another part fail to start without it.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each part is there or not, on its own
pub struct Parts {
    /// An X server. Without it, programs find no display.
    pub display: bool,
    /// The keyboard layout, as `setxkbmap` knows it.
    pub layout: &'static str,
    /// A session bus.
    pub bus: bool,
    /// A window manager; needs the display and the bus.
    pub window_manager: bool,
    /// A Wayland session, with XWayland as the display. Instead of `display`, not beside it.
    pub wayland: bool,
    /// KDE's compositor; needs the bus. Instead of `display` and `wayland`.
    pub kwin: bool,
    /// Whether KWin lets only those programs press keys whose desktop entry asks for it.
    pub kwin_guarded: bool,
    /// GNOME's compositor with XWayland; needs the bus. Instead of `display`, `wayland` and `kwin`.
    pub gnome: bool,
    /// A sound server with a virtual microphone.
    pub sound: bool,
    /// Which sound server that is; `PipeWire` needs the bus.
    pub sound_server: SoundServer,
    /// A tray host; needs the display and the bus. One that comes later: [`Desktop::start_tray`].
    pub tray: bool,
    /// A notification service; needs the bus.
    pub notifications: bool,
    /// An unlocked keychain; needs the bus.
    pub keychain: bool,
}

impl Default for Parts {
    /// What most desktops have, but for a tray and a keychain.
    fn default() -> Self {
        Self { sound: true, notifications: true, ..Self::windows() }
    }
}

impl Parts {
    /// Windows that can be typed into, and nothing else.
    pub fn windows() -> Self {
        Self { display: true, layout: "us", bus: true, window_manager: true, ..Self::nothing() }
    }

    /// A Wayland session and a session bus.
    pub fn wayland() -> Self {
        Self { wayland: true, bus: true, ..Self::nothing() }
    }

    /// An empty box.
    pub fn nothing() -> Self {
        Self {
            display: false,
            layout: "us",
            bus: false,
            window_manager: false,
            wayland: false,
            kwin: false,
            kwin_guarded: false,
            gnome: false,
            sound: false,
            sound_server: SoundServer::PulseAudio,
            tray: false,
            notifications: false,
            keychain: false,
        }
    }
}

/// A private desktop. Dropping it ends everything in it and removes its files.
///
/// Boxes share nothing, so tests run side by side; [`Desktop::start`] waits while the machine has no room for another one.
#[derive(Debug)]
pub struct Desktop {
    // Fields are dropped in this order: those who use a part before the part.
    tray: Option<Tray>,
    keychain: Option<Keychain>,
    notifications: Option<Notifications>,
    sound: Option<Sound>,
    wayland: Option<Wayland>,
    kwin: Option<KWin>,
    gnome: Option<Gnome>,
    display: Option<Display>,
    accessibility: Option<Process>,
    bus: Option<Bus>,
    place: Place,
    _room: Option<Room>,
}

impl Desktop {
    /// Starts the parts and waits until each is there.
    pub fn start(parts: &Parts) -> Result<Self> {
        let room = Room::take(if parts.kwin || parts.gnome { HEAVY } else { LIGHT });
        let place = Place::new()?;
        let bus = parts.bus.then(|| Bus::start(&place)).transpose()?;
        let mut display = parts.display.then(|| Display::start(&place, parts.layout)).transpose()?;
        if parts.window_manager {
            let display = display.as_mut().context("a window manager needs a display")?;
            display.start_window_manager(bus.as_ref().context("the window manager needs a bus")?)?;
        }
        let wayland = parts.wayland.then(|| Wayland::start(&place)).transpose()?;
        let kwin = match (&bus, parts.kwin) {
            (Some(bus), true) => Some(KWin::start(&place, bus, parts.kwin_guarded)?),
            _ => None,
        };
        let gnome = match (&bus, parts.gnome) {
            (Some(bus), true) => Some(Gnome::start(&place, bus)?),
            _ => None,
        };
        let sound = parts.sound.then(|| Sound::start(&place, parts.sound_server)).transpose()?;
        let mut desktop = Self {
            tray: None,
            keychain: None,
            notifications: None,
            sound,
            wayland,
            kwin,
            gnome,
            display,
            accessibility: None,
            bus,
            place,
            _room: Some(room),
        };
        if parts.notifications {
            desktop.notifications = Some(Notifications::start(&desktop.place, desktop.bus()?)?);
        }
        if parts.keychain {
            desktop.keychain = Some(Keychain::start(&desktop.place, desktop.bus()?)?);
        }
        if parts.tray {
            desktop.start_tray()?;
        }
        Ok(desktop)
    }

    /// The box that another process has started, as far as it can be used from this one: display and sound.
    pub(crate) fn attach(place: Place, parts: &Parts) -> Result<Self> {
        Ok(Self {
            tray: None,
            keychain: None,
            notifications: None,
            sound: parts.sound.then(|| Sound::attach(&place, parts.sound_server)),
            wayland: parts.wayland.then(|| Wayland::attach(&place)).transpose()?,
            kwin: parts.kwin.then(|| KWin::attach(&place)).transpose()?,
            gnome: parts.gnome.then(|| Gnome::attach(&place)),
            display: parts.display.then(|| Display::attach(&place)).transpose()?,
            accessibility: None,
            bus: parts.bus.then(|| Bus::attach(&place)),
            place,
            _room: None,
        })
    }

    /// The box's files and environment.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The X server.
    pub fn display(&self) -> Result<&Display> {
        self.display.as_ref().context("this box has no display")
    }

    /// The Wayland session.
    pub fn wayland(&self) -> Result<&Wayland> {
        self.wayland.as_ref().context("this box has no Wayland session")
    }

    /// KDE's compositor.
    pub fn kwin(&self) -> Result<&KWin> {
        self.kwin.as_ref().context("this box has no KWin")
    }

    /// KDE's compositor, to be ended and started again.
    pub fn kwin_mut(&mut self) -> Result<&mut KWin> {
        self.kwin.as_mut().context("this box has no KWin")
    }

    /// GNOME's compositor.
    pub fn gnome(&self) -> Result<&Gnome> {
        self.gnome.as_ref().context("this box has no GNOME")
    }

    /// The session bus.
    pub fn bus(&self) -> Result<&Bus> {
        self.bus.as_ref().context("this box has no session bus")
    }

    /// The sound server.
    pub fn sound(&self) -> Result<&Sound> {
        self.sound.as_ref().context("this box has no sound server")
    }

    /// The sound server, to be killed and started again.
    pub fn sound_mut(&mut self) -> Result<&mut Sound> {
        self.sound.as_mut().context("this box has no sound server")
    }

    /// The notification service.
    pub fn notifications(&self) -> Result<&Notifications> {
        self.notifications.as_ref().context("this box has no notification service")
    }

    /// The keychain, to hang and go on.
    pub fn keychain(&self) -> Result<&Keychain> {
        self.keychain.as_ref().context("this box has no keychain")
    }

    /// The keychain, to be locked, emptied and ended.
    pub fn keychain_mut(&mut self) -> Result<&mut Keychain> {
        self.keychain.as_mut().context("this box has no keychain")
    }

    /// The tray host.
    pub fn tray(&self) -> Result<&Tray> {
        self.tray.as_ref().context("this box has no tray")
    }

    /// Starts the desktop portal; the desktop grants shortcuts, or declines.
    pub fn start_portal(&self, grants: bool) -> Result<ShortcutsPortal> {
        ShortcutsPortal::start(&self.place, self.bus()?, grants)
    }

    /// Starts the portal that lends GNOME's keyboard; the user agrees, or declines.
    pub fn start_remote_portal(&self, kind: GnomePortal, grants: bool) -> Result<RemotePortal> {
        self.gnome()?;
        RemotePortal::start(&self.place, self.bus()?, kind, grants)
    }

    /// Starts the accessibility bus, which GNOME starts with the session and others with the first application that asks for
    /// it. It ends with the box.
    pub fn start_accessibility(&mut self) -> Result<()> {
        self.accessibility = Some(self.bus()?.start_accessibility()?);
        Ok(())
    }

    /// Starts the tray host, as when the user logs in and the panel comes last.
    pub fn start_tray(&mut self) -> Result<()> {
        self.tray = None;
        self.tray = Some(Tray::start(&self.place, self.bus()?)?);
        Ok(())
    }

    /// Ends the tray host, as when the panel crashes.
    pub fn stop_tray(&mut self) {
        self.tray = None;
    }
}
