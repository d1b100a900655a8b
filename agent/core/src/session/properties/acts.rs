//! What the user and the rooms do, and what is remembered of each dictation.

use scout_desktop::Field;

use crate::dictation::{DictationId, Outcome};
use crate::session::Room;
use crate::session::undo::Asked;

/// Words of a dictation.
pub(super) const WORDS: usize = 9;

#[derive(Debug, Clone)]
pub(super) enum Act {
    Wait(u16),
    /// The dictation key, or the key for cancelling.
    Key(&'static str, bool),
    /// Any other key is struck.
    Struck,
    Click,
    Start,
    Stop,
    Toggle,
    Cancel,
    HandsFree(bool),
    PasteLast,
    Undo(Asked),
    Erase,
    Tick,
    /// Somebody speaks: told by the capture room while it watches and records nothing, and by a stray event otherwise.
    Voice {
        stray: bool,
    },
    /// Silence ends what a voice has begun.
    Silence {
        speech: bool,
    },
    Deaf,
    /// The capture room does what it must do next.
    Capture {
        speech: bool,
        fails: bool,
    },
    /// So many words of what is being said are understood.
    Partial(usize),
    /// The words are there.
    Transcribe {
        kind: Said,
        fails: bool,
    },
    /// The desktop says where the focus is, and which field has it.
    Look {
        known: bool,
    },
    LookAtField(Option<Field>),
    Rewrite {
        fails: bool,
    },
    Deliver(Delivery),
    Undone {
        elsewhere: bool,
    },
    /// The log has written what it was given.
    Logged,
    Died(Room),
    /// An answer that comes too late, or twice.
    Stale(u64),
    /// A look or a language model that failed while it was asked: there is no answer.
    Lost,
    Quit,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    Words,
    Nothing,
    /// Words, a key, and more words.
    Key,
    Scratch,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Delivery {
    Arrives(Outcome),
    /// This many words of it arrive.
    Stops(usize),
}

/// The words of a dictation: letters alone, so that nothing is made of them but a capital.
pub(super) fn own_words(id: DictationId) -> Vec<String> {
    let number = u128::from_be_bytes(*id.as_bytes()) as u8;
    let letter = |of: u8| char::from(b'b' + of % 20);
    (0..WORDS as u8)
        .map(|word| {
            ["w", "z"].concat()
                + &[letter(number / 20), letter(number), 'q', letter(word), 'k'].iter().collect::<String>()
        })
        .collect()
}

/// The words in a text.
pub(super) fn words_of(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What there is of a recording on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Recording {
    /// None, or nothing that the machine has heard of.
    #[default]
    None,
    /// It is there, and the machine decides about it.
    OnDisk,
    /// It is left there for recovery.
    Left,
    /// It was deleted.
    Gone,
}

/// One dictation, as the world has seen it.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is one fact, on its own
pub(super) struct Seen {
    pub(super) closed: Option<Outcome>,
    /// Words that have arrived somewhere by its own deliveries, in their order.
    pub(super) arrived: Vec<String>,
    /// Words that were sent and have not arrived.
    pub(super) outstanding: Vec<String>,
    /// It was asked for once more, and has not arrived there.
    pub(super) again: bool,
    /// What the log was told last, if anything.
    pub(super) logged: Option<(Outcome, String)>,
    pub(super) is_safe_in_log: bool,
    pub(super) recording: Recording,
    pub(super) is_password: bool,
    pub(super) wants_commands: bool,
}
