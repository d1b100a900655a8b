//! What a selection offers: its formats, each with the bytes that are given for it. Pure.

use std::sync::Arc;

use x11rb::protocol::xproto::{Atom, AtomEnum};

x11rb::atom_manager! {
    /// The names that selections are asked with.
    pub(in crate::x11) Names: NamesCookie {
        CLIPBOARD,
        CLIPBOARD_MANAGER,
        DELETE,
        INCR,
        INSERT_PROPERTY,
        INSERT_SELECTION,
        MULTIPLE,
        SAVE_TARGETS,
        TARGETS,
        TEXT,
        TIMESTAMP,
        UTF8_STRING,
        ATOM_PAIR,
        SCOUT_SELECTION,
        PRIVATE_HINT: b"x-kde-passwordManagerHint",
        PLAIN: b"text/plain",
        PLAIN_UTF8: b"text/plain;charset=utf-8",
    }
}

impl Names {
    /// Targets that tell about the selection or change it, rather than being a format of it.
    pub(super) fn is_format(&self, target: Atom) -> bool {
        let others = [
            x11rb::NONE,
            self.DELETE,
            self.INSERT_PROPERTY,
            self.INSERT_SELECTION,
            self.MULTIPLE,
            self.SAVE_TARGETS,
            self.TARGETS,
            self.TIMESTAMP,
        ];
        !others.contains(&target)
    }
}

/// The value of a property: what a selection is given as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// Its type, which may differ from the format that was asked for.
    pub kind: Atom,
    /// Bits in one item: 8, 16 or 32.
    pub format: u8,
    /// The items, in the byte order of this machine.
    pub bytes: Arc<[u8]>,
}

/// All that a selection offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Content {
    formats: Vec<(Atom, Value)>,
}

impl Content {
    /// Content of these formats, in the order in which they are offered.
    pub(super) fn new(formats: Vec<(Atom, Value)>) -> Self {
        Self { formats }
    }

    /// Text, marked so that clipboard managers do not keep it.
    pub(super) fn private_text(text: &str, names: &Names) -> Self {
        let value = |kind: Atom, bytes: &[u8]| Value { kind, format: 8, bytes: bytes.into() };
        let string = Atom::from(AtomEnum::STRING);
        let utf8 = text.as_bytes();
        let mut formats = vec![
            (names.UTF8_STRING, value(names.UTF8_STRING, utf8)),
            (names.PLAIN_UTF8, value(names.PLAIN_UTF8, utf8)),
            (names.PLAIN, value(names.PLAIN, utf8)),
            // Programs that ask for TEXT take whatever type comes.
            (names.TEXT, value(names.UTF8_STRING, utf8)),
            (names.PRIVATE_HINT, value(names.PRIVATE_HINT, b"secret")),
        ];
        // STRING is Latin-1, whose code points are Unicode's first; text with others is not offered as such.
        if let Ok(latin) = text.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>() {
            formats.push((string, value(string, &latin)));
        }
        Self { formats }
    }

    /// Whether nothing is offered.
    pub(super) fn is_empty(&self) -> bool {
        self.formats.is_empty()
    }

    /// All formats with what is given for them.
    pub(super) fn formats(&self) -> impl Iterator<Item = &(Atom, Value)> {
        self.formats.iter()
    }

    /// The formats that are offered.
    pub(super) fn targets(&self) -> impl Iterator<Item = Atom> + '_ {
        self.formats.iter().map(|(target, _)| *target)
    }

    /// What is given for a format.
    pub(super) fn value(&self, target: Atom) -> Option<&Value> {
        self.formats.iter().find(|(offered, _)| *offered == target).map(|(_, value)| value)
    }
}
