//! The delivery thread: takes texts in the order in which they come, one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use scout_core::delivery::job::{Held, Job, Receipt, Report};
use scout_core::delivery::plan::HoldReason;
use scout_core::delivery::undo::Undone;
use scout_core::dictation::DictationId;
use scout_platform::{Desktop, Legacy, PASTE_LIMIT, fault};

use super::executor::Executor;

/// Texts that may wait for the one that is being typed. A person speaks more slowly than Scout types, so even a few are
/// never reached; when full, the session waits, and nothing is lost.
const WAITING_TEXTS: usize = 64;

/// How long the thread may take to end: a paste whose chord has been pressed cannot be taken back, and handing the clipboard on
/// takes seconds at worst. Beyond that the desktop hangs.
const END_LIMIT: Duration = PASTE_LIMIT.saturating_add(Duration::from_secs(7));

/// Ends what is under way when it is set.
type Stop = Arc<AtomicBool>;

/// What the thread is asked to do.
#[derive(Debug)]
enum Request {
    /// Deliver a text, until this is set.
    Deliver(Box<Job>, Stop),
    /// Put a text on the clipboard, because the user asked for it.
    Copy(String),
    /// Take the last delivered text back, until this is set.
    Undo(Stop),
}

/// The way to the delivery thread. Dropping it ends the thread, and waits for that: what has been begun is brought to its end,
/// what waits is not begun any more, and the clipboard is handed on.
#[derive(Debug)]
pub struct Deliverer {
    /// `None` only while it is dropped.
    requests: Option<Sender<Request>>,
    /// What ends the deliveries under way, and the undo.
    stops: Mutex<Stops>,
    closing: Arc<AtomicBool>,
    /// Closed when the thread ends.
    ended: Receiver<()>,
}

#[derive(Debug, Default)]
struct Stops {
    deliveries: Vec<(DictationId, Stop)>,
    undo: Stop,
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
            let mut executor = Executor::new(desktop);
            serve(&mut executor, &inbox, &told, reports);
            executor.leave().into_iter().for_each(keep);
        })?;
        Ok(Self { requests: Some(requests), stops: Mutex::default(), closing, ended })
    }

    fn send(&self, request: Request) -> Result<(), Request> {
        match &self.requests {
            Some(requests) => requests.send(request).map_err(|refused| refused.0),
            None => Err(request),
        }
    }

    fn stops(&self) -> std::sync::MutexGuard<'_, Stops> {
        self.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a text along. Fails only if the thread has died; the job comes back.
    pub fn deliver(&self, job: Job) -> Result<(), Box<Job>> {
        let (id, stop) = (job.id, Stop::default());
        {
            let deliveries = &mut self.stops().deliveries;
            // Those that only we hold are over.
            deliveries.retain(|(_, stop)| Arc::strong_count(stop) > 1);
            deliveries.push((id, Arc::clone(&stop)));
        }
        self.send(Request::Deliver(Box::new(job), stop)).map_err(|refused| match refused {
            Request::Deliver(job, _) => job,
            Request::Copy(_) | Request::Undo(_) => unreachable!("a job was sent"),
        })
    }

    /// Ends the delivery of this dictation's text, if it is under way or waits; what is left is held.
    pub fn stop(&self, id: DictationId) {
        let stops = self.stops();
        for (_, stop) in stops.deliveries.iter().filter(|(other, _)| *other == id) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// Puts a text on the clipboard, without a report.
    pub fn copy(&self, text: String) {
        // A dead thread has been reported by the receipt that never came; the log still has the text.
        let _ = self.send(Request::Copy(text));
    }

    /// Takes the last delivered text back, after the texts that wait: see [`Undone`]. Fails only if the thread has died.
    pub fn undo(&self) -> Result<(), UndoUnavailable> {
        let stop = Stop::default();
        self.stops().undo = Arc::clone(&stop);
        self.send(Request::Undo(stop)).map_err(|_| UndoUnavailable)
    }

    /// The user does something: an undo under way ends, so that it removes nothing of theirs.
    pub fn stop_undo(&self) {
        self.stops().undo.store(true, Ordering::Relaxed);
    }
}

/// The delivery thread has died: restart Scout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("delivery has stopped working: restart Scout")]
pub struct UndoUnavailable;

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

/// Lets the executor do something. `None` if it panicked: the next text gets a fresh one.
fn attempt<T>(executor: &mut Executor, act: impl FnOnce(&mut Executor) -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(|| {
        fault::point("delivery");
        act(executor)
    }));
    if done.is_err() {
        // Whatever it held, such as a clipboard or a rebound key, is given back as it is dropped.
        *executor = Executor::new(Arc::clone(&executor.desktop));
    }
    done.ok()
}

fn serve(executor: &mut Executor, inbox: &Receiver<Request>, closing: &AtomicBool, reports: impl Fn(Report)) {
    for request in inbox {
        match request {
            // It is in the log.
            Request::Deliver(job, _) if closing.load(Ordering::Relaxed) => {
                reports(Report::Delivered(Receipt::held(job.id, HoldReason::Stopped, job.text)));
            }
            Request::Deliver(job, stop) => {
                let started = Instant::now();
                let receipt = match attempt(executor, |executor| executor.deliver(&job, &stop)) {
                    Some(done) => {
                        let took = done.there_after.unwrap_or_else(|| started.elapsed());
                        Receipt {
                            id: job.id,
                            result: done.result,
                            took,
                            problem: done.problem,
                            unpressed: done.unpressed,
                        }
                    }
                    // How much of it has arrived is not known.
                    None => Receipt {
                        id: job.id,
                        result: Err(Held { reason: HoldReason::Failed, rest: job.text }),
                        took: started.elapsed(),
                        problem: Some(CRASHED.to_owned()),
                        unpressed: None,
                    },
                };
                reports(Report::Delivered(receipt));
            }
            Request::Copy(text) => match attempt(executor, |executor| executor.copy(&text)) {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::warn!(%error, "copying failed"),
                None => tracing::error!("copying failed: {CRASHED}"),
            },
            Request::Undo(_) if closing.load(Ordering::Relaxed) => reports(Report::Undone(Undone::Nothing)),
            Request::Undo(stop) => {
                let undone = attempt(executor, |executor| executor.undo(&stop));
                reports(Report::Undone(undone.unwrap_or_else(|| Undone::Failed { reason: CRASHED.to_owned() })));
            }
        }
    }
}
