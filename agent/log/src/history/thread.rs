//! The history thread of the agent. It owns the writer, so that no other thread waits for a disk. Writes that fail stay
//! in memory and are tried again; while the key is not available they go to the sealed queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use scout_core::dictation::DictationId;
use scout_core::log_entry::{Delivery, Entry};
use scout_platform::fault;

use super::error::HistoryError;
use super::home::Home;
use super::news::News;
use super::retention::{Doubt, Upkeep, UpkeepProblem};
use super::sealed_queue::{self, Write};
use super::writer::{Job, Report, Writer};
use crate::vault::{Custody, Recipient, Vault};
use scout_platform::supervise::{Start, supervise};

/// The pause before a failed write is tried again. Most failures are short, such as another program's lock. The pause
/// doubles after each attempt.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// The longest pause: a user who has just freed space on the disk should not wait longer.
const RETRY_SLOWEST: Duration = Duration::from_mins(1);

/// The time between two upkeeps. Limits and backups count in days and hundreds of dictations.
const UPKEEP_INTERVAL: Duration = Duration::from_hours(1);

/// An event of the history thread.
#[derive(Debug)]
pub enum Event {
    /// The entry is in the log and survives a power loss. Its audio is not needed any more.
    Recorded(DictationId),
    /// The log cannot be written. Entries are kept in memory and tried again. Sent once until the reason changes.
    Failing {
        /// The reason, with its remedy.
        error: HistoryError,
        /// The number of writes that wait.
        waiting: usize,
    },
    /// The key is not available. Entries are sealed on disk until it is. Sent once until the reason changes.
    Sealing {
        /// The reason, with its remedy.
        error: HistoryError,
    },
    /// The log works again, and all waiting entries are written.
    Working,
    /// The thread failed and was started again. What it has not written waits.
    Restarted,
    /// The log is open, and this is where its key is kept.
    Opened(Custody),
    /// Something happened to the log that the user has to know.
    News(News),
    /// The limits have changed, and this many dictations are over them. They are kept until the user agrees.
    OverLimits(u64),
    /// This many dictations are over the limits, and are kept because their age is doubtful.
    Doubtful(u64, Doubt),
    /// The log is within its limits, as far as that is known.
    WithinLimits,
    /// The scheduled backup failed.
    NoBackup(HistoryError),
    /// The scheduled backups are made.
    BackedUp,
}

/// The handle of the history thread. Dropping it writes the waiting entries, then ends the thread. The sink of events
/// is dropped with the thread, so that a channel in the sink closes if the thread dies.
#[derive(Debug)]
pub struct History {
    inbox: Arc<Inbox>,
    /// Wakes the thread. One slot is enough: when the channel is full, the thread is about to wake.
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Requests that the thread has not taken yet, in order. This queue has no bound: an entry is a few kilobytes and comes
/// from a person who speaks, so that a day with a hung disk fits. A bound would have to lose a dictation or delay its
/// delivery.
type Inbox = Mutex<VecDeque<Request>>;

#[derive(Debug)]
enum Request {
    Write(Write),
    Recent(usize, Sender<Vec<Entry>>),
    Job(Job, Sender<Result<Report, HistoryError>>),
    Upkeep(Upkeep),
}

impl History {
    /// Starts the thread, which opens the log and sends its events to `events`. Fails if the system cannot start a
    /// thread.
    pub fn spawn(home: Home, vault: Vault, events: impl FnMut(Event) + Send + 'static) -> std::io::Result<Self> {
        let (wake, woken) = bounded(1);
        let inbox = Arc::new(Inbox::default());
        let taken = Arc::clone(&inbox);
        let mut state = State {
            writer: Writer::new(home, vault),
            waiting: VecDeque::new(),
            failure: None,
            upkeep: None,
            upkeep_at: None,
            events: Box::new(events),
        };
        let thread = supervise("history", move |start| {
            if start == Start::AfterPanic {
                state.recover();
            }
            state.run(&taken, &woken);
        })?;
        Ok(Self { inbox, wake: Some(wake), thread: Some(thread) })
    }

    /// Records an entry, or replaces the one with its id. Returns at once; [`Event::Recorded`] follows.
    pub fn record(&self, entry: Entry) {
        self.request(Request::Write(Write::Record(Box::new(entry))));
    }

    /// Updates the outcome of an entry. Returns at once.
    pub fn update(&self, id: DictationId, delivery: Delivery) {
        self.request(Request::Write(Write::Update(id, delivery)));
    }

    /// Stores the recording of an entry. Returns at once.
    pub fn keep_recording(&self, id: DictationId, samples: Arc<[f32]>) {
        self.request(Request::Write(Write::Audio(id, samples)));
    }

