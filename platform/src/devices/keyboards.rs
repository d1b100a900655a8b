//! The keyboards that are plugged in, and those that come.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify;

use super::record::{Down, SIZE, has_keys};
use crate::{KeyEvent, KeySink};

/// Records that are read at once. The kernel keeps 64 for a reader.
const AT_ONCE: usize = 64;

/// Several names of devices that appear at once fit in (`struct inotify_event` and a name, some 32 bytes each).
const NEWS: usize = 4096;

/// All keyboards.
pub(super) struct Keyboards {
    devices: PathBuf,
    descriptions: PathBuf,
    open: HashMap<PathBuf, Keyboard>,
    refused: bool,
    news: OwnedFd,
}

struct Keyboard {
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
            news,
        };
        keyboards.look()?;
        Ok(keyboards)
    }

    pub(super) fn count(&self) -> usize {
        self.open.len()
    }

    /// Whether there are keyboards that we may not read.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    /// Passes on what the keyboards tell, for ever.
    pub(super) fn listen(mut self, mut sink: KeySink) {
        loop {
            let told = match self.wait() {
                Ok(told) => told,
                Err(error) => {
                    tracing::warn!(%error, "the keyboards are heard no longer");
                    return;
                }
            };
            for path in told.into_iter().flatten() {
                for (key, pressed) in self.read(&path) {
                    sink(KeyEvent { key, pressed, at: Instant::now() });
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
                .chain(self.open.values().map(|keyboard| PollFd::new(&keyboard.file, PollFlags::IN)))
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

    /// Opens the keyboards that are not open yet.
    fn look(&mut self) -> io::Result<()> {
        self.refused = false;
        for entry in std::fs::read_dir(&self.devices)? {
            let path = entry?.path();
            if self.open.contains_key(&path) || !self.is_keyboard(&path) {
                continue;
            }
            // Without waiting: a device that is gone again must not hold the others up.
            match File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC).open(&path) {
                Ok(file) => drop(self.open.insert(path, Keyboard { file, down: Down::default() })),
                Err(error) => {
                    tracing::debug!(%error, path = %path.display(), "a keyboard is not heard");
                    self.refused |= error.kind() == io::ErrorKind::PermissionDenied;
                }
            }
        }
        Ok(())
    }

    fn is_keyboard(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().filter(|name| name.to_string_lossy().starts_with("event")) else {
            return false;
        };
        let described = self.descriptions.join(name).join("device/capabilities/key");
        std::fs::read_to_string(described).is_ok_and(|keys| has_keys(&keys))
    }

    /// What a keyboard tells. One that is gone lets its keys go.
    fn read(&mut self, path: &PathBuf) -> Vec<(crate::Key, bool)> {
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
