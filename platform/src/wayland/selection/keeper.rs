//! Holds what Scout has put on the clipboard, for as long as nobody else puts something there, and tells who reads it.
//!
//! Whoever owns the clipboard serves it: so a thread waits for those who ask, and ends with this.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wayland_client::backend::ObjectId;
use wayland_client::globals::registry_queue_init;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::{Connection, Dispatch, QueueHandle};

use super::super::link::{LinkError, connect, ignore_registry, is_closed};
use super::super::paster::{Board, await_quiet};
use super::content::Content;
use super::wire::{Device, Offer, Source};

/// The owner of the clipboard has this long to hand everything over. A picture of a whole screen takes some tens of
/// milliseconds; an owner that hangs would take for ever.
pub(in crate::wayland) const SAVING_LIMIT: Duration = Duration::from_secs(2);

/// More than this is not saved: it would be copied twice for each dictation. A 4K screenshot has 33 MB unpacked.
pub(in crate::wayland) const SAVING_SIZE: usize = 128 << 20;

/// The compositor answers within milliseconds, unless it hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Programs that read everything that is copied, such as `wl-paste --watch`, do so within milliseconds, or some hundred on a
/// machine that is busy. They are waited for this long: when it is not known yet whether there are any, when there seem to be
/// none, and when there are.
const WATCHERS_UNKNOWN: Duration = Duration::from_millis(500);
const WATCHERS_ABSENT: Duration = Duration::from_millis(100);
const WATCHERS_SEEN: Duration = Duration::from_secs(1);
/// After their first read the others follow it closely.
const WATCHERS_QUIET: Duration = Duration::from_millis(60);
const WATCHERS_LIMIT: Duration = Duration::from_secs(2);
/// Whoever reads what has been put back this soon was not asked to by the user.
const WATCHERS_ONLY: Duration = Duration::from_secs(1);

/// The clipboard.
pub(in crate::wayland) struct Keeper {
    connection: Connection,
    handle: QueueHandle<State>,
    device: Device,
    shared: Arc<Shared>,
}

/// Who has read what we put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::wayland) struct Served {
    /// How often it was read as text, to the end.
    pub(in crate::wayland) reads: usize,
    /// When that was last.
    pub(in crate::wayland) last: Option<Instant>,
    /// Whether somebody else has put something on the clipboard since.
    pub(in crate::wayland) replaced: bool,
}

#[derive(Default)]
struct Shared {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Default)]
struct Known {
    /// Everything that was offered and is not forgotten yet, with its formats.
    offers: HashMap<ObjectId, (Offer, Vec<String>)>,
    /// What is on the clipboard.
    selection: Option<ObjectId>,
    /// What we have put there last.
    own: Option<Own>,
    last_number: u64,
    /// Whether programs read everything that is copied, as far as that was seen.
    is_watched: Option<bool>,
    asked: u64,
    answers: u64,
    /// The compositor is gone, or the thread is to end.
    ended: bool,
}

struct Own {
    number: u64,
    source: Source,
    content: Content,
    since: Instant,
    served: Served,
}

/// The thread's end of it.
pub(super) struct State {
    shared: Arc<Shared>,
}

impl Keeper {
    pub(in crate::wayland) fn connect(display: &str) -> Result<Self, LinkError> {
        let connection = connect(display)?;
        let (globals, mut queue) = registry_queue_init::<State>(&connection)?;
        let handle = queue.handle();
        let device = Device::bind(&globals, &handle)?;
        let shared = Arc::new(Shared::default());
        let mut state = State { shared: Arc::clone(&shared) };
        queue.roundtrip(&mut state)?;
        std::thread::Builder::new().name("clipboard".into()).spawn(move || {
            while !state.shared.lock().ended && queue.blocking_dispatch(&mut state).is_ok() {}
            state.lost();
        })?;
        Ok(Self { connection, handle, device, shared })
    }

    /// Whether the compositor has ended, or has ended the connection.
    pub(in crate::wayland) fn is_lost(&self) -> bool {
        self.shared.lock().ended || is_closed(&self.connection)
    }

    /// Waits until the compositor has done what it was asked, and what it told is known.
    fn settle(&self) -> Result<(), LinkError> {
        let mut known = self.shared.lock();
        known.asked += 1;
        let number = known.asked;
        self.connection.display().sync(&self.handle, ());
        self.connection.flush()?;
        let waiting = |known: &mut Known| known.answers < number && !known.ended;
        let waited = self
            .shared
            .changed
            .wait_timeout_while(known, ANSWER_LIMIT, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.0.answers < number {
            return Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into());
        }
        Ok(())
    }
}

impl Board for Keeper {
    type Error = LinkError;

    fn check(&self) -> Result<(), LinkError> {
        self.settle()
    }

    fn save(&self) -> Result<Content, LinkError> {
        self.settle()?;
        let found = {
            let known = self.shared.lock();
            if let Some(own) = &known.own {
                return Ok(own.content.clone());
            }
            known.selection.as_ref().and_then(|id| known.offers.get(id)).cloned()
        };
        let Some((offer, formats)) = found else { return Ok(Content::default()) };
        let deadline = Instant::now() + SAVING_LIMIT;
        let mut saved = Content::default();
        let mut size = 0;
        for format in formats {
            let (reader, writer) = std::io::pipe()?;
            offer.receive(&format, writer.as_fd());
            self.connection.flush()?;
            // The owner's end must be the only one left, or the end of the content never comes.
            drop(writer);
            let bytes = read_all(reader, deadline, SAVING_SIZE - size)?;
            size += bytes.len();
            saved.0.push((format, bytes.into()));
        }
        Ok(saved)
    }

