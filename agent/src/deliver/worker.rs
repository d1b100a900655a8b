//! The delivery thread: owns the injector and the clipboard, and carries out plans in the order in which they come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use scout_platform::{Chord, Clipboard, Desktop, FocusProbe, InjectError, Injector, TypeOptions};

use super::focus::observe;
use super::plan::{Focus, Guard, HoldReason, Method, Plan, plan};
use crate::dictation::DictationId;

/// Texts that may wait for the one that is being typed. A person speaks more slowly than Scout types, so even a few are
/// never reached; when full, the session waits, and nothing is lost.
const WAITING_TEXTS: usize = 64;

/// While typing, the focus is looked at this often. A user who moves it wants the typing to end at once; each look costs
/// the X server a few round trips (4 to 6 ms on a loaded machine), so it cannot be after each character.
const FOCUS_CHECK: Duration = Duration::from_millis(25);

/// A text on its way.
#[derive(Debug, Clone)]
pub struct Job {
    /// Whose text it is.
    pub id: DictationId,
    /// Exactly what is to arrive.
    pub text: String,
    /// Keys to press once all of it has arrived; with an empty text they are all there is to do.
    pub then: Vec<Chord>,
    /// How, by the profile.
    pub method: Method,
    /// What if the focus has moved.
    pub guard: Guard,
    /// Where the focus was when the dictation began.
    pub aimed: Focus,
    /// How it is typed.
    pub options: TypeOptions,
    /// Set by the session to end the typing; what is left is held.
    pub abort: Arc<AtomicBool>,
}

/// What the thread is asked to do.
#[derive(Debug)]
enum Request {
    Deliver(Box<Job>),
    /// Put a text on the clipboard, because the user asked for it.
    Copy(String),
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whose text it was.
    pub id: DictationId,
    /// What was done.
    pub fate: Fate,
    /// From taking up the job to its end.
    pub took: Duration,
    /// Why it failed, if it did, with the remedy.
    pub problem: Option<String>,
}

/// Where a text ended up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Typed, all of it.
    Typed,
    /// On the clipboard.
    Copied,
    /// In the log only, as the profile asks.
    Logged,
    /// Not delivered, or only its beginning.
    Held {
        /// Why.
        reason: HoldReason,
        /// What has not arrived.
        rest: String,
    },
}

/// The way to the delivery thread. It ends when the last of these is dropped.
#[derive(Debug, Clone)]
pub struct Deliverer {
    requests: Sender<Request>,
}

impl Deliverer {
    /// Starts the thread. `receipts` is called on it, once for each job.
    pub fn spawn(desktop: Arc<dyn Desktop>, receipts: impl Fn(Receipt) + Send + 'static) -> std::io::Result<Self> {
        let (requests, inbox) = bounded(WAITING_TEXTS);
        thread::Builder::new().name("deliver".into()).spawn(move || Worker::new(desktop).serve(&inbox, receipts))?;
        Ok(Self { requests })
    }

    /// Takes a text along. Fails only if the thread has died; the job comes back.
    pub fn deliver(&self, job: Job) -> Result<(), Box<Job>> {
        self.requests.send(Request::Deliver(Box::new(job))).map_err(|refused| match refused.0 {
            Request::Deliver(job) => job,
            Request::Copy(_) => unreachable!("a job was sent"),
        })
    }

    /// Puts a text on the clipboard, without a receipt.
    pub fn copy(&self, text: String) {
        // A dead thread has been reported by the receipt that never came; the log still has the text.
        let _ = self.requests.send(Request::Copy(text));
    }
}

/// The parts are made when they are first needed, and made anew after they failed: the desktop may come back.
struct Worker {
    desktop: Arc<dyn Desktop>,
    injector: Option<Box<dyn Injector>>,
    focus: Option<Box<dyn FocusProbe>>,
    clipboard: Option<Box<dyn Clipboard>>,
}

impl Worker {
    fn new(desktop: Arc<dyn Desktop>) -> Self {
        Self { desktop, injector: None, focus: None, clipboard: None }
    }

