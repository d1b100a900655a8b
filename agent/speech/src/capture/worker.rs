//! The capture thread: takes commands, empties the ring, has what it hears transcribed, sends events.
//!
//! It waits for nobody: microphones are opened and closed on threads of their own ([`open_aside`]), passes are made by the
//! thread with the model, and while nothing is recorded it sleeps until the next command or answer. Sound goes no further than
//! here: whoever takes the events hears of words.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, after, bounded, never, select};
use scout_core::dictation::DictationId;
use scout_core::microphone::DeviceChoice;
use scout_core::speech::VoiceActivity;
use scout_core::spool::Spool;
use scout_platform::fault;
use scout_platform::supervise::{MayHang, Pulse, Start, Watchdog, ends_within, supervise};

use super::recording::{Recording, RecordingEvent};
use super::{CaptureError, Command, Device, Event, Microphone, Notice, Settings};
use crate::transcribe::{Answer, Recogniser};
use link::Link;
use standby::Watch;

/// How often the ring is emptied while something is recorded: shorter than a hop, so that no hop waits, and the same as
/// the pace at which sound servers are asked to deliver.
const PACE: Duration = Duration::from_millis(20);

/// The same once the key is up: the text waits for the end of the recording now.
const TAIL_PACE: Duration = Duration::from_millis(5);

/// How often it is emptied while an open microphone only fills the pre-roll.
const IDLE_PACE: Duration = Duration::from_millis(200);

/// How long the thread may show no sign of life. It waits for nothing but the disk, which may sleep or be busy.
const HANG_LIMIT: Duration = Duration::from_secs(20);

/// How long the thread may take to end.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Commands come from people. Enough for a burst; a full channel makes the sender wait a moment.
const COMMANDS: usize = 16;

/// The running capture thread. Dropping it ends the thread; what is being recorded then stays in the spool.
pub struct Worker {
    commands: Sender<Command>,
    thread: Option<JoinHandle<()>>,
    pulse: Pulse,
    watchdog: Watchdog,
}

impl Worker {
    /// Starts the thread. Recordings are spooled into `spool`, where given, and transcribed by `recogniser`, where given. Events
    /// go to `events`, which must not block: the recording would wait.
    pub fn spawn(
        microphone: Arc<dyn Microphone>,
        voice: Box<dyn VoiceActivity>,
        spool: Option<Box<dyn Spool>>,
        recogniser: Option<Recogniser>,
        events: impl FnMut(Event) + Send + 'static,
    ) -> Result<Self, CaptureError> {
        let (commands, inbox) = bounded(COMMANDS);
        let mut state = State {
            microphone,
            voice,
            spool,
            recogniser,
            events: Box::new(events),
            watch: Watch::default(),
            link: Link::Closed,
            recording: None,
            handing_over: None,
            next_tries: VecDeque::new(),
            lost: None,
            cause: None,
        };
        let pulse = Pulse::default();
        let beats = pulse.clone();
        let thread = supervise("capture", move |start| {
            if start == Start::AfterPanic {
                state.recover();
            }
            state.run(&inbox, &beats);
        });
        let thread = thread.map_err(|error| CaptureError::NoThread { reason: error.to_string() })?;
        let watchdog = Watchdog::new(pulse.clone(), fault::limit(HANG_LIMIT));
        Ok(Self { commands, thread: Some(thread), pulse, watchdog })
    }

    /// Where commands go. When the other end is gone, the thread has died.
    pub fn commands(&self) -> &Sender<Command> {
        &self.commands
    }
}

impl MayHang for Worker {
    fn is_busy(&self) -> bool {
        self.pulse.is_busy() || !self.commands.is_empty()
    }

    fn is_hung(&mut self, now: Instant) -> bool {
        self.watchdog.is_hung(now, !self.commands.is_empty(), 0)
    }

    /// What is being recorded stays in the spool.
    fn abandon(&mut self) {
        self.pulse.abandon();
        self.thread = None;
        (self.commands, _) = bounded(0);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Where the thread is gone already there is nobody to tell.
        let _gone = self.commands.send_timeout(Command::Shutdown, END_LIMIT);
        if self.thread.take().is_some_and(|thread| !ends_within(&thread, END_LIMIT)) {
            tracing::warn!("recording does not end: the disk hangs");
        }
    }
}

/// What the thread wakes up for.
enum Wake {
    Command(Command),
    Answer(Answer),
    /// It is time to empty the ring.
    Pace,
    End,
}

impl From<Command> for Wake {
    fn from(command: Command) -> Self {
        if command == Command::Shutdown { Self::End } else { Self::Command(command) }
    }
}