    /// Applies these limits and this schedule of backups from now on.
    pub fn keep_up(&self, upkeep: Upkeep) {
        self.request(Request::Upkeep(upkeep));
    }

    /// Does a job after all earlier requests. The channel returns the result; it closes without one if the thread
    /// fails.
    pub fn run(&self, job: Job) -> Receiver<Result<Report, HistoryError>> {
        // There is exactly one answer.
        let (answer, answers) = bounded(1);
        self.request(Request::Job(job, answer));
        answers
    }

    /// Requests the `count` newest entries, the newest first, including those that are not written yet. The channel
    /// returns them; it closes without an answer if the thread has died.
    pub fn recent(&self, count: usize) -> Receiver<Vec<Entry>> {
        // There is exactly one answer.
        let (answer, answers) = bounded(1);
        self.request(Request::Recent(count, answer));
        answers
    }

    fn request(&self, request: Request) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).push_back(request);
        if let Some(wake) = &self.wake {
            // Full: the thread is about to wake. Closed: the thread has died, which the dropped sink of events shows.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // An error means that the thread panicked, which was reported then.
            let _ = thread.join();
        }
    }
}

/// The state of the thread.
struct State {
    /// The writer. Its log is closed after a failure, because the user may have replaced the file.
    writer: Writer,
    /// Writes that are not in the log yet, in order.
    waiting: VecDeque<Write>,
    /// The last reported failure.
    failure: Option<String>,
    upkeep: Option<Upkeep>,
    /// When the last upkeep was done.
    upkeep_at: Option<Instant>,
    events: Box<dyn FnMut(Event) + Send>,
}

impl State {
    /// After a panic: the log is opened afresh.
    fn recover(&mut self) {
        self.writer.close();
        (self.events)(Event::Restarted);
    }

    fn run(&mut self, inbox: &Inbox, woken: &Receiver<()>) {
        let mut pause = RETRY_FIRST;
        // After a panic, requests wait for which nobody wakes the thread again.
        self.take_all(inbox);
        // Opens the log before the first dictation, so that a failure is reported before there is something to lose.
        self.write();
        loop {
            let wake = if self.failure.is_none() {
                woken.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                woken.recv_timeout(pause)
            };
            self.take_all(inbox);
            // Fetching the key would prompt the user again and again.
            let is_pointless = wake == Err(RecvTimeoutError::Timeout) && self.writer.vault.is_locked() == Some(true);
            if !is_pointless {
                self.write();
            }
            pause = match wake {
                _ if self.failure.is_none() => RETRY_FIRST,
                Err(RecvTimeoutError::Timeout) => (pause * 2).min(RETRY_SLOWEST),
                _ => pause,
            };
            if wake == Err(RecvTimeoutError::Disconnected) {
                break;
            }
        }
    }

    /// Takes the requests one by one: those after one that makes the thread fail are still there.
    fn take_all(&mut self, inbox: &Inbox) {
        while let Some(request) = next(inbox) {
            self.take(request);
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Write(write) => {
                self.waiting.push_back(write);
                fault::point("history");
            }
            Request::Recent(count, answer) => {
                self.write();
                let entries = self.recent(count);
                // A caller that no longer waits for the answer is not an error, here and below.
                let _ = answer.send(entries);
            }
            Request::Job(job, answer) => {
                self.write();
                let is_everything = job == Job::DeleteEverything;
                let is_about_limits = matches!(job, Job::Hold { .. });
                let mut result = self.writer.run(job);
                let news = self.report_news();
                if let (Ok(report), false) = (&mut result, news.is_empty()) {
                    report.said = format!("{news}{}", report.said);
                }
                match (&result, self.writer.vault.custody()) {
                    (Err(_), _) => self.writer.close(),
                    // The job may have moved the key.
                    (Ok(_), Some(custody)) => (self.events)(Event::Opened(custody)),
                    (Ok(_), None) => {}
                }
                if is_everything && matches!(result, Ok(_) | Err(HistoryError::KeyLeft { .. })) {
                    // Waiting entries are part of everything.
                    self.waiting.clear();
                }
                if is_about_limits {
                    self.upkeep_at = None;
                }
                let _ = answer.send(result);
                self.write();
            }
            Request::Upkeep(upkeep) => {
                self.upkeep = Some(upkeep);
                self.upkeep_at = None;
            }
        }
    }

    /// Writes the waiting entries until one fails. Reports when the log begins to fail or to work.
    fn write(&mut self) {
        match self.try_write() {
            Ok(()) => {
                if self.failure.take().is_some() {
                    (self.events)(Event::Working);
                }
                self.keep_up();
            }
            Err(error) => self.fail(error),
        }
        self.report_news();
    }