    fn serve(&mut self, inbox: &Receiver<Request>, receipts: impl Fn(Receipt)) {
        for request in inbox {
            match request {
                Request::Deliver(job) => {
                    let started = Instant::now();
                    let (fate, problem) = self.deliver(&job);
                    receipts(Receipt { id: job.id, fate, took: started.elapsed(), problem });
                }
                Request::Copy(text) => {
                    if let Err(error) = self.copy(&text) {
                        tracing::warn!(%error, "copying failed");
                    }
                }
            }
        }
    }

    fn deliver(&mut self, job: &Job) -> (Fate, Option<String>) {
        let held = |reason| Fate::Held { reason, rest: job.text.clone() };
        if job.abort.load(Ordering::Relaxed) {
            return (held(HoldReason::Stopped), None);
        }
        let now = observe(self.desktop.as_ref(), &mut self.focus);
        let cannot_type = matches!(self.injector(), Err(InjectError::NotOffered(_))).then(|| self.desktop.kind());
        match plan(job.method, job.guard, &job.aimed, &now, cannot_type) {
            Plan::Nothing => (Fate::Logged, None),
            Plan::Hold(reason) => (held(reason), None),
            Plan::Copy => match self.copy(&job.text) {
                Ok(()) => (Fate::Copied, None),
                Err(error) => (held(HoldReason::Failed), Some(error.to_string())),
            },
            Plan::Type => {
                let typed = if job.text.is_empty() { (Fate::Typed, None) } else { self.type_text(job, &now) };
                match typed {
                    (Fate::Typed, None) => (Fate::Typed, self.press(job, &now).err()),
                    other => other,
                }
            }
        }
    }

    /// Presses what is to be pressed after the text, where the focus is still the same; else says why not.
    fn press(&mut self, job: &Job, target: &Focus) -> Result<(), String> {
        for chord in &job.then {
            let now = observe(self.desktop.as_ref(), &mut self.focus);
            if let Plan::Hold(reason) = plan(job.method, job.guard, target, &now, None) {
                return Err(format!("{chord} was not pressed. {reason}"));
            }
            self.injector().map_err(|error| error.to_string())?;
            if let Some(injector) = &mut self.injector {
                injector.press_chord(chord).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    fn type_text(&mut self, job: &Job, target: &Focus) -> (Fate, Option<String>) {
        let Self { desktop, injector: Some(injector), focus, .. } = self else {
            // It could not be made: ask again for the reason.
            let problem = self.injector().err().map(|error| error.to_string());
            return (Fate::Held { reason: HoldReason::Failed, rest: job.text.clone() }, problem);
        };
        let (mut checked, mut moved) = (Instant::now(), false);
        let mut keep_going = || {
            if job.guard == Guard::Hold && checked.elapsed() >= FOCUS_CHECK {
                moved = plan(job.method, job.guard, target, &observe(desktop.as_ref(), focus), None) != Plan::Type;
                checked = Instant::now();
            }
            !moved && !job.abort.load(Ordering::Relaxed)
        };
        match injector.type_text(&job.text, &job.options, &mut keep_going) {
            Ok(report) if report.complete => (Fate::Typed, None),
            Ok(report) => {
                let reason = if moved { HoldReason::FocusMoved } else { HoldReason::Stopped };
                (Fate::Held { reason, rest: job.text.chars().skip(report.chars_sent).collect() }, None)
            }
            Err(error) => {
                self.injector = None;
                let problem = Some(error.to_string());
                (Fate::Held { reason: HoldReason::Failed, rest: job.text.clone() }, problem)
            }
        }
    }

    fn injector(&mut self) -> Result<(), InjectError> {
        if self.injector.is_none() {
            self.injector = Some(self.desktop.injector()?);
        }
        Ok(())
    }

    fn copy(&mut self, text: &str) -> Result<(), scout_platform::ClipboardError> {
        let clipboard = match self.clipboard.take() {
            Some(clipboard) => clipboard,
            None => self.desktop.clipboard()?,
        };
        self.clipboard.insert(clipboard).set_text(text)
    }
}