struct State {
    microphone: Arc<dyn Microphone>,
    voice: Box<dyn VoiceActivity>,
    spool: Option<Box<dyn Spool>>,
    recogniser: Option<Recogniser>,
    events: Box<dyn FnMut(Event) + Send>,
    /// What happens between dictations.
    watch: Watch,
    link: Link,
    recording: Option<Recording>,
    /// The dictation whose recording is handed over after a panic.
    handing_over: Option<DictationId>,
    /// What to open when the current link fails.
    next_tries: VecDeque<DeviceChoice>,
    /// The device that was lost, until another one is there.
    lost: Option<Device>,
    /// Why the running tries began: what is told if they all fail, as those of the others only follow from it.
    cause: Option<CaptureError>,
}

impl State {
    fn run(&mut self, inbox: &Receiver<Command>, pulse: &Pulse) {
        let answers = self.recogniser.as_ref().map_or_else(never, |recogniser| recogniser.answers().clone());
        loop {
            // For ever, where there is nothing to do.
            let pace = self.pace().map_or_else(never, after);
            pulse.rest();
            if pulse.is_abandoned() {
                return;
            }
            let wake = select! {
                recv(inbox) -> command => command.map_or(Wake::End, Wake::from),
                recv(answers) -> answer => answer.map_or(Wake::Pace, Wake::Answer),
                recv(pace) -> _ => Wake::Pace,
            };
            pulse.beat();
            match wake {
                Wake::Command(command) => self.obey(command),
                Wake::Answer(answer) => self.recognise(|recogniser| recogniser.answer(answer)),
                Wake::Pace => {}
                Wake::End => return,
            }
            self.advance(Instant::now());
        }
    }

    /// Tells the recogniser something, if there is one.
    fn recognise(&mut self, tell: impl FnOnce(&mut Recogniser)) {
        if let Some(recogniser) = &mut self.recogniser {
            tell(recogniser);
        }
    }

    fn send(&mut self, event: Event) {
        (self.events)(event);
    }

    /// After a panic: what was heard is handed over, if that is possible, and the next dictation begins afresh.
    fn recover(&mut self) {
        self.link = Link::Closed;
        self.next_tries.clear();
        if let Some(id) = self.handing_over.take() {
            // That has failed as well. Its copy on disk stays.
            self.recording = None;
            self.recognise(|recogniser| recogniser.cancel(id));
            self.send(Event::Failed { id, error: CaptureError::Crashed });
        }
        self.handing_over = self.recording.as_ref().map(|recording| recording.id);
        if self.handing_over.is_some() {
            self.finish(Some(CaptureError::Crashed));
            self.handing_over = None;
        } else {
            self.send(Event::Restarted);
            self.failed_between_dictations(CaptureError::Crashed, Instant::now());
        }
    }

    /// How long to wait for a command; for ever when there is nothing else to do.
    fn pace(&self) -> Option<Duration> {
        if self.recording.as_ref().is_some_and(|recording| recording.tail.is_some()) {
            return Some(TAIL_PACE);
        }
        if self.recording.is_some() {
            return Some(PACE);
        }
        match self.link {
            Link::Closed => None,
            Link::Open { .. } => Some(self.watch.pace().unwrap_or(IDLE_PACE)),
            Link::Waiting { .. } | Link::Opening { .. } => Some(PACE),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Start { id, .. } if self.recording.is_some() => {
                self.send(Event::Failed { id, error: CaptureError::AlreadyListening });
            }
            Command::Start { id, settings } => self.start(id, *settings),
            Command::Stop { id } => {
                let Some(recording) = self.recording.as_mut().filter(|recording| recording.id == id) else { return };
                fault::point("capture");
                recording.release(Instant::now());
                let has_heard = recording.has_heard();
                self.recognise(|recogniser| recogniser.release(id));
                // The microphone was lost and is not back: there is nothing to wait for.
                if has_heard && !matches!(self.link, Link::Open { .. }) {
                    let cause = self.cause.clone();
                    self.finish(cause);
                }
            }
            Command::Resume { id } => {
                if let Some(recording) = self.recording.as_mut().filter(|recording| recording.id == id) {
                    recording.tail = None;
                    self.recognise(|recogniser| recogniser.resume(id));
                }
            }
            Command::End { id } => {
                if self.recording.as_ref().is_some_and(|recording| recording.id == id) {
                    self.finish(None);
                }
            }
            Command::Cancel { id } => {
                self.recognise(|recogniser| recogniser.cancel(id));
                if let Some(recording) = self.recording.take_if(|recording| recording.id == id) {
                    if let Err(error) = recording.discard() {
                        tracing::warn!(%error, "a cancelled recording stays on disk");
                    }
                    self.rest();
                }
            }
            Command::HoldOn { id } => {
                if let Some(recording) = self.recording.as_mut().filter(|recording| recording.id == id) {
                    recording.settings.end_after = None;
                }
            }
            Command::Recognise { id, recognition } => {
                self.recognise(|recogniser| recogniser.change(id, *recognition));
            }
            Command::StandBy(standby) => {
                fault::point("standby");
                self.watch.set(standby);
                if self.recording.is_none() {
                    self.rest();
                }
            }
            Command::Shutdown => {}
        }
    }

