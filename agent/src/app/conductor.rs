//! The session thread: takes events, steps the machine, and carries out its effects. The one place where they meet.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use scout_platform::keys::{ChordEdge, ChordMatcher};
use scout_platform::{Click, KeyEvent, PASTE_LIMIT, fault};

use super::event::AppEvent;
use super::filing::Over;
use super::flight::Flight;
use super::joint::Joint;
use super::kept::Kept;
use super::order::Order;
use super::rooms::Rooms;
use super::setup::Loaded;
use super::status::{Part, Warnings};
use crate::capture;
use crate::config::last_good::InForce;
use crate::config::schema;
use crate::control::{Command, LastOutcome};
use crate::dictation::DictationId;
use crate::session::{Effect, Event, Machine};
use crate::transcribe::Incremental;
use crate::ui::notices::Notice;
use crate::ui::sounds::Cue;
use crate::ui::{Action, Recent};

/// When the agent ends, a delivery under way gets this long. Typing stops within milliseconds; a paste whose chord has been
/// pressed cannot be taken back, and the old clipboard may return only when the text has been read.
const LAST_DELIVERY_WITHIN: Duration = PASTE_LIMIT.saturating_add(Duration::from_secs(2));

/// The session, with everything that it knows.
pub(super) struct Conductor {
    pub(super) machine: Machine,
    /// The moment that the machine's times are counted from.
    pub(super) epoch: Instant,
    pub(super) flights: HashMap<DictationId, Flight>,
    pub(super) loaded: Loaded,
    /// Where `loaded` comes from.
    pub(super) in_force: InForce,
    chord: ChordMatcher,
    cancel: Option<ChordMatcher>,
    pub(super) rooms: Rooms,
    /// Chosen for the next dictation alone.
    pub(super) profile_once: Option<String>,
    pub(super) kept: Kept,
    pub(super) recent: Vec<Recent>,
    pub(super) microphones: Vec<capture::Device>,
    /// What was typed last.
    pub(super) joint: Joint,
    /// In which order texts go out.
    pub(super) order: Order,
    /// The model that was asked for last.
    asked_model: String,
    /// The model that is loaded.
    pub(super) model: Option<String>,
    pub(super) device: Option<String>,
    pub(super) last: Option<LastOutcome>,
    /// Whether the last dictation was for a password field.
    pub(super) last_in_password_field: bool,
    /// Dictations that are over and wait for what is known of their field.
    pub(super) unfiled: Vec<Over>,
    pub(super) warnings: Warnings,
    pub(super) shown: super::show::Shown,
    /// Since when nothing has been under way.
    idle_since: Instant,
    /// Whether there is a text that can be taken back.
    pub(super) undoable: super::undoing::LastText,
}

impl Conductor {
    /// A session in which nothing has happened yet.
    pub(super) fn new(loaded: Loaded, in_force: InForce, rooms: Rooms) -> Self {
        let (chord, cancel) = matchers(&loaded.config.key);
        let asked_model = loaded.config.model.name.clone();
        let undoable = super::undoing::LastText::new(std::sync::Arc::clone(&rooms.missed));
        Self {
            machine: Machine::default(),
            epoch: Instant::now(),
            flights: HashMap::new(),
            loaded,
            in_force,
            chord,
            cancel,
            rooms,
            profile_once: None,
            kept: Kept::default(),
            recent: Vec::new(),
            microphones: Vec::new(),
            joint: Joint::default(),
            order: Order::default(),
            asked_model,
            model: None,
            device: None,
            last: None,
            last_in_password_field: false,
            unfiled: Vec::new(),
            warnings: Warnings::default(),
            shown: super::show::Shown::default(),
            idle_since: Instant::now(),
            undoable,
        }
    }

