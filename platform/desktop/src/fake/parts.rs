//! The fake desktop's implementations of the traits.

use std::time::{Duration, Instant};

use super::state::{Failure, Handle, Shown, Typed};
use crate::{
    Arrival, Chord, Clipboard, ClipboardError, ClipboardFate, Field, FieldError, FieldProbe, FocusError, FocusProbe,
    HookError, InjectError, Injector, Key, KeyHook, KeySink, Newline, Notifier, NotifyError, Obstacle, Paste,
    PasteError, PasteReport, Paster, RestoreError, SecretError, Secrets, SessionKind, Target, TextBefore, TypeOptions,
    TypeReport,
};

const KIND: SessionKind = SessionKind::X11;

fn reason() -> String {
    "the test wants it to fail".to_owned()
}

pub(super) struct FakeHook(pub(super) Handle);

impl KeyHook for FakeHook {
    fn check(&self) -> Result<(), HookError> {
        match self.0.lock().failures.hook {
            None => Ok(()),
            Some(Failure::NotOffered) => Err(HookError::NotOffered(KIND)),
            Some(Failure::Connection) => Err(HookError::Connection { reason: reason() }),
            Some(Failure::Permission) => Err(HookError::Permission { remedy: reason() }),
        }
    }

    fn hears_everything(&self) -> bool {
        self.check().is_ok()
    }

    fn start(&mut self, sink: KeySink) -> Result<(), HookError> {
        self.check()?;
        self.0.lock().sink = Some(sink);
        Ok(())
    }
}

pub(super) struct FakeInjector(pub(super) Handle);

impl FakeInjector {
    fn check(&self) -> Result<(), InjectError> {
        match self.0.lock().failures.typing {
            None => Ok(()),
            Some(Failure::NotOffered) => Err(InjectError::NotOffered(KIND)),
            Some(Failure::Connection) => Err(InjectError::Connection { reason: reason() }),
            Some(Failure::Permission) => Err(InjectError::Permission { remedy: reason() }),
        }
    }
}

impl Injector for FakeInjector {
    fn type_text(
        &mut self,
        text: &str,
        options: &TypeOptions,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<TypeReport, InjectError> {
        self.check()?;
        let start = Instant::now();
        let (target, taken_after) = {
            let state = self.0.lock();
            (state.focus.clone(), state.taken_after)
        };
        let mut arrived = String::new();
        let (mut chars_sent, mut obstacle) = (0, None);
        for character in text.chars() {
            if taken_after == Some(chars_sent) {
                obstacle = Some(Obstacle::KeyboardTaken);
                break;
            }
            if !keep_going() {
                break;
            }
            arrived.push(if character == '\n' && options.newline == Newline::Space { ' ' } else { character });
            chars_sent += 1;
        }
        let complete = chars_sent == text.chars().count();
        let mut state = self.0.lock();
        state.typed.push(Typed::Text { text: arrived, target });
        state.taken_after = taken_after.map(|after| after.saturating_sub(chars_sent));
        Ok(TypeReport { chars_sent, complete, obstacle, elapsed: start.elapsed() })
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), InjectError> {
        self.check()?;
        let mut state = self.0.lock();
        if state.taken_after == Some(0) {
            return Err(Obstacle::KeyboardTaken.into());
        }
        let target = state.focus.clone();
        state.typed.push(Typed::Chord { chord: chord.clone(), target });
        Ok(())
    }

    fn held_keys(&mut self) -> Result<Vec<Key>, InjectError> {
        self.check()?;
        Ok(self.0.lock().held.iter().copied().collect())
    }
}

pub(super) struct FakeFocus(pub(super) Handle);

impl FocusProbe for FakeFocus {
    fn focused(&mut self) -> Result<Option<Target>, FocusError> {
        let state = self.0.lock();
        match state.failures.focus {
            None => Ok(state.focus.clone()),
            Some(Failure::NotOffered) => Err(FocusError::NotOffered(KIND)),
            Some(_) => Err(FocusError::Connection { reason: reason() }),
        }
    }

    fn is_locked(&mut self) -> bool {
        self.0.lock().is_locked
    }
}

pub(super) struct FakeField(pub(super) Handle);

impl FieldProbe for FakeField {
    fn focused(&mut self, _target: &Target) -> Field {
        self.0.lock().field
    }

