//! The ways to the other rooms, as the session thread needs them.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender};
use scout_core::config::schema::{KeySettings, RewriteSettings};
use scout_core::dictation::{DictationId, Recent};
use scout_core::log_entry::Entry;
use scout_core::session::RECENT;
use scout_log::history::{History, Job};
use scout_platform::supervise::MayHang as _;
use scout_platform::{Desktop, KeyHook, Shortcut};
use scout_speech::capture::{self, Microphone};
use scout_speech::transcribe::Transcription;

use crate::config::paths::Paths;
use crate::control::{Board, Call, Refused};
use crate::deliver::{Aim, Deliverer, FieldLook};
use crate::rewriter;
use crate::ui::UiHandle;
use crate::ui::notices::Notices;
use crate::ui::overlay::Overlay;
use crate::ui::sounds::Sounds;

use super::event::{AppEvent, Input};
use super::fallback::load_and_keep;
use super::key_grab::KeyGrabber;
use super::replaceable::Replaceable;

/// All rooms. Dropping them ends their threads, the log's only after it has written what waits.
pub(super) struct Rooms {
    /// Hears keys, where programs may.
    pub hook: Option<Box<dyn KeyHook>>,
    /// The desktop, for its keychain.
    pub desktop: Arc<dyn Desktop>,
    /// The microphone.
    pub capture: Replaceable<capture::Worker>,
    /// The sound system behind it.
    pub microphone: Arc<dyn Microphone>,
    /// The model.
    pub transcription: Transcription,
    /// Looks up the focus.
    pub aim: Aim,
    /// Asks for the focused field.
    pub fields: FieldLook,
    /// Keeps the dictation key from the applications.
    pub key_grabber: KeyGrabber,
    /// Types.
    pub deliverer: Replaceable<Deliverer>,
    /// Remembers.
    pub history: History,
    /// Shows notifications.
    pub notices: Notices,
    /// Sounds.
    pub sounds: Sounds,
    /// The overlay.
    pub overlay: Overlay,
    /// Where the files are.
    pub paths: Paths,
    /// The tray.
    pub ui: UiHandle,
    /// The status for clients.
    pub board: Board,
    /// The way back to the session, for short errands.
    pub events: Sender<AppEvent>,
    /// The way of keys and clicks to the session.
    pub input: Sender<Input>,
}

/// The chords that the desktop is asked for, where it has to be asked.
pub(crate) fn shortcuts(settings: &KeySettings) -> Vec<Shortcut> {
    let dictate = Shortcut { id: "dictate", description: "Hold to dictate".to_owned(), chord: settings.chord.clone() };
    let cancel = settings.cancel.clone().map(|chord| Shortcut {
        id: "cancel",
        description: "Drop the dictation".to_owned(),
        chord,
    });
    std::iter::once(dictate).chain(cancel).collect()
}

impl Rooms {
    /// Whether a room that may hang has something to do.
    pub(super) fn are_busy(&self) -> bool {
        self.capture.is_busy() || self.transcription.is_busy() || self.deliverer.is_busy()
    }

    /// Whether every key and every click is heard.
    pub(super) fn hears_everything(&self) -> bool {
        self.hook.as_ref().is_some_and(|hook| hook.hears_everything())
    }

    /// Sends this number along the way of keys and clicks, after all that the desktop has taken by now.
    pub(super) fn catch_up(&self, number: u64) {
        let input = self.input.clone();
        let caught_up = move || {
            // Nobody is there to take it only when the agent ends.
            let _ = input.send(Input::CaughtUp(number));
        };
        match &self.hook {
            Some(hook) => hook.catch_up(Box::new(caught_up)),
            None => caught_up(),
        }
    }

    /// Asks a language model, aside: it takes its time.
    pub(super) fn rewrite(&self, id: DictationId, text: String, settings: RewriteSettings) {
        let (desktop, events) = (Arc::clone(&self.desktop), self.events.clone());
        errand("rewriting", move || {
            let answer = rewriter::rewrite(&text, &settings, || desktop.secrets());
            let _ = events.send(AppEvent::Rewritten(id, answer));
        });
    }

    /// Reads the configuration again, aside.
    pub(super) fn reload(&self) {
        let (paths, events) = (self.paths.clone(), self.events.clone());
        errand("reload", move || {
            let _ = events.send(AppEvent::Configured(load_and_keep(&paths).map(Box::new)));
        });
    }

    /// Asks the sound system for its microphones, aside: it may take a while.
    pub(super) fn look_for_microphones(&self) {
        let (microphone, events) = (Arc::clone(&self.microphone), self.events.clone());
        errand("microphones", move || {
            let devices = microphone.devices().unwrap_or_default();
            let _ = events.send(AppEvent::Microphones(devices));
        });
    }

    /// Has the log changed, aside: it may take a while.
    pub(super) fn change_log(&self, job: Job, call: Call) {
        let is_everything = job == Job::DeleteEverything;
        let (answer, events) = (self.history.run(job), self.events.clone());
        let recent = self.history.recent(RECENT);
        errand("log", move || {
            match answer.recv() {
                Ok(Ok(report)) if is_everything => {
                    let _ = events.send(AppEvent::Erased(call, report.said));
                }
                Ok(Ok(report)) => call.answer_saying(Ok(report.said)),
                Ok(Err(error)) => call.answer_saying(Err(Refused::because(error.to_string()))),
                Err(_) => call.answer_saying(Err(Refused::because("the log failed while this was done: try again"))),
            }
            // What was deleted is not offered any more.
            pass_recent(&recent, &events);
        });
    }

    /// Asks the log for its latest entries, aside: it may be busy.
    pub(super) fn look_for_recent(&self) {
        let (answer, events) = (self.history.recent(RECENT), self.events.clone());
        errand("recent", move || pass_recent(&answer, &events));
    }
}

fn pass_recent(answer: &Receiver<Vec<Entry>>, events: &Sender<AppEvent>) {
    if let Ok(entries) = answer.recv() {
        let recent = entries
            .iter()
            .filter(|entry| !entry.said().is_empty())
            .map(|entry| Recent { id: entry.id, text: entry.said().to_owned() });
        let _ = events.send(AppEvent::Recent(recent.collect()));
    }
}

/// Runs something short on a thread of its own. What it was to find out is shown later, or not at all.
pub(super) fn errand(name: &str, run: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(run) {
        tracing::warn!(%error, name, "the system gives no more threads");
    }
}
