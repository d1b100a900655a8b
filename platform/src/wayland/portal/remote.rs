//! Remote control of the desktop, as the user grants it once: who asks for it, and who waits for the answer.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};

use super::clipboard::CLIPBOARD;
use super::session::{KEYBOARD, REMOTE_DESKTOP, Session};
use super::{DESKTOP, PATH, PortalError, version};

/// A text waits so long for the user's answer to the desktop's question. After that it is held, and the question stays.
const ANSWER_WAIT: Duration = Duration::from_mins(1);

/// How long a call may take. It takes milliseconds, except on a desktop that hangs.
const CALL_LIMIT: Duration = Duration::from_secs(3);

/// One for the whole desktop: the injector and the paster share the session.
#[derive(Default)]
pub(in crate::wayland) struct RemoteControl {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
enum State {
    /// Nobody has asked yet, or the session has ended: the user may end it from the panel.
    #[default]
    Closed,
    /// The desktop has been asked.
    Asked,
    /// It has agreed.
    Open(Arc<Session>),
    /// It, or the user, said no. That stands until Scout is started again.
    Declined,
}

impl RemoteControl {
    /// Whether the desktop has a portal for it that lends its keyboard. Nobody is asked.
    pub(in crate::wayland) fn is_offered() -> bool {
        let asked = connect().and_then(|bus| {
            Proxy::new(&bus, DESKTOP, PATH, REMOTE_DESKTOP)?.get_property::<u32>("AvailableDeviceTypes")
        });
        let devices = asked.inspect_err(|error| tracing::debug!(%error, "no portal for remote control"));
        devices.is_ok_and(|devices| devices & KEYBOARD != 0)
    }

    /// Whether the portal lends the clipboard as well.
    pub(in crate::wayland) fn lends_clipboard() -> bool {
        connect().is_ok_and(|bus| version(&bus, CLIPBOARD).is_some())
    }

    /// Asks the desktop, unless that was done. Returns at once; the user may take their time.
    pub(in crate::wayland) fn ask(self: &Arc<Self>) {
        let mut state = self.lock();
        if !matches!(*state, State::Closed) {
            return;
        }
        let remote = Arc::clone(self);
        let spawned = std::thread::Builder::new().name("portal".into()).spawn(move || remote.run());
        match spawned {
            Ok(_) => *state = State::Asked,
            Err(error) => tracing::warn!(%error, "the desktop cannot be asked"),
        }
    }

    /// The session, as soon as the desktop has agreed.
    pub(super) fn session(self: &Arc<Self>) -> Result<Arc<Session>, PortalError> {
        self.forget_dead();
        self.ask();
        let until = Instant::now() + ANSWER_WAIT;
        let mut state = self.lock();
        loop {
            match &*state {
                State::Open(session) => return Ok(Arc::clone(session)),
                State::Declined => return Err(PortalError::Declined),
                // It was asked above: that has failed.
                State::Closed => return Err(PortalError::Ended),
                State::Asked => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(PortalError::Unanswered);
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A session that the user has just ended may not have told us yet.
    fn forget_dead(&self) {
        let open = match &*self.lock() {
            State::Open(session) => Arc::clone(session),
            State::Closed | State::Asked | State::Declined => return,
        };
        if !open.is_alive() {
            self.close(&open);
        }
    }

    /// Opens the session and serves it until it ends.
    fn run(&self) {
        let opened = connect().map_err(PortalError::from).and_then(|bus| Session::open(&bus));
        match opened {
            Ok((session, signals)) => {
                let session = Arc::new(session);
                tracing::info!(clipboard = session.board().is_some(), "the desktop lends its keyboard");
                self.set(State::Open(Arc::clone(&session)));
                session.serve(signals);
                tracing::info!("the desktop has taken its keyboard back");
                self.close(&session);
            }
            Err(PortalError::Declined) => self.set(State::Declined),
            Err(error) => {
                tracing::warn!(%error, "the desktop does not lend its keyboard");
                self.set(State::Closed);
            }
        }
    }

    /// That session is over. There may be another already.
    fn close(&self, ended: &Arc<Session>) {
        let mut state = self.lock();
        if matches!(&*state, State::Open(session) if Arc::ptr_eq(session, ended)) {
            *state = State::Closed;
            self.changed.notify_all();
        }
    }

    fn set(&self, state: State) {
        *self.lock() = state;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // It is replaced whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of its own: the portal knows sessions by it. Waiting for the user's answer has no limit.
fn connect() -> zbus::Result<Connection> {
    Builder::session()?.method_timeout(CALL_LIMIT).build()
}
