//! The composition root: builds the rooms, joins their channels, owns the main loop.

mod answers;
mod catch_up;
mod coordinator;
pub mod event;
pub mod fallback;
mod inbox;
mod key_grab;
mod replaceable;
mod requests;
mod rooms;
mod show;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, unbounded};
use scout_core::config::schema::{KeySettings, Method};
use scout_core::setup::Loaded;
use scout_core::speech::SpeechError;
use scout_log::history::{History, Home};
use scout_log::spool::{self, SealedSpool};
use scout_log::vault::Vault;
use scout_platform::{Desktop, HookError, KeyHook};
use scout_speech::capture::{self, CaptureError, Microphone};
use scout_speech::transcribe::{Passes, Recogniser, Transcription};
use scout_speech::vad;

use crate::bindings;
use crate::config::paths::Paths;
use crate::config::watch::{Reload, Watch, watch};
use crate::control::{Board, Call, StatusReport, server};
use crate::deliver::{Aim, Deliverer, FieldLook, leave_to_keeper};
use crate::setup;
use crate::trouble::{Part, Trouble};
use crate::ui::notices::Notices;
use crate::ui::overlay::Overlay;
use crate::ui::{Action, Ui, UiHandle};

use coordinator::Coordinator;
use event::{AppEvent, Input};
use fallback::{Start, load_and_keep};
use inbox::Inbox;
use key_grab::KeyGrabber;
use replaceable::{Passing, Replaceable};
use rooms::Rooms;
pub(crate) use rooms::shortcuts;

/// Clicks in the tray that may wait.
const WAITING_ACTIONS: usize = 16;

/// Clients' calls that may wait for the session. More than these cannot be under way.
const WAITING_CALLS: usize = server::CLIENTS_MAX;

/// The command that gives the keys back should the agent be killed, where the desktop would keep them.
pub const FREE_SHORTCUTS: &str = "free-shortcuts";

/// How long a last notice may take to be shown.
const LAST_NOTICE_WITHIN: Duration = Duration::from_secs(2);

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
    calls: Sender<Call>,
    actions: Sender<Action>,
    board: Board,
    ui: Ui,
    session: thread::JoinHandle<Result<(), SessionDied>>,
    _watch: Option<Watch>,
}

impl App {
    /// Starts all rooms.
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        let Parts { desktop, microphone, paths, start } = parts;
        let Start { loaded, in_force, rejected } = start;
        // Neither has a bound. A hook that waits stops the whole desktop, and a key that is dropped leaves the microphone open; a
        // person presses some ten keys a second, and the session only sends messages and decides. Of a dictation the rooms tell
        // as much as a person can follow, since sound goes no further than the capture thread, which must not wait either.
        let (input, inputs) = unbounded();
        let (happens, events) = unbounded();
        let (calls, from_clients) = bounded(WAITING_CALLS);
        let (actions, from_tray) = bounded(WAITING_ACTIONS);
        let (ui, ui_handle) = Ui::new();
        let board = Board::new(StatusReport::starting());
        let pass_on = |part| Passing::new(part, &happens);
        let notices = Notices::start(desktop.notifier(), pass_on(Part::Notifications).on_restart())?;
        notices.mute(!loaded.config.cues.notify);
        // Keys are heard before anything that may take a while: what is pressed meanwhile waits.
        let hook = listen_to_keys(desktop.as_ref(), &loaded.config.key, &input, &happens);
        let vault = open_vault(desktop.as_ref(), &paths);
        // Whoever has everything copied, or only logged, is asked for nothing.
        if !matches!(loaded.config.delivery.method, Method::Clipboard | Method::None) {
            let desktop = Arc::clone(&desktop);
            rooms::errand("prepare", move || desktop.prepare());
        }
        let transcription = {
            let events = happens.clone();
            Transcription::spawn(&paths.models, move |event| pass(&events, AppEvent::Model(event)))?
        };
        let restarted = pass_on(Part::Overlay).on_restart();
        let overlay = Overlay::start(Arc::clone(&desktop), &board, loaded.config.cues.overlay, restarted)?;
        let mut rooms = Rooms {
            hook,
            desktop: Arc::clone(&desktop),
            capture: {
                let (microphone, spool) = (Arc::clone(&microphone), paths.spool.clone());
                let (passes, overlay) = (transcription.passes(), overlay.clone());
                let start = move |events| start_capture(&microphone, &spool, &passes, overlay.clone(), events);
                Replaceable::start(Part::Recording, &happens, start)?
            },
            transcription,
            aim: {
                let events = happens.clone();
                let found = move |id, focus| pass(&events, AppEvent::Aimed(id, focus));
                Aim::spawn(Arc::clone(&desktop), found, pass_on(Part::Focus).on_restart())?
            },
            fields: {
                let events = happens.clone();
                let found = move |id, field| pass(&events, AppEvent::Field(id, field));
                FieldLook::spawn(Arc::clone(&desktop), found, pass_on(Part::Field).on_restart())?
            },
            key_grabber: KeyGrabber::new(Arc::clone(&desktop)),
            deliverer: {
                let desktop = Arc::clone(&desktop);
                let start = move |events: Passing| {
                    let report = move |report| events.pass(AppEvent::Delivered(report));
                    Ok(Deliverer::spawn(Arc::clone(&desktop), leave_to_keeper, report)?)
                };
                Replaceable::start(Part::Delivery, &happens, start)?
            },
            history: {
                let events = pass_on(Part::Log);
                History::spawn(Home::from(&paths), vault, move |event| events.pass(AppEvent::History(event)))?
            },
            notices: notices.clone(),
            overlay,
            sounds: crate::ui::sounds::Sounds::start(pass_on(Part::Sounds).on_restart())?,
            ui: ui_handle,
            board: board.clone(),
            microphone,
            paths: paths.clone(),
            events: happens.clone(),
            input,
        };
        rooms.history.keep_up(setup::upkeep(&loaded));
        // The thread has only just been started: it is there.
        let _ = rooms.capture.commands().send(capture::Command::StandBy(setup::standby(&loaded, false)));
        if rooms.hook.is_some() {
            rooms.key_grabber.allow();
        }
        report_unfinished(&paths, &happens);
        let reported = rejected.as_ref().map(ToString::to_string);
        if let Some(error) = rejected {
            pass(&happens, AppEvent::Configured(Err(error)));
        }
        let watch = watch_files(&paths, &loaded, reported, &happens);
        let end = UiEnd(rooms.ui.clone());
        let coordinator = Coordinator::new(loaded, in_force, rooms);
        let inbox = Inbox { inputs, calls: from_clients, actions: from_tray, events };
        let session = thread::Builder::new().name("session".into()).spawn(move || {
            // Whatever happens below, the icon does not outlive the session.
            let _end = end;
            let ended = catch_unwind(AssertUnwindSafe(|| {
                // Ends the rooms, too: the log writes what still waits before the process may end.
                drop(coordinator.run(inbox));
            }));
            if ended.is_err() {
                let ended = Trouble::Ended.notice();
                tracing::error!("{ended}");
                notices.show(ended);
                notices.settle(LAST_NOTICE_WITHIN);
            }
            ended.map_err(|_| SessionDied)
        })?;
        Ok(Self { calls, actions, board, ui, session, _watch: watch })
    }

    /// Where clients' calls go.
    pub fn calls(&self) -> Sender<Call> {
        self.calls.clone()
    }

    /// Where clicks in the tray go, and the wish of the system that the agent ends.
    pub fn actions(&self) -> Sender<Action> {
        self.actions.clone()
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
        crate::ui::run(&self.ui, &self.actions);
        wait_for(self.session)
    }

    /// Ends the agent without a user interface, and waits until it has.
    pub fn quit(self) {
        // The session is gone only if the agent is ending already.
        let _ = self.actions.send(Action::Quit);
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
        let home = Home::from(paths);
        let made = home.check_links().and_then(|()| Ok(vault.ensure(home.holds_log())?));
        if let Err(error) = made {
            tracing::debug!(%error, "there is no key yet");
        }
    } else if let Err(error) = vault.remove_recipient() {
        tracing::warn!(%error, "recordings would be sealed to a key that is not the user's");
    }
    vault
}

