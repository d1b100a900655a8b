//! A desktop that exists only in memory: a test double of every trait, for scenario tests.
//!
//! [`FakeDesktop`] is given to what is tested; its [`Handle`] plays the user and the applications: it presses keys, moves the
//! focus, makes parts fail, and reads what was typed.

mod parts;
mod state;

pub use state::{Failure, Handle, Shown, Typed};

use crate::{
    Clipboard, ClipboardError, Desktop, FieldProbe, FocusError, FocusProbe, HookError, InjectError, Injector, KeyHook,
    Notifier, PasteError, Paster, Secrets, SessionKind,
};

/// The desktop. Cheap to make; every one is separate.
#[derive(Debug, Default)]
pub struct FakeDesktop {
    handle: Handle,
}

impl FakeDesktop {
    /// A desktop on which everything works and no window has the focus.
    pub fn new() -> Self {
        Self::default()
    }

    /// The hand that plays it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Desktop for FakeDesktop {
    fn kind(&self) -> SessionKind {
        SessionKind::X11
    }

    fn description(&self) -> String {
        "a desktop for tests".to_owned()
    }

    fn key_hook(&self) -> Result<Box<dyn KeyHook>, HookError> {
        Ok(Box::new(parts::FakeHook(self.handle())))
    }

    fn injector(&self) -> Result<Box<dyn Injector>, InjectError> {
        Ok(Box::new(parts::FakeInjector(self.handle())))
    }

    fn focus_probe(&self) -> Result<Box<dyn FocusProbe>, FocusError> {
        Ok(Box::new(parts::FakeFocus(self.handle())))
    }

    fn field_probe(&self) -> Option<Box<dyn FieldProbe>> {
        Some(Box::new(parts::FakeField(self.handle())))
    }

    fn clipboard(&self) -> Result<Box<dyn Clipboard>, ClipboardError> {
        Ok(Box::new(parts::FakeClipboard(self.handle())))
    }

    fn paster(&self) -> Result<Box<dyn Paster>, PasteError> {
        Ok(Box::new(parts::FakePaster(self.handle(), false)))
    }

    fn secrets(&self) -> Box<dyn Secrets> {
        Box::new(parts::FakeSecrets(self.handle()))
    }

    fn notifier(&self) -> Box<dyn Notifier> {
        Box::new(parts::FakeNotifier(self.handle()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::{Key, Paste, PasteOptions, Target, TypeOptions, WindowId};

    #[test]
    fn keys_are_heard_by_whoever_started_the_hook_last() {
        let desktop = FakeDesktop::new();
        let (sender, heard) = mpsc::channel();
        desktop.key_hook().unwrap().start(Box::new(move |event| sender.send(event).unwrap())).unwrap();
        desktop.handle().press("F9".parse().unwrap());
        desktop.handle().release("F9".parse().unwrap());
        assert_eq!((heard.recv().unwrap().pressed, heard.recv().unwrap().pressed), (true, false));
        assert_eq!(desktop.injector().unwrap().held_keys().unwrap(), []);
    }

    #[test]
    fn typed_text_is_recorded_with_the_window_that_got_it() {
        let desktop = FakeDesktop::new();
        let editor = Target { window: Some(WindowId(7)), ..Target::default() };
        desktop.handle().focus(Some(editor.clone()));
        let mut injector = desktop.injector().unwrap();
        injector.type_text("hello", &TypeOptions::default(), &mut || true).unwrap();
        injector.press_chord(&"ctrl+V".parse().unwrap()).unwrap();
        let typed = desktop.handle().typed();
        assert_eq!(typed[0], Typed::Text { text: "hello".into(), target: Some(editor.clone()) });
        assert_eq!(typed[1], Typed::Chord { chord: "ctrl+V".parse().unwrap(), target: Some(editor) });
        assert_eq!(desktop.handle().text(), "hello");
    }

    #[test]
    fn typing_stops_when_told_and_says_how_far_it_came() {
        let desktop = FakeDesktop::new();
        let mut asked = 0;
        let report = desktop.injector().unwrap().type_text("hello", &TypeOptions::default(), &mut || {
            asked += 1;
            asked <= 3
        });
        assert_eq!(report.map(|report| (report.chars_sent, report.complete)).unwrap(), (3, false));
        assert_eq!(desktop.handle().text(), "hel");
    }

    #[test]
    fn a_paste_reaches_the_focus_and_leaves_the_clipboard_as_it_was() {
        let desktop = FakeDesktop::new();
        let handle = desktop.handle();
        handle.copy("the user's");
        let (mut paster, mut injector) = (desktop.paster().unwrap(), desktop.injector().unwrap());
        let options = PasteOptions { chord: "ctrl+V".parse().unwrap(), modifier_wait: Duration::ZERO };
        let report = paster.paste(Paste::new("hello", &options, injector.as_mut(), &mut || true)).unwrap();
        assert!(report.arrived() && handle.text() == "hello" && handle.clipboard().unwrap() == "the user's");
        let stopped = paster.paste(Paste::new("more", &options, injector.as_mut(), &mut || false)).unwrap();
        assert!(!stopped.pressed && handle.text() == "hello");
        handle.ignore_pastes(true);
        assert!(!paster.paste(Paste::new("more", &options, injector.as_mut(), &mut || true)).unwrap().arrived());
        handle.fail_pasting(Some(Failure::Permission));
        assert!(paster.paste(Paste::new("more", &options, injector.as_mut(), &mut || true)).is_err());
    }

    #[test]
    fn parts_fail_on_demand_and_recover() {
        let desktop = FakeDesktop::new();
        let handle = desktop.handle();
        handle.fail_secrets(Some(Failure::Connection));
        assert!(desktop.secrets().check().is_err());
        handle.fail_secrets(None);
        desktop.secrets().set("key", b"value").unwrap();
        assert_eq!(desktop.secrets().get("key").unwrap().unwrap(), b"value");
        handle.fail_notifications(Some(Failure::NotOffered));
        assert!(desktop.notifier().notify("a", "b").is_err());
        assert_eq!(handle.shown(), []);
        let _: Key = "F9".parse().unwrap();
    }
}
