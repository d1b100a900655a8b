//! The keyboards and the pointers that are plugged in, and those that come.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify;

use super::record::{Deed, Down, Kind, SIZE, kind};
use crate::{Click, ClickSink, KeyEvent, KeySink};

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

    /// Whether there are keyboards that we may not read.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    /// Passes on what the devices tell, for ever.
    pub(super) fn listen(mut self, mut keys: KeySink, mut clicks: ClickSink) {
        loop {
            let told = match self.wait() {
                Ok(told) => told,
                Err(error) => {
                    self.all.store(false, Ordering::SeqCst);
                    tracing::warn!(%error, "the keyboards are heard no longer");
                    return;
                }
            };
            for path in told.into_iter().flatten() {
                for deed in self.read(&path) {
                    match deed {
                        Deed::Key(key, pressed) => keys(KeyEvent { key, pressed, at: Instant::now() }),
                        Deed::Click => clicks(Click { elsewhere: false }),
                    }
                }
            }
        }
    }

    /// Waits until keyboards have something to tell, and says which; `None` stands for news of other devices, which are
    /// opened.
    fn wait(&mut self) -> io::Result<Vec<Option<PathBuf>>> {
        let ready: Vec<Option<PathBuf>> = {
            let paths: Vec<Option<&PathBuf>> = std::iter::once(None).chain(self.open.keys().map(Some)).collect();
            let mut asked: Vec<PollFd<'_>> = std::iter::once(PollFd::new(&self.news, PollFlags::IN))
                .chain(self.open.values().map(|device| PollFd::new(&device.file, PollFlags::IN)))
                .collect();
            match poll(&mut asked, None) {
                Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
                other => other?,
            };
            let told = asked.iter().map(|asked| !asked.revents().is_empty());
            paths.into_iter().zip(told).filter(|(_, told)| *told).map(|(path, _)| path.cloned()).collect()
        };
        if ready.contains(&None) {
            self.forget_news();
            self.look()?;
        }
        Ok(ready)
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

    /// What a device tells. One that is gone has no key down.
    fn read(&mut self, path: &PathBuf) -> Vec<Deed> {
        let Some(keyboard) = self.open.get_mut(path) else { return Vec::new() };
        let mut records = [0; SIZE * AT_ONCE];
        match keyboard.file.read(&mut records) {
            Ok(length) if length > 0 => keyboard.down.take(&records[..length]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Vec::new(),
            Ok(_) | Err(_) => {
                let released = keyboard.down.release_all();
                self.open.remove(path);
                released
            }
        }
    }
}
