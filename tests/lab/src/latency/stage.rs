//! The world of a latency benchmark: a microphone that speaks when it is opened, and a desktop that notes when the last
//! character arrived.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use scout_platform::fake::{FakeDesktop, Handle};
use scout_platform::{
    Chord, Clipboard, ClipboardError, Desktop, FocusError, FocusProbe, HookError, InjectError, Injector, Key, KeyHook,
    Notifier, Secrets, SessionKind, Target, TypeOptions, TypeReport, WindowId,
};
use scout_speech::capture::FileMicrophone;
use scout_speech::capture::Opened;
use scout_speech::capture::{CaptureError, Device, Format, Microphone};

use scout_core::dictation::SAMPLE_RATE;
use scout_core::microphone::DeviceChoice;

/// A microphone that is opened once for each dictation, and speaks the next recording from that moment on.
pub(crate) struct Speaker {
    next: Mutex<Arc<[f32]>>,
    began: Sender<Instant>,
}

impl Speaker {
    /// A speaker, and the moments at which it began to speak.
    pub(crate) fn new() -> (Arc<Self>, Receiver<Instant>) {
        // One dictation is under way at a time.
        let (began, beginnings) = bounded(1);
        (Arc::new(Self { next: Mutex::new(Arc::from([])), began }), beginnings)
    }

    /// What is spoken in the next dictation.
    pub(crate) fn prepare(&self, samples: Arc<[f32]>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = samples;
    }
}

impl Microphone for Speaker {
    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        FileMicrophone::new([], FORMAT).devices()
    }

    fn open(&self, choice: &DeviceChoice) -> Result<Opened, CaptureError> {
        let samples = Arc::clone(&self.next.lock().unwrap_or_else(PoisonError::into_inner));
        let opened = FileMicrophone::new(samples, FORMAT).open(choice);
        // Nobody waits only when the benchmark has given up.
        let _ = self.began.try_send(Instant::now());
        opened
    }
}

/// Recordings are brought to this by [`scout_speech::audio::read`].
const FORMAT: Format = Format { rate: SAMPLE_RATE, channels: 1 };

/// A desktop in memory. Its keys are pressed by the [`Handle`]; what is typed is counted and timed.
pub(crate) struct Stage {
    desktop: FakeDesktop,
    typed: Arc<Mutex<Typed>>,
}

/// What has been typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed {
    /// The text.
    pub(crate) text: String,
    /// When its last character arrived.
    pub(crate) last: Option<Instant>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let desktop = FakeDesktop::new();
        desktop.handle().focus(Some(Target { window: Some(WindowId(1)), ..Target::default() }));
        Self { desktop, typed: Arc::default() }
    }

    /// The hand on the key.
    pub(crate) fn hand(&self) -> Handle {
        self.desktop.handle()
    }

    /// What was typed since this was last called.
    pub(crate) fn take_typed(&self) -> Typed {
        std::mem::take(&mut self.typed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Desktop for Stage {
    fn kind(&self) -> SessionKind {
        self.desktop.kind()
    }

    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        self.desktop.key_hook()
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        Ok(Box::new(Counter(Arc::clone(&self.typed))))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        self.desktop.focus_probe()
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        self.desktop.clipboard()
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        self.desktop.secrets()
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        self.desktop.notifier()
    }
}

/// An injector without a window system behind it: what typing itself costs differs from desktop to desktop, and is not what
/// this benchmark is about.
struct Counter(Arc<Mutex<Typed>>);

impl Injector for Counter {
    fn type_text(
        &mut self,
        text: &str,
        _options: &TypeOptions,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<TypeReport, InjectError> {
        let started = Instant::now();
        let (mut chars_sent, mut complete) = (0, true);
        for character in text.chars() {
            if !keep_going() {
                complete = false;
                break;
            }
            chars_sent += 1;
            let mut typed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            typed.text.push(character);
            typed.last = Some(Instant::now());
        }
        Ok(TypeReport { chars_sent, complete, obstacle: None, elapsed: started.elapsed() })
    }

    fn press_chord(&mut self, _chord: &Chord) -> Result<(), InjectError> {
        Ok(())
    }

    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError> {
        Ok(Vec::new())
    }
}
