//! The keyboards and the pointers that are plugged in, and those that come.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify;

use super::record::{Deed, Down, Kind, SIZE, kind};
use crate::{CaughtUp, Click, ClickSink, KeyEvent, KeySink};

/// Records that are read at once. The kernel keeps 64 for a reader.
const AT_ONCE: usize = 64;

/// Several names of devices that appear at once fit in (`struct inotify_event` and a name, some 32 bytes each).
const NEWS: usize = 4096;

/// All keyboards.
pub(super) struct Keyboards {
    devices: PathBuf,
    descriptions: PathBuf,
    open: HashMap<PathBuf, Device>,
    refused: bool,
    /// Whether every keyboard and every pointer is open.
    all: Arc<AtomicBool>,
    news: OwnedFd,
    catch_up: Arc<CatchUp>,
}

/// Those who wait until everything is read that the devices had to tell before.
pub(super) struct CatchUp {
    waiting: Mutex<Vec<CaughtUp>>,
    /// Wakes the thread that reads.
    wake: OwnedFd,
}

impl CatchUp {
    fn new() -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { waiting: Mutex::default(), wake })
    }

    /// Never waits.
    pub(super) fn ask(&self, caught_up: CaughtUp) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(caught_up);
        // Fails only where the thread is to wake anyway, because nobody has read for 2^64 times.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    fn take(&self) -> Vec<CaughtUp> {
        // There is nothing to read where something else has woken the thread.
        let _ = rustix::io::read(&self.wake, &mut [0; 8]);
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Device {
    kind: Kind,
    file: File,
    down: Down,
}

impl Keyboards {
    pub(super) fn open(devices: &Path, descriptions: &Path) -> io::Result<Self> {
        // Told before the folder is read, so that none is missed. A device gets its permissions after it was made.
        let news = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        inotify::add_watch(&news, devices, inotify::WatchFlags::CREATE | inotify::WatchFlags::ATTRIB)?;
        let mut keyboards = Self {
            devices: devices.to_owned(),
            descriptions: descriptions.to_owned(),
            open: HashMap::new(),
            refused: false,
            all: Arc::default(),
            news,
            catch_up: Arc::new(CatchUp::new()?),
        };
        keyboards.look()?;
        Ok(keyboards)
    }

    pub(super) fn count(&self) -> usize {
        self.open.values().filter(|device| device.kind == Kind::Keyboard).count()
    }

    /// Tells, now and later, whether every keyboard and every pointer is heard.
    pub(super) fn all(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.all)
    }

    /// Where to ask for being told once everything is read.
    pub(super) fn catch_up(&self) -> Arc<CatchUp> {
        Arc::clone(&self.catch_up)
    }

    /// Whether there are keyboards that we may not read.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    /// Passes on what the devices tell, for ever.
    pub(super) fn listen(mut self, mut keys: KeySink, mut clicks: ClickSink) {
        loop {
            // Taken before the devices are asked: what these wait for is there by now.
            let caught_up = self.catch_up.take();
            let told = match self.wait(caught_up.is_empty()) {
                Ok(told) => told,
                Err(error) => {
                    self.all.store(false, Ordering::SeqCst);
                    tracing::warn!(%error, "the keyboards are heard no longer");
                    return;
                }
            };
            for path in told {
                for deed in self.read(&path) {
                    match deed {
                        Deed::Key(key, pressed) => keys(KeyEvent { key, pressed, at: Instant::now() }),
                        Deed::Click => clicks(Click { elsewhere: false }),
                    }
                }
            }
            for caught_up in caught_up {
                caught_up();
            }
        }
    }

    /// Gives the devices that have something to tell, and opens new ones. Waits until there is one, or somebody asks, unless this
    /// is only a look.
    fn wait(&mut self, waits: bool) -> io::Result<Vec<PathBuf>> {
        const NO_TIME: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        let (has_news, told) = {
            let mut asked: Vec<PollFd<'_>> = [self.news.as_fd(), self.catch_up.wake.as_fd()]
                .into_iter()
                .chain(self.open.values().map(|device| device.file.as_fd()))
                .map(|device| PollFd::from_borrowed_fd(device, PollFlags::IN))
                .collect();
            match poll(&mut asked, (!waits).then_some(&NO_TIME)) {
                Err(rustix::io::Errno::INTR) if waits => return Ok(Vec::new()),
                // A look that was interrupted has seen nothing: all are read.
                Err(rustix::io::Errno::INTR) => return Ok(self.open.keys().cloned().collect()),
                other => other?,
            };
            let mut tells = asked.iter().map(|asked| !asked.revents().is_empty());
            let (has_news, _) = (tells.next().unwrap_or_default(), tells.next());
            let told = self.open.keys().zip(tells).filter(|(_, tells)| *tells).map(|(path, _)| path.clone());
            (has_news, told.collect())
        };
        if has_news {
            self.forget_news();
            self.look()?;
        }
        Ok(told)
    }

    fn forget_news(&self) {
        let mut space = [MaybeUninit::<u8>::uninit(); NEWS];
        let mut reader = inotify::Reader::new(&self.news, &mut space);
        // Ends when there is nothing more to read.
        while reader.next().is_ok() {}
    }

    /// Opens the devices that are not open yet.
    fn look(&mut self) -> io::Result<()> {
        self.refused = false;
        let mut all = true;
        for entry in std::fs::read_dir(&self.devices)? {
            let path = entry?.path();
            let kind = self.kind(&path);
            if kind == Kind::Other || self.open.contains_key(&path) {
                continue;
            }
            // Without waiting: a device that is gone again must not hold the others up.
            match File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC).open(&path) {
                Ok(file) => drop(self.open.insert(path, Device { kind, file, down: Down::default() })),
                Err(error) => {
                    tracing::debug!(%error, path = %path.display(), "a device is not heard");
                    all = false;
                    self.refused |= kind == Kind::Keyboard && error.kind() == io::ErrorKind::PermissionDenied;
                }
            }
        }
        self.all.store(all, Ordering::SeqCst);
        Ok(())
    }

    fn kind(&self, path: &Path) -> Kind {
        let Some(name) = path.file_name().filter(|name| name.to_string_lossy().starts_with("event")) else {
            return Kind::Other;
        };
        let described = self.descriptions.join(name).join("device/capabilities/key");
        std::fs::read_to_string(described).map_or(Kind::Other, |keys| kind(&keys))
    }

    /// All that a device tells. One that is gone has no key down.
    fn read(&mut self, path: &PathBuf) -> Vec<Deed> {
        let mut told = Vec::new();
        let Some(device) = self.open.get_mut(path) else { return told };
        let mut records = [0; SIZE * AT_ONCE];
        loop {
            match device.file.read(&mut records) {
                Ok(length) if length > 0 => {
                    told.extend(device.down.take(&records[..length]));
                    if length < records.len() {
                        return told;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return told,
                Ok(_) | Err(_) => {
                    told.extend(device.down.release_all());
                    self.open.remove(path);
                    return told;
                }
            }
        }
    }
}
