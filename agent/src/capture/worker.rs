//! The capture thread: takes commands, empties the ring, has what it hears transcribed, sends events.
//!
//! It waits for nobody: microphones are opened and closed on threads of their own ([`open_aside`]), passes are made by the
//! thread with the model, and while nothing is recorded it sleeps until the next command or answer. Sound goes no further than
//! here: whoever takes the events hears of words.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, never, select};
use scout_platform::fault;

use super::live_stream::{LiveStream, Status};
use super::microphone::{Stream, open_aside};
use super::recording::{Finding, Recording};
use super::{CaptureError, Command, Device, DeviceChoice, Event, Microphone, Notice, Settings};
use crate::dictation::DictationId;
use crate::speech::VoiceActivity;
use crate::transcribe::{Answer, Recogniser};
use standby::Watch;

/// How often the ring is emptied while something is recorded: shorter than a hop, so that no hop waits, and the same as
/// the pace at which sound servers are asked to deliver.
const PACE: Duration = Duration::from_millis(20);

/// The same once the key is up: the text waits for the end of the recording now.
const TAIL_PACE: Duration = Duration::from_millis(5);

/// How often it is emptied while an open microphone only fills the pre-roll.
const IDLE_PACE: Duration = Duration::from_millis(200);

/// How long a microphone may take to open: longer than the sound server's own limits, so that its reason is the one
/// that is told. A Bluetooth headset takes two seconds to change to its microphone.
const OPEN_LIMIT: Duration = Duration::from_secs(5);

/// Pause before each further try after a device was lost: a plug that lost its contact for a moment, and a sound server
/// that was restarted, need some time.
const TRY_PAUSE: Duration = Duration::from_millis(300);

/// How long the user may have held the key without being heard before they are told. Who lets go sooner has said nothing.
const UNHEARD_LIMIT: Duration = Duration::from_secs(1);

/// Commands come from people. Enough for a burst; a full channel makes the sender wait a moment.
const COMMANDS: usize = 16;

/// The running capture thread. Dropping it ends the thread; what is being recorded then stays in the spool.
pub struct Worker {
    commands: Sender<Command>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. Recordings are spooled into `spool`, where given, and transcribed by `recogniser`, where given. Events
    /// go to `events`, which must not block: the recording would wait.
    pub fn spawn(
        microphone: Arc<dyn Microphone>,
        voice: Box<dyn VoiceActivity>,
        spool: Option<PathBuf>,
        recogniser: Option<Recogniser>,
        events: impl FnMut(Event) + Send + 'static,
    ) -> Result<Self, CaptureError> {
        let (commands, inbox) = bounded(COMMANDS);
        let state = State {
            microphone,
            voice,
            spool,
            recogniser,
            events: Box::new(events),
            watch: Watch::default(),
            link: Link::Closed,
            recording: None,
            next_tries: VecDeque::new(),
            lost: None,
            cause: None,
        };
        let thread = std::thread::Builder::new().name("capture".into()).spawn(move || state.run(&inbox));
        let thread = thread.map_err(|error| CaptureError::NoThread { reason: error.to_string() })?;
        Ok(Self { commands, thread: Some(thread) })
    }

