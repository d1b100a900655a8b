//! The history thread: it owns the database connection, so that nobody else ever waits for a disk.

use std::collections::VecDeque;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::entry::{Delivery, Entry};
use super::error::HistoryError;
use super::store::Store;
use crate::dictation::DictationId;

/// How soon a failed write is tried again: most are over in a moment, such as another program's lock. Doubled each time.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// How often at least it is tried again: the user has just made room, and looks whether it helped.
const RETRY_SLOWEST: Duration = Duration::from_mins(1);

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
    /// The log works again, and everything that waited is written.
    Working,
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
}

#[derive(Debug)]
enum Write {
    Record(Box<Entry>),
    Update(DictationId, Delivery),
}

impl History {
    /// Starts the thread, which opens the log at `path` and tells `events` how it fares. Fails if the system has no thread
    /// to give.
    pub fn spawn(path: PathBuf, events: impl FnMut(Event) + Send + 'static) -> std::io::Result<Self> {
        let (bell, rings) = bounded(1);
        let inbox = Arc::new(Inbox::default());
        let taken = Arc::clone(&inbox);
        let keeper = Keeper { path, store: None, waiting: VecDeque::new(), failure: None, events: Box::new(events) };
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
    path: PathBuf,
    /// `None` until it could be opened, and after a failure: the user may have put another file in its place.
    store: Option<Store>,
    /// Writes that are not in the log yet, in order.
    waiting: VecDeque<Write>,
    /// What was last said to be wrong.
    failure: Option<mem::Discriminant<HistoryError>>,
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
                match request {
                    Request::Write(write) => self.waiting.push_back(write),
                    Request::Recent(count, answer) => {
                        self.write();
                        let entries = self.recent(count);
                        // Nobody waits for the answer any more: fine.
                        let _ = answer.send(entries);
                    }
                }
            }
            self.write();
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

    /// Writes all that is waiting, as far as it goes, and tells if the log has begun to fail or to work.
    fn write(&mut self) {
        match self.try_write() {
            Ok(()) => {
                if self.failure.take().is_some() {
                    (self.events)(Event::Working);
                }
            }
            Err(error) => self.fail(error),
        }
    }

