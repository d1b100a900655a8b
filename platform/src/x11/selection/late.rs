//! Programs whose paste chord is pressed and that have not read yet: a window that is busy or hangs. What they read in the end
//! must be the dictated text, whatever is on the clipboard for others by then. Pure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::clients::Client;
use super::content::Content;
use crate::PASTE_QUIET;

/// A program that hangs for longer than this gets what is on the clipboard then.
pub(super) const LATE_LIMIT: Duration = Duration::from_mins(1);

/// A program that takes a big text piece by piece may ask for it once more within this time.
const PIECES_LIMIT: Duration = Duration::from_secs(5);

/// A program that is still to read a text.
struct Late {
    reader: Client,
    content: Arc<Content>,
    until: Instant,
    has_read: bool,
}

/// All of them.
#[derive(Default)]
pub(super) struct LateReaders(Vec<Late>);

impl LateReaders {
    /// `reader` is to get `content` for a chord that was pressed at `pressed`. `has_read` tells that it may have it already, so
    /// that the next text need not wait for that.
    pub(super) fn expect(&mut self, reader: Client, content: Arc<Content>, pressed: Instant, has_read: bool) {
        self.0.push(Late { reader, content, until: pressed + LATE_LIMIT, has_read });
    }

    /// Somebody has copied something else, which every program gets from now on.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Whether nobody is awaited.
    pub(super) fn is_empty(&mut self, now: Instant) -> bool {
        self.0.retain(|late| now < late.until);
        self.0.is_empty()
    }

    /// Whether this program has a chord that it has not answered yet.
    pub(super) fn awaits(&mut self, reader: &Client, now: Instant) -> bool {
        !self.is_empty(now) && self.0.iter().any(|late| !late.has_read && late.reader.is_same_program(reader))
    }

    /// What this program gets, if that is not what is on the clipboard.
    pub(super) fn content(&mut self, reader: &Client, now: Instant) -> Option<Arc<Content>> {
        self.find(reader, now).map(|late| Arc::clone(&late.content))
    }

    /// A program has read, or has begun to read a text that goes in pieces. Browsers read twice for one chord.
    pub(super) fn read(&mut self, reader: &Client, is_begin: bool, now: Instant) {
        if let Some(late) = self.find(reader, now) {
            late.has_read = true;
            late.until = now + if is_begin { PIECES_LIMIT } else { PASTE_QUIET };
        }
    }

    fn find(&mut self, reader: &Client, now: Instant) -> Option<&mut Late> {
        self.0.iter_mut().find(|late| now < late.until && late.reader.is_same_program(reader))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_program_gets_its_text_once_and_others_never() {
        let (target, other) = (Client::numbered(1), Client::numbered(2));
        let text = Arc::new(Content::default());
        let pressed = Instant::now();
        let after = |milliseconds| pressed + Duration::from_millis(milliseconds);
        let mut late = LateReaders::default();
        assert!(late.is_empty(pressed));
        late.expect(target, Arc::clone(&text), pressed, false);
        assert!(late.content(&other, after(9_000)).is_none());
        assert!(late.awaits(&target, after(9_000)) && !late.awaits(&other, after(9_000)));
        // It asks for the formats first, then for the text, twice.
        assert!(late.content(&target, after(30_000)).is_some());
        late.read(&target, false, after(30_000));
        assert!(!late.awaits(&target, after(30_001)), "another paste may follow");
        assert!(late.content(&target, after(30_100)).is_some());
        assert!(late.content(&target, after(30_200)).is_none(), "its next paste is the user's own");
        assert!(late.is_empty(after(30_200)));
    }

    #[test]
    fn a_program_that_never_comes_is_given_up() {
        let (target, pressed) = (Client::numbered(1), Instant::now());
        let mut late = LateReaders::default();
        late.expect(target, Arc::default(), pressed, true);
        assert!(!late.awaits(&target, pressed), "it may have the text: another paste may follow");
        assert!(late.content(&target, pressed + LATE_LIMIT / 2).is_some());
        assert!(late.content(&target, pressed + LATE_LIMIT).is_none());
    }
}
