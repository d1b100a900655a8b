//! The settings in the words of the rooms that they are for. Rooms know nothing of the configuration, so that they can be
//! tested and used without it.

use std::time::Duration;

use super::schema::{DeliverySettings, Guard, HandsFreeSettings, KeyMode, KeySettings, Method, Newline};
use crate::{deliver, session};

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

impl HandsFreeSettings {
    /// How long nobody may speak, for the session.
    pub fn silence(&self) -> session::Silence {
        match self.off_after_minutes {
            0 => session::Silence::Endless,
            minutes => session::Silence::AtMost(Duration::from_mins(u64::from(minutes))),
        }
    }
}

impl DeliverySettings {
    /// How text is typed, for the injector.
    pub fn type_options(&self) -> scout_platform::TypeOptions {
        scout_platform::TypeOptions {
            newline: self.newline.into(),
            gap: self.gap_ms.into(),
            modifier_wait: self.modifier_wait_ms.into(),
        }
    }
}

impl DeliverySettings {
    /// How text is pasted, for the paster.
    pub fn paste_options(&self) -> scout_platform::PasteOptions {
        scout_platform::PasteOptions { chord: self.paste_chord.0.clone(), modifier_wait: self.modifier_wait_ms.into() }
    }
}

impl From<Newline> for scout_platform::Newline {
    fn from(newline: Newline) -> Self {
        match newline {
            Newline::Enter => Self::Enter,
            Newline::ShiftEnter => Self::ShiftEnter,
            Newline::Space => Self::Space,
        }
    }
}

impl From<Method> for deliver::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Auto => Self::Auto,
            Method::Type => Self::Type,
            Method::Paste => Self::Paste,
            Method::Clipboard => Self::Clipboard,
            Method::None => Self::None,
        }
    }
}

impl From<Guard> for deliver::Guard {
    fn from(guard: Guard) -> Self {
        match guard {
            Guard::Hold => Self::Hold,
            Guard::Follow => Self::Follow,
        }
    }
}