    /// Reports what happened while the log was opened. Returns it in sentences.
    fn report_news(&mut self) -> String {
        let mut sentences = String::new();
        for news in self.writer.take_news() {
            tracing::warn!("{news}");
            sentences.push_str(&news.to_string());
            sentences.push_str(". ");
            (self.events)(Event::News(news));
        }
        sentences
    }

    fn try_write(&mut self) -> Result<(), HistoryError> {
        let was_open = self.writer.opened().is_some();
        // Also if it is open: another file may have taken its place, in which case further writes would be lost.
        self.writer.store()?;
        if !was_open && let Some(custody) = self.writer.vault.custody() {
            (self.events)(Event::Opened(custody));
        }
        self.writer.check_recipient()?;
        let has_writes = !self.waiting.is_empty();
        while let Some(write) = self.waiting.front() {
            if let Some(store) = self.writer.opened() {
                write.apply(store)?;
            }
            self.written();
        }
        if has_writes {
            self.writer.written();
        }
        Ok(())
    }

    /// Removes the first waiting write, which is safe now, and reports it.
    fn written(&mut self) {
        if let Some(Write::Record(entry)) = self.waiting.pop_front() {
            (self.events)(Event::Recorded(entry.id));
        }
    }

    fn fail(&mut self, error: HistoryError) {
        self.writer.close();
        let is_sealing = matches!(error, HistoryError::Key(_)) && self.seal();
        let reason = error.to_string();
        if self.failure.as_ref() != Some(&reason) {
            tracing::warn!(%error, waiting = self.waiting.len(), is_sealing, "the log cannot be written");
            (self.events)(if is_sealing {
                Event::Sealing { error }
            } else {
                Event::Failing { error, waiting: self.waiting.len() }
            });
            self.failure = Some(reason);
        }
    }

    /// Seals all waiting writes. Returns `false` if that failed.
    fn seal(&mut self) -> bool {
        while let Some(write) = self.waiting.front() {
            match sealed_queue::seal(&self.writer.home.queue, &self.writer.home.spool, write) {
                Ok(true) => self.written(),
                Ok(false) => return false,
                Err(error) => {
                    tracing::warn!(%error, "an entry could not be sealed");
                    return false;
                }
            }
        }
        Recipient::read(&self.writer.home.spool).is_some()
    }

    /// Enforces the limits and makes backups, if that is due.
    fn keep_up(&mut self) {
        let Some(upkeep) = &self.upkeep else { return };
        let now = Instant::now();
        if !is_upkeep_due(self.upkeep_at, now) {
            return;
        }
        self.upkeep_at = Some(now);
        let (mut limits, mut backups) = (Event::WithinLimits, Event::BackedUp);
        for problem in self.writer.keep_up(upkeep) {
            match problem {
                UpkeepProblem::OverLimits(count) => limits = Event::OverLimits(count),
                UpkeepProblem::Doubtful(count, doubt) => limits = Event::Doubtful(count, doubt),
                UpkeepProblem::NoBackup(error) => backups = Event::NoBackup(error),
            }
        }
        (self.events)(limits);
        (self.events)(backups);
    }

    fn recent(&mut self, count: usize) -> Vec<Entry> {
        let stored = match self.writer.opened().map(|store| store.list(count, None)) {
            None => Vec::new(),
            Some(Ok(entries)) => entries,
            Some(Err(error)) => {
                self.fail(error);
                Vec::new()
            }
        };
        with_waiting(stored, &self.waiting, count)
    }
}

fn next(inbox: &Inbox) -> Option<Request> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// Returns whether the upkeep is due.
fn is_upkeep_due(upkeep_at: Option<Instant>, now: Instant) -> bool {
    upkeep_at.is_none_or(|at| now.duration_since(at) >= UPKEEP_INTERVAL)
}

/// Returns the newest entries as they will be after the waiting writes.
fn with_waiting(mut entries: Vec<Entry>, waiting: &VecDeque<Write>, count: usize) -> Vec<Entry> {
    for write in waiting {
        match write {
            Write::Record(new) => match entries.iter_mut().find(|entry| entry.id == new.id) {
                Some(entry) => entry.clone_from(new),
                None => entries.push((**new).clone()),
            },
            Write::Update(id, delivery) => {
                if let Some(entry) = entries.iter_mut().find(|entry| entry.id == *id) {
                    entry.apply(delivery);
                }
            }
            Write::Audio(..) => {}
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    entries.truncate(count);
    entries
}

#[cfg(test)]
mod tests;
