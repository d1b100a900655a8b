//! `[delivery]`: how the text gets to the application.

use scout_desktop::keys::Modifier;
use scout_desktop::{Chord, Key};

pub use scout_desktop::Newline;

use crate::config::allowed::millis;
use crate::config::declare::{choices, section};
use crate::config::value::Millis;

section! {
    /// How the text gets to the application.
    #[section(name = "delivery", title = "Delivery", page = Delivery)]
    pub struct DeliverySettings overridden by DeliveryOverrides {
        /// The way that the text takes.
        #[option(title = "Method", effect = NextDictation, profile = yes)]
        method: Method = Method::Auto,

        /// What pastes in the application. Profiles set it where it is another: terminals, Emacs.
        #[option(title = "Paste with", effect = NextDictation, profile = yes)]
        paste_chord: Chord = Chord { modifiers: [Modifier::Control].into(), key: Key::Named("V") },

        /// What a line break becomes when it is typed.
        #[option(title = "Line breaks", effect = NextDictation, profile = yes)]
        newline: Newline = Newline::Enter,

        /// A key or chord that is pressed after the text, such as "Enter" to send it; "none" leaves that to you.
        #[option(title = "Press after the text", effect = NextDictation, profile = yes)]
        submit: Option<Chord> = None,

        /// Pause between typed characters, for applications that lose fast keys.
        #[option(title = "Pause between characters", effect = NextDictation, profile = yes, allowed = millis(0, 1000))]
        gap_ms: Millis = Millis(0),

        /// How long to wait for you to release Ctrl, Shift, Alt and Super before typing with them held aside.
        #[option(title = "Wait for held keys", effect = NextDictation, profile = no, allowed = millis(0, 10_000))]
        modifier_wait_ms: Millis = Millis(1000),

        /// What happens when another window has the focus than when the key went down.
        #[option(title = "When the focus has moved", effect = NextDictation, profile = yes)]
        guard: Guard = Guard::Hold,

        /// Type words while you still speak, as soon as they are certain, instead of all at the end. What is typed is
        /// never corrected. Only where text is typed (not pasted), and no language model rewrites it.
        #[option(title = "Type while you speak", effect = NextDictation, profile = yes)]
        live: bool = false,
    }
}

choices! {
    /// The way that a text takes to the application.
    pub enum Method {
        /// Typed, or pasted where that is faster or safer: long texts, and characters that no key has.
        Auto = "auto", "Whatever is best";
        /// As if you had typed it.
        Type = "type", "Type";
        /// Through the clipboard; what was on it is back as soon as the application has read the text.
        Paste = "paste", "Paste";
        /// Put on the clipboard, for you to paste.
        Clipboard = "clipboard", "Clipboard only";
        /// Kept in the log only.
        None = "none", "Log only";
    }
}

choices! {
    for Newline {
        /// The Enter key.
        Enter = "enter", "Enter";
        /// Shift and Enter: chat windows send on Enter.
        ShiftEnter = "shift-enter", "Shift and Enter";
        /// A space.
        Space = "space", "Space";
    }
}

choices! {
    /// What happens when another window has the focus than when the key went down.
    pub enum Guard {
        /// The text is kept, and you are told.
        Hold = "hold", "Keep the text";
        /// It goes to the window that has the focus now.
        Follow = "follow", "Deliver to the new window";
    }
}

impl DeliverySettings {
    /// How text is typed, for the injector.
    pub fn type_options(&self) -> scout_desktop::TypeOptions {
        scout_desktop::TypeOptions {
            newline: self.newline,
            gap: self.gap_ms.into(),
            modifier_wait: self.modifier_wait_ms.into(),
        }
    }

    /// How text is pasted, for the paster.
    pub fn paste_options(&self) -> scout_desktop::PasteOptions {
        scout_desktop::PasteOptions { chord: self.paste_chord.clone(), modifier_wait: self.modifier_wait_ms.into() }
    }
}
