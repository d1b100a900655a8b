//! The history thread: it owns the database connection, so that nobody else ever waits for a disk.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::entry::{Delivery, Entry};
use super::error::HistoryError;
use super::home::Home;
use super::job::{Job, Report};
use super::limits::Doubt;
use super::news::News;
use super::queue::Write;
use super::upkeep::{Finding, Upkeep};
use super::writer::{self, Writer};
use crate::dictation::DictationId;
use crate::vault::{Custody, Vault};

/// How soon a failed write is tried again: most are over in a moment, such as another program's lock. Doubled each time.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// How often at least it is tried again: the user has just made room, and looks whether it helped.
const RETRY_SLOWEST: Duration = Duration::from_mins(1);

/// How often limits and copies are looked after, with the dictations: days and hundreds of dictations are what they count.
const UPKEEP_INTERVAL: Duration = Duration::from_hours(1);

/// What the history thread has to tell.
#[derive(Debug)]
pub enum Event {
    /// This entry is in the log and survives a power loss: its audio is not needed any more.
    Recorded(DictationId),
    /// The log fails. What is recorded is kept in memory and tried again; said once until the reason changes.
    Failing {
        /// Why, with what to do about it.
        error: HistoryError,
        /// How many writes are waiting.
        waiting: usize,
    },
    /// The key cannot be had. What is recorded is sealed on disk until it can; said once until the reason changes.
    Sealing {
        /// Why, with what to do about it.
        error: HistoryError,
    },
    /// The log works again, and everything that waited is written.
    Working,
    /// The log is open, and its key lies here.
    Opened(Custody),
    /// Something about the log that the user should know.
    News(News),
    /// The limits have changed, and so many dictations are over them: they are kept until the user agrees.
    OverLimits(u64),
    /// So many dictations are over the limits, and are kept because it is doubtful that they are as old as it seems.
    Doubtful(u64, Doubt),
    /// The log is within its limits, and its copies are made.
    KeptUp,
    /// The scheduled copy could not be made.
    NoBackup(HistoryError),
}

/// The way to the history thread. Dropping it writes what is waiting, then ends the thread; its sink of events is dropped
/// with the thread, so a channel behind that closes if the thread should ever die.
#[derive(Debug)]
pub struct History {
    inbox: Arc<Inbox>,
    /// Only wakes the thread, so one ring is enough: when the channel is full, the bell is ringing already.
    bell: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Requests that the thread has not taken yet, in order. The one queue without a bound: an entry is a few kilobytes and
/// comes from a person speaking, so even a day in front of a hung disk fits, whereas a bound would have to lose a dictation
/// or stall its delivery.
type Inbox = Mutex<VecDeque<Request>>;

#[derive(Debug)]
enum Request {
    Write(Write),
    Recent(usize, Sender<Vec<Entry>>),
    Job(Job, Sender<Result<Report, HistoryError>>),
    Upkeep(Upkeep),
}

impl History {
    /// Starts the thread, which opens the log and tells `events` how it fares. Fails if the system has no thread to give.
    pub fn spawn(home: Home, vault: Vault, events: impl FnMut(Event) + Send + 'static) -> std::io::Result<Self> {
        let (bell, rings) = bounded(1);
        let inbox = Arc::new(Inbox::default());
        let taken = Arc::clone(&inbox);
        let keeper = Keeper {
            writer: Writer::new(home, vault),
            waiting: VecDeque::new(),
            failure: None,
            upkeep: None,
            kept_up: None,
            events: Box::new(events),
        };
        let thread = thread::Builder::new().name("history".into()).spawn(move || keeper.run(&taken, &rings))?;
        Ok(Self { inbox, bell: Some(bell), thread: Some(thread) })
    }

    /// Records an entry, or all of it anew if there is one with its id. Returns at once; [`Event::Recorded`] follows.
    pub fn record(&self, entry: Entry) {
        self.request(Request::Write(Write::Record(Box::new(entry))));
    }

    /// Fills in what became of an entry that was recorded before. Returns at once.
    pub fn update(&self, id: DictationId, delivery: Delivery) {
        self.request(Request::Write(Write::Update(id, delivery)));
    }

    /// Keeps the recording of an entry that was recorded before. Returns at once.
    pub fn keep_recording(&self, id: DictationId, samples: Arc<[f32]>) {
        self.request(Request::Write(Write::Audio(id, samples)));
    }

    /// Follows these limits and this schedule of copies from now on.
    pub fn keep_up(&self, upkeep: Upkeep) {
        self.request(Request::Upkeep(upkeep));
    }

    /// Does a job, after what was asked for before. The answer comes through the channel; if it closes without one, the
    /// thread has died.
    pub fn run(&self, job: Job) -> Receiver<Result<Report, HistoryError>> {
        // There is exactly one answer.
        let (answer, answers) = bounded(1);
        self.request(Request::Job(job, answer));
        answers
    }

    /// Asks for the `count` newest entries, the newest first, with those that could not be written yet. The answer comes
    /// through the channel; if it closes without one, the thread has died.
    pub fn recent(&self, count: usize) -> Receiver<Vec<Entry>> {
        // There is exactly one answer.
        let (answer, answers) = bounded(1);
        self.request(Request::Recent(count, answer));
        answers
    }

