//! A thread that owns the model: commands go in through a bounded channel, events come out through a closure, and each pass is
//! answered to whoever has asked for it. A pass that hangs is ended by its abort; a thread that hangs all the same is left behind,
//! and another one with a model of its own takes its place.
//!
//! A model is loaded as soon as it is chosen, so that the first dictation finds it warm. When it cannot be loaded, that is
//! an event, and each job that comes tries again: the user may have imported the model meanwhile. A transcriber that fails
//! or panics is dropped, its job is answered with an error, and the model is loaded anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use scout_core::dictation::DictationId;
use scout_core::transcript::is_aborted;

use super::{Abort, LoadError, Options, TranscribeError, Transcriber, Transcript, Whisper};
use crate::models::Store;
use scout_platform::fault;
use scout_platform::supervise::{HANGS_MAX, Pulse, Start, Watchdog, ends_within, supervise};

/// Commands that may wait. One dictation has one pass under way, and one that was aborted and is about to end; with eight
/// waiting, the machine is far too slow for its model, and more in the queue would only hide that.
const WAITING_COMMANDS: usize = 8;

/// How long the thread may show no sign of life. A pass asks many times a second whether it is to end, but for the language it
/// does not, and a large model takes a minute for that on a slow machine, and longer to be read from a slow disk.
const HANG_LIMIT: Duration = Duration::from_mins(3);

/// How long a pass may take to end after it was aborted.
const ABORT_LIMIT: Duration = Duration::from_secs(5);

/// How long the thread may take to end.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Why a pass in whose middle the thread failed has no words.
const CRASHED: &str = "speech recognition failed unexpectedly and was started again";

/// Why a pass that hangs has no words.
const HUNG: &str = "speech recognition did not answer any more";

/// One clip to transcribe.
#[derive(Debug)]
pub struct Job {
    /// The model, by a name that [`Store::find`] takes. It is loaded if it is not the one that is there.
    pub model: String,
    /// Mono samples at [`SAMPLE_RATE`](scout_core::dictation::SAMPLE_RATE). Shared, so that a caller can keep what it sends.
    pub audio: Arc<[f32]>,
    /// How to transcribe it.
    pub options: Options,
    /// Ends it early, waiting or running. It is still answered.
    pub abort: Abort,
    /// The way back.
    pub reply: Reply,
}

/// What came of a job.
#[derive(Debug)]
pub struct Answer {
    /// The dictation.
    pub id: DictationId,
    /// Which pass of that dictation it was.
    pub pass: u32,
    /// The model that made it; `None` where none did.
    pub model: Option<String>,
    /// What came of it.
    pub result: Result<Transcript, TranscribeError>,
}

/// The way back to whoever waits for a pass. It is answered exactly once: where nobody does so, because the thread has died or
/// the job was not taken, by an error as it is dropped.
#[derive(Debug)]
pub struct Reply {
    id: DictationId,
    pass: u32,
    /// `None` once it is answered.
    answers: Option<Sender<Answer>>,
}

impl Reply {
    /// A reply for one pass of a dictation. The channel must take it without waiting.
    pub fn new(id: DictationId, pass: u32, answers: Sender<Answer>) -> Self {
        Self { id, pass, answers: Some(answers) }
    }

    fn send(mut self, model: Option<String>, result: Result<Transcript, TranscribeError>) {
        self.answer(model, result);
    }

    fn answer(&mut self, model: Option<String>, result: Result<Transcript, TranscribeError>) {
        if let Some(answers) = self.answers.take() {
            // Nobody waits only when the agent ends.
            let _ = answers.send(Answer { id: self.id, pass: self.pass, model, result });
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.answer(None, Err(TranscribeError::Failed { reason: SubmitError::Gone.to_string() }));
    }
}

/// What the worker has to say.
#[derive(Debug)]
pub enum Event {
    /// The model is ready.
    Loaded {
        /// The name it was chosen by.
        model: String,
        /// How long loading took.
        took: Duration,
    },
    /// The chosen model cannot be used. Comes once for each try.
    Unusable {
        /// Why not, and what to do.
        error: Arc<LoadError>,
    },
    /// The model was let go, as was asked for.
    Unloaded,
    /// The thread has ended.
    Ended,
}

/// What became of a thread that hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hang {
    /// It was left behind, and another one has taken its place.
    Replaced,
    /// So many were left behind that there is no other one.
    GivenUp,
}

