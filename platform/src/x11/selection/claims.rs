//! What other programs take over while a text is pasted.

use x11rb::protocol::xproto::Atom;

/// What other programs have taken over of what we offer for a paste.
pub(super) struct Claims<'a> {
    /// What we offer.
    pub(super) text: &'a str,
    relayed: Vec<Atom>,
    replaced: Vec<Atom>,
}

impl<'a> Claims<'a> {
    /// Nothing yet, of this text.
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, relayed: Vec::new(), replaced: Vec::new() }
    }

    /// A selection was taken over: `is_relayed` by a program that offers the same text itself, or else for something else.
    pub(super) fn add(&mut self, selection: Atom, is_relayed: bool) {
        if is_relayed { self.relayed.push(selection) } else { self.replaced.push(selection) }
    }

    /// Whether any selection was taken over.
    pub(super) fn any(&self) -> bool {
        self.is_relayed() || self.is_replaced()
    }

    /// Whether the target may get the text from another program, unseen.
    pub(super) fn is_relayed(&self) -> bool {
        !self.relayed.is_empty()
    }

    /// Whether the target may get something else.
    pub(super) fn is_replaced(&self) -> bool {
        !self.replaced.is_empty()
    }

    /// Whether the target may get something else from this selection.
    pub(super) fn has_replaced(&self, selection: Atom) -> bool {
        self.replaced.contains(&selection)
    }
}