    fn request(&self, request: Request) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).push_back(request);
        if let Some(bell) = &self.bell {
            // Full: it rings already. Closed: the thread has died, which its owner sees by the sink of events.
            let _ = bell.try_send(());
        }
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.bell = None;
        if let Some(thread) = self.thread.take() {
            // It panicked only if there is a mistake in it, and the panic was shown then.
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Keeper {
    /// Its log is closed until it could be opened, and after a failure: the user may have put another file in its place.
    writer: Writer,
    /// Writes that are not in the log yet, in order.
    waiting: VecDeque<Write>,
    /// What was last said to be wrong.
    failure: Option<String>,
    upkeep: Option<Upkeep>,
    /// When the limits and the copies were last looked after.
    kept_up: Option<Instant>,
    events: Box<dyn FnMut(Event) + Send>,
}

impl Keeper {
    fn run(mut self, inbox: &Inbox, bell: &Receiver<()>) {
        let mut pause = RETRY_FIRST;
        // Opened before the first dictation, so that a failure is known before there is something to lose.
        self.write();
        loop {
            let ring = if self.failure.is_none() {
                bell.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                bell.recv_timeout(pause)
            };
            let requests = mem::take(&mut *inbox.lock().unwrap_or_else(PoisonError::into_inner));
            for request in requests {
                self.take(request);
            }
            // Asking for the key would ask the user, again and again.
            let is_pointless = ring == Err(RecvTimeoutError::Timeout) && self.writer.vault.is_locked() == Some(true);
            if !is_pointless {
                self.write();
            }
            pause = match ring {
                _ if self.failure.is_none() => RETRY_FIRST,
                Err(RecvTimeoutError::Timeout) => (pause * 2).min(RETRY_SLOWEST),
                _ => pause,
            };
            if ring == Err(RecvTimeoutError::Disconnected) {
                break;
            }
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Write(write) => self.waiting.push_back(write),
            Request::Recent(count, answer) => {
                self.write();
                let entries = self.recent(count);
                // Nobody waits for the answer any more: fine, here and below.
                let _ = answer.send(entries);
            }
            Request::Job(job, answer) => {
                self.write();
                let is_everything = job == Job::DeleteEverything;
                let is_about_limits = matches!(job, Job::Hold { .. });
                let mut result = self.writer.run(job);
                let news = self.tell_news();
                if let (Ok(report), false) = (&mut result, news.is_empty()) {
                    report.said = format!("{news}{}", report.said);
                }
                match (&result, self.writer.vault.custody()) {
                    (Err(_), _) => self.writer.close(),
                    // The job may have moved the key.
                    (Ok(_), Some(custody)) => (self.events)(Event::Opened(custody)),
                    (Ok(_), None) => {}
                }
                if is_everything && result.is_ok() {
                    // What could not be written yet was said before, too.
                    self.waiting.clear();
                }
                if is_about_limits {
                    self.kept_up = None;
                }
                let _ = answer.send(result);
                self.write();
            }
            Request::Upkeep(upkeep) => {
                self.upkeep = Some(upkeep);
                self.kept_up = None;
            }
        }
    }

    /// Writes all that is waiting, as far as it goes, and tells if the log has begun to fail or to work.
    fn write(&mut self) {
        match self.try_write() {
            Ok(()) => {
                if self.failure.take().is_some() {
                    (self.events)(Event::Working);
                }
                self.look_after();
            }
            Err(error) => self.fail(error),
        }
        self.tell_news();
    }

    /// Tells what happened when the log was opened. Gives it in sentences, too.
    fn tell_news(&mut self) -> String {
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
        if !self.writer.home.database.exists() {
            // The file was moved or removed while it was open; writing on would write into nothing.
            self.writer.close();
        }
        if self.writer.opened().is_none() {
            self.writer.store()?;
            if let Some(custody) = self.writer.vault.custody() {
                (self.events)(Event::Opened(custody));
            }
        }
        self.writer.look_after_recipient()?;
        while let Some(write) = self.waiting.front() {
            if let Some(store) = self.writer.opened() {
                writer::apply(store, write)?;
            }
            self.written();
        }
        Ok(())
    }

    /// The first of those that wait is safe.
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

    /// Seals everything that waits. `false` if that was not possible.
    fn seal(&mut self) -> bool {
        while let Some(write) = self.waiting.front() {
            match writer::seal(&self.writer.home, write) {
                Ok(true) => self.written(),
                Ok(false) => return false,
                Err(error) => {
                    tracing::warn!(%error, "an entry could not be sealed");
                    return false;
                }
            }
        }
        crate::vault::Recipient::read(&self.writer.home.spool).is_some()
    }

    /// Holds the log within its limits, and copies it when that is due.
    fn look_after(&mut self) {
        let Some(upkeep) = &self.upkeep else { return };
        let now = Instant::now();
        if !is_time(self.kept_up, now) {
            return;
        }
        self.kept_up = Some(now);
        let findings = upkeep.clone().run(&mut self.writer);
        if findings.is_empty() {
            (self.events)(Event::KeptUp);
        }
        for finding in findings {
            (self.events)(match finding {
                Finding::OverLimits(count) => Event::OverLimits(count),
                Finding::Doubtful(count, doubt) => Event::Doubtful(count, doubt),
                Finding::NoBackup(error) => Event::NoBackup(error),
            });
        }
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

/// Whether limits and copies are to be looked after again.
fn is_time(kept_up: Option<Instant>, now: Instant) -> bool {
    kept_up.is_none_or(|at| now.duration_since(at) >= UPKEEP_INTERVAL)
}

/// The newest entries as they will be once what waits is written.
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
