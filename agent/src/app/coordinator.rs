//! The session thread: brings what happens to the machine, and carries out what that asks for.
//!
//! Events wait in a queue while effects are carried out: what a room answers at once, such as a delivery that it refuses, is the
//! next event. Nothing is decided here.

use std::collections::{HashMap, VecDeque};
use std::process::{self, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use scout_core::delivery::{HoldReason, Job, Receipt, Undone};
use scout_core::dictation::{DictationId, Outcome};
use scout_core::session::{Effect, Event, Machine, Moment, Refusal, Room};
use scout_core::setup::Loaded;
use scout_core::spool::SpooledRecording;
use scout_platform::supervise::LOOK_EVERY;
use scout_platform::{KeyEvent, fault};
use scout_speech::capture;

use super::catch_up::{Request, Requests};
use super::event::Input;
use super::inbox::{Inbox, Next};
use super::rooms::{Rooms, errand};
use super::show::{Showing, Shown};
use crate::config::last_good::InForce;
use crate::setup;
use crate::trouble::{Lasting, Part, Trouble};
use crate::ui::sounds::Cue;

/// The machine with its rooms, and what is known beside the dictations.
pub(super) struct Coordinator {
    pub(super) machine: Machine,
    /// The moment that the machine's times are counted from.
    epoch: Instant,
    /// What is to be brought to the machine, in order.
    queue: VecDeque<Event>,
    /// Why what was asked for is not done.
    refused: Option<Refusal>,
    /// Requests that wait for the keys and clicks before them.
    pub(super) requests: Requests,
    /// It is not known which keys and clicks came before what is being done.
    pub(super) is_input_late: bool,
    pub(super) setup: Arc<Loaded>,
    /// Where `setup` comes from.
    pub(super) in_force: InForce,
    pub(super) rooms: Rooms,
    /// What was recorded of dictations that are not filed yet.
    pub(super) recordings: HashMap<DictationId, Audio>,
    pub(super) microphones: Vec<capture::Device>,
    pub(super) device: Option<String>,
    /// The model that was asked for last.
    asked_model: String,
    /// The model that is loaded.
    pub(super) model: Option<String>,
    troubles: Lasting,
    shown: Shown,
    /// Since when nothing has been under way.
    idle_since: Instant,
    /// When it was last looked whether a room hangs.
    looked_at: Instant,
}

/// A recording, on disk and, where it is to be kept, in memory.
pub(super) struct Audio {
    pub(super) spool: Option<Box<dyn SpooledRecording>>,
    pub(super) samples: Arc<[f32]>,
}

impl Coordinator {
    /// A session in which nothing has happened yet.
    pub(super) fn new(setup: Loaded, in_force: InForce, rooms: Rooms) -> Self {
        let setup = Arc::new(setup);
        Self {
            machine: Machine::new(Arc::clone(&setup), Instant::now),
            epoch: Instant::now(),
            queue: VecDeque::new(),
            refused: None,
            requests: Requests::default(),
            is_input_late: false,
            asked_model: setup.config.model.name.clone(),
            setup,
            in_force,
            rooms,
            recordings: HashMap::new(),
            microphones: Vec::new(),
            device: None,
            model: None,
            troubles: Lasting::default(),
            shown: Shown::default(),
            idle_since: Instant::now(),
            looked_at: Instant::now(),
        }
    }

    /// Runs until the agent is to end; gives the rooms back, for whoever ends them.
    pub(super) fn run(mut self, mut inbox: Inbox) -> Rooms {
        self.rooms.look_for_microphones();
        self.rooms.look_for_recent();
        self.load_model(&self.setup.config.model.name.clone());
        self.grab_key();
        if self.setup.config.hands_free.enabled {
            self.happened(Event::HandsFree(Some(true)));
        }
        self.show();
        while !self.machine.is_over() {
            match inbox.next(self.wakes_at()) {
                Next::Input(input) => {
                    if !self.input(input) {
                        continue;
                    }
                }
                Next::Call(call) => self.request(Request::Call(call)),
                Next::Action(action) => self.request(Request::Action(action)),
                Next::Event(event) => self.take(event),
                Next::Tick => self.wake(),
                Next::Closed => {}
            }
            self.show();
        }
        self.rooms
    }

    /// When something is to be done though nothing happens.
    fn wakes_at(&self) -> Option<Instant> {
        let of_machine = self.machine.wakes_at().map(|at| self.epoch + at);
        of_machine.into_iter().chain(self.unload_at()).chain(self.requests.until()).chain(self.look_at()).min()
    }

    /// When it is to be looked whether a room hangs.
    fn look_at(&self) -> Option<Instant> {
        (!self.machine.is_idle() || self.rooms.are_busy()).then(|| self.looked_at + LOOK_EVERY)
    }

    fn wake(&mut self) {
        let now = Instant::now();
        if self.unload_at().is_some_and(|at| at <= now) {
            self.unload();
        }
        if self.look_at().is_some_and(|at| at <= now) {
            self.looked_at = now;
            self.look_after_rooms(now);
        }
        self.serve_overdue();
        self.happened(Event::Tick);
    }

    /// When the model is to be unloaded, if it is loaded, nothing is under way, and the user wants that.
    fn unload_at(&self) -> Option<Instant> {
        let minutes = self.setup.config.model.unload_minutes;
        let is_due = minutes > 0 && self.model.is_some() && self.machine.is_idle();
        is_due.then(|| self.idle_since + Duration::from_mins(u64::from(minutes)))
    }

    fn unload(&mut self) {
        self.model = None;
        if let Err(error) = self.rooms.transcription.unload() {
            tracing::warn!(%error, "the model could not be unloaded");
        }
    }

    /// A key or a click of the user. Tells whether that changed anything that is shown: most keys are the applications'.
    fn input(&mut self, input: Input) -> bool {
        let could_undo = self.can_undo();
        let happened = match input {
            Input::Key(KeyEvent { key, pressed, at }) => {
                if !pressed {
                    fault::point("session");
                }
                self.happened_at(at, Event::Key { key, pressed })
            }
            Input::Click(click) => self.happened_at(Instant::now(), Event::Clicked(click)),
            Input::CaughtUp(number) => {
                self.caught_up(number);
                true
            }
        };
        happened || could_undo != self.can_undo()
    }

    fn can_undo(&self) -> bool {
        self.machine.can_undo(self.rooms.hears_everything())
    }

    /// Whether it is known what the user did.
    fn hears_everything(&self) -> bool {
        !self.is_input_late && self.rooms.hears_everything()
    }

    /// Brings an event to the machine, and does what comes of it.
    pub(super) fn happened(&mut self, event: Event) {
        self.happened_at(Instant::now(), event);
    }

    /// The same for something that a client has asked for.
    pub(super) fn asked(&mut self, event: Event) -> Result<(), Refusal> {
        self.happened(event);
        self.refused.take().map_or(Ok(()), Err)
    }

    /// Tells whether anything was to be done.
    fn happened_at(&mut self, at: Instant, event: Event) -> bool {
        let mut effects_any = false;
        self.refused = None;
        self.queue.push_back(event);
        let mut at = Some(at);
        while let Some(event) = self.queue.pop_front() {
            let moment = Moment {
                at: at.take().unwrap_or_else(Instant::now).saturating_duration_since(self.epoch),
                clock: Timestamp::now(),
                fresh: DictationId::new(),
                hears_everything: self.hears_everything(),
            };
            let effects = self.machine.step(moment, event);
            if !self.machine.is_idle() || !effects.is_empty() {
                self.idle_since = Instant::now();
            }
            effects_any |= !effects.is_empty();
            for effect in effects {
                tracing::debug!(?effect, "session");
                self.carry_out(effect);
            }
        }
        effects_any
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Record { id, by_voice, recognition } => {
                // It was unloaded, or could not be used: loaded while the user speaks, or told now rather than after they have
                // spoken.
                if self.model.is_none() {
                    self.load_model(&recognition.model);
                }
                let settings = setup::capture_settings(&self.setup, Timestamp::now(), by_voice, *recognition);
                self.record(capture::Command::Start { id, settings: Box::new(settings) });
            }
            Effect::HoldOn(id) => self.record(capture::Command::HoldOn { id }),
            Effect::Watch(on) => {
                tracing::info!(on, "hands-free");
                self.record(capture::Command::StandBy(setup::standby(&self.setup, on)));
            }
            Effect::CueReady(_) => self.rooms.sounds.play(Cue::Ready),
            Effect::CueStopped(_) => self.rooms.sounds.play(Cue::Stopped),
            Effect::StopCapture(id) => self.record(capture::Command::Stop { id }),
            Effect::ResumeCapture(id) => self.record(capture::Command::Resume { id }),
            Effect::EndTail(id) => self.record(capture::Command::End { id }),
            Effect::CancelCapture(id) | Effect::AbortTranscription(id) => self.record(capture::Command::Cancel { id }),
            Effect::Recognise(id, recognition) => {
                self.use_model(&recognition.model);
                self.record(capture::Command::Recognise { id, recognition });
            }
            Effect::LookUpFocus(id) => {
                if !self.rooms.aim.look(id) {
                    self.queue.push_back(Event::Aimed(id, scout_core::delivery::Focus::Unanswered));
                }
            }
            Effect::LookUpField(id) => {
                if !self.rooms.fields.look(id) {
                    self.queue.push_back(Event::Field(id, None));
                }
            }
            Effect::Rewrite(id, text, settings) => self.rooms.rewrite(id, text, *settings),
            Effect::Deliver(job) => self.deliver(*job),
            Effect::StopDelivery(id) => self.rooms.deliverer.stop(id),
            Effect::CatchUp => self.request(Request::Session),
            Effect::Undo => {
                if let Err(error) = self.rooms.deliverer.undo() {
                    self.queue.push_back(Event::Undone(Undone::Failed { reason: error.to_string() }));
                }
            }
            Effect::StopUndo => self.rooms.deliverer.stop_undo(),
            Effect::Run(arguments) => self.start_program(&arguments),
            Effect::Log(entry) => self.rooms.history.record(*entry),
            Effect::LogDelivery(id, delivery) => self.rooms.history.update(id, delivery),
            Effect::LogAudio(id) => {
                if let Some(audio) = self.recordings.get_mut(&id) {
                    self.rooms.history.keep_recording(id, std::mem::take(&mut audio.samples));
                }
            }
            Effect::DiscardRecording(id) => self.discard_recording(id),
            // What is dropped stays on disk.
            Effect::KeepRecording(id) => drop(self.recordings.remove(&id)),
            Effect::Notify(notification) => self.report(&Trouble::Dictation(notification)),
            Effect::Refuse(refusal) => self.refused = Some(refusal),
            Effect::Close(id, outcome) => self.closed(id, outcome),
        }
    }

    /// Tells the capture thread what to do.
    pub(super) fn record(&mut self, command: capture::Command) {
        if self.rooms.capture.commands().send(command).is_err() {
            tracing::error!("the capture thread has died");
            self.queue.push_back(Event::Died(Room::Capture));
        }
    }

    fn deliver(&mut self, job: Job) {
        if let Err(job) = self.rooms.deliverer.deliver(job) {
            let problem = Some("delivery has stopped working: restart Scout".to_owned());
            let receipt = Receipt { problem, ..Receipt::held(job.id, HoldReason::Failed, job.text) };
            self.queue.push_back(Event::Delivered(receipt));
        }
    }

    /// Starts a program, as a command of the user's own asks for. Its output is nobody's.
    fn start_program(&mut self, arguments: &[String]) {
        let Some((program, rest)) = arguments.split_first() else { return };
        let started = process::Command::new(program)
            .args(rest)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            // Somebody has to wait for it, or it stays in the table of processes.
            Ok(mut child) => errand("program", move || {
                let _ = child.wait();
            }),
            Err(error) => self.report(&Trouble::ProgramNotStarted { program: program.clone(), error }),
        }
    }

    fn discard_recording(&mut self, id: DictationId) {
        let spool = self.recordings.remove(&id).and_then(|audio| audio.spool);
        if let Some(Err(error)) = spool.map(SpooledRecording::discard) {
            tracing::warn!(%error, "a recording that is not needed any more stays on disk");
        }
    }

    fn closed(&mut self, id: DictationId, outcome: Outcome) {
        tracing::info!(%id, %outcome, "dictation closed");
        self.rooms.look_for_microphones();
    }

    pub(super) fn load_model(&mut self, name: &str) {
        name.clone_into(&mut self.asked_model);
        if let Err(error) = self.rooms.transcription.load(name) {
            self.report(&Trouble::ModelNotChanged(error));
        }
    }

    /// Loads the model that a dictation needs before its first pass does, if it was not asked for already.
    pub(super) fn use_model(&mut self, name: &str) {
        if self.asked_model != name {
            self.load_model(name);
        }
    }

    /// Keeps the dictation key from the applications, or reports that they see it as well.
    pub(super) fn grab_key(&mut self) {
        match self.rooms.key_grabber.grab(&self.setup.config.key.chord) {
            Ok(()) => self.works(Part::KeyGrab),
            Err(error) => self.report(&Trouble::KeyShared(error)),
        }
    }

    /// Reports a trouble wherever the user may look: in the log, by a notification, and in tray and status while it lasts.
    pub(super) fn report(&mut self, trouble: &Trouble) {
        let notice = trouble.notice();
        // Not every desktop shows notifications.
        tracing::warn!(part = ?notice.part, "{notice}");
        if self.troubles.begin(&notice) {
            self.rooms.notices.show(notice);
        }
    }

    /// The troubles of this part are over.
    pub(super) fn works(&mut self, part: Part) {
        self.troubles.end(part);
    }

    /// Brings tray and status up to date.
    pub(super) fn show(&mut self) {
        let what = Showing {
            machine: &self.machine,
            setup: &self.setup,
            troubles: &self.troubles,
            microphones: &self.microphones,
            device: self.device.as_deref(),
            model: self.model.as_deref(),
            can_undo: self.can_undo(),
        };
        self.shown.show(&what, &self.rooms.board, &self.rooms.ui);
    }
}
