//! `[delivery]`: how the text gets to the application.

use scout_desktop::keys::Modifier;
use scout_desktop::{Chord, Key};

pub use scout_desktop::Newline;

use crate::config::allowed::millis;
use crate::config::declare::{choices, section};
use crate::config::value::Millis;

section! {
    /// How the text is delivered to the application.
    #[section(name = "delivery", title = "Delivery", page = Delivery)]
    pub struct DeliverySettings overridden by DeliveryOverrides {
        /// How the text is delivered.
        #[option(title = "Method", effect = NextDictation, profile = yes)]
        method: Method = Method::Auto,

        /// The chord that pastes in the application. Profiles set it where it differs: terminals, Emacs.
        #[option(title = "Paste with", effect = NextDictation, profile = yes)]
        paste_chord: Chord = Chord { modifiers: [Modifier::Control].into(), key: Key::Named("V") },

        /// What a line break becomes when it is typed.
        #[option(title = "Line breaks", effect = NextDictation, profile = yes)]
        newline: Newline = Newline::Enter,

        /// A key or chord that is pressed after the text, such as "Enter" to send it; "none" presses nothing.
        #[option(title = "Press after the text", effect = NextDictation, profile = yes)]
        submit: Option<Chord> = None,

        /// Pause between typed characters, for applications that lose fast keys.
        #[option(title = "Pause between characters", effect = NextDictation, profile = yes, allowed = millis(0, 1000))]
        gap_ms: Millis = Millis(0),

        /// How long to wait until you release Ctrl, Shift, Alt and Super before Scout releases them itself and types.
        #[option(title = "Wait for held keys", effect = NextDictation, profile = no, allowed = millis(0, 10_000))]
        modifier_wait_ms: Millis = Millis(1000),

        /// What to do when the focus has moved to another window since you pressed the key.
        #[option(title = "When the focus has moved", effect = NextDictation, profile = yes)]
        guard: Guard = Guard::Hold,

        /// Type words while you still speak, as soon as they are certain, instead of all at the end. What is typed is
        /// never corrected. Only where text is typed (not pasted), and no language model rewrites it.
        #[option(title = "Type while you speak", effect = NextDictation, profile = yes)]
        live: bool = false,
    }
}

choices! {
    /// How a text is delivered to the application.
    pub enum Method {
        /// Type, or paste where that is faster or safer: long texts, and characters that are on no key.
        Auto = "auto", "Automatic";
        /// Type it, key by key.
        Type = "type", "Type";
        /// Paste it from the clipboard; the old content is restored as soon as the application has read the text.
        Paste = "paste", "Paste";
        /// Copy it to the clipboard; you paste it.
        Clipboard = "clipboard", "Clipboard only";
        /// Keep it in the log only.
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
    /// What to do when the focus has moved to another window since you pressed the key.
    pub enum Guard {
        /// Keep the text, and notify you.
        Hold = "hold", "Keep the text";
        /// Deliver it to the window that has the focus now.
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