/// Why a command was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too many wait: leave out what can be left out, and send the rest later.
    #[error("the transcriber is far behind: choose a smaller model, see `scout models list`")]
    Busy,
    /// The thread has ended.
    #[error("the transcriber has ended: start Scout again")]
    Gone,
}

/// The thread's handle. Dropping it aborts what is under way and waits for the thread to end.
pub struct Transcription {
    commands: Sender<Command>,
    running: Arc<Mutex<Running>>,
    thread: Option<JoinHandle<()>>,
    pulse: Pulse,
    watchdog: Watchdog,
    /// Starts another thread.
    start: Box<dyn Fn() -> std::io::Result<Started> + Send>,
    /// What no thread has taken yet.
    waiting: Receiver<Command>,
    hangs: usize,
}

struct Started {
    running: Arc<Mutex<Running>>,
    thread: JoinHandle<()>,
    pulse: Pulse,
}

#[derive(Debug)]
enum Command {
    Load(String),
    Unload,
    Transcribe(Job),
    End,
}

/// The way for passes. Clones go to the same thread.
#[derive(Debug, Clone)]
pub struct Passes {
    commands: Sender<Command>,
}

impl Passes {
    /// Hands over a job without waiting. One that is not taken is answered with the reason.
    pub fn submit(&self, job: Job) {
        let refused = match self.commands.try_send(Command::Transcribe(job)) {
            Ok(()) => return,
            Err(TrySendError::Full(command)) => (command, SubmitError::Busy),
            Err(TrySendError::Disconnected(command)) => (command, SubmitError::Gone),
        };
        if let (Command::Transcribe(job), error) = refused {
            tracing::warn!(%error, "a pass could not be begun");
            job.reply.send(None, Err(TranscribeError::Failed { reason: error.to_string() }));
        }
    }
}

/// What the thread is doing, for the one who wants it to end.
#[derive(Debug, Default)]
struct Running {
    abort: Option<Abort>,
    /// The way back for the pass, taken by the one who answers it.
    reply: Option<Reply>,
    closing: bool,
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transcription {
    /// Starts the thread with Whisper and models from the store at `models`. Whoever submits jobs has looked for voice in
    /// them already: silence must not get here. No model is loaded until [`load`](Self::load) is called. `events` is called on the thread and must not block for
    /// long.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(models: impl Into<PathBuf>, events: impl Fn(Event) + Send + Sync + 'static) -> std::io::Result<Self> {
        let store = Store::at(models);
        Self::with_loader(move |name| Whisper::load(&store.find(name)?), events)
    }

    /// As [`spawn`](Self::spawn), but with transcribers that `loader` makes of the name of a model, on the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn with_loader<T, L, E>(loader: L, events: E) -> std::io::Result<Self>
    where
        T: Transcriber + Send + 'static,
        L: Fn(&str) -> Result<T, LoadError> + Send + Sync + 'static,
        E: Fn(Event) + Send + Sync + 'static,
    {
        let (commands, waiting) = bounded(WAITING_COMMANDS);
        let (loader, events) = (Arc::new(loader), Arc::new(events));
        let taken = waiting.clone();
        let start = move || {
            let (pulse, running) = (Pulse::default(), Arc::<Mutex<Running>>::default());
            let (taken, seen) = (taken.clone(), Arc::clone(&running));
            let events = Events { events: Arc::clone(&events), pulse: pulse.clone() };
            let mut model = Model { loader: Arc::clone(&loader), events, name: None, state: State::Unloaded };
            let thread = supervise("transcribe", move |start| {
                if start == Start::AfterPanic {
                    if let Some(reply) = lock(&seen).reply.take() {
                        reply.send(None, Err(TranscribeError::Failed { reason: CRASHED.into() }));
                    }
                    model.load();
                }
                model.run(&taken, &seen);
            })?;
            Ok(Started { running, thread, pulse })
        };
        let Started { running, thread, pulse } = start()?;
        let watchdog = Watchdog::new(pulse.clone(), fault::limit(HANG_LIMIT));
        let (thread, start) = (Some(thread), Box::new(start));
        Ok(Self { commands, running, thread, pulse, watchdog, start, waiting, hangs: 0 })
    }

