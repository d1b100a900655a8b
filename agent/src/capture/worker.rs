//! The capture thread: takes commands, empties the ring, sends events.
//!
//! It waits for nobody: microphones are opened and closed on threads of their own ([`open_aside`]), events that find no
//! room wait in an outbox, and while nothing is recorded it sleeps until the next command.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};
use scout_platform::fault;

use super::line::{Line, Status};
use super::microphone::{Stream, open_aside};
use super::outbox::Outbox;
use super::take::{Finding, Take};
use super::{CaptureError, Command, Device, DeviceChoice, Event, Microphone, Notice, Settings};
use crate::dictation::DictationId;
use crate::speech::VoiceActivity;
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
    /// Starts the thread. Recordings are spooled into `spool`, where given. Events go to `events`; when it is full,
    /// levels are dropped and all else waits, without holding up the recording. When nobody reads it any more, the
    /// thread ends.
    pub fn spawn(
        microphone: Arc<dyn Microphone>,
        voice: Box<dyn VoiceActivity>,
        spool: Option<PathBuf>,
        events: Sender<Event>,
    ) -> Result<Self, CaptureError> {
        let (commands, inbox) = bounded(COMMANDS);
        let state = State {
            microphone,
            voice,
            spool,
            outbox: Outbox::new(events),
            watch: Watch::default(),
            link: Link::Closed,
            take: None,
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
        line: Box<Line>,
        choice: DeviceChoice,
    },
}

struct State {
    microphone: Arc<dyn Microphone>,
    voice: Box<dyn VoiceActivity>,
    spool: Option<PathBuf>,
    outbox: Outbox,
    /// What happens between dictations.
    watch: Watch,
    link: Link,
    take: Option<Take>,
    /// What to open when the current link fails.
    next_tries: VecDeque<DeviceChoice>,
    /// The device that was lost, until another one is there.
    lost: Option<Device>,
    /// Why the running tries began: what is told if they all fail, as those of the others only follow from it.
    cause: Option<CaptureError>,
}

