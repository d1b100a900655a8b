//! The delivery thread: takes texts in the order in which they come, one after the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use scout_core::delivery::job::{Job, Receipt, Report};
use scout_core::delivery::plan::HoldReason;
use scout_core::delivery::undo::Undone;
use scout_core::dictation::DictationId;
use scout_platform::{Desktop, Legacy, PASTE_LIMIT, fault};

use super::executor::Executor;
use scout_platform::supervise::{MayHang, Pulse, Watchdog, supervise};

/// Texts that may wait for the one that is being typed. A person speaks more slowly than Scout types, so even a few are
/// never reached; when full, the session waits, and nothing is lost.
const WAITING_TEXTS: usize = 64;

/// How long the thread may take to end: a paste whose chord has been pressed cannot be taken back, and handing the clipboard on
/// takes seconds at worst. Beyond that the desktop hangs.
const END_LIMIT: Duration = PASTE_LIMIT.saturating_add(Duration::from_secs(7));

/// How long the thread may make no headway: longer than any wait that has a limit of its own.
const HANG_LIMIT: Duration = Duration::from_mins(1);

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
    /// Closed when the thread ends; `None` when it was left behind.
    ended: Option<Receiver<()>>,
    pulse: Pulse,
    watchdog: Watchdog,
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
        let mut in_hand = None;
        let pulse = Pulse::default();
        let beats = pulse.clone();
        supervise("deliver", move |_| {
            let _ = &alive;
            beats.rest();
            if let Some(request) = in_hand.take() {
                crashed(request, &reports);
            }
            // Whatever the one that failed held, such as a clipboard or a rebound key, was given back as it was dropped.
            let mut executor = Executor::new(Arc::clone(&desktop));
            executor.pulse = beats.clone();
            for request in &inbox {
                beats.beat();
                let request = in_hand.insert(request);
                let report = serve(&mut executor, request, told.load(Ordering::Relaxed));
                in_hand = None;
                if beats.is_abandoned() {
                    return;
                }
                report.into_iter().for_each(&reports);
                beats.rest();
            }
            executor.leave().into_iter().for_each(&keep);
        })?;
        let watchdog = Watchdog::new(pulse.clone(), fault::limit(HANG_LIMIT));
        Ok(Self { requests: Some(requests), stops: Mutex::default(), closing, ended: Some(ended), pulse, watchdog })
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

impl MayHang for Deliverer {
    fn is_busy(&self) -> bool {
        self.pulse.is_busy() || self.requests.as_ref().is_some_and(|requests| !requests.is_empty())
    }

    fn is_hung(&mut self, now: Instant) -> bool {
        let waits = self.requests.as_ref().is_some_and(|requests| !requests.is_empty());
        self.watchdog.is_hung(now, waits, 0)
    }

    /// Should the thread come back, it sends nothing more of what it was to deliver.
    fn abandon(&mut self) {
        self.pulse.abandon();
        self.closing.store(true, Ordering::Relaxed);
        {
            let stops = self.stops();
            let deliveries = stops.deliveries.iter().map(|(_, stop)| stop);
            deliveries.chain([&stops.undo]).for_each(|stop| stop.store(true, Ordering::Relaxed));
        }
        (self.requests, self.ended) = (None, None);
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
        let ended = self.ended.as_ref().map(|ended| ended.recv_timeout(END_LIMIT));
        if ended.is_some_and(|ended| ended.is_err_and(|error| error.is_timeout())) {
            tracing::warn!("delivery does not end: the desktop hangs");
        }
    }
}

/// What the user is told after a panic.
const CRASHED: &str = "delivery failed unexpectedly and was started again, so a part of the text may be there already";

/// Answers a request that made the thread fail.
fn crashed(request: Request, reports: impl Fn(Report)) {
    match request {
        // How much of it has arrived is not known.
        Request::Deliver(job, _) => {
            let problem = Some(CRASHED.to_owned());
            reports(Report::Delivered(Receipt { problem, ..Receipt::held(job.id, HoldReason::Failed, job.text) }));
        }
        Request::Copy(_) => tracing::error!("copying failed: {CRASHED}"),
        Request::Undo(_) => reports(Report::Undone(Undone::Failed { reason: CRASHED.to_owned() })),
    }
}

/// Does what is asked, and gives what is to be reported. What has not been begun when the agent ends is not begun any more.
fn serve(executor: &mut Executor, request: &Request, is_closing: bool) -> Option<Report> {
    match request {
        // It is in the log.
        Request::Deliver(job, _) if is_closing => {
            Some(Report::Delivered(Receipt::held(job.id, HoldReason::Stopped, job.text.clone())))
        }
        Request::Undo(_) if is_closing => Some(Report::Undone(Undone::Nothing)),
        Request::Deliver(job, stop) => {
            fault::point("delivery");
            let started = Instant::now();
            let done = executor.deliver(job, stop);
            Some(Report::Delivered(Receipt {
                id: job.id,
                result: done.result,
                took: done.there_after.unwrap_or_else(|| started.elapsed()),
                problem: done.problem,
                unpressed: done.unpressed,
            }))
        }
        Request::Copy(text) => {
            if let Err(error) = executor.copy(text) {
                tracing::warn!(%error, "copying failed");
            }
            None
        }
        Request::Undo(stop) => Some(Report::Undone(executor.undo(stop))),
    }
}
