//! What is logged, shown and kept when a dictation is over: pure decisions.

use jiff::Timestamp;

use crate::control::LastOutcome;
use crate::deliver::{Fate, HoldReason};
use crate::history::{Delivery, Outcome as Logged};
use crate::session::Outcome;
use crate::ui::notices::Notice;

/// How the log calls it; `None` for what is not logged: what the user threw away, and where nothing was said.
pub(super) fn logged(outcome: Outcome, fate: Option<&Fate>) -> Option<Logged> {
    match (outcome, fate) {
        (Outcome::Delivered, Some(Fate::Typed)) => Some(Logged::Typed),
        (Outcome::Delivered, Some(Fate::Pasted)) => Some(Logged::Pasted),
        (Outcome::Delivered, Some(Fate::Unconfirmed)) => Some(Logged::Unconfirmed),
        (Outcome::Delivered, Some(Fate::Copied)) => Some(Logged::Copied),
        (Outcome::Delivered, _) => Some(Logged::Transcribed),
        (Outcome::Held, _) => Some(Logged::Held),
        (Outcome::Failed | Outcome::NoAudio, _) => Some(Logged::Failed),
        (Outcome::Nothing | Outcome::Cancelled | Outcome::Suspended, _) => None,
    }
}

/// How the status calls it.
pub(super) fn shown(outcome: Outcome, fate: Option<&Fate>) -> Option<LastOutcome> {
    match outcome {
        Outcome::Delivered if fate == Some(&Fate::Unconfirmed) => Some(LastOutcome::Unconfirmed),
        Outcome::Delivered => Some(LastOutcome::Delivered),
        Outcome::Held => Some(LastOutcome::Held),
        Outcome::Nothing => Some(LastOutcome::NoSpeech),
        Outcome::Cancelled => Some(LastOutcome::Cancelled),
        Outcome::NoAudio | Outcome::Failed => Some(LastOutcome::Failed),
        Outcome::Suspended => None,
    }
}

/// What to do with the audio on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audio {
    /// Nothing can be won from it any more.
    Discard,
    /// The text is what counts, and it is safe once it is in the log.
    DiscardOnceLogged,
    /// It holds words that nobody has yet.
    Keep,
}

/// Decides about the audio. Text that the user does not want logged is as good as gone once it was delivered, and is kept as
/// audio as long as it was not. Of what is for a password field nothing is kept.
pub(super) fn fate_of_audio(outcome: Outcome, is_logged: bool, is_password: bool) -> Audio {
    match outcome {
        _ if is_password => Audio::Discard,
        Outcome::Delivered | Outcome::Held if is_logged => Audio::DiscardOnceLogged,
        Outcome::Nothing | Outcome::Cancelled | Outcome::NoAudio | Outcome::Delivered => Audio::Discard,
        Outcome::Held | Outcome::Failed | Outcome::Suspended => Audio::Keep,
    }
}

/// What the user is told when a text is held.
pub(super) fn notice(reason: HoldReason, problem: Option<&str>) -> Notice {
    match (reason, problem) {
        (HoldReason::Failed, problem) => {
            Notice::TypingFailed { reason: problem.unwrap_or("Typing stopped working").to_owned() }
        }
        (reason, _) => Notice::TextHeld { reason: reason.to_string() },
    }
}

/// What the log is told when a held text was delivered in the end.
pub(super) fn delivered_later() -> Delivery {
    Delivery {
        outcome: Logged::Typed,
        detail: Some("typed later, where the user asked for it".to_owned()),
        ended: Timestamp::now(),
        deliver: None,
        release_to_text: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_what_became_of_the_text() {
        let held = Fate::Held { reason: HoldReason::FocusMoved, rest: "words".into() };
        for (outcome, fate, expected) in [
            (Outcome::Delivered, Some(Fate::Typed), Some(Logged::Typed)),
            (Outcome::Delivered, Some(Fate::Pasted), Some(Logged::Pasted)),
            (Outcome::Delivered, Some(Fate::Unconfirmed), Some(Logged::Unconfirmed)),
            (Outcome::Delivered, Some(Fate::Copied), Some(Logged::Copied)),
            (Outcome::Delivered, Some(Fate::Logged), Some(Logged::Transcribed)),
            (Outcome::Held, Some(held), Some(Logged::Held)),
            (Outcome::Failed, None, Some(Logged::Failed)),
            (Outcome::Nothing, None, None),
            (Outcome::Cancelled, None, None),
        ] {
            assert_eq!(logged(outcome, fate.as_ref()), expected, "{outcome:?} {fate:?}");
        }
    }

    #[test]
    fn audio_is_kept_as_long_as_its_words_are_nowhere_else() {
        for (outcome, is_logged, expected) in [
            (Outcome::Delivered, true, Audio::DiscardOnceLogged),
            (Outcome::Delivered, false, Audio::Discard),
            (Outcome::Held, true, Audio::DiscardOnceLogged),
            (Outcome::Held, false, Audio::Keep),
            (Outcome::Failed, true, Audio::Keep),
            (Outcome::Suspended, false, Audio::Keep),
            (Outcome::Cancelled, false, Audio::Discard),
            (Outcome::Nothing, false, Audio::Discard),
        ] {
            assert_eq!(fate_of_audio(outcome, is_logged, true), Audio::Discard);
            assert_eq!(fate_of_audio(outcome, is_logged, false), expected, "{outcome:?} {is_logged}");
        }
    }
}
