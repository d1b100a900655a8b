//! Which window has the focus, and what it says of itself.

use std::cell::Cell;

use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError};
use x11rb::protocol::ErrorKind;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, InputFocus, Window};
use x11rb::rust_connection::RustConnection;

x11rb::atom_manager! {
    /// The names of the properties and messages that are used.
    pub(super) Atoms: AtomsCookie {
        UTF8_STRING,
        WM_CLIENT_LEADER,
        WM_CLIENT_MACHINE,
        WM_PROTOCOLS,
        WM_STATE,
        _NET_ACTIVE_WINDOW,
        _NET_CLIENT_LIST,
        _NET_SUPPORTING_WM_CHECK,
        _NET_WM_NAME,
        _NET_WM_PID,
        _NET_WM_PING,
        _NET_WM_STRUT,
        _NET_WM_STRUT_PARTIAL,
        _NET_WM_WINDOW_TYPE,
        _NET_WM_WINDOW_TYPE_DESKTOP,
        _NET_WM_WINDOW_TYPE_DIALOG,
        _NET_WM_WINDOW_TYPE_DND,
        _NET_WM_WINDOW_TYPE_DOCK,
        _NET_WM_WINDOW_TYPE_NOTIFICATION,
        _NET_WM_WINDOW_TYPE_SPLASH,
        _NET_WM_WINDOW_TYPE_TOOLTIP,
    }
}

/// Properties are read up to this many bytes: titles and names are short, and a hostile one must not fill the memory.
const PROPERTY_LIMIT: u32 = 64 * 1024;

/// Why there is no connection to the X server.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectFailure {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

/// A connection for questions about windows.
pub(super) struct Windows {
    connection: RustConnection,
    root: Window,
    atoms: Atoms,
    /// A window that is never shown, once it is needed.
    pub(super) hidden: Cell<Option<Window>>,
}

impl Windows {
    pub(super) fn connect(display: &str) -> Result<Self, ConnectFailure> {
        let (connection, screen) = x11rb::connect(Some(display))?;
        let root = connection.setup().roots[screen].root;
        let atoms = Atoms::new(&connection)?.reply()?;
        Ok(Self { connection, root, atoms, hidden: Cell::new(None) })
    }

    pub(super) fn connection(&self) -> &RustConnection {
        &self.connection
    }

    pub(super) fn root(&self) -> Window {
        self.root
    }

    pub(super) fn atoms(&self) -> Atoms {
        self.atoms
    }

    /// The focused top-level window: the window manager's word while one runs, else the input focus.
    pub(super) fn focused(&self) -> Result<Option<Window>, ReplyError> {
        if self.window_manager_runs()? {
            let active = self.numbers(self.root, self.atoms._NET_ACTIVE_WINDOW, AtomEnum::WINDOW)?;
            if let Some(window) = active.first() {
                // Without a window the manager parks the input focus somewhere: that is none of the user's.
                return Ok(Some(*window).filter(|window| *window != x11rb::NONE));
            }
        }
        let focus = self.connection.get_input_focus()?.reply()?.focus;
        if focus == u32::from(InputFocus::NONE) || focus == u32::from(InputFocus::POINTER_ROOT) || focus == self.root {
            return Ok(None);
        }
        self.named_ancestor(focus)
    }

    /// A property on the root window outlives the window manager that set it; the manager's own window does not.
    fn window_manager_runs(&self) -> Result<bool, ReplyError> {
        let check = self.atoms._NET_SUPPORTING_WM_CHECK;
        let Some(window) = self.window_property(self.root, check)? else { return Ok(false) };
        Ok(self.window_property(window, check)? == Some(window))
    }

    /// The focus may be on a window inside the application's window: the one with a class is the application's.
    fn named_ancestor(&self, inner: Window) -> Result<Option<Window>, ReplyError> {
        let mut window = inner;
        loop {
            if self.class(window)?.is_some() {
                return Ok(Some(window));
            }
            let Some(tree) = gone_is_none(self.connection.query_tree(window)?.reply())? else { return Ok(None) };
            if tree.parent == self.root || tree.parent == x11rb::NONE {
                return Ok(Some(inner));
            }
            window = tree.parent;
        }
    }

