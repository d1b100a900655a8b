//! A thread that owns the model: commands go in through a bounded channel, events come out through a closure, and each pass is
//! answered to whoever has asked for it.
//!
//! A model is loaded as soon as it is chosen, so that the first dictation finds it warm. When it cannot be loaded, that is
//! an event, and each job that comes tries again: the user may have imported the model meanwhile. A transcriber that fails
//! or panics is dropped, its job is answered with an error, and the model is loaded anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use scout_core::dictation::DictationId;
use scout_core::transcript::is_aborted;

use super::{Abort, LoadError, Options, TranscribeError, Transcriber, Transcript, Whisper};
use crate::models::Store;
use scout_platform::supervise::{Start, supervise};

/// Commands that may wait. One dictation has one pass under way, and one that was aborted and is about to end; with eight
/// waiting, the machine is far too slow for its model, and more in the queue would only hide that.
const WAITING_COMMANDS: usize = 8;

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
#[derive(Debug)]
pub struct Transcription {
    commands: Sender<Command>,
    running: Arc<Mutex<Running>>,
    thread: Option<JoinHandle<()>>,
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
    closing: bool,
}

impl Transcription {
    /// Starts the thread with Whisper and models from the store at `models`. Whoever submits jobs has looked for voice in
    /// them already: silence must not get here. No model is loaded until [`load`](Self::load) is called. `events` is called on the thread and must not block for
    /// long.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(models: impl Into<PathBuf>, events: impl FnMut(Event) + Send + 'static) -> std::io::Result<Self> {
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
        L: FnMut(&str) -> Result<T, LoadError> + Send + 'static,
        E: FnMut(Event) + Send + 'static,
    {
        let (commands, waiting) = bounded(WAITING_COMMANDS);
        let running = Arc::new(Mutex::new(Running::default()));
        let seen = Arc::clone(&running);
        let mut model = Model { loader, events, name: None, state: State::Unloaded };
        let thread = supervise("transcribe", move |start| {
            if start == Start::AfterPanic {
                model.load();
            }
            model.run(&waiting, &seen);
        })?;
        Ok(Self { commands, running, thread: Some(thread) })
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
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.closing = true;
            if let Some(abort) = &running.abort {
                abort.store(true, Ordering::Relaxed);
            }
        }
        // What waits before it is aborted, so there is room soon. A thread that has died needs no word.
        let _ = self.commands.send(Command::End);
        if let Some(thread) = self.thread.take() {
            // Its panics are caught inside; there is nobody left to tell of another one.
            let _ = thread.join();
        }
    }
}

/// The thread's own side.
struct Model<T, L, E> {
    loader: L,
    events: E,
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
    L: FnMut(&str) -> Result<T, LoadError>,
    E: FnMut(Event),
{
    fn run(&mut self, commands: &Receiver<Command>, running: &Mutex<Running>) {
        for command in commands {
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
                    (self.events)(Event::Unloaded);
                    continue;
                }
                Command::Transcribe(job) => job,
                Command::End => return,
            };
            {
                let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                if running.closing {
                    job.abort.store(true, Ordering::Relaxed);
                }
                running.abort = Some(Arc::clone(&job.abort));
            }
            let result = self.transcribe(&job);
            running.lock().unwrap_or_else(PoisonError::into_inner).abort = None;
            let failed = matches!(result, Err(TranscribeError::Failed { .. }));
            let model = self.is_loaded(&job.model).then_some(job.model);
            job.reply.send(model, result);
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
        (self.events)(event);
    }

    fn transcribe(&mut self, job: &Job) -> Result<Transcript, TranscribeError> {
        if is_aborted(&job.abort) {
            return Err(TranscribeError::Aborted);
        }
        if !self.is_loaded(&job.model) {
            self.name = Some(job.model.clone());
            self.load();
        }
        let transcriber = match &mut self.state {
            State::Loaded(transcriber) => transcriber,
            State::Unusable(error) => return Err(TranscribeError::NoModel(error.clone())),
            State::Unloaded => return Err(TranscribeError::Failed { reason: "no model was loaded".into() }),
        };
        let result = catch_unwind(AssertUnwindSafe(|| transcriber.transcribe(&job.audio, &job.options, &job.abort)))
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