    /// Whether the thread has something to do.
    pub fn is_busy(&self) -> bool {
        self.pulse.is_busy() || !self.commands.is_empty()
    }

    /// Looks after a thread that hangs. Its pass is answered and aborted first; if it does not end, the thread is left behind.
    pub fn look(&mut self, now: Instant) -> Option<Hang> {
        let asked = lock(&self.running).abort.as_ref().map_or(0, Abort::times_asked);
        if !self.watchdog.is_hung(now, !self.commands.is_empty(), asked) {
            return None;
        }
        let (abort, reply) = {
            let mut running = lock(&self.running);
            (running.abort.clone(), running.reply.take())
        };
        if let (Some(abort), Some(reply)) = (abort, reply) {
            tracing::error!("a pass hangs, and is aborted");
            abort.set();
            reply.send(None, Err(TranscribeError::Failed { reason: HUNG.into() }));
            self.watchdog.wait_for(ABORT_LIMIT);
            return None;
        }
        Some(self.replace())
    }

    fn replace(&mut self) -> Hang {
        tracing::error!("the thread with the model hangs, and is left behind");
        self.pulse.abandon();
        self.thread = None;
        self.hangs += 1;
        if self.hangs <= HANGS_MAX {
            match (self.start)() {
                Ok(Started { running, thread, pulse }) => {
                    self.watchdog = Watchdog::new(pulse.clone(), fault::limit(HANG_LIMIT));
                    (self.running, self.thread, self.pulse) = (running, Some(thread), pulse);
                    return Hang::Replaced;
                }
                Err(error) => tracing::error!(%error, "there is no other one"),
            }
        }
        // Nobody takes jobs any more: each is answered as it is dropped.
        (self.commands, _) = bounded(0);
        let waiting = self.waiting.clone();
        if let Err(error) =
            std::thread::Builder::new().name("no-transcribe".into()).spawn(|| waiting.into_iter().for_each(drop))
        {
            tracing::error!(%error, "passes are not refused");
        }
        Hang::GivenUp
    }

    /// Chooses a model, by a name that [`Store::find`] takes, and loads it, after the jobs that were submitted before. Does
    /// nothing if it is loaded already.
    pub fn load(&self, model: impl Into<String>) -> Result<(), SubmitError> {
        self.send(Command::Load(model.into()))
    }

    /// Lets the model go, after the jobs that were submitted before. The next job, or [`load`](Self::load), brings it back.
    pub fn unload(&self) -> Result<(), SubmitError> {
        self.send(Command::Unload)
    }

    /// The way for passes.
    pub fn passes(&self) -> Passes {
        Passes { commands: self.commands.clone() }
    }

    fn send(&self, command: Command) -> Result<(), SubmitError> {
        self.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => SubmitError::Busy,
            TrySendError::Disconnected(_) => SubmitError::Gone,
        })
    }

    /// Whether the thread is there.
    #[cfg(test)]
    fn alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Transcription {
    fn drop(&mut self) {
        {
            let mut running = lock(&self.running);
            running.closing = true;
            if let Some(abort) = &running.abort {
                abort.set();
            }
        }
        // What waits before it is aborted, so there is room soon. A thread that has died needs no word.
        let _ = self.commands.send_timeout(Command::End, END_LIMIT);
        if self.thread.take().is_some_and(|thread| !ends_within(&thread, END_LIMIT)) {
            tracing::warn!("the thread with the model does not end");
        }
    }
}

/// Where the thread reports, unless it was left behind.
struct Events<E: Fn(Event)> {
    events: Arc<E>,
    pulse: Pulse,
}

impl<E: Fn(Event)> Events<E> {
    fn send(&self, event: Event) {
        if !self.pulse.is_abandoned() {
            (self.events)(event);
        }
    }
}

