//! What works on a desktop, found out by trying it.

use crate::{Desktop, HookError, KeyHook, KeyboardAid, SessionKind};

/// Whether one thing works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It was tried and worked.
    Works,
    /// It does not work. Says why, and what the user can do about it.
    Broken(String),
}

impl Finding {
    /// Whether it works.
    pub fn works(&self) -> bool {
        *self == Self::Works
    }

    fn of<T, E: std::fmt::Display>(tried: Result<T, E>) -> Self {
        tried.map_or_else(|error| Self::Broken(error.to_string()), |_| Self::Works)
    }
}

/// What works on a desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// What kind of session it is.
    pub kind: SessionKind,
    /// The session in a few words.
    pub description: String,
    /// Hearing keys.
    pub key_hook: Finding,
    /// Typing.
    pub typing: Finding,
    /// The keyboard's accessibility settings that are on. `None` where they cannot be known.
    pub keyboard_aids: Option<Vec<KeyboardAid>>,
    /// Knowing the focused window.
    pub focus: Finding,
    /// Pasting, with a receipt where the reader is known.
    pub pasting: Finding,
    /// The clipboard.
    pub clipboard: Finding,
    /// The keychain.
    pub secrets: Finding,
    /// Notifications.
    pub notifications: Finding,
}

impl Capabilities {
    /// With another way of hearing keys than the desktop's own.
    #[must_use]
    pub fn with_hook(self, hook: Result<Box<dyn KeyHook>, HookError>) -> Self {
        Self { key_hook: Finding::of(hook.and_then(|hook| hook.check())), ..self }
    }

    /// Each capability with its name for the user, in the order in which a dictation needs them.
    pub fn findings(&self) -> [(&'static str, &Finding); 7] {
        [
            ("hearing keys", &self.key_hook),
            ("knowing the focused window", &self.focus),
            ("typing", &self.typing),
            ("pasting", &self.pasting),
            ("clipboard", &self.clipboard),
            ("keychain", &self.secrets),
            ("notifications", &self.notifications),
        ]
    }
}

/// Tries everything that `desktop` offers. Nothing is typed, copied, stored or shown, and no key is heard. It may take some
/// seconds where a service hangs.
pub fn capabilities(desktop: &dyn Desktop) -> Capabilities {
    Capabilities {
        kind: desktop.kind(),
        description: desktop.description(),
        key_hook: Finding::of(desktop.key_hook().and_then(|hook| hook.check())),
        typing: Finding::of(desktop.injector().and_then(|mut injector| injector.held_keys().map(drop))),
        keyboard_aids: desktop.keyboard_aids(),
        focus: Finding::of(desktop.focus_probe().and_then(|mut probe| probe.focused())),
        pasting: Finding::of(desktop.paster().and_then(|mut paster| paster.check())),
        clipboard: Finding::of(desktop.clipboard().and_then(|mut clipboard| clipboard.text())),
        secrets: Finding::of(desktop.secrets().check()),
        notifications: Finding::of(desktop.notifier().check()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeDesktop;

    #[test]
    fn each_capability_is_tried_and_a_broken_one_says_what_to_do() {
        let desktop = FakeDesktop::new();
        assert!(capabilities(&desktop).findings().iter().all(|(_, finding)| finding.works()));
        desktop.handle().fail_typing(Some(crate::fake::Failure::Connection));
        let found = capabilities(&desktop);
        assert!(matches!(&found.typing, Finding::Broken(why) if why.contains("DISPLAY")));
        assert!(found.key_hook.works());
        desktop.handle().fail_pasting(Some(crate::fake::Failure::Permission));
        let found = capabilities(&desktop);
        assert!(matches!(&found.pasting, Finding::Broken(why) if why.contains("could not be saved")));
    }
}
