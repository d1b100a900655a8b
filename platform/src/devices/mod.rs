//! Hears the keyboards themselves, below the desktop. Only for users who allow it: who may read keyboards may read passwords.

mod keyboards;
mod record;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{CaughtUp, ClickSink, HookError, KeyHook, KeySink};

use keyboards::{CatchUp, Keyboards};

/// Where the kernel has its input devices, and where it describes them.
const DEVICES: &str = "/dev/input";
const DESCRIPTIONS: &str = "/sys/class/input";

/// What a user does who wants this.
const REMEDY: &str = "your user may not read the keyboards. `sudo usermod -aG input $USER` allows it from the next log-in \
                      on, to every program of yours; `scout setup devices` tells of a narrower way. Or set \
                      `key.devices = false`";

/// The hook.
pub(crate) struct DeviceHook {
    devices: PathBuf,
    descriptions: PathBuf,
    clicks: Option<ClickSink>,
    /// Whether every keyboard and every pointer is heard.
    all: Arc<AtomicBool>,
    /// `None` before the start.
    catch_up: Option<Arc<CatchUp>>,
}

impl DeviceHook {
    pub(crate) fn new() -> Self {
        Self::at(DEVICES.into(), DESCRIPTIONS.into())
    }

    fn at(devices: PathBuf, descriptions: PathBuf) -> Self {
        Self { devices, descriptions, clicks: None, all: Arc::default(), catch_up: None }
    }

    fn open(&self) -> Result<Keyboards, HookError> {
        let keyboards = Keyboards::open(&self.devices, &self.descriptions)
            .map_err(|error| HookError::Connection { reason: format!("{}: {error}", self.devices.display()) })?;
        match (keyboards.count(), keyboards.refused()) {
            (0, true) => Err(HookError::Permission { remedy: REMEDY.to_owned() }),
            (0, false) => Err(HookError::Connection { reason: "there is no keyboard".to_owned() }),
            _ => Ok(keyboards),
        }
    }
}

impl KeyHook for DeviceHook {
    fn check(&self) -> Result<(), HookError> {
        self.open().map(drop)
    }

    fn on_click(&mut self, sink: ClickSink) {
        self.clicks = Some(sink);
    }

    fn hears_everything(&self) -> bool {
        self.all.load(Ordering::SeqCst)
    }

    fn catch_up(&self, caught_up: CaughtUp) {
        match &self.catch_up {
            Some(keyboards) => keyboards.ask(caught_up),
            None => caught_up(),
        }
    }

    fn start(&mut self, sink: KeySink) -> Result<(), HookError> {
        let keyboards = self.open()?;
        self.catch_up = Some(keyboards.catch_up());
        let clicks = self.clicks.take();
        if clicks.is_some() {
            self.all = keyboards.all();
        }
        let clicks = clicks.unwrap_or_else(|| Box::new(drop));
        tracing::info!(count = keyboards.count(), "listening to the keyboards themselves");
        std::thread::Builder::new()
            .name("hook".into())
            .spawn(move || keyboards.listen(sink, clicks))
            .map_err(|error| HookError::Connection { reason: error.to_string() })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::Path;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::Key;

    /// Keys as `/sys` tells them: a keyboard has Escape to F12 and more, a mouse only buttons.
    const KEYBOARD: &str = "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe\n";
    const MOUSE: &str = "70000 0 0 0 0\n";

    /// One record as the kernel writes it: the time, a type, a code, a value.
    fn record(kind: u16, code: u16, value: i32) -> Vec<u8> {
        let mut bytes = vec![0; size_of::<libc::timeval>()];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(code.to_ne_bytes());
        bytes.extend(value.to_ne_bytes());
        bytes
    }

    struct Machine {
        folder: tempfile::TempDir,
        hook: DeviceHook,
    }

    impl Machine {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            std::fs::create_dir(at("dev")).unwrap();
            let hook = DeviceHook::at(at("dev"), at("sys"));
            Self { folder, hook }
        }

        /// A pipe behaves as a device does: it is there, waits, and ends.
        fn plug(&self, name: &str, keys: &str) -> std::fs::File {
            let described = self.folder.path().join("sys").join(name).join("device/capabilities");
            std::fs::create_dir_all(&described).unwrap();
            std::fs::write(described.join("key"), keys).unwrap();
            let path = self.hook.devices.join(name);
            let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
            assert!(made.success());
            open_both(&path)
        }

        fn listen(&mut self) -> mpsc::Receiver<(Key, bool)> {
            let (sender, heard) = mpsc::channel();
            let pass_on = move |event: crate::KeyEvent| {
                // A test that has seen enough hears no more.
                let _ = sender.send((event.key, event.pressed));
            };
            self.hook.start(Box::new(pass_on)).unwrap();
            heard
        }
    }

    /// Opened for both, it waits for nobody to open the other end.
    fn open_both(path: &Path) -> std::fs::File {
        std::fs::File::options().read(true).write(true).open(path).unwrap()
    }

    const PATIENCE: Duration = Duration::from_secs(20);
    const F9: u16 = 67;