impl State {
    fn run(mut self, inbox: &Receiver<Command>) {
        while !self.outbox.is_closed() {
            let command = match self.pace() {
                Some(pace) => inbox.recv_timeout(pace),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let command = match command {
                Ok(Command::Shutdown) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
            };
            let turn = catch_unwind(AssertUnwindSafe(|| {
                if let Some(command) = command {
                    self.obey(command);
                }
                self.advance(Instant::now());
            }));
            if turn.is_err() {
                self.recover();
            }
            self.outbox.flush();
        }
    }

    /// After a panic: what was heard is handed over, if that is possible, and the next dictation begins afresh.
    fn recover(&mut self) {
        tracing::error!("recording failed unexpectedly");
        self.link = Link::Closed;
        self.next_tries.clear();
        let Some(id) = self.take.as_ref().map(|take| take.id) else { return };
        if catch_unwind(AssertUnwindSafe(|| self.finish(Some(CaptureError::Crashed)))).is_err() {
            // Its copy on disk stays.
            self.take = None;
            self.outbox.send(Event::Failed { id, error: CaptureError::Crashed });
        }
    }

    /// How long to wait for a command; for ever when there is nothing else to do.
    fn pace(&self) -> Option<Duration> {
        if self.take.as_ref().is_some_and(|take| take.tail.is_some()) {
            return Some(TAIL_PACE);
        }
        if self.take.is_some() || !self.outbox.is_empty() {
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
            Command::Start { id, .. } if self.take.is_some() => {
                self.outbox.send(Event::Failed { id, error: CaptureError::AlreadyListening });
            }
            Command::Start { id, settings } => self.start(id, settings),
            Command::Stop { id } => {
                let Some(take) = self.take.as_mut().filter(|take| take.id == id) else { return };
                fault::point("capture");
                take.release(Instant::now());
                // The microphone was lost and is not back: there is nothing to wait for.
                if take.has_heard() && !matches!(self.link, Link::Open { .. }) {
                    let cause = self.cause.clone();
                    self.finish(cause);
                }
            }
            Command::Resume { id } => {
                if let Some(take) = self.take.as_mut().filter(|take| take.id == id) {
                    take.tail = None;
                }
            }
            Command::End { id } => {
                if self.take.as_ref().is_some_and(|take| take.id == id) {
                    self.finish(None);
                }
            }
            Command::Cancel { id } => {
                if let Some(take) = self.take.take_if(|take| take.id == id) {
                    if let Err(error) = take.discard() {
                        tracing::warn!(%error, "a cancelled recording stays on disk");
                    }
                    self.rest();
                }
            }
            Command::HoldOn { id } => {
                if let Some(take) = self.take.as_mut().filter(|take| take.id == id) {
                    take.settings.end_after = None;
                }
            }
            Command::StandBy(standby) => {
                self.watch.set(standby);
                if self.take.is_none() {
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
        let choice = settings.device.clone();
        // An open microphone goes on, if it is the one that is wanted and it works; else the next try is a fresh one.
        match &self.link {
            Link::Open { line, choice: open } if *open == choice && line.is_current() => {}
            Link::Opening { choice: opening, .. } if *opening == choice => {}
            _ => self.open(choice.clone(), now),
        }
        if choice != DeviceChoice::Default {
            self.next_tries.push_back(DeviceChoice::Default);
        }
        let mut take = Take::new(id, settings, now);
        if let Link::Open { line, .. } = &mut self.link {
            let before = line.take_pre_roll();
            take.device = Some(line.device().clone());
            let ready = line.is_flowing();
            let substitute = line.is_substitute().then(|| line.device().clone());
            self.take = Some(take);
            if let Some(used) = substitute {
                self.notice(Notice::ChosenDeviceMissing { used });
            }
            self.hear(&before, now);
            if let Some(take) = &mut self.take {
                take.begins_here();
            }
            if ready {
                let Link::Open { line, .. } = &mut self.link else { return };
                line.announced = true;
                let device = line.device().clone();
                self.outbox.send(Event::Ready { id, device, after: Duration::ZERO });
            }
        } else {
            self.take = Some(take);
        }
    }

    fn open(&mut self, choice: DeviceChoice, now: Instant) {
        let answer = open_aside(Arc::clone(&self.microphone), choice.clone());
        self.link = Link::Opening { since: now, choice, answer };
    }

    /// Moves on whatever can move.
    fn advance(&mut self, now: Instant) {
        self.advance_link(now);
        if self.take.as_ref().is_some_and(|take| take.is_over(now)) {
            match self.why_unheard(now) {
                Some(error) => self.give_up(error, now),
                None => self.finish(None),
            }
        }
    }

    /// Why nothing was heard of a dictation that is over, if the user has spoken in vain.
    fn why_unheard(&self, now: Instant) -> Option<CaptureError> {
        let take = self.take.as_ref().filter(|take| !take.has_heard())?;
        let waited = now.duration_since(take.begun);
        if waited < UNHEARD_LIMIT {
            return None;
        }
        self.cause.clone().or_else(|| match &self.link {
            Link::Open { line, .. } => Some(CaptureError::NoSamples { device: line.device().name.clone(), waited }),
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
            Link::Open { mut line, choice } => {
                let mut heard = Vec::new();
                let status = line.read(now, &mut heard);
                let device = line.device().clone();
                let first = !line.announced && !heard.is_empty() && self.take.is_some();
                line.announced |= first;
                if self.take.is_none() {
                    line.keep_pre_roll(&heard, self.watch.pre_roll());
                }
                let is_current = line.is_current();
                self.link = Link::Open { line, choice };
                if self.take.is_none() {
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
        match Line::new(stream, now) {
            Ok(line) => self.link = Link::Open { line: Box::new(line), choice },
            Err(error) => return self.failed(error, now),
        }
        if self.take.is_none() {
            self.outbox.send(Event::Open { device: Some(device) });
        } else if is_substitute && self.lost.is_none() {
            self.notice(Notice::ChosenDeviceMissing { used: device });
        }
    }

    /// The first real samples of a device arrived.
    fn ready(&mut self, device: Device, now: Instant) {
        let Some(take) = &mut self.take else { return };
        let (id, after) = (take.id, now.duration_since(take.begun));
        let is_first = !take.has_heard();
        take.device = Some(device.clone());
        // Another stream keeps another time.
        take.clock = super::tail::DeliveryClock::default();
        if is_first {
            self.outbox.send(Event::Ready { id, device: device.clone(), after });
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
        let Some(take) = &mut self.take else { return };
        if samples.is_empty() {
            return;
        }
        take.clock.arrived(samples.len(), now);
        let id = take.id;
        for finding in take.hear(samples, self.spool.as_deref(), self.voice.as_mut()) {
            match finding {
                Finding::Hop(samples, probability) => self.outbox.send(Event::Heard { id, samples, probability }),
                Finding::Level(dbfs) => self.outbox.send_if_room(Event::Level { id, dbfs }),
                Finding::DeadSilence => self.notice(Notice::OnlyZeros),
                Finding::SpoolFailed(error) => {
                    self.notice(Notice::SpoolFailed { reason: error.to_string() });
                }
            }
        }
    }

    fn overrun(&mut self, lost: Duration) {
        let Some(take) = &mut self.take else { return };
        let is_first = take.overrun.is_zero();
        take.overrun += lost;
        if is_first {
            self.notice(Notice::Overrun);
        }
    }

    /// The link broke or could not be made: the next try, or the end of the dictation.
    fn failed(&mut self, error: CaptureError, now: Instant) {
        self.link = Link::Closed;
        let Some(take) = &mut self.take else {
            return self.failed_between_dictations(error, now);
        };
        let lost_now = self.lost.is_none() && take.has_heard();
        if lost_now && take.tail.is_none() {
            let again = take.device.as_ref().map(|device| DeviceChoice::Id(device.id.clone()));
            self.next_tries = again.into_iter().chain([DeviceChoice::Default, DeviceChoice::Default]).collect();
            self.lost.clone_from(&take.device);
        }
        let cause = self.cause.get_or_insert(error).clone();
        if take.tail.is_some() {
            return self.finish(Some(cause));
        }
        let has_heard = take.has_heard();
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
        let Some(take) = self.take.take() else { return };
        self.rest_after_failure(now);
        self.outbox.send(Event::Failed { id: take.id, error });
    }

    fn finish(&mut self, interrupted: Option<CaptureError>) {
        // The filter still holds the last few milliseconds.
        let mut rest = Vec::new();
        if let Link::Open { line, .. } = &mut self.link {
            line.drain(&mut rest);
        }
        self.hear(&rest, Instant::now());
        let Some(mut take) = self.take.take() else { return };
        let id = take.id;
        if let Some((samples, probability)) = take.rest(self.voice.as_mut()) {
            self.outbox.send(Event::Heard { id, samples, probability });
        }
        let utterance = take.finish(interrupted);
        self.outbox.send(Event::Finished { id, utterance });
        if matches!(self.link, Link::Open { .. }) { self.rest() } else { self.rest_after_failure(Instant::now()) }
    }

    fn notice(&mut self, notice: Notice) {
        if let Some(take) = &self.take {
            let id = take.id;
            self.outbox.send(Event::Notice { id, notice });
        }
    }
}

mod standby;
#[cfg(test)]
mod tests;