    /// Runs until the agent is to end; gives the rooms back, for whoever ends them.
    pub(super) fn run(mut self, events: &Receiver<AppEvent>) -> Rooms {
        self.rooms.look_for_microphones();
        self.rooms.look_for_recent();
        self.take_key();
        self.hands_free_from_the_start();
        self.show();
        let mut deadline: Option<Instant> = None;
        loop {
            let event = match deadline.or_else(|| self.wakes_at()) {
                None => events.recv().ok(),
                Some(at) => match events.recv_deadline(at) {
                    Err(RecvTimeoutError::Timeout) if deadline.is_none() => {
                        self.wake(Instant::now());
                        self.show();
                        continue;
                    }
                    event => event.ok(),
                },
            };
            let Some(event) = event else { break };
            if self.take(event) && deadline.is_none() {
                self.step(Event::Quit);
                deadline = Some(Instant::now() + LAST_DELIVERY_WITHIN);
            }
            self.show();
            if deadline.is_some() && self.machine.is_idle() && !self.kept.delivers_again() && self.unfiled.is_empty() {
                break;
            }
        }
        self.file_all();
        self.rooms
    }

    /// When something is to be done though nothing happens.
    fn wakes_at(&self) -> Option<Instant> {
        self.unload_at().into_iter().chain(self.hands_free_until()).chain(self.files_at()).min()
    }

    fn wake(&mut self, now: Instant) {
        self.file_overdue();
        if self.unload_at().is_some_and(|at| at <= now) {
            self.unload();
        }
        if self.hands_free_until().is_some_and(|at| at <= now) {
            self.hands_free_timed_out();
        }
    }

    /// When the model is to be let go, if it is loaded, nothing is under way, and the user wants that.
    fn unload_at(&self) -> Option<Instant> {
        let minutes = self.loaded.config.model.unload_minutes;
        let is_due = minutes > 0 && self.model.is_some() && self.machine.is_idle();
        is_due.then(|| self.idle_since + Duration::from_mins(u64::from(minutes)))
    }

    fn unload(&mut self) {
        self.model = None;
        if let Err(error) = self.rooms.transcription.unload() {
            tracing::warn!(%error, "the model could not be let go");
        }
    }

    /// Takes one event; tells whether the agent is to end.
    fn take(&mut self, event: AppEvent) -> bool {
        match event {
            AppEvent::Key(key) => self.key(key),
            AppEvent::Clicked(click) => self.clicked(click),
            AppEvent::Call(call) => {
                let command = call.command().clone();
                if let Command::History(job) = command {
                    self.rooms.change_log(job, call);
                    return false;
                }
                let quits = command == Command::Quit;
                call.answer(self.command(command));
                return quits;
            }
            AppEvent::Action(Action::Quit) | AppEvent::Quit => return true,
            AppEvent::Action(action) => self.action(action),
            AppEvent::Capture(event) => self.captured(event),
            AppEvent::Aimed(id, focus) => self.aimed(id, focus),
            AppEvent::Field(id, field) => self.field_found(id, field),
            AppEvent::Transcription(event) => self.transcribed(event),
            AppEvent::Rewritten(id, answer) => self.rewritten(id, answer),
            AppEvent::Delivered(report) => self.reported(report),
            AppEvent::History(event) => self.remembered(event),
            AppEvent::Erased(call, said) => {
                self.erased();
                // Whoever is told that it is done sees it, too.
                self.show();
                call.answer_saying(Ok(said));
            }
            AppEvent::Microphones(devices) => self.microphones = devices,
            AppEvent::Recent(recent) => self.recent = recent,
            AppEvent::Configured(loaded) => self.configured(loaded),
            AppEvent::Broken(part, warning) => self.warn(part, warning),
            AppEvent::Mended(part) => self.warnings.clear(part),
        }
        false
    }

    fn key(&mut self, key: KeyEvent) {
        if key.pressed {
            self.joint.pressed(key.key, &self.loaded.config.key.chord);
        } else {
            fault::point("session");
        }
        let cancels =
            self.cancel.as_mut().and_then(|cancel| cancel.feed(key.key, key.pressed)) == Some(ChordEdge::Down);
        let edge = self.chord.feed(key.key, key.pressed);
        // A key that cancels nothing is the application's.
        let is_own = edge == Some(ChordEdge::Down) || cancels && !self.machine.is_idle();
        self.undoable.key(key, is_own);
        if cancels {
            self.step(Event::Cancel);
        }
        if let Some(edge) = edge {
            self.step_at(key.at, Event::Key { edge, fresh: DictationId::new() });
        }
    }

    fn clicked(&mut self, click: Click) {
        if !click.elsewhere {
            self.joint.forget();
        }
        self.undoable.click(click);
    }

