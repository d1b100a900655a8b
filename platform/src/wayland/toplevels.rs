//! Which window has the focus, as panels and window lists are told it by compositors of many makers.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wayland_client::backend::ObjectId;
use wayland_client::globals::registry_queue_init;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::{Connection, Dispatch, Proxy as _, QueueHandle, event_created_child};
use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_handle_v1::{
    self as handle, ZwlrForeignToplevelHandleV1 as Handle,
};
use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_manager_v1::{
    self as manager, ZwlrForeignToplevelManagerV1 as Manager,
};

use super::link::{LinkError, connect, ignore_registry};
use crate::{Target, WindowId};

/// A compositor answers within milliseconds; one that does not is busy or stuck.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// Follows the windows on a thread of its own, since events that nobody takes would make the compositor drop us. The thread
/// ends with the compositor.
pub(super) struct Toplevels {
    connection: Connection,
    handle: QueueHandle<State>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    known: Mutex<Known>,
    answered: Condvar,
}

#[derive(Default)]
struct Known {
    windows: HashMap<ObjectId, Window>,
    /// Windows are numbered in the order of their appearance: the protocol has no name for them.
    last_number: u64,
    /// How many questions were asked, and answered.
    asked: u64,
    answers: u64,
    ended: bool,
}

/// A window's properties come one after the other, and count from the `done` on.
#[derive(Default, Clone)]
struct Window {
    number: u64,
    coming: Properties,
    shown: Properties,
}

#[derive(Default, Clone)]
struct Properties {
    app_id: Option<String>,
    title: Option<String>,
    active: bool,
}

struct State {
    shared: Arc<Shared>,
}

impl Toplevels {
    pub(super) fn connect(display: &str) -> Result<Self, LinkError> {
        let connection = connect(display)?;
        let (globals, mut queue) = registry_queue_init::<State>(&connection)?;
        let handle = queue.handle();
        let _manager: Manager = globals.bind(&handle, 1..=3, ())?;
        let shared = Arc::new(Shared::default());
        let mut state = State { shared: Arc::clone(&shared) };
        // The first brings the windows, the second what they are.
        queue.roundtrip(&mut state)?;
        queue.roundtrip(&mut state)?;
        std::thread::Builder::new().name("windows".into()).spawn(move || {
            while queue.blocking_dispatch(&mut state).is_ok() {}
            state.shared.lock().ended = true;
            state.shared.answered.notify_all();
        })?;
        Ok(Self { connection, handle, shared })
    }

    /// The focused window, after everything that the compositor had to tell when this was called. `None` when no window has
    /// the focus; an error when the compositor does not answer.
    pub(super) fn focused(&self) -> Result<Option<Target>, LinkError> {
        let mut known = self.shared.lock();
        known.asked += 1;
        let number = known.asked;
        self.connection.display().sync(&self.handle, ());
        self.connection.flush()?;
        let waiting = |known: &mut Known| known.answers < number && !known.ended;
        let (known, _) = self
            .shared
            .answered
            .wait_timeout_while(known, ANSWER_LIMIT, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if known.answers < number {
            return Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into());
        }
        let active = known.windows.values().find(|window| window.shown.active);
        Ok(active.map(|window| Target {
            window: Some(WindowId(window.number)),
            app_id: window.shown.app_id.clone().filter(|id| !id.is_empty()),
            title: window.shown.title.clone(),
            ..Target::default()
        }))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Known> {
        // Each event is taken whole or not at all.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

ignore_registry!(State);

impl Dispatch<WlCallback, ()> for State {
    fn event(state: &mut Self, _: &WlCallback, _: wl_callback::Event, (): &(), _: &Connection, _: &QueueHandle<Self>) {
        state.shared.lock().answers += 1;
        state.shared.answered.notify_all();
    }
}

impl Dispatch<Manager, ()> for State {
    fn event(state: &mut Self, _: &Manager, event: manager::Event, (): &(), _: &Connection, _: &QueueHandle<Self>) {
        if let manager::Event::Toplevel { toplevel } = event {
            let mut known = state.shared.lock();
            known.last_number += 1;
            let window = Window { number: known.last_number, ..Window::default() };
            known.windows.insert(toplevel.id(), window);
        }
    }

    event_created_child!(State, Manager, [manager::EVT_TOPLEVEL_OPCODE => (Handle, ())]);
}

impl Dispatch<Handle, ()> for State {
    fn event(state: &mut Self, proxy: &Handle, event: handle::Event, (): &(), _: &Connection, _: &QueueHandle<Self>) {
        let mut known = state.shared.lock();
        let Some(window) = known.windows.get_mut(&proxy.id()) else { return };
        match event {
            handle::Event::Title { title } => window.coming.title = Some(title),
            handle::Event::AppId { app_id } => window.coming.app_id = Some(app_id),
            handle::Event::State { state } => {
                let activated = handle::State::Activated as u32;
                // An array of numbers in the machine's own byte order.
                window.coming.active = state
                    .chunks_exact(4)
                    .any(|bytes| bytes.try_into().is_ok_and(|b| u32::from_ne_bytes(b) == activated));
            }
            handle::Event::Done => window.shown = window.coming.clone(),
            handle::Event::Closed => {
                known.windows.remove(&proxy.id());
                proxy.destroy();
            }
            _ => {}
        }
    }
}
