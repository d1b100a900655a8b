//! `[key]`: the key to hold while speaking.

use scout_desktop::{Chord, Key};

use crate::config::allowed::millis;
use crate::config::declare::{choices, section};
use crate::config::value::Millis;
use crate::session;

section! {
    /// The key that you hold while you speak.
    #[section(name = "key", title = "Key", page = Dictation)]
    pub struct KeySettings {
        /// A key, or modifiers and a key joined by `+`: F9, Pause, ControlRight, ctrl+alt+Space. A modifier key alone
        /// works too; pressed with another key it is still a shortcut, and the dictation is dropped. `ctrl`,
        /// `shift`, `alt` and `super` mean either side; a key without a name is written by its number, code:172.
        #[option(title = "Dictation key", effect = AtOnce, profile = no)]
        chord: Chord = Chord { modifiers: [].into(), key: Key::Named("F9") },

        /// What pressing and releasing the key do.
        #[option(title = "Mode", effect = AtOnce, profile = no)]
        mode: KeyMode = KeyMode::Hold,

        /// In "hybrid" mode, a press shorter than this is a tap.
        #[option(title = "Longest tap", effect = AtOnce, profile = no, allowed = millis(50, 2000))]
        tap_ms: Millis = Millis(250),

        /// A key or chord that cancels the dictation while you speak, such as "Escape"; "none" for no such key.
        #[option(title = "Cancel key", effect = AtOnce, profile = no)]
        cancel: Option<Chord> = None,

        /// Read the keyboards directly (Linux), for Wayland desktops that do not report when a key is
        /// released. It needs a permission, which `scout setup devices` explains; leave it off unless you need it.
        #[option(title = "Read the keyboards directly", effect = Restart, profile = no)]
        devices: bool = false,
    }
}

choices! {
    /// What pressing and releasing the key do.
    pub enum KeyMode {
        /// Speak while the key is down.
        Hold = "hold", "Hold to talk";
        /// Press once to start, once more to end.
        Toggle = "toggle", "Press to start and to end";
        /// A short tap starts and the next one ends; a longer hold works like "hold".
        Hybrid = "hybrid", "Tap or hold";
    }
}

impl KeySettings {
    /// How the key works, for the session.
    pub fn session_mode(&self) -> session::KeyMode {
        match self.mode {
            KeyMode::Hold => session::KeyMode::Hold,
            KeyMode::Toggle => session::KeyMode::Toggle,
            KeyMode::Hybrid => session::KeyMode::Hybrid { tap: self.tap_ms.into() },
        }
    }
}