    pub(super) fn step(&mut self, event: Event) {
        self.step_at(Instant::now(), event);
    }

    fn step_at(&mut self, at: Instant, event: Event) {
        let mode = self.loaded.config.key.session_mode();
        let machine = std::mem::take(&mut self.machine);
        let (machine, effects) = machine.step(mode, at.saturating_duration_since(self.epoch), event);
        self.machine = machine;
        if !self.machine.is_idle() || !effects.is_empty() {
            self.idle_since = Instant::now();
        }
        for effect in effects {
            tracing::debug!(?effect, "session");
            self.carry_out(effect, at);
        }
    }

    fn carry_out(&mut self, effect: Effect, at: Instant) {
        match effect {
            Effect::Begin(id) => self.begin(id, at, false),
            Effect::BeginByVoice(id) => self.begin(id, at, true),
            Effect::HoldOn(id) => {
                self.with(id, |flight| flight.by_voice = false);
                self.rooms.record(capture::Command::HoldOn { id });
            }
            Effect::Watch(on) => self.watch(on),
            Effect::SayReady(id) => self.cue(id, Cue::Ready),
            Effect::StopCapture(id) => {
                self.cue(id, Cue::Stopped);
                self.with(id, |flight| flight.release(at));
                self.rooms.record(capture::Command::Stop { id });
                self.follow(id, Incremental::release);
            }
            Effect::ResumeCapture(id) => {
                self.with(id, Flight::resume);
                self.rooms.record(capture::Command::Resume { id });
            }
            Effect::EndTail(id) => self.rooms.record(capture::Command::End { id }),
            Effect::CancelCapture(id) => self.rooms.record(capture::Command::Cancel { id }),
            Effect::Transcribe(id) => self.transcribe(id),
            Effect::AbortTranscription(id) => self.with(id, Flight::end_pass),
            Effect::AbortDelivery(id) => {
                self.with(id, |flight| flight.abort.store(true, Ordering::Relaxed));
            }
            Effect::Deliver(id) => self.deliver(id),
            Effect::Close(id, outcome) => self.close(id, outcome),
        }
    }

    fn cue(&self, id: DictationId, cue: Cue) {
        // Whoever is heard already need not be told, and the microphone would hear it.
        if self.flights.get(&id).is_some_and(|flight| flight.settings.cues.sound && !flight.by_voice) {
            self.rooms.sounds.play(cue);
        }
    }

    /// Loads the model that most dictations need, whatever was asked for before.
    pub(super) fn load_model_anew(&mut self) {
        self.asked_model.clear();
        let name = self.loaded.config.model.name.clone();
        self.use_model(&name);
    }

    /// Changes to the model that a dictation needs, if it is not there already.
    pub(super) fn use_model(&mut self, name: &str) {
        if self.asked_model != name {
            name.clone_into(&mut self.asked_model);
            self.rooms.load_model(name);
        }
    }

    pub(super) fn with(&mut self, id: DictationId, change: impl FnOnce(&mut Flight)) {
        if let Some(flight) = self.flights.get_mut(&id) {
            change(flight);
        }
    }

    /// Takes the chord for let go if it is down: whoever looks for another one does not see it come up.
    pub(super) fn let_go_of_the_chord(&mut self) {
        if self.machine.is_key_held() {
            self.step(Event::Key { edge: ChordEdge::Up, fresh: DictationId::new() });
        }
    }

    /// Follows other keys from now on.
    pub(super) fn use_keys(&mut self, key: &schema::KeySettings) {
        (self.chord, self.cancel) = matchers(key);
        if let Some(hook) = &mut self.rooms.hook {
            hook.want(&super::rooms::shortcuts(key));
        }
        self.take_key();
    }

    /// Keeps the key from the applications, or says that they see it as well.
    fn take_key(&mut self) {
        if let Some(reason) = self.rooms.key_taker.take(&self.loaded.config.key.chord) {
            self.warn(Part::Key, reason.clone());
            self.rooms.notices.tell(Notice::KeyShared { reason });
        }
    }
}

fn matchers(key: &schema::KeySettings) -> (ChordMatcher, Option<ChordMatcher>) {
    (ChordMatcher::new(key.chord.clone()), key.cancel.clone().map(ChordMatcher::new))
}
