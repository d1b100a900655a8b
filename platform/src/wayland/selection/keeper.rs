//! Holds what Scout has put on the clipboard, for as long as nobody else puts something there, and tells who reads it.
//!
//! Whoever owns the clipboard serves it: so a thread waits for those who ask, and ends with this.

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wayland_client::globals::registry_queue_init;
use wayland_client::{Connection, QueueHandle};

use super::super::link::{LinkError, connect, is_closed};
use super::super::paster::{Board, await_quiet};
use super::content::Content;
use super::device::Device;
use super::state::{Known, Own, Served, Shared, State};

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

/// The clipboard.
pub(in crate::wayland) struct Keeper {
    connection: Connection,
    handle: QueueHandle<State>,
    device: Device,
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
