//! The clipboard that the desktop lends with its keyboard: what is on it, what Scout has put there, and who reads that.

use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zbus::blocking::Connection;
use zbus::zvariant::{OwnedFd, OwnedObjectPath, Structure, Value};

use super::{DESKTOP, Options, PATH, PortalError, Results};
use crate::wayland::paster::{Board as Shared, await_quiet};
use crate::wayland::selection::{Content, SAVING_LIMIT, SAVING_SIZE, Served, private_mark, read_all};

pub(super) const CLIPBOARD: &str = "org.freedesktop.portal.Clipboard";

/// The desktop says within milliseconds that the clipboard is ours, unless it hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// What is on the clipboard is told as the session begins, within milliseconds; nothing is told if nothing is there.
const FIRST_NEWS: Duration = Duration::from_millis(500);

/// The desktop's own clipboard manager reads what is copied at once, and nobody tells it from the target: its read would be
/// taken for a receipt. So the chord waits for that read, which in mutter 43 follows within a few milliseconds, but for more
/// than 60 ms on a machine that is busy; and then until nobody has read for this long.
const WATCHERS_QUIET: Duration = Duration::from_millis(60);
/// Where there is no such manager, or it takes longer than this, the chord waits no more.
const WATCHERS_LIMIT: Duration = Duration::from_secs(1);

/// The clipboard of one session.
pub(super) struct Board {
    bus: Connection,
    handle: OwnedObjectPath,
    known: Mutex<Known>,
    changed: Condvar,
    since: Instant,
}

#[derive(Default)]
struct Known {
    /// Whether anything was told yet.
    told: bool,
    /// The formats of what somebody else has put there.
    formats: Vec<String>,
    /// What we have put there, while it is there.
    own: Option<Own>,
    last_number: u64,
    ended: bool,
}

struct Own {
    number: u64,
    content: Content,
    served: Served,
    /// Whether the desktop has said so.
    confirmed: bool,
}

impl Board {
    pub(super) fn new(bus: &Connection, handle: &OwnedObjectPath) -> Self {
        let (known, changed) = (Mutex::default(), Condvar::new());
        Self { bus: bus.clone(), handle: handle.clone(), known, changed, since: Instant::now() }
    }

    /// The clipboard has another owner, or we have become it.
    pub(super) fn changed_hands(&self, told: &Results) {
        let ours = told.get("session_is_owner").and_then(|ours| bool::try_from(ours).ok()).unwrap_or_default();
        let formats = told.get("mime_types").map(formats).unwrap_or_default();
        let mut known = self.lock();
        known.told = true;
        if ours {
            if let Some(own) = &mut known.own {
                own.confirmed = true;
            }
        } else {
            // What was there before we put something there may be told late.
            known.own.take_if(|own| own.confirmed);
            known.formats = formats;
        }
        self.changed.notify_all();
    }

    /// Somebody reads what we have put there. A reader may be slow, so writing has a thread of its own. Every question is
    /// answered, also one that comes too late: its reader waits.
    pub(super) fn asked(self: &Arc<Self>, format: String, serial: u32) {
        let (number, bytes) = {
            let known = self.lock();
            known.own.as_ref().map_or((None, None), |own| (Some(own.number), own.content.get(&format)))
        };
        let board = Arc::clone(self);
        let write = move || {
            let written = bytes.is_some_and(|bytes| board.write(serial, &bytes).is_ok());
            let done = board.call("SelectionWriteDone", &(&board.handle, serial, written));
            if let Err(error) = done {
                tracing::debug!(%error, "the reader is not told the end");
            }
            if written && Content::is_text(&format) {
                let mut known = board.lock();
                if let Some(own) = known.own.as_mut().filter(|own| Some(own.number) == number) {
                    own.served.reads += 1;
                    own.served.last = Some(Instant::now());
                }
                board.changed.notify_all();
            }
        };
        if let Err(error) = std::thread::Builder::new().name("clipboard-out".into()).spawn(write) {
            tracing::warn!(%error, "the clipboard was not handed over");
        }
    }

