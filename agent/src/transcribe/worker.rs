//! A thread that owns a transcriber: jobs go in through a bounded channel, events come out through a closure.
//!
//! The model is loaded at once, so that the first dictation finds it warm. When it cannot be loaded, that is an event, and
//! each job that comes tries again: the user may have imported the model meanwhile. A transcriber that fails or panics is
//! dropped, its job is answered with an error, and the model is loaded anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::{Abort, LoadError, Options, TranscribeError, Transcriber, Transcript};

/// Jobs that may wait. One dictation has at most one segment and one speculation under way; with eight waiting, the machine
/// is far too slow for its model, and more in the queue would only hide that.
const WAITING_JOBS: usize = 8;

/// One clip to transcribe.
#[derive(Debug, Clone)]
pub struct Job {
    /// Comes back with the result; the caller's to choose.
    pub ticket: u64,
    /// Mono samples at [`SAMPLE_RATE`](crate::dictation::SAMPLE_RATE). Shared, so that a caller can keep what it sends.
    pub audio: Arc<[f32]>,
    /// How to transcribe it.
    pub options: Options,
    /// Ends it early, waiting or running. It is still answered.
    pub abort: Abort,
}

/// What the worker has to say.
#[derive(Debug)]
pub enum Event {
    /// The model is ready.
    Loaded {
        /// How long that took.
        took: Duration,
    },
    /// There is no model. Comes once for each try.
    LoadFailed(Arc<LoadError>),
    /// A job is finished. Every job that was taken is answered exactly once.
    Done {
        /// The job's ticket.
        ticket: u64,
        /// What came of it.
        result: Result<Transcript, TranscribeError>,
    },
}

/// Why a job was not taken. It comes back with its audio.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Too many jobs are waiting: leave out what can be left out, and send the rest later.
    #[error("the transcriber is far behind: choose a smaller model, see `scout models list`")]
    Busy(Job),
    /// The worker has ended.
    #[error("the transcriber has ended: start Scout again")]
    Gone(Job),
}

/// The thread's handle. Dropping it aborts what is under way and waits for the thread to end.
#[derive(Debug)]
pub struct Worker {
    /// `None` only while the worker is being dropped.
    jobs: Option<Sender<Job>>,
    running: Arc<Mutex<Running>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread is doing, for the one who wants it to end.
#[derive(Debug, Default)]
struct Running {
    abort: Option<Abort>,
    closing: bool,
}

impl Worker {
    /// Starts the thread. `load` makes the transcriber, on that thread; `events` is called there too, and must not block
    /// for long.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start<T, L, E>(load: L, events: E) -> std::io::Result<Self>
    where
        T: Transcriber,
        L: FnMut() -> Result<T, LoadError> + Send + 'static,
        E: FnMut(Event) + Send + 'static,
    {
        let (jobs, waiting) = bounded(WAITING_JOBS);
        let running = Arc::new(Mutex::new(Running::default()));
        let seen = Arc::clone(&running);
        let thread = thread::Builder::new()
            .name("transcribe".into())
            .spawn(move || Desk { load, events, transcriber: None, failure: None }.run(&waiting, &seen))?;
        Ok(Self { jobs: Some(jobs), running, thread: Some(thread) })
    }

    /// Hands over a job without waiting.
    pub fn submit(&self, job: Job) -> Result<(), SubmitError> {
        let Some(jobs) = &self.jobs else { return Err(SubmitError::Gone(job)) };
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(job) => SubmitError::Busy(job),
            TrySendError::Disconnected(job) => SubmitError::Gone(job),
        })
    }

    /// Whether the thread is there.
    pub fn alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.closing = true;
            if let Some(abort) = &running.abort {
                abort.abort();
            }
        }
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Its panics are caught inside; there is nobody left to tell of another one.
            let _ = thread.join();
        }
    }
}

/// The thread's own side.
struct Desk<T, L, E> {
    load: L,
    events: E,
    transcriber: Option<T>,
    /// Why there is no transcriber.
    failure: Option<Arc<LoadError>>,
}

