//! The composition root: builds the rooms, joins their channels, owns the main loop.

mod asking;
mod closing;
mod composing;
mod conductor;
mod delivering;
mod erasing;
pub mod event;
pub mod fallback;
mod filing;
mod flight;
mod hands_free;
mod hearing;
mod joint;
mod kept;
mod live;
mod order;
mod rooms;
pub mod setup;
mod show;
pub mod status;
mod steps;
mod taking;
mod troubles;
mod undoing;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use scout_platform::{Desktop, HookError, KeyHook};

use crate::bindings;
use crate::capture::{self, CaptureError, Microphone};
use crate::config::paths::Paths;
use crate::config::schema::{KeySettings, Method};
use crate::config::watch::{Reload, Watch, watch};
use crate::control::{Board, StatusReport};
use crate::deliver::{Aim, Deliverer, FieldLook, leave_to_keeper};
use crate::history::{History, Home};
use crate::speech::{Silero, SpeechError};
use crate::transcribe::Transcription;
use crate::ui::notices::{Notice, Notices};
use crate::ui::{Action, Ui, UiHandle};
use crate::vault::Vault;

use conductor::Conductor;
use event::AppEvent;
use fallback::{Start, load_and_keep};
use rooms::Rooms;
pub(crate) use rooms::shortcuts;
use setup::Loaded;
use status::Part;

/// Events that may wait for the session thread. It only sends messages and decides, so it is never far behind; whoever finds
/// this full waits, except for the key hook, which must not.
const WAITING_EVENTS: usize = 1024;

/// The command that gives the keys back should the agent be killed, where the desktop would keep them.
pub const FREE_SHORTCUTS: &str = "free-shortcuts";

/// How long a last notice may take to be shown.
const LAST_NOTICE_WITHIN: Duration = Duration::from_secs(2);

/// Clicks that may wait.
const WAITING_ACTIONS: usize = 16;

/// Why the agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system gives no more threads: close programs.
    #[error("a part of Scout could not be started ({0}): close some programs and try again")]
    Thread(#[from] std::io::Error),
    /// The capture thread could not be started.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The voice activity detector cannot be used.
    #[error(transparent)]
    Voice(#[from] SpeechError),
}

/// The agent ended by a fault of its own: start it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Scout met a fault of its own and has ended. What was being dictated is kept: start Scout again, then run `scout history recover`"
)]
pub struct SessionDied;

/// What the agent is built from. The parts that touch the world come from outside, so that a benchmark can bring a recording
/// and a scenario a desktop of its own; everything in between is the same.
pub struct Parts {
    /// The desktop.
    pub desktop: Arc<dyn Desktop>,
    /// The sound system.
    pub microphone: Arc<dyn Microphone>,
    /// Where the files are.
    pub paths: Paths,
    /// Configuration, profiles and models.
    pub start: Start,
}

/// The agent, running on threads of its own. [`App::run_ui`] belongs on the main thread.
pub struct App {
    events: Sender<AppEvent>,
    board: Board,
    ui: Ui,
    actions: Receiver<Action>,
    clicks: Sender<Action>,
    session: thread::JoinHandle<Result<(), SessionDied>>,
    _watch: Option<Watch>,
}