impl<E: Fn(Event)> Drop for Events<E> {
    fn drop(&mut self) {
        self.send(Event::Ended);
    }
}

/// The thread's own side.
struct Model<T, L, E: Fn(Event)> {
    loader: Arc<L>,
    events: Events<E>,
    /// The name of the chosen model.
    name: Option<String>,
    state: State<T>,
}

enum State<T> {
    /// Nothing was tried yet, or what was loaded failed.
    Unloaded,
    Loaded(T),
    Unusable(Arc<LoadError>),
}

impl<T, L, E> Model<T, L, E>
where
    T: Transcriber,
    L: Fn(&str) -> Result<T, LoadError>,
    E: Fn(Event),
{
    fn run(&mut self, commands: &Receiver<Command>, running: &Mutex<Running>) {
        loop {
            self.events.pulse.rest();
            if self.events.pulse.is_abandoned() {
                return;
            }
            let Ok(command) = commands.recv() else { return };
            self.events.pulse.beat();
            let job = match command {
                Command::Load(name) => {
                    if !self.is_loaded(&name) {
                        self.name = Some(name);
                        self.load();
                    }
                    continue;
                }
                Command::Unload => {
                    self.state = State::Unloaded;
                    self.events.send(Event::Unloaded);
                    continue;
                }
                Command::Transcribe(job) => job,
                Command::End => return,
            };
            let Job { model, audio, options, abort, reply } = job;
            {
                let mut running = lock(running);
                if running.closing {
                    abort.set();
                }
                running.abort = Some(abort.clone());
                running.reply = Some(reply);
            }
            let result = self.transcribe(&model, &audio, &options, &abort);
            let reply = {
                let mut running = lock(running);
                running.abort = None;
                running.reply.take()
            };
            let failed = matches!(result, Err(TranscribeError::Failed { .. }));
            let model = self.is_loaded(&model).then_some(model);
            // It was answered already if it had hung.
            if let Some(reply) = reply {
                reply.send(model, result);
            }
            if failed {
                self.load();
            }
        }
    }

    fn is_loaded(&self, name: &str) -> bool {
        matches!(self.state, State::Loaded(_)) && self.name.as_deref() == Some(name)
    }

    fn load(&mut self) {
        let Some(name) = &self.name else { return };
        // The old one goes first: two large models need not fit into memory together.
        self.state = State::Unloaded;
        let started = Instant::now();
        let loaded = catch_unwind(AssertUnwindSafe(|| (self.loader)(name)))
            .unwrap_or_else(|panic| Err(LoadError::Refused { path: name.into(), reason: message_of(panic.as_ref()) }));
        let event = match loaded {
            Ok(mut transcriber) => {
                self.events.pulse.beat();
                transcriber.warm_up();
                self.state = State::Loaded(transcriber);
                Event::Loaded { model: name.clone(), took: started.elapsed() }
            }
            Err(error) => {
                let error = Arc::new(error);
                self.state = State::Unusable(Arc::clone(&error));
                Event::Unusable { error }
            }
        };
        self.events.send(event);
    }

    fn transcribe(
        &mut self,
        model: &str,
        audio: &[f32],
        options: &Options,
        abort: &Abort,
    ) -> Result<Transcript, TranscribeError> {
        if is_aborted(abort) {
            return Err(TranscribeError::Aborted);
        }
        if !self.is_loaded(model) {
            self.name = Some(model.to_owned());
            self.load();
        }
        fault::point("recognition");
        let transcriber = match &mut self.state {
            State::Loaded(transcriber) => transcriber,
            State::Unusable(error) => return Err(TranscribeError::NoModel(error.clone())),
            State::Unloaded => return Err(TranscribeError::Failed { reason: "no model was loaded".into() }),
        };
        let result = catch_unwind(AssertUnwindSafe(|| transcriber.transcribe(audio, options, abort)))
            .unwrap_or_else(|panic| Err(TranscribeError::Failed { reason: message_of(panic.as_ref()) }));
        if let Err(TranscribeError::Failed { reason }) = &result {
            tracing::error!(reason, "the transcriber failed and is loaded again");
        }
        result
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".into())
}

#[cfg(test)]
mod tests;