impl<T, L, E> Desk<T, L, E>
where
    T: Transcriber,
    L: FnMut() -> Result<T, LoadError>,
    E: FnMut(Event),
{
    fn run(mut self, jobs: &Receiver<Job>, running: &Mutex<Running>) {
        self.load();
        for job in jobs {
            {
                let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                if running.closing {
                    job.abort.abort();
                }
                running.abort = Some(job.abort.clone());
            }
            let result = self.transcribe(&job);
            running.lock().unwrap_or_else(PoisonError::into_inner).abort = None;
            (self.events)(Event::Done { ticket: job.ticket, result });
            if self.transcriber.is_none() && self.failure.is_none() {
                self.load();
            }
        }
    }

    fn load(&mut self) {
        let started = Instant::now();
        let event = match (self.load)() {
            Ok(transcriber) => {
                self.transcriber = Some(transcriber);
                self.failure = None;
                Event::Loaded { took: started.elapsed() }
            }
            Err(error) => {
                let error = Arc::new(error);
                self.failure = Some(Arc::clone(&error));
                Event::LoadFailed(error)
            }
        };
        (self.events)(event);
    }

    fn transcribe(&mut self, job: &Job) -> Result<Transcript, TranscribeError> {
        if job.abort.is_aborted() {
            return Err(TranscribeError::Aborted);
        }
        if self.transcriber.is_none() {
            self.load();
        }
        let Some(transcriber) = &mut self.transcriber else {
            return Err(self.failure.clone().map_or_else(
                || TranscribeError::Failed { reason: "it could not be loaded".into() },
                TranscribeError::NoModel,
            ));
        };
        let result = catch_unwind(AssertUnwindSafe(|| transcriber.transcribe(&job.audio, &job.options, &job.abort)))
            .unwrap_or_else(|panic| {
                let reason = panic
                    .downcast_ref::<&str>()
                    .map(ToString::to_string)
                    .or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_else(|| "a panic".into());
                Err(TranscribeError::Failed { reason })
            });
        if let Err(TranscribeError::Failed { reason }) = &result {
            tracing::error!(reason, "the transcriber failed and is started again");
            self.transcriber = None;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::unbounded;

    use super::*;
    use crate::models::StoreError;

    /// Says how long its clips are; panics for one sample, fails for two, waits for the abort for three.
    struct Counter;

    impl Transcriber for Counter {
        fn transcribe(&mut self, audio: &[f32], _: &Options, abort: &Abort) -> Result<Transcript, TranscribeError> {
            match audio.len() {
                1 => panic!("one sample"),
                2 => Err(TranscribeError::Failed { reason: "two samples".into() }),
                3 => {
                    while !abort.is_aborted() {
                        thread::yield_now();
                    }
                    Err(TranscribeError::Aborted)
                }
                length => Ok(Transcript { text: length.to_string(), ..Transcript::default() }),
            }
        }
    }

    fn job(ticket: u64, samples: usize) -> Job {
        Job { ticket, audio: vec![0.0; samples].into(), options: Options::default(), abort: Abort::new() }
    }

    fn missing() -> LoadError {
        LoadError::Store(StoreError::Missing { name: "tiny.en".into(), dir: "models".into(), remedy: "fetch it".into() })
    }

    fn started() -> (Worker, Receiver<Event>) {
        let (sender, events) = unbounded();
        let worker = Worker::start(|| Ok(Counter), move |event| drop(sender.send(event))).unwrap();
        assert!(matches!(events.recv().unwrap(), Event::Loaded { .. }));
        (worker, events)
    }

    fn done(events: &Receiver<Event>) -> (u64, Result<Transcript, TranscribeError>) {
        match events.recv().unwrap() {
            Event::Done { ticket, result } => (ticket, result),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn jobs_are_answered_in_order() {
        let (worker, events) = started();
        for samples in 4..8 {
            worker.submit(job(samples, samples as usize)).unwrap();
        }
        for samples in 4..8 {
            let (ticket, result) = done(&events);
            assert_eq!((ticket, result.unwrap().text), (samples, samples.to_string()));
        }
    }

    #[test]
    fn a_panic_and_a_failure_are_reported_and_the_next_job_works() {
        let (worker, events) = started();
        for samples in [1, 2] {
            worker.submit(job(1, samples)).unwrap();
            let (_, result) = done(&events);
            let message = result.unwrap_err().to_string();
            assert!(message.contains(["one sample", "two samples"][samples - 1]), "{message}");
            assert!(matches!(events.recv().unwrap(), Event::Loaded { .. }));
            worker.submit(job(2, 4)).unwrap();
            assert_eq!(done(&events).1.unwrap().text, "4");
        }
        assert!(worker.alive());
    }

    #[test]
    fn a_missing_model_is_told_and_tried_again_with_the_next_job() {
        let (sender, events) = unbounded();
        let mut tries = 0;
        let load = move || {
            tries += 1;
            if tries < 3 { Err(missing()) } else { Ok(Counter) }
        };
        let worker = Worker::start(load, move |event| drop(sender.send(event))).unwrap();
        assert!(matches!(events.recv().unwrap(), Event::LoadFailed(_)));
        worker.submit(job(1, 4)).unwrap();
        assert!(matches!(events.recv().unwrap(), Event::LoadFailed(_)));
        let message = done(&events).1.unwrap_err().to_string();
        assert!(message.contains("tiny.en") && message.contains("fetch it"), "{message}");
        worker.submit(job(2, 4)).unwrap();
        assert!(matches!(events.recv().unwrap(), Event::Loaded { .. }));
        assert_eq!(done(&events).1.unwrap().text, "4");
    }

    #[test]
    fn an_aborted_job_ends_and_is_answered_running_or_waiting() {
        let (worker, events) = started();
        let (running, waiting) = (job(1, 3), job(2, 4));
        for job in [&running, &waiting] {
            worker.submit(job.clone()).unwrap();
        }
        waiting.abort.abort();
        running.abort.abort();
        for ticket in 1..=2 {
            let (answered, result) = done(&events);
            assert_eq!(answered, ticket);
            assert!(matches!(result, Err(TranscribeError::Aborted)));
        }
    }

    #[test]
    fn a_worker_that_is_far_behind_gives_the_job_back() {
        let (worker, _events) = started();
        let refused = (0..).find_map(|ticket| worker.submit(job(ticket, 3)).err()).unwrap();
        assert!(matches!(refused, SubmitError::Busy(Job { ticket: 8..=9, .. })), "{refused:?}");
    }

    #[test]
    fn dropping_it_ends_what_is_under_way_and_answers_all() {
        let (worker, events) = started();
        for ticket in 0..4 {
            worker.submit(job(ticket, 3)).unwrap();
        }
        drop(worker);
        let answered: Vec<u64> = events.iter().map(|event| matches!(event, Event::Done { .. }) as u64).collect();
        assert_eq!(answered, [1; 4]);
    }
}
