//! Hands-free mode: a voice begins a dictation, and its silence ends it. Pure.

use std::time::Duration;

use crate::dictation::DictationId;

/// The silence after which hands-free mode turns itself off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// No longer than this.
    AtMost(Duration),
    /// As long as they like.
    Endless,
}

/// Whether the mode is on, and which dictation a voice has begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HandsFree {
    on: Option<On>,
    /// The dictation that silence will end.
    dictation: Option<DictationId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct On {
    silence: Silence,
    /// When somebody last spoke, or the mode was turned on.
    spoken_at: Duration,
}

impl HandsFree {
    pub(super) fn is_on(&self) -> bool {
        self.on.is_some()
    }

    /// Turns it on, or changes how long it stays on. Tells whether it was off.
    pub(super) fn turn_on(&mut self, silence: Silence, now: Duration) -> bool {
        self.on.replace(On { silence, spoken_at: now }).is_none()
    }

    /// Turns it off. Tells whether it was on.
    pub(super) fn turn_off(&mut self) -> bool {
        self.on.take().is_some()
    }

    /// Somebody has spoken.
    pub(super) fn spoken(&mut self, now: Duration) {
        if let Some(on) = &mut self.on {
            on.spoken_at = now;
        }
    }

    /// When it is to turn itself off, if nobody speaks until then.
    pub(super) fn until(&self) -> Option<Duration> {
        let on = self.on.as_ref()?;
        match on.silence {
            Silence::AtMost(silence) => Some(on.spoken_at + silence),
            Silence::Endless => None,
        }
    }

    /// A voice has begun this dictation.
    pub(super) fn began(&mut self, id: DictationId) {
        self.dictation = Some(id);
    }

    /// Whether silence will end this dictation.
    pub(super) fn has(&self, id: DictationId) -> bool {
        self.dictation == Some(id)
    }

    /// It does not end this dictation any more. Tells whether it would have.
    pub(super) fn let_go(&mut self, id: DictationId) -> bool {
        self.dictation.take_if(|other| *other == id).is_some()
    }
}
