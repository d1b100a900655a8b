//! The delivery thread: takes texts in the order in which they come, one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use scout_platform::{Chord, Desktop, Legacy, PASTE_LIMIT, PasteOptions, TypeOptions, fault};

use super::hands::Hands;
use super::plan::{Focus, Guard, HoldReason, Method};
use super::undo::Undone;
use crate::dictation::DictationId;

/// Texts that may wait for the one that is being typed. A person speaks more slowly than Scout types, so even a few are
/// never reached; when full, the session waits, and nothing is lost.
const WAITING_TEXTS: usize = 64;

/// How long the thread may take to end: a paste whose chord has been pressed cannot be taken back, and handing the clipboard on
/// takes seconds at worst. Beyond that the desktop hangs.
const END_LIMIT: Duration = PASTE_LIMIT.saturating_add(Duration::from_secs(7));

/// A text on its way.
#[derive(Debug, Clone)]
pub struct Job {
    /// Whose text it is.
    pub id: DictationId,
    /// Exactly what is to arrive. May be empty if only chords are to be pressed.
    pub text: String,
    /// What stands there already of the same dictation: it is taken back together with the text.
    pub behind: String,
    /// How, by the profile.
    pub method: Method,
    /// What if the focus has moved.
    pub guard: Guard,
    /// Where the focus was when the dictation began.
    pub aimed: Focus,
    /// How it is typed.
    pub options: TypeOptions,
    /// How it is pasted.
    pub paste: PasteOptions,
    /// Pressed one after the other once the whole text has arrived, such as Enter to send it.
    pub then: Vec<Chord>,
    /// Set by the session to end the typing; what is left is held.
    pub abort: Arc<AtomicBool>,
}

/// What the thread is asked to do.
#[derive(Debug)]
enum Request {
    Deliver(Box<Job>),
    /// Put a text on the clipboard, because the user asked for it.
    Copy(String),
    /// Take the last delivered text back, unless this is set.
    Undo(Arc<AtomicBool>),
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whose text it was.
    pub id: DictationId,
    /// What was done.
    pub fate: Fate,
    /// From taking up the job until the text was there.
    pub took: Duration,
    /// Why it failed, if it did, with the remedy.
    pub problem: Option<String>,
    /// Why a key that was to follow the text was not pressed, if it was not.
    pub unpressed: Option<String>,
}

/// Where a text ended up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Typed, all of it.
    Typed,
    /// Pasted, and read by the target.
    Pasted,
    /// Pasted, and read by somebody. The desktop does not tell who.
    Unconfirmed,
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

/// What the thread reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A text has reached its end: once for each job.
    Delivered(Receipt),
    /// What became of a request to undo: once for each.
    Undone(Undone),
}

/// The way to the delivery thread. Dropping it ends the thread, and waits for that: what has been begun is brought to its end,
/// what waits is not begun any more, and the clipboard is handed on.
#[derive(Debug)]
pub struct Deliverer {
    /// `None` only while it is dropped.
    requests: Option<Sender<Request>>,
    closing: Arc<AtomicBool>,
    /// Closed when the thread ends.
    ended: Receiver<()>,
}

impl Deliverer {
    /// Starts the thread. `reports` is called on it, and in the end `keep` with what another process is to keep on the
    /// clipboard; until it returns, the thread serves it.
    pub fn spawn(
        desktop: Arc<dyn Desktop>,
        keep: impl Fn(Legacy) + Send + 'static,
        reports: impl Fn(Report) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (requests, inbox) = bounded(WAITING_TEXTS);
        // Nothing is ever sent: its end is the news.
        let (alive, ended) = bounded(0);
        let closing = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&closing);
        thread::Builder::new().name("deliver".into()).spawn(move || {
            let _alive = alive;
            let mut hands = Hands::new(desktop);
            serve(&mut hands, &inbox, &told, reports);
            hands.leave().into_iter().for_each(keep);
        })?;
        Ok(Self { requests: Some(requests), closing, ended })
    }

    fn send(&self, request: Request) -> Result<(), Request> {
        match &self.requests {
            Some(requests) => requests.send(request).map_err(|refused| refused.0),
            None => Err(request),
        }
    }

    /// Takes a text along. Fails only if the thread has died; the job comes back.
    pub fn deliver(&self, job: Job) -> Result<(), Box<Job>> {
        self.send(Request::Deliver(Box::new(job))).map_err(|refused| match refused {
            Request::Deliver(job) => job,
            Request::Copy(_) | Request::Undo(_) => unreachable!("a job was sent"),
        })
    }

    /// Puts a text on the clipboard, without a report.
    pub fn copy(&self, text: String) {
        // A dead thread has been reported by the receipt that never came; the log still has the text.
        let _ = self.send(Request::Copy(text));
    }

    /// Takes the last delivered text back, after the texts that wait: see [`Undone`]. It ends once `disturbed` is set.
    pub fn undo(&self, disturbed: Arc<AtomicBool>) {
        let _ = self.send(Request::Undo(disturbed));
    }
}

impl Drop for Deliverer {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        self.requests = None;
        if self.ended.recv_timeout(END_LIMIT).is_err_and(|error| error.is_timeout()) {
            tracing::warn!("delivery does not end: the desktop hangs");
        }
    }
}

/// What the user is told after a panic.
const CRASHED: &str = "delivery failed unexpectedly and was started again, so a part of the text may be there already";

/// Lets the hands do something. `None` if they panicked: the next text gets fresh ones.
fn attempt<T>(hands: &mut Hands, act: impl FnOnce(&mut Hands) -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(|| {
        fault::point("delivery");
        act(hands)
    }));
    if done.is_err() {
        // Whatever they held, such as a clipboard or a rebound key, is given back as they are dropped.
        *hands = Hands::new(Arc::clone(&hands.desktop));
    }
    done.ok()
}

fn serve(hands: &mut Hands, inbox: &Receiver<Request>, closing: &AtomicBool, reports: impl Fn(Report)) {
    for request in inbox {
        match request {
            // It is in the log.
            Request::Deliver(job) if closing.load(Ordering::Relaxed) => {
                let fate = Fate::Held { reason: HoldReason::Stopped, rest: job.text };
                reports(Report::Delivered(Receipt {
                    id: job.id,
                    fate,
                    took: Duration::ZERO,
                    problem: None,
                    unpressed: None,
                }));
            }
            Request::Deliver(job) => {
                let started = Instant::now();
                let receipt = match attempt(hands, |hands| hands.deliver(&job)) {
                    Some(done) => {
                        let took = done.there_after.unwrap_or_else(|| started.elapsed());
                        Receipt { id: job.id, fate: done.fate, took, problem: done.problem, unpressed: done.unpressed }
                    }
                    // How much of it has arrived is not known.
                    None => Receipt {
                        id: job.id,
                        fate: Fate::Held { reason: HoldReason::Failed, rest: job.text },
                        took: started.elapsed(),
                        problem: Some(CRASHED.to_owned()),
                        unpressed: None,
                    },
                };
                reports(Report::Delivered(receipt));
            }
            Request::Copy(text) => match attempt(hands, |hands| hands.copy(&text)) {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::warn!(%error, "copying failed"),
                None => tracing::error!("copying failed: {CRASHED}"),
            },
            Request::Undo(_) if closing.load(Ordering::Relaxed) => reports(Report::Undone(Undone::Nothing)),
            Request::Undo(disturbed) => {
                let undone = attempt(hands, |hands| hands.undo(&disturbed));
                reports(Report::Undone(undone.unwrap_or_else(|| Undone::Failed { reason: CRASHED.to_owned() })));
            }
        }
    }
}