    #[test]
    fn keys_of_every_keyboard_are_heard_and_a_new_one_too() {
        let mut machine = Machine::new();
        let (mut first, mut mouse) = (machine.plug("event0", KEYBOARD), machine.plug("event1", MOUSE));
        let heard = machine.listen();
        mouse.write_all(&record(1, 272, 1)).unwrap();
        for (kind, code, value) in [(4, 4, 9), (1, F9, 1), (0, 0, 0), (1, F9, 2), (1, F9, 0)] {
            first.write_all(&record(kind, code, value)).unwrap();
        }
        let f9 = Key::Named("F9");
        assert_eq!(heard.recv_timeout(PATIENCE), Ok((f9, true)));
        assert_eq!(heard.recv_timeout(PATIENCE), Ok((f9, false)), "the repeat is nothing new");
        let mut second = machine.plug("event7", KEYBOARD);
        second.write_all(&record(1, 58, 1)).unwrap();
        assert_eq!(heard.recv_timeout(PATIENCE), Ok((Key::Named("CapsLock"), true)));
    }

    #[test]
    fn clicks_of_mice_are_heard_and_a_device_that_is_not_is_known() {
        let mut machine = Machine::new();
        let (_keyboard, mut mouse) = (machine.plug("event0", KEYBOARD), machine.plug("event1", MOUSE));
        let (sender, clicks) = mpsc::channel();
        assert!(!machine.hook.hears_everything(), "nobody listens yet");
        machine.hook.on_click(Box::new(move |click| sender.send(click).unwrap_or_default()));
        let heard = machine.listen();
        assert!(machine.hook.hears_everything());
        // A movement, the left button down and up, a turn of the wheel.
        for (kind, code, value) in [(2, 0, 5), (1, 272, 1), (1, 272, 0), (2, 8, -1)] {
            mouse.write_all(&record(kind, code, value)).unwrap();
        }
        for _ in 0..2 {
            assert_eq!(clicks.recv_timeout(PATIENCE), Ok(crate::Click { elsewhere: false }));
        }
        assert!(clicks.try_recv().is_err() && heard.try_recv().is_err(), "a movement is no click, a button no key");
        // A touchpad that may not be opened, as a link that leads nowhere may not.
        let described = machine.folder.path().join("sys/event2/device/capabilities");
        std::fs::create_dir_all(&described).unwrap();
        std::fs::write(described.join("key"), MOUSE).unwrap();
        std::os::unix::fs::symlink("/nowhere", machine.hook.devices.join("event2")).unwrap();
        let deadline = std::time::Instant::now() + PATIENCE;
        while machine.hook.hears_everything() && std::time::Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(!machine.hook.hears_everything(), "one device is not heard");
    }

    #[test]
    fn whoever_catches_up_is_behind_everything_that_the_devices_had_to_tell() {
        let mut machine = Machine::new();
        let (mut keyboard, mut mouse) = (machine.plug("event0", KEYBOARD), machine.plug("event1", MOUSE));
        let (sender, heard) = mpsc::channel();
        let clicks = sender.clone();
        machine.hook.on_click(Box::new(move |_| clicks.send("click").unwrap_or_default()));
        let keys = sender.clone();
        machine.hook.start(Box::new(move |_| keys.send("key").unwrap_or_default())).unwrap();
        for _ in 0..200 {
            // More than is read at once.
            for code in 30..65_u16 {
                keyboard.write_all(&[record(1, code, 1), record(1, code, 0)].concat()).unwrap();
            }
            mouse.write_all(&record(2, 8, -1)).unwrap();
            let caught_up = sender.clone();
            machine.hook.catch_up(Box::new(move || caught_up.send("caught up").unwrap_or_default()));
            let before: Vec<&str> = std::iter::from_fn(|| heard.recv_timeout(PATIENCE).ok())
                .take_while(|what| *what != "caught up")
                .collect();
            assert_eq!(before.iter().filter(|what| **what == "key").count(), 70);
            assert_eq!(before.iter().filter(|what| **what == "click").count(), 1);
        }
    }

    #[test]
    fn a_key_does_not_stay_down_when_its_keyboard_goes_or_the_kernel_loses_events() {
        let mut machine = Machine::new();
        let (mut first, mut second) = (machine.plug("event0", KEYBOARD), machine.plug("event1", KEYBOARD));
        let heard = machine.listen();
        let (f9, escape) = (Key::Named("F9"), Key::Named("Escape"));
        first.write_all(&record(1, F9, 1)).unwrap();
        assert_eq!(heard.recv_timeout(PATIENCE), Ok((f9, true)));
        drop(first);
        assert_eq!(heard.recv_timeout(PATIENCE), Ok((f9, false)));
        second.write_all(&[record(1, 1, 1), record(0, 3, 0)].concat()).unwrap();
        assert_eq!(heard.recv_timeout(PATIENCE), Ok((escape, true)));
        assert_eq!(heard.recv_timeout(PATIENCE), Ok((escape, false)));
    }

    #[test]
    fn a_machine_without_keyboards_says_so() {
        let machine = Machine::new();
        assert!(matches!(machine.hook.check(), Err(HookError::Connection { .. })));
        machine.plug("event0", MOUSE);
        assert!(matches!(machine.hook.check(), Err(HookError::Connection { .. })));
        let missing = DeviceHook::at("/nowhere".into(), "/nowhere".into());
        assert!(matches!(missing.check(), Err(HookError::Connection { .. })));
    }
}