    fn try_write(&mut self) -> Result<(), HistoryError> {
        if !self.path.exists() {
            // The file was moved or removed while it was open; writing on would write into nothing.
            self.store = None;
        }
        let store = match &mut self.store {
            Some(store) => store,
            closed => closed.insert(Store::open(&self.path)?),
        };
        while let Some(write) = self.waiting.front() {
            match write {
                Write::Record(entry) => {
                    store.record(entry)?;
                    let id = entry.id;
                    self.waiting.pop_front();
                    (self.events)(Event::Recorded(id));
                }
                Write::Update(id, delivery) => {
                    if !store.update(*id, delivery)? {
                        tracing::warn!(%id, "the outcome of a dictation that is not in the log was not kept");
                    }
                    self.waiting.pop_front();
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, error: HistoryError) {
        self.store = None;
        let kind = mem::discriminant(&error);
        if self.failure.replace(kind) != Some(kind) {
            tracing::warn!(%error, waiting = self.waiting.len(), "the log cannot be written");
            (self.events)(Event::Failing { error, waiting: self.waiting.len() });
        }
    }

    fn recent(&mut self, count: usize) -> Vec<Entry> {
        let stored = match self.store.as_ref().map(|store| store.list(count, None)) {
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
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    entries.truncate(count);
    entries
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::history::entry::Outcome;

    fn entry(number: u64, text: &str) -> Entry {
        let mut entry = Entry::new(DictationId::numbered(number), Timestamp::UNIX_EPOCH, "default");
        entry.text = text.to_owned();
        entry
    }

    fn typed() -> Delivery {
        Delivery {
            outcome: Outcome::Typed,
            detail: None,
            ended: Timestamp::UNIX_EPOCH,
            deliver: Some(Duration::from_millis(50)),
            release_to_text: Some(Duration::from_millis(700)),
        }
    }

    fn spawn(path: PathBuf) -> (History, Receiver<Event>) {
        // Bound: more events than any test causes.
        let (sender, events) = bounded(100);
        (History::spawn(path, move |event| sender.send(event).unwrap()).unwrap(), events)
    }

    fn texts(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.text.as_str()).collect()
    }

    #[test]
    fn what_is_recorded_is_in_the_log_with_its_outcome_once_the_thread_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/down/log");
        let (history, events) = spawn(path.clone());
        history.record(entry(1, "one"));
        history.record(entry(2, "two"));
        history.update(DictationId::numbered(1), typed());
        assert_eq!(texts(&history.recent(10).recv().unwrap()), ["two", "one"]);
        assert_eq!(texts(&history.recent(1).recv().unwrap()), ["two"]);
        history.record(entry(3, "three"));
        drop(history);
        let recorded: Vec<_> = events.into_iter().collect();
        assert!(matches!(recorded[..], [Event::Recorded(_), Event::Recorded(_), Event::Recorded(_)]), "{recorded:?}");
        let entries = Store::open_read_only(&path).unwrap().list(10, None).unwrap();
        assert_eq!(texts(&entries), ["three", "two", "one"]);
        assert_eq!(entries[2].outcome, Outcome::Typed);
    }

    #[test]
    fn while_the_log_cannot_be_written_entries_are_kept_and_shown_and_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("scout");
        std::fs::write(&in_the_way, "a file where the folder should be").unwrap();
        let path = in_the_way.join("log");
        let (history, events) = spawn(path.clone());
        assert!(matches!(events.recv().unwrap(), Event::Failing { error: HistoryError::NoAccess { .. }, waiting: 0 }));
        history.record(entry(1, "one"));
        history.record(entry(2, "two"));
        history.update(DictationId::numbered(1), typed());
        let shown = history.recent(10).recv().unwrap();
        assert_eq!(texts(&shown), ["two", "one"]);
        assert_eq!(shown[1].outcome, Outcome::Typed);
        assert!(events.is_empty(), "the failure is said once");

        std::fs::remove_file(&in_the_way).unwrap();
        // The thread tries again by itself.
        assert!(matches!(events.recv().unwrap(), Event::Recorded(id) if id == DictationId::numbered(1)));
        assert!(matches!(events.recv().unwrap(), Event::Recorded(id) if id == DictationId::numbered(2)));
        assert!(matches!(events.recv().unwrap(), Event::Working));
        drop(history);
        let entries = Store::open_read_only(&path).unwrap().list(10, None).unwrap();
        assert_eq!(texts(&entries), ["two", "one"]);
        assert_eq!(entries[1].outcome, Outcome::Typed);
    }

    #[test]
    fn a_lock_of_another_program_delays_neither_the_caller_nor_loses_the_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let other = Store::open(&path).unwrap();
        let (history, events) = spawn(path.clone());
        assert_eq!(history.recent(10).recv().unwrap(), []);
        other.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        // Were this to wait for the lock, the test would never reach its end.
        history.record(entry(1, "one"));
        assert!(Store::open_read_only(&path).unwrap().list(10, None).unwrap().is_empty());
        other.connection.execute_batch("COMMIT").unwrap();
        assert!(matches!(events.recv().unwrap(), Event::Recorded(_)));
    }

    #[test]
    fn a_log_that_was_moved_aside_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let (history, _events) = spawn(path.clone());
        history.record(entry(1, "one"));
        assert_eq!(history.recent(10).recv().unwrap().len(), 1);
        for file in std::fs::read_dir(folder.path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        history.record(entry(2, "two"));
        drop(history);
        assert_eq!(texts(&Store::open_read_only(&path).unwrap().list(10, None).unwrap()), ["two"]);
    }
}