    fn put(&self, content: Content) -> Result<(), LinkError> {
        {
            let mut known = self.shared.lock();
            let former = known.own.take();
            if content.0.is_empty() {
                self.device.clear();
            } else {
                known.last_number += 1;
                let number = known.last_number;
                let source = self.device.set(&self.handle, number, &content.formats());
                known.own = Some(Own { number, source, content, since: Instant::now(), served: Served::default() });
            }
            // Not before: the clipboard would be empty for a moment, and managers would notice.
            if let Some(former) = former {
                former.source.destroy();
            }
        }
        self.settle()
    }

    fn served(&self, forget: bool) -> Served {
        let mut known = self.shared.lock();
        let Some(own) = &mut known.own else { return Served { replaced: true, ..Served::default() } };
        let served = own.served;
        if forget {
            own.served.reads = 0;
            own.served.last = None;
        }
        served
    }

    fn await_change(&self, since: Served, until: Instant) -> Served {
        let known = self.shared.lock();
        let same = |known: &mut Known| {
            !known.ended
                && known.own.as_ref().is_some_and(|own| own.served.reads == since.reads && !own.served.replaced)
        };
        let limit = until.saturating_duration_since(Instant::now());
        let waited = self.shared.changed.wait_timeout_while(known, limit, same).unwrap_or_else(PoisonError::into_inner);
        let gone = Served { replaced: true, ..since };
        waited.0.own.as_ref().map_or(gone, |own| own.served)
    }

    fn await_watchers(&self) -> bool {
        let first = match self.shared.lock().is_watched {
            None => WATCHERS_UNKNOWN,
            Some(false) => WATCHERS_ABSENT,
            Some(true) => WATCHERS_SEEN,
        };
        let is_watched = await_quiet(self, first, WATCHERS_QUIET, WATCHERS_LIMIT);
        self.shared.lock().is_watched = Some(is_watched);
        is_watched
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        // The answer wakes the thread, which then ends.
        self.connection.display().sync(&self.handle, ());
        let _ = self.connection.flush();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Known> {
        // Each event is taken whole or not at all.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn offered(&mut self, offer: Offer) {
        self.shared.lock().offers.insert(offer.id(), (offer, Vec::new()));
    }

    pub(super) fn format(&mut self, offer: &ObjectId, format: String) {
        if let Some((_, formats)) = self.shared.lock().offers.get_mut(offer)
            && !formats.contains(&format)
        {
            formats.push(format);
        }
    }

    /// Something else is on the clipboard: what was there is of no use any more.
    pub(super) fn selected(&mut self, offer: Option<ObjectId>) {
        let mut known = self.shared.lock();
        let former = std::mem::replace(&mut known.selection, offer);
        if former != known.selection
            && let Some((former, _)) = former.and_then(|id| known.offers.remove(&id))
        {
            former.destroy();
        }
    }

    /// The other clipboard, that of the middle mouse button, is none of ours.
    pub(super) fn unwanted(&mut self, offer: &ObjectId) {
        let mut known = self.shared.lock();
        if known.selection.as_ref() != Some(offer)
            && let Some((offer, _)) = known.offers.remove(offer)
        {
            offer.destroy();
        }
    }

    /// Somebody reads what we have put there. A reader may be slow, so writing has a thread of its own.
    pub(super) fn asked(&mut self, number: u64, format: &str, pipe: OwnedFd) {
        let mut known = self.shared.lock();
        let Known { own, is_watched, .. } = &mut *known;
        let Some(own) = own.as_ref().filter(|own| own.number == number) else { return };
        if !own.content.is_private() && own.since.elapsed() < WATCHERS_ONLY {
            *is_watched = Some(true);
        }
        let Some(bytes) = own.content.get(format) else { return };
        let (shared, counts) = (Arc::clone(&self.shared), Content::is_text(format));
        let write = move || {
            // A reader that goes away has not read.
            if std::fs::File::from(pipe).write_all(&bytes).is_ok() && counts {
                let mut known = shared.lock();
                if let Some(own) = known.own.as_mut().filter(|own| own.number == number) {
                    own.served.reads += 1;
                    own.served.last = Some(Instant::now());
                }
                shared.changed.notify_all();
            }
        };
        if let Err(error) = std::thread::Builder::new().name("clipboard-out".into()).spawn(write) {
            tracing::warn!(%error, "the clipboard was not handed over");
        }
    }

    /// Somebody else has put something on the clipboard.
    pub(super) fn replaced(&mut self, number: u64) {
        let mut known = self.shared.lock();
        if let Some(own) = known.own.take_if(|own| own.number == number) {
            own.source.destroy();
        }
        self.shared.changed.notify_all();
    }

    pub(super) fn lost(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

ignore_registry!(State);

impl Dispatch<WlCallback, ()> for State {
    fn event(state: &mut Self, _: &WlCallback, _: wl_callback::Event, (): &(), _: &Connection, _: &QueueHandle<Self>) {
        state.shared.lock().answers += 1;
        state.shared.changed.notify_all();
    }
}

/// Reads a pipe to its end, which has to come before `deadline` and after at most `limit` bytes.
pub(in crate::wayland) fn read_all(
    mut pipe: std::io::PipeReader,
    deadline: Instant,
    limit: usize,
) -> std::io::Result<Vec<u8>> {
    const PIECE: usize = 64 << 10; // what a pipe holds
    let mut all = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let wait = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        if poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&wait))? == 0 {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        let count = pipe.read(&mut piece)?;
        if count == 0 {
            return Ok(all);
        }
        all.extend_from_slice(&piece[..count]);
        if all.len() > limit {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
    }
}