    fn text_before(&mut self, _target: &Target, _characters: usize) -> TextBefore {
        let told = self.0.lock().text_before.clone();
        told.unwrap_or_else(|| TextBefore::Is(self.0.text()))
    }

    fn applications(&mut self) -> Result<usize, FieldError> {
        Ok(1)
    }
}

pub(super) struct FakeClipboard(pub(super) Handle);

impl FakeClipboard {
    fn check(&self) -> Result<(), ClipboardError> {
        match self.0.lock().failures.clipboard {
            None => Ok(()),
            Some(Failure::NotOffered) => Err(ClipboardError::NotOffered(KIND)),
            Some(_) => Err(ClipboardError::Busy { reason: reason() }),
        }
    }
}

impl Clipboard for FakeClipboard {
    fn set_text(&mut self, text: &str) -> Result<(), ClipboardError> {
        self.check()?;
        self.0.copy(text);
        Ok(())
    }

    fn text(&mut self) -> Result<Option<String>, ClipboardError> {
        self.check()?;
        Ok(self.0.clipboard())
    }
}

/// The second tells whether it refuses to be watched.
pub(super) struct FakePaster(pub(super) Handle, pub(super) bool);

impl Paster for FakePaster {
    fn check(&mut self) -> Result<(), PasteError> {
        match self.0.lock().failures.pasting {
            None => Ok(()),
            Some(Failure::NotOffered) => Err(PasteError::NotOffered(KIND)),
            Some(Failure::Connection) => Err(PasteError::Connection { reason: reason() }),
            Some(Failure::Permission) => Err(PasteError::Unsaved { reason: reason() }),
        }
    }

    fn refuse_watched(&mut self, refuse: bool) {
        self.1 = refuse;
    }

    fn paste(&mut self, mut paste: Paste<'_>) -> Result<PasteReport, PasteError> {
        self.check()?;
        paste.await_release()?;
        let mut report = PasteReport {
            pressed: (paste.keep_going)(),
            arrival: Arrival::Unread,
            reads: 0,
            first_read: None,
            restored: Ok(ClipboardFate::Restored),
            elapsed: Duration::ZERO,
        };
        let mut state = self.0.lock();
        if report.pressed && state.taken_after == Some(0) {
            return Err(InjectError::from(Obstacle::KeyboardTaken).into());
        }
        if state.failures.watched && self.1 {
            return Err(PasteError::Watched);
        }
        if report.pressed && !state.ignores_pastes {
            let target = state.focus.clone();
            let (text, chord) = (paste.text.to_owned(), paste.options.chord.clone());
            state.typed.push(Typed::Paste { text, chord, target });
            (report.reads, report.first_read) = (1, Some(Duration::ZERO));
            report.arrival = if state.failures.watched { Arrival::Unconfirmed } else { Arrival::Confirmed };
            if state.failures.restoring {
                report.restored = Err(RestoreError { reason: reason() });
            }
        }
        Ok(report)
    }
}

pub(super) struct FakeSecrets(pub(super) Handle);

impl Secrets for FakeSecrets {
    fn check(&self) -> Result<(), SecretError> {
        match self.0.lock().failures.secrets {
            None => Ok(()),
            Some(Failure::NotOffered) => Err(SecretError::Absent { reason: reason() }),
            Some(Failure::Connection) => Err(SecretError::Failed { reason: reason() }),
            Some(Failure::Permission) => Err(SecretError::Locked),
        }
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretError> {
        self.check()?;
        Ok(self.0.lock().secrets.get(name).cloned())
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretError> {
        self.check()?;
        self.0.lock().secrets.insert(name.to_owned(), secret.to_owned());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), SecretError> {
        self.check()?;
        self.0.lock().secrets.remove(name);
        Ok(())
    }
}

pub(super) struct FakeNotifier(pub(super) Handle);

impl Notifier for FakeNotifier {
    fn check(&mut self) -> Result<(), NotifyError> {
        match self.0.lock().failures.notifications {
            None => Ok(()),
            Some(_) => Err(NotifyError::Absent { reason: reason() }),
        }
    }

    fn notify(&mut self, title: &str, body: &str) -> Result<(), NotifyError> {
        self.check()?;
        self.0.lock().shown.push(Shown { title: title.to_owned(), body: body.to_owned() });
        Ok(())
    }
}