impl App {
    /// Starts all rooms.
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        let Parts { desktop, microphone, paths, start } = parts;
        let Start { loaded, in_force, rejected } = start;
        let (events, inbox) = bounded(WAITING_EVENTS);
        let (ui, ui_handle) = Ui::new();
        let board = Board::new(StatusReport::starting());
        let notices = Notices::start(desktop.notifier())?;
        notices.mute(!loaded.config.cues.notify);
        // Keys are heard before anything that may take a while: what is pressed meanwhile waits among the events.
        let missed = Arc::default();
        let hook = listen_to_keys(desktop.as_ref(), &loaded.config.key, &events, &notices, &missed);
        let vault = open_vault(desktop.as_ref(), &paths);
        // Whoever has everything copied, or only logged, is asked for nothing.
        if !matches!(loaded.config.delivery.method, Method::Clipboard | Method::None) {
            let desktop = Arc::clone(&desktop);
            rooms::errand("prepare", move || desktop.prepare());
        }
        let mut rooms = Rooms {
            hook,
            missed,
            desktop: Arc::clone(&desktop),
            capture: start_capture(&microphone, &paths, &events)?,
            transcription: {
                let events = events.clone();
                Transcription::spawn(&paths.models, move |event| pass(&events, AppEvent::Transcription(event)))?
            },
            aim: {
                let events = events.clone();
                Aim::spawn(Arc::clone(&desktop), move |id, focus| pass(&events, AppEvent::Aimed(id, focus)))?
            },
            fields: {
                let events = events.clone();
                FieldLook::spawn(Arc::clone(&desktop), move |id, field| pass(&events, AppEvent::Field(id, field)))?
            },
            key_taker: taking::KeyTaker::new(Arc::clone(&desktop)),
            deliverer: {
                let events = events.clone();
                let report = move |report| pass(&events, AppEvent::Delivered(report));
                Deliverer::spawn(Arc::clone(&desktop), leave_to_keeper, report)?
            },
            history: {
                let events = events.clone();
                History::spawn(Home::from(&paths), vault, move |event| pass(&events, AppEvent::History(event)))?
            },
            notices: notices.clone(),
            overlay: crate::ui::overlay::Overlay::start(Arc::clone(&desktop), &board, loaded.config.cues.overlay)?,
            sounds: crate::ui::sounds::Sounds::start()?,
            ui: ui_handle,
            board: board.clone(),
            microphone,
            paths: paths.clone(),
            events: events.clone(),
        };
        rooms.load_model(&loaded.config.model.name);
        rooms.history.keep_up(loaded.upkeep());
        rooms.record(capture::Command::StandBy(loaded.standby(false)));
        if rooms.hook.is_some() {
            rooms.key_taker.allow();
        }
        tell_of_unfinished(&paths, &notices);
        let reported = rejected.as_ref().map(ToString::to_string);
        if let Some(error) = rejected {
            pass(&events, AppEvent::Configured(Err(error)));
        }
        let watch = watch_files(&paths, &loaded, reported, &events);
        let end = UiEnd(rooms.ui.clone());
        let conductor = Conductor::new(loaded, in_force, rooms);
        let session = thread::Builder::new().name("session".into()).spawn(move || {
            // Whatever happens below, the icon does not outlive the session.
            let _end = end;
            let ended = catch_unwind(AssertUnwindSafe(|| {
                // Ends the rooms, too: the log writes what still waits before the process may end.
                drop(conductor.run(&inbox));
            }));
            if ended.is_err() {
                notices.tell(Notice::Ended);
                notices.settle(LAST_NOTICE_WITHIN);
            }
            ended.map_err(|_| SessionDied)
        })?;
        let (clicks, actions) = bounded(WAITING_ACTIONS);
        Ok(Self { events, board, ui, actions, clicks, session, _watch: watch })
    }

    /// Where events go.
    pub fn events(&self) -> Sender<AppEvent> {
        self.events.clone()
    }

    /// The status, as clients see it.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Runs tray and menu on this thread, which must be the main one, until the agent ends.
    ///
    /// # Errors
    /// When it ended by a fault of its own.
    pub fn run_ui(self) -> Result<(), SessionDied> {
        let (events, actions) = (self.events.clone(), self.actions);
        rooms::errand("clicks", move || {
            for action in actions {
                pass(&events, AppEvent::Action(action));
            }
        });
        crate::ui::run(&self.ui, &self.clicks);
        wait_for(self.session)
    }

    /// Ends the agent without a user interface, and waits until it has.
    pub fn quit(self) {
        pass(&self.events, AppEvent::Quit);
        if let Err(error) = wait_for(self.session) {
            tracing::error!(%error, "while ending");
        }
    }
}

fn wait_for(session: thread::JoinHandle<Result<(), SessionDied>>) -> Result<(), SessionDied> {
    session.join().unwrap_or(Err(SessionDied))
}

/// Ends the user interface when it is dropped.
struct UiEnd(UiHandle);

impl Drop for UiEnd {
    fn drop(&mut self) {
        self.0.quit();
    }
}

/// Passes an event on. Nobody is there to take it only when the agent ends.
fn pass(events: &Sender<AppEvent>, event: AppEvent) {
    let _ = events.send(event);
}

/// The keys. At the very first start the key is made at once, so that the first recording can be encrypted with it; whatever
/// goes wrong, the history thread meets it again and says so.
fn open_vault(desktop: &dyn Desktop, paths: &Paths) -> Vault {
    let mut vault = Vault::new(paths.data(), &paths.spool, desktop.secrets());
    // A locked keychain would ask the user, and keep the agent from starting until there is an answer.
    if vault.has_recipient() {
        return vault;
    }
    if vault.is_locked() != Some(true) {
        if let Err(error) = vault.ensure(Home::from(paths).holds_log()) {
            tracing::debug!(%error, "there is no key yet");
        }
    } else if let Err(error) = vault.remove_recipient() {
        tracing::warn!(%error, "recordings would be sealed to a key that is not the user's");
    }
    vault
}