    /// The session is over.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    fn write(&self, serial: u32, bytes: &[u8]) -> Result<(), PortalError> {
        let pipe = pipe(&self.bus, "SelectionWrite", &(&self.handle, serial))?;
        std::fs::File::from(pipe).write_all(bytes)?;
        Ok(())
    }

    fn call(&self, method: &str, body: &(impl serde::Serialize + zbus::zvariant::DynamicType)) -> zbus::Result<()> {
        self.bus.call_method(Some(DESKTOP), PATH, Some(CLIPBOARD), method, body).map(drop)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Each event is taken whole or not at all.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared for Board {
    type Error = PortalError;

    fn save(&self) -> Result<Content, PortalError> {
        let formats = {
            let wait = (self.since + FIRST_NEWS).saturating_duration_since(Instant::now());
            let unknown = |known: &mut Known| !known.told && !known.ended;
            let waited = self.changed.wait_timeout_while(self.lock(), wait, unknown);
            let (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if let Some(own) = &known.own {
                return Ok(own.content.clone());
            }
            known.formats.clone()
        };
        let deadline = Instant::now() + SAVING_LIMIT;
        let mut saved = Content::default();
        let mut size = 0;
        for format in formats.into_iter().filter(|format| format.contains('/') || Content::is_text(format)) {
            let end = pipe(&self.bus, "SelectionRead", &(&self.handle, format.as_str()))?;
            let bytes = read_all(std::io::PipeReader::from(end), deadline, SAVING_SIZE - size)?;
            size += bytes.len();
            saved.0.push((format, bytes.into()));
        }
        Ok(saved)
    }

    /// The portal has no word for an empty clipboard: it then has the mark alone that no program reads as content.
    fn put(&self, content: Content) -> Result<(), PortalError> {
        let content = if content.0.is_empty() { private_mark() } else { content };
        let formats: Vec<String> = content.formats().into_iter().map(str::to_owned).collect();
        let number = {
            let mut known = self.lock();
            known.last_number += 1;
            let number = known.last_number;
            // Known before the desktop is told: it may ask for it before it answers.
            known.own = Some(Own { number, content, served: Served::default(), confirmed: false });
            number
        };
        let options = Options::from([("mime_types", Value::from(formats))]);
        self.call("SetSelection", &(&self.handle, options))?;
        let waiting = |known: &mut Known| {
            !known.ended && known.own.as_ref().is_some_and(|own| own.number == number && !own.confirmed)
        };
        let waited = self.changed.wait_timeout_while(self.lock(), ANSWER_LIMIT, waiting);
        let (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if known.ended || known.own.as_ref().is_some_and(|own| !own.confirmed) {
            return Err(PortalError::Ended);
        }
        Ok(())
    }

    fn served(&self, forget: bool) -> Served {
        let mut known = self.lock();
        let Some(own) = &mut known.own else { return Served { replaced: true, ..Served::default() } };
        let served = own.served;
        if forget {
            own.served.reads = 0;
            own.served.last = None;
        }
        served
    }

    fn await_change(&self, since: Served, until: Instant) -> Served {
        let same =
            |known: &mut Known| !known.ended && known.own.as_ref().is_some_and(|own| own.served.reads == since.reads);
        let limit = until.saturating_duration_since(Instant::now());
        let waited = self.changed.wait_timeout_while(self.lock(), limit, same).unwrap_or_else(PoisonError::into_inner);
        let gone = Served { replaced: true, ..since };
        if waited.0.ended { gone } else { waited.0.own.as_ref().map_or(gone, |own| own.served) }
    }

    /// The first read may take as long as the desktop is busy; those that follow it come at once.
    fn await_watchers(&self) -> bool {
        await_quiet(self, WATCHERS_LIMIT, WATCHERS_QUIET, WATCHERS_LIMIT);
        // It is the desktop's own manager.
        false
    }
}

/// The list of formats. Some portals wrap it once more, as their desktop's own service does.
fn formats(value: &zbus::zvariant::OwnedValue) -> Vec<String> {
    let plain = value.try_clone().ok().and_then(|value| Vec::<String>::try_from(value).ok());
    let wrapped = || {
        let structure = Structure::try_from(value.try_clone().ok()?).ok()?;
        Vec::<String>::try_from(structure.fields().first()?.try_clone().ok()?).ok()
    };
    plain.or_else(wrapped).unwrap_or_default()
}

/// Calls one of the clipboard's methods that answer with a pipe.
fn pipe(
    bus: &Connection,
    method: &str,
    body: &(impl serde::Serialize + zbus::zvariant::DynamicType),
) -> Result<std::os::fd::OwnedFd, PortalError> {
    let answer = bus.call_method(Some(DESKTOP), PATH, Some(CLIPBOARD), method, body)?;
    let pipe: OwnedFd = answer.body().deserialize()?;
    let pipe = std::os::fd::OwnedFd::from(pipe);
    // Some desktops hand out ends that never wait. Ours are read and written with a limit, or on a thread of their own.
    let flags = rustix::fs::fcntl_getfl(&pipe).map_err(std::io::Error::from)?;
    rustix::fs::fcntl_setfl(&pipe, flags & !rustix::fs::OFlags::NONBLOCK).map_err(std::io::Error::from)?;
    Ok(pipe)
}
