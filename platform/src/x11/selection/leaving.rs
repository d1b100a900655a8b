//! What becomes of our selections when the program ends. On X11 a selection is gone with its owner, so the clipboard manager
//! is asked to save the clipboard, as freedesktop.org's convention for clipboard managers has it; what no manager saves, another
//! process keeps until somebody copies something else.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::Atom;

use super::content::{Content, Value};
use super::owner::{Holding, Note, Owner};
use crate::{ClipboardError, Legacy};

/// What a clipboard manager is given to save the clipboard. Some never answer, xfce4-clipman among them; quitting should not
/// take longer than that, since what is not saved is kept all the same.
const MANAGER_LIMIT: Duration = Duration::from_secs(1);

impl Owner {
    /// Has the clipboard manager save what it may, and gives the rest.
    ///
    /// What is marked as private no manager gets: some would keep it for ever.
    pub(super) fn leave(&self) -> Result<Option<Legacy>, ReplyError> {
        let mut holdings = self.holdings();
        holdings.retain(|(_, holding)| !holding.content.is_empty());
        let (clipboard, hint) = (self.names().CLIPBOARD, self.names().PRIVATE_HINT);
        let public = |holding: &Holding| holding.content.value(hint).is_none();
        let position = holdings.iter().position(|(selection, holding)| *selection == clipboard && public(holding));
        if let Some(position) = position {
            let targets: Vec<Atom> = holdings[position].1.content.targets().collect();
            if self.is_saved(&targets)? {
                holdings.remove(position);
            }
        }
        Ok((!holdings.is_empty()).then(|| Legacy::from(encode(&holdings))))
    }

    /// Asks the manager to save these formats of the clipboard. `false` if there is none, or it does not.
    fn is_saved(&self, targets: &[Atom]) -> Result<bool, ReplyError> {
        let (sender, notes) = mpsc::channel();
        self.tell(Some(sender));
        let deadline = Instant::now() + MANAGER_LIMIT;
        let mut saved = false;
        if self.ask_to_save(targets)? {
            while let Ok(note) = notes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                match note {
                    // Whoever has taken the clipboard over has it: the manager, or the user's next copy.
                    Note::Lost(selection) if selection == self.names().CLIPBOARD => saved = true,
                    Note::Saved(done) => saved = done,
                    Note::Lost(_) | Note::Asked(_) | Note::CaughtUp | Note::Read(..) | Note::Reading(..) => continue,
                }
                break;
            }
        }
        self.tell(None);
        Ok(saved)
    }
}

/// Keeps what an ended process had, until somebody has copied something else. `ready` is called once it is kept.
pub(in crate::x11) fn keep(display: &str, legacy: &Legacy, ready: &mut dyn FnMut()) -> Result<(), ClipboardError> {
    let busy = |error: &dyn std::error::Error| ClipboardError::Busy { reason: error.to_string() };
    let Some(holdings) = decode(legacy.as_bytes()) else {
        return Err(ClipboardError::Busy { reason: "what is to be kept has no end".to_owned() });
    };
    let owner = Owner::start(display).map_err(|error| busy(&error))?;
    let (sender, notes) = mpsc::channel();
    owner.tell(Some(sender));
    let mut kept = HashSet::new();
    for (selection, Holding { content, since }) in holdings {
        // Dated as before: whatever was copied since wins.
        if owner.offer(selection, content, since).map_err(|error| busy(&error))? {
            kept.insert(selection);
        }
    }
    ready();
    while !kept.is_empty()
        // It ends when the server is gone.
        && let Ok(note) = notes.recv()
    {
        if let Note::Lost(selection) = note {
            kept.remove(&selection);
        }
    }
    Ok(())
}

/// As numbers of 32 bits, with the bytes of each format between them. Atoms mean the same to every client of a server.
fn encode(holdings: &[(Atom, Holding)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let word = |bytes: &mut Vec<u8>, word: u32| bytes.extend(word.to_ne_bytes());
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    word(&mut bytes, count(holdings.len()));
    for (selection, Holding { content, since }) in holdings {
        for number in [*selection, *since, count(content.targets().count())] {
            word(&mut bytes, number);
        }
        for (target, value) in content.formats() {
            // A selection is saved up to 256 MiB: its length fits.
            for number in [*target, value.kind, u32::from(value.format), count(value.bytes.len())] {
                word(&mut bytes, number);
            }
            bytes.extend_from_slice(&value.bytes);
        }
    }
    bytes
}

/// `None` if it ends too early.
fn decode(mut bytes: &[u8]) -> Option<Vec<(Atom, Holding)>> {
    let take = |bytes: &mut &[u8], length: usize| -> Option<Vec<u8>> {
        let (head, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        Some(head.to_vec())
    };
    let word = |bytes: &mut &[u8]| -> Option<u32> {
        let (head, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(u32::from_ne_bytes(*head))
    };
    let mut holdings = Vec::new();
    for _ in 0..word(&mut bytes)? {
        let (selection, since) = (word(&mut bytes)?, word(&mut bytes)?);
        let mut formats = Vec::new();
        for _ in 0..word(&mut bytes)? {
            let (target, kind) = (word(&mut bytes)?, word(&mut bytes)?);
            let format = u8::try_from(word(&mut bytes)?).ok()?;
            let length = usize::try_from(word(&mut bytes)?).ok()?;
            formats.push((target, Value { kind, format, bytes: take(&mut bytes, length)?.into() }));
        }
        holdings.push((selection, Holding { content: Arc::new(Content::new(formats)), since }));
    }
    Some(holdings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_arrives_whole_or_not_at_all() {
        let value = |bytes: &[u8]| Value { kind: 31, format: 8, bytes: bytes.into() };
        let content = Content::new(vec![(300, value(b"text")), (301, value(b"")), (302, value(&[0, 255, 0]))]);
        let holdings = [
            (1, Holding { content: Arc::new(content.clone()), since: 12_345 }),
            (2, Holding { content: Arc::new(Content::default()), since: u32::MAX }),
        ];
        let bytes = encode(&holdings);
        let back = decode(&bytes).unwrap();
        assert_eq!((back[0].0, back[0].1.since, &*back[0].1.content), (1, 12_345, &content));
        assert_eq!((back[1].0, back[1].1.since, &*back[1].1.content), (2, u32::MAX, &Content::default()));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_none(), "cut after {end} of {} bytes", bytes.len());
        }
    }
}
