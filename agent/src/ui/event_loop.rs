//! The main thread's loop. macOS and Windows demand that the tray and all windows live there.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;
use tray_icon::menu::{MenuEvent, MenuId};
use tray_icon::{MouseButton, MouseButtonState, TrayIconEvent};
use winit::application::ApplicationHandler;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop, EventLoopProxy};
use winit::window::WindowId;

use super::tray::Tray;
use super::{Action, NoTray, View};

/// The user interface before it runs. Given to [`run`].
#[derive(Debug)]
pub struct Ui {
    shared: Arc<Shared>,
}

/// Shows things from any thread, before, while and after the loop runs. Clones are the same interface.
#[derive(Debug, Clone)]
pub struct UiHandle {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
}

/// What the loop has to do. Only the newest view counts, so there is no queue that could fill up.
#[derive(Debug, Default)]
struct Inbox {
    view: Option<View>,
    quit: bool,
    /// How to wake the loop, once it runs.
    proxy: Option<EventLoopProxy<Wake>>,
}

impl Ui {
    /// An interface that shows nothing yet.
    pub fn new() -> (Self, UiHandle) {
        let shared = Arc::new(Shared::default());
        (Self { shared: Arc::clone(&shared) }, UiHandle { shared })
    }
}

impl UiHandle {
    /// Shows this from now on. Never blocks.
    pub fn show(&self, view: View) {
        self.shared.post(|inbox| inbox.view = Some(view));
    }

    /// Makes [`run`] return.
    pub fn quit(&self) {
        self.shared.post(|inbox| inbox.quit = true);
    }
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        // Nothing in here is left half-done by a panic.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, change: impl FnOnce(&mut Inbox)) {
        let mut inbox = self.inbox();
        change(&mut inbox);
        if let Some(proxy) = &inbox.proxy {
            // A loop that has ended needs no waking.
            let _ = proxy.send_event(Wake::Inbox);
        }
        self.arrived.notify_all();
    }

    /// Blocks until it is time to quit.
    fn wait_for_quit(&self) {
        let waited = self.arrived.wait_while(self.inbox(), |inbox| !inbox.quit);
        drop(waited);
    }
}

/// What wakes the loop.
#[derive(Debug)]
enum Wake {
    Inbox,
    Clicked(MenuId),
    LeftClick,
}

/// Runs the user interface on the main thread until [`UiHandle::quit`]. Without a display or a tray it says so once, with
/// [`Action::NoTray`], and goes on without; it never fails. Call it once, from the main thread.
///
/// Actions go to `actions`; when that is full, the agent is behind by that many clicks, and the newest click is dropped.
pub fn run(ui: &Ui, actions: &Sender<Action>) {
    match EventLoop::with_user_event().build() {
        Ok(event_loop) => run_with_display(ui, actions, event_loop),
        Err(error) => {
            tracing::debug!(%error, "there is no display");
            send(actions, Action::NoTray(NoTray::NoDisplay));
        }
    }
    // Without a display, or after it was lost, the agent goes on: there is still the socket, and maybe a dictation to save.
    ui.shared.wait_for_quit();
}

fn run_with_display(ui: &Ui, actions: &Sender<Action>, event_loop: EventLoop<Wake>) {
    event_loop.set_control_flow(ControlFlow::Wait);
    let proxy = event_loop.create_proxy();
    MenuEvent::set_event_handler(Some(move |event: MenuEvent| {
        let _ = proxy.send_event(Wake::Clicked(event.id));
    }));
    let proxy = event_loop.create_proxy();
    TrayIconEvent::set_event_handler(Some(move |event| {
        if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
            let _ = proxy.send_event(Wake::LeftClick);
        }
    }));
    let proxy = event_loop.create_proxy();
    // What was posted before the loop ran is in the inbox already, and read first.
    let _ = proxy.send_event(Wake::Inbox);
    ui.shared.inbox().proxy = Some(proxy);

    let mut handler = Handler { ui, actions, view: View::default(), tray: TrayState::NotYet };
    if let Err(error) = event_loop.run_app(&mut handler) {
        tracing::error!(%error, "the display is lost");
        send(actions, Action::NoTray(NoTray::NoDisplay));
    }
    ui.shared.inbox().proxy = None;
}

struct Handler<'a> {
    ui: &'a Ui,
    actions: &'a Sender<Action>,
    view: View,
    tray: TrayState,
}

enum TrayState {
    NotYet,
    There(Box<Tray>),
    Impossible,
}

impl Handler<'_> {
    fn make_tray(&mut self) {
        if matches!(self.tray, TrayState::NotYet) {
            self.tray = match Tray::new(&self.view) {
                Ok(tray) => {
                    super::tray_host::watch(self.actions);
                    TrayState::There(Box::new(tray))
                }
                Err(error) => {
                    send(self.actions, Action::NoTray(NoTray::NoSessionBus { reason: error.to_string() }));
                    TrayState::Impossible
                }
            };
        }
    }

    fn read_inbox(&mut self, event_loop: &ActiveEventLoop) {
        let (view, quit) = {
            let mut inbox = self.ui.shared.inbox();
            (inbox.view.take(), inbox.quit)
        };
        if let Some(view) = view {
            self.view = view;
            if let TrayState::There(tray) = &mut self.tray {
                tray.show(&self.view);
            }
        }
        if quit {
            // The icon goes while the loop still runs, as macOS and Windows want it.
            self.tray = TrayState::Impossible;
            event_loop.exit();
        }
    }
}

impl ApplicationHandler<Wake> for Handler<'_> {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.read_inbox(event_loop);
        if !event_loop.exiting() {
            self.make_tray();
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, wake: Wake) {
        match (wake, &self.tray) {
            (Wake::Inbox, _) => self.read_inbox(event_loop),
            (Wake::Clicked(id), TrayState::There(tray)) => {
                if let Some(action) = tray.clicked(&id) {
                    send(self.actions, action);
                }
            }
            (Wake::LeftClick, _) => send(self.actions, Action::Toggle),
            (Wake::Clicked(_), _) => {}
        }
    }

    fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, _: WindowEvent) {}
}

fn send(actions: &Sender<Action>, action: Action) {
    if let Err(error) = actions.try_send(action) {
        tracing::warn!(%error, "the agent is too busy for a click");
    }
}
