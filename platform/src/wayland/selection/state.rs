//! What the compositor tells of the clipboard, and the answers to those who read what we have put there.

use std::collections::HashMap;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wayland_client::backend::ObjectId;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::{Connection, Dispatch, QueueHandle};

use super::super::link::ignore_registry;
use super::content::Content;
use super::objects::{Offer, Source};

/// Whoever reads what has been put back this soon was not asked to by the user.
const WATCHERS_ONLY: Duration = Duration::from_secs(1);

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

/// What the thread learns, and those who wait for it.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) known: Mutex<Known>,
    pub(super) changed: Condvar,
}

/// What is known of the clipboard.
#[derive(Default)]
pub(super) struct Known {
    /// Everything that was offered and is not forgotten yet, with its formats.
    pub(super) offers: HashMap<ObjectId, (Offer, Vec<String>)>,
    /// What is on the clipboard.
    pub(super) selection: Option<ObjectId>,
    /// What we have put there last.
    pub(super) own: Option<Own>,
    pub(super) last_number: u64,
    /// Whether programs read everything that is copied, as far as that was seen.
    pub(super) is_watched: Option<bool>,
    pub(super) asked: u64,
    pub(super) answers: u64,
    /// The compositor is gone, or the thread is to end.
    pub(super) ended: bool,
}

/// What we have put there.
pub(super) struct Own {
    pub(super) number: u64,
    pub(super) source: Source,
    pub(super) content: Content,
    pub(super) since: Instant,
    pub(super) served: Served,
}

/// The thread's end of it.
pub(super) struct State {
    pub(super) shared: Arc<Shared>,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
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