    fn start(&mut self, id: DictationId, settings: Settings) {
        let now = Instant::now();
        self.voice.reset();
        self.next_tries.clear();
        self.lost = None;
        self.cause = None;
        let (choice, recognition) = (settings.device.clone(), settings.recognition.clone());
        self.recognise(|recogniser| recogniser.begin(id, recognition));
        // An open microphone goes on, if it is the one that is wanted and it works; else the next try is a fresh one.
        match &self.link {
            Link::Open { live, choice: open } if *open == choice && live.is_current() => {}
            Link::Opening { choice: opening, .. } if *opening == choice => {}
            _ => self.open(choice.clone(), now),
        }
        if choice != DeviceChoice::Default {
            self.next_tries.push_back(DeviceChoice::Default);
        }
        let mut recording = Recording::new(id, settings, now);
        if let Link::Open { live, .. } = &mut self.link {
            let before = live.take_pre_roll();
            recording.device = Some(live.device().clone());
            let ready = live.is_flowing();
            let substitute = live.is_substitute().then(|| live.device().clone());
            self.recording = Some(recording);
            if let Some(used) = substitute {
                self.notice(Notice::ChosenDeviceMissing { used });
            }
            self.hear(&before, now);
            if let Some(recording) = &mut self.recording {
                recording.begins_here();
            }
            if ready {
                let Link::Open { live, .. } = &mut self.link else { return };
                live.announced = true;
                let device = live.device().clone();
                self.send(Event::Ready { id, device, after: Duration::ZERO });
            }
        } else {
            self.recording = Some(recording);
        }
    }

    /// Moves on whatever can move.
    fn advance(&mut self, now: Instant) {
        self.advance_link(now);
        if self.recording.as_ref().is_some_and(|recording| recording.is_over(now)) {
            match self.why_unheard(now) {
                Some(error) => self.give_up(error, now),
                None => self.finish(None),
            }
        }
    }

    fn hear(&mut self, samples: &[f32], now: Instant) {
        let Some(recording) = &mut self.recording else { return };
        if samples.is_empty() {
            return;
        }
        recording.clock.arrived(samples.len(), now);
        let id = recording.id;
        for event in recording.hear(samples, self.spool.as_deref(), self.voice.as_mut()) {
            match event {
                RecordingEvent::Hop(hop, probability) => {
                    self.recognise(|recogniser| recogniser.hear(id, &hop, probability));
                }
                RecordingEvent::Level(dbfs) => self.send(Event::Level { id, dbfs }),
                RecordingEvent::DeadSilence => self.notice(Notice::OnlyZeros),
                RecordingEvent::SpoolFailed(error) => {
                    self.notice(Notice::SpoolFailed { reason: error.to_string() });
                }
            }
        }
    }

    fn overrun(&mut self, lost: Duration) {
        let Some(recording) = &mut self.recording else { return };
        let is_first = recording.overrun.is_zero();
        recording.overrun += lost;
        if is_first {
            self.notice(Notice::Overrun);
        }
    }

    /// Ends a dictation of which nothing was heard.
    fn give_up(&mut self, error: CaptureError, now: Instant) {
        let Some(recording) = self.recording.take() else { return };
        let id = recording.id;
        self.rest_after_failure(now);
        self.recognise(|recogniser| recogniser.cancel(id));
        self.send(Event::Failed { id, error });
    }

    fn finish(&mut self, interrupted: Option<CaptureError>) {
        // The filter still holds the last few milliseconds.
        let mut rest = Vec::new();
        if let Link::Open { live, .. } = &mut self.link {
            live.drain(&mut rest);
        }
        self.hear(&rest, Instant::now());
        let Some(mut recording) = self.recording.take() else { return };
        let id = recording.id;
        if let Some((samples, probability)) = recording.rest(self.voice.as_mut()) {
            self.recognise(|recogniser| recogniser.hear(id, &samples, probability));
        }
        let utterance = recording.finish(interrupted);
        let has_speech = !utterance.spans.is_empty();
        self.send(Event::Finished { id, utterance });
        // Silence never gets to the model.
        self.recognise(|recogniser| if has_speech { recogniser.end(id) } else { recogniser.cancel(id) });
        if matches!(self.link, Link::Open { .. }) { self.rest() } else { self.rest_after_failure(Instant::now()) }
    }

    fn notice(&mut self, notice: Notice) {
        if let Some(recording) = &self.recording {
            let id = recording.id;
            self.send(Event::Notice { id, notice });
        }
    }
}

mod link;
mod standby;
#[cfg(test)]
mod tests;