fn start_capture(
    microphone: &Arc<dyn Microphone>,
    paths: &Paths,
    events: &Sender<AppEvent>,
) -> Result<capture::Worker, StartError> {
    // The capture thread never waits for its events to be taken; those that find no room wait in its outbox.
    let (heard, from_capture) = bounded(WAITING_EVENTS);
    let events = events.clone();
    thread::Builder::new().name("heard".into()).spawn(move || {
        for event in from_capture {
            pass(&events, AppEvent::Capture(event));
        }
    })?;
    let voice = Box::new(Silero::new()?);
    Ok(capture::Worker::spawn(Arc::clone(microphone), voice, Some(paths.spool.clone()), heard)?)
}

/// Without a hook the agent still works: commands start and stop it.
fn listen_to_keys(
    desktop: &dyn Desktop,
    settings: &KeySettings,
    events: &Sender<AppEvent>,
    notices: &Notices,
    missed: &Arc<AtomicBool>,
) -> Option<Box<dyn KeyHook>> {
    let (broken, told) = (events.clone(), notices.clone());
    let trouble = move |state: Result<(), HookError>| match state {
        Ok(()) => pass(&broken, AppEvent::Mended(Part::Key)),
        Err(error) => {
            told.tell(Notice::NoKeys { reason: error.to_string() });
            pass(&broken, AppEvent::Broken(Part::Key, error.to_string()));
        }
    };
    let passed_on = || {
        let (events, missed) = (events.clone(), Arc::clone(missed));
        move |event| {
            // A full channel means that the session hangs; a hook that waits for it would hang the whole desktop.
            if events.try_send(event).is_err() {
                missed.store(true, Ordering::Relaxed);
                tracing::warn!("a key event was lost, because the session is busy");
            }
        }
    };
    let (keys, clicks) = (passed_on(), passed_on());
    let found = if settings.devices { desktop.device_hook() } else { desktop.key_hook() };
    let started = found.and_then(|mut hook| {
        hook.want(&rooms::shortcuts(settings));
        hook.on_trouble(Box::new(trouble.clone()));
        match std::env::current_exe() {
            Ok(program) => {
                let mut keeper = Command::new(program);
                keeper.arg(FREE_SHORTCUTS);
                hook.keep_by(keeper);
            }
            Err(error) => tracing::warn!(%error, "Scout's own program is not found"),
        }
        hook.on_click(Box::new(move |click| clicks(AppEvent::Clicked(click))));
        hook.start(Box::new(move |key| keys(AppEvent::Key(key)))).map(|()| hook)
    });
    match started {
        Ok(hook) => return Some(hook),
        Err(HookError::NotOffered(_)) if bindings::is_bound(settings) => {
            tracing::info!("the compositor's settings have the dictation key");
        }
        Err(error) => trouble(Err(error)),
    }
    None
}

fn tell_of_unfinished(paths: &Paths, notices: &Notices) {
    match capture::spool::waiting(&paths.spool) {
        Ok(0) => {}
        Ok(count) => notices.tell(Notice::Recoverable { count }),
        Err(error) => tracing::warn!(%error, "unfinished dictations cannot be looked for"),
    }
}

fn watch_files(paths: &Paths, loaded: &Loaded, rejected: Option<String>, events: &Sender<AppEvent>) -> Option<Watch> {
    let (files, of_user, events) =
        ([paths.config.clone(), paths.profiles.clone(), paths.vocabulary.clone()], paths.clone(), events.clone());
    let load = move || load_and_keep(&of_user);
    let sink = move |reload| {
        let loaded = match reload {
            Reload::Accepted(loaded) => Ok(Box::new(loaded)),
            Reload::Rejected(error) => Err(error),
        };
        pass(&events, AppEvent::Configured(loaded));
    };
    let watching = watch(&files, loaded.clone(), rejected, load, sink);
    if let Err(error) = &watching {
        tracing::warn!("{error}");
        // Watching would have kept the first copy.
        let paths = paths.clone();
        rooms::errand("last good", move || drop(load_and_keep(&paths)));
    }
    watching.ok()
}