    /// Where commands go. When the other end is gone, the thread has died.
    pub fn commands(&self) -> &Sender<Command> {
        &self.commands
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Where the thread is gone already there is nobody to tell.
        let _gone = self.commands.send(Command::Shutdown);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
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

/// What is between us and the microphone.
enum Link {
    Closed,
    /// A try that begins later.
    Waiting {
        until: Instant,
        choice: DeviceChoice,
    },
    Opening {
        since: Instant,
        choice: DeviceChoice,
        answer: Receiver<Result<Stream, CaptureError>>,
    },
    Open {
        live: Box<LiveStream>,
        choice: DeviceChoice,
    },
}

struct State {
    microphone: Arc<dyn Microphone>,
    voice: Box<dyn VoiceActivity>,
    spool: Option<PathBuf>,
    recogniser: Option<Recogniser>,
    events: Box<dyn FnMut(Event) + Send>,
    /// What happens between dictations.
    watch: Watch,
    link: Link,
    recording: Option<Recording>,
    /// What to open when the current link fails.
    next_tries: VecDeque<DeviceChoice>,
    /// The device that was lost, until another one is there.
    lost: Option<Device>,
    /// Why the running tries began: what is told if they all fail, as those of the others only follow from it.
    cause: Option<CaptureError>,
}

impl State {
    fn run(mut self, inbox: &Receiver<Command>) {
        let answers = self.recogniser.as_ref().map_or_else(never, |recogniser| recogniser.answers().clone());
        loop {
            let wake = match self.pace() {
                Some(pace) => select! {
                    recv(inbox) -> command => command.map_or(Wake::End, Wake::from),
                    recv(answers) -> answer => answer.map_or(Wake::Pace, Wake::Answer),
                    default(pace) => Wake::Pace,
                },
                None => select! {
                    recv(inbox) -> command => command.map_or(Wake::End, Wake::from),
                    recv(answers) -> answer => answer.map_or(Wake::Pace, Wake::Answer),
                },
            };
            if matches!(wake, Wake::End) {
                break;
            }
            let turn = catch_unwind(AssertUnwindSafe(|| {
                match wake {
                    Wake::Command(command) => self.obey(command),
                    Wake::Answer(answer) => self.recognise(|recogniser| recogniser.answer(answer)),
                    Wake::Pace | Wake::End => {}
                }
                self.advance(Instant::now());
            }));
            if turn.is_err() {
                self.recover();
            }
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
        tracing::error!("recording failed unexpectedly");
        self.link = Link::Closed;
        self.next_tries.clear();
        let Some(id) = self.recording.as_ref().map(|recording| recording.id) else { return };
        if catch_unwind(AssertUnwindSafe(|| self.finish(Some(CaptureError::Crashed)))).is_err() {
            // Its copy on disk stays.
            self.recording = None;
            self.recognise(|recogniser| recogniser.cancel(id));
            self.send(Event::Failed { id, error: CaptureError::Crashed });
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
            Command::Start { id, settings } => self.start(id, settings),
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

    fn open(&mut self, choice: DeviceChoice, now: Instant) {
        let answer = open_aside(Arc::clone(&self.microphone), choice.clone());
        self.link = Link::Opening { since: now, choice, answer };
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

    /// Why nothing was heard of a dictation that is over, if the user has spoken in vain.
    fn why_unheard(&self, now: Instant) -> Option<CaptureError> {
        let recording = self.recording.as_ref().filter(|recording| !recording.has_heard())?;
        let waited = now.duration_since(recording.begun);
        if waited < UNHEARD_LIMIT {
            return None;
        }
        self.cause.clone().or_else(|| match &self.link {
            Link::Open { live, .. } => Some(CaptureError::NoSamples { device: live.device().name.clone(), waited }),
            Link::Opening { .. } => {
                Some(CaptureError::NoSoundServer { reason: format!("no answer within {:.1} s", waited.as_secs_f32()) })
            }
            Link::Closed | Link::Waiting { .. } => None,
        })
    }

    fn advance_link(&mut self, now: Instant) {
        match std::mem::replace(&mut self.link, Link::Closed) {
            Link::Closed => {}
            Link::Waiting { until, choice } if now >= until => self.open(choice, now),
            waiting @ Link::Waiting { .. } => self.link = waiting,
            Link::Opening { since, choice, answer } => match answer.try_recv() {
                Ok(Ok(stream)) => self.opened(stream, choice, now),
                Ok(Err(error)) => self.failed(error, now),
                Err(TryRecvError::Empty) if now.duration_since(since) < OPEN_LIMIT => {
                    self.link = Link::Opening { since, choice, answer };
                }
                Err(_) => {
                    let reason = format!("no answer within {} s", OPEN_LIMIT.as_secs());
                    self.failed(CaptureError::NoSoundServer { reason }, now);
                }
            },
            Link::Open { mut live, choice } => {
                let mut heard = Vec::new();
                let status = live.read(now, &mut heard);
                let device = live.device().clone();
                let first = !live.announced && !heard.is_empty() && self.recording.is_some();
                live.announced |= first;
                if self.recording.is_none() {
                    live.keep_pre_roll(&heard, self.watch.pre_roll());
                }
                let is_current = live.is_current();
                self.link = Link::Open { live, choice };
                if self.recording.is_none() {
                    self.listen_for_a_voice(&heard);
                    if !is_current && status == Status::Flowing {
                        return self.rest();
                    }
                }
                if first {
                    self.ready(device, now);
                }
                self.hear(&heard, now);
                match status {
                    Status::Flowing => {}
                    Status::Overrun(lost) => self.overrun(lost),
                    Status::Dead(error) => {
                        self.link = Link::Closed;
                        self.failed(error, now);
                    }
                }
            }
        }
    }

    fn opened(&mut self, stream: Stream, choice: DeviceChoice, now: Instant) {
        let (device, is_substitute) = (stream.device.clone(), stream.is_substitute);
        match LiveStream::new(stream, now) {
            Ok(live) => self.link = Link::Open { live: Box::new(live), choice },
            Err(error) => return self.failed(error, now),
        }
        if self.recording.is_none() {
            self.send(Event::Open { device: Some(device) });
        } else if is_substitute && self.lost.is_none() {
            self.notice(Notice::ChosenDeviceMissing { used: device });
        }
    }

    /// The first real samples of a device arrived.
    fn ready(&mut self, device: Device, now: Instant) {
        let Some(recording) = &mut self.recording else { return };
        let (id, after) = (recording.id, now.duration_since(recording.begun));
        let is_first = !recording.has_heard();
        recording.device = Some(device.clone());
        // Another stream keeps another time.
        recording.clock = super::tail::DeliveryClock::default();
        if is_first {
            self.send(Event::Ready { id, device: device.clone(), after });
        }
        self.cause = None;
        if let Some(lost) = self.lost.take() {
            let notice = if lost.id == device.id {
                Notice::Reopened { device }
            } else {
                Notice::Moved { from: lost, to: device }
            };
            self.notice(notice);
        }
    }

    fn hear(&mut self, samples: &[f32], now: Instant) {
        let Some(recording) = &mut self.recording else { return };
        if samples.is_empty() {
            return;
        }
        recording.clock.arrived(samples.len(), now);
        let id = recording.id;
        for finding in recording.hear(samples, self.spool.as_deref(), self.voice.as_mut()) {
            match finding {
                Finding::Hop(hop, probability) => self.recognise(|recogniser| recogniser.hear(id, &hop, probability)),
                Finding::Level(dbfs) => self.send(Event::Level { id, dbfs }),
                Finding::DeadSilence => self.notice(Notice::OnlyZeros),
                Finding::SpoolFailed(error) => {
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

    /// The link broke or could not be made: the next try, or the end of the dictation.
    fn failed(&mut self, error: CaptureError, now: Instant) {
        self.link = Link::Closed;
        let Some(recording) = &mut self.recording else {
            return self.failed_between_dictations(error, now);
        };
        let lost_now = self.lost.is_none() && recording.has_heard();
        if lost_now && recording.tail.is_none() {
            let again = recording.device.as_ref().map(|device| DeviceChoice::Id(device.id.clone()));
            self.next_tries = again.into_iter().chain([DeviceChoice::Default, DeviceChoice::Default]).collect();
            self.lost.clone_from(&recording.device);
        }
        let cause = self.cause.get_or_insert(error).clone();
        if recording.tail.is_some() {
            return self.finish(Some(cause));
        }
        let has_heard = recording.has_heard();
        match self.next_tries.pop_front() {
            Some(choice) if has_heard && !lost_now => {
                self.link = Link::Waiting { until: now + TRY_PAUSE, choice };
            }
            Some(choice) => self.open(choice, now),
            None if has_heard => self.finish(Some(cause)),
            None => self.give_up(cause, now),
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

mod standby;
#[cfg(test)]
mod tests;