/// Starts the thread that hears. It has what it hears transcribed, and shows how loud that is: neither sound nor passes nor levels
/// go through the session.
fn start_capture(
    microphone: &Arc<dyn Microphone>,
    spool: &Path,
    passes: &Passes,
    overlay: Overlay,
    events: Passing,
) -> Result<capture::Worker, StartError> {
    let events = Arc::new(events);
    let understood = Arc::clone(&events);
    let recogniser = Recogniser::new(passes.clone(), move |event| understood.pass(AppEvent::Recognised(event)));
    let voice = Box::new(vad::detector()?);
    let heard = move |event| match event {
        capture::Event::Level { dbfs, .. } => overlay.level(dbfs),
        event => events.pass(AppEvent::Capture(event)),
    };
    let spool = Box::new(SealedSpool::at(spool));
    Ok(capture::Worker::spawn(Arc::clone(microphone), voice, Some(spool), Some(recogniser), heard)?)
}

/// Without a hook the agent still works: commands start and stop it.
fn listen_to_keys(
    desktop: &dyn Desktop,
    settings: &KeySettings,
    input: &Sender<Input>,
    events: &Sender<AppEvent>,
) -> Option<Box<dyn KeyHook>> {
    let events = events.clone();
    let trouble = move |state: Result<(), HookError>| match state {
        Ok(()) => pass(&events, AppEvent::Works(Part::Keyboard)),
        Err(error) => pass(&events, AppEvent::Trouble(Trouble::NoKeys(error))),
    };
    let passed_on = || {
        let input = input.clone();
        move |event| {
            // Nobody is there to take it only when the agent ends.
            let _ = input.send(event);
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
        hook.on_click(Box::new(move |click| clicks(Input::Click(click))));
        hook.start(Box::new(move |key| keys(Input::Key(key)))).map(|()| hook)
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

fn report_unfinished(paths: &Paths, events: &Sender<AppEvent>) {
    match spool::waiting(&paths.spool) {
        Ok(0) => {}
        Ok(count) => pass(events, AppEvent::Trouble(Trouble::Recoverable(count))),
        Err(error) => tracing::warn!(%error, "unfinished dictations cannot be looked for"),
    }
}

fn watch_files(paths: &Paths, loaded: &Loaded, rejected: Option<String>, events: &Sender<AppEvent>) -> Option<Watch> {
    let (files, of_user, changes) =
        ([paths.config.clone(), paths.profiles.clone(), paths.vocabulary.clone()], paths.clone(), events.clone());
    let load = move || load_and_keep(&of_user);
    let sink = move |reload| {
        let loaded = match reload {
            Reload::Accepted(loaded) => Ok(Box::new(loaded)),
            Reload::Rejected(error) => Err(error),
        };
        pass(&changes, AppEvent::Configured(loaded));
    };
    match watch(&files, loaded.clone(), rejected, load, sink) {
        Ok(watching) => Some(watching),
        Err(error) => {
            pass(events, AppEvent::Trouble(Trouble::ConfigurationNotWatched(error)));
            // Watching would have kept the first copy.
            let paths = paths.clone();
            rooms::errand("last good", move || drop(load_and_keep(&paths)));
            None
        }
    }
}
