//! `[hands_free]`: dictating without a key.

use std::time::Duration;

use crate::config::allowed::{Unit, millis, whole};
use crate::config::declare::section;
use crate::config::value::Millis;
use crate::session;

section! {
    /// Dictate without a key: a voice starts a dictation, and silence ends it. The tray, or `scout ctl hands-free`,
    /// turns it on and off; saying "stop listening" on its own turns it off. The microphone is open as long as it is
    /// on, and the tray shows it.
    #[section(name = "hands_free", title = "Hands-free", page = Dictation)]
    pub struct HandsFreeSettings {
        /// Turn it on when Scout starts.
        #[option(title = "On from the start", effect = AtOnce, profile = no)]
        enabled: bool = false,

        /// The silence that ends a dictation.
        #[option(title = "Silence at the end", effect = NextDictation, profile = no, allowed = millis(300, 10_000))]
        pause_ms: Millis = Millis(1500),

        /// Turn it off after this many minutes without speech. 0 leaves it on.
        #[option(title = "Turn off after", effect = AtOnce, profile = no, allowed = whole(0, 1440, Unit::Minutes))]
        off_after_minutes: u32 = 5,
    }
}

impl HandsFreeSettings {
    /// How long nobody may speak, for the session.
    pub fn silence(&self) -> session::Silence {
        match self.off_after_minutes {
            0 => session::Silence::Endless,
            minutes => session::Silence::AtMost(Duration::from_mins(u64::from(minutes))),
        }
    }
}