    /// `WM_CLASS`: instance and class.
    pub(super) fn class(&self, window: Window) -> Result<Option<(String, String)>, ReplyError> {
        let Some(value) = self.property(window, AtomEnum::WM_CLASS.into(), AtomEnum::STRING.into())? else {
            return Ok(None);
        };
        let mut parts = value.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
        let instance = parts.next().unwrap_or_default();
        let class = parts.next().unwrap_or_default();
        Ok(Some((instance, class)).filter(|(instance, class)| !(instance.is_empty() && class.is_empty())))
    }

    pub(super) fn title(&self, window: Window) -> Result<Option<String>, ReplyError> {
        if let Some(title) = self.property(window, self.atoms._NET_WM_NAME, self.atoms.UTF8_STRING)? {
            return Ok(Some(String::from_utf8_lossy(&title).into_owned()));
        }
        let title = self.property(window, AtomEnum::WM_NAME.into(), AtomEnum::ANY.into())?;
        // The old property is Latin-1, whose code points are Unicode's.
        Ok(title.map(|title| title.into_iter().map(char::from).collect()))
    }

    /// The window's process, if it runs on this machine.
    pub(super) fn pid(&self, window: Window) -> Result<Option<u32>, ReplyError> {
        let machine = self.property(window, self.atoms.WM_CLIENT_MACHINE, AtomEnum::ANY.into())?;
        if let (Some(machine), Some(here)) = (machine, host_name())
            && machine != here
        {
            return Ok(None);
        }
        Ok(self.numbers(window, self.atoms._NET_WM_PID, AtomEnum::CARDINAL)?.first().copied())
    }

    pub(super) fn answers_pings(&self, window: Window) -> Result<bool, ReplyError> {
        Ok(self.numbers(window, self.atoms.WM_PROTOCOLS, AtomEnum::ATOM)?.contains(&self.atoms._NET_WM_PING))
    }

    pub(super) fn window_property(&self, window: Window, name: Atom) -> Result<Option<Window>, ReplyError> {
        Ok(self.numbers(window, name, AtomEnum::WINDOW)?.first().copied().filter(|window| *window != x11rb::NONE))
    }

    /// A property that lists windows.
    pub(super) fn windows_of(&self, window: Window, name: Atom) -> Result<Vec<Window>, ReplyError> {
        self.numbers(window, name, AtomEnum::WINDOW)
    }

    /// A property that lists names.
    pub(super) fn atoms_of(&self, window: Window, name: Atom) -> Result<Vec<Atom>, ReplyError> {
        self.numbers(window, name, AtomEnum::ATOM)
    }

    fn numbers(&self, window: Window, name: Atom, kind: AtomEnum) -> Result<Vec<u32>, ReplyError> {
        let asked = self.connection.get_property(false, window, name, kind, 0, PROPERTY_LIMIT / 4)?;
        let reply = gone_is_none(asked.reply())?;
        Ok(reply.and_then(|reply| reply.value32().map(Iterator::collect)).unwrap_or_default())
    }

    pub(super) fn property(&self, window: Window, name: Atom, kind: Atom) -> Result<Option<Vec<u8>>, ReplyError> {
        let asked = self.connection.get_property(false, window, name, kind, 0, PROPERTY_LIMIT / 4)?;
        let reply = gone_is_none(asked.reply())?;
        Ok(reply.map(|reply| reply.value).filter(|value| !value.is_empty()))
    }
}

/// Windows may go while we ask: that is no error.
pub(super) fn gone_is_none<T>(reply: Result<T, ReplyError>) -> Result<Option<T>, ReplyError> {
    match reply {
        Ok(value) => Ok(Some(value)),
        Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Window => Ok(None),
        Err(error) => Err(error),
    }
}

fn host_name() -> Option<Vec<u8>> {
    let name = std::fs::read("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim_ascii().to_vec())
}
