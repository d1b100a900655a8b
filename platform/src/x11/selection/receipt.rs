//! When a paste is over, and whether the target has the text: a pure decision from who read what, and when.

use std::time::Instant;

use super::super::clients::Client;
use crate::{Arrival, PASTE_LIMIT, PASTE_QUIET};

/// Whose reads mean that the text has arrived.
#[derive(Debug)]
enum Reader {
    /// Those of this program. What others read, such as clipboard managers, says nothing.
    Program(Client),
    /// Those of any program: a compositor reads for its windows.
    Bridge,
    /// Those of any program but the ones that read before the chord: it is not known which program has the focus.
    Unknown {
        /// Programs that read everything that is copied.
        watchers: Vec<Client>,
    },
}

/// The reads of one paste.
#[derive(Debug)]
pub(super) struct Receipt {
    reader: Reader,
    pressed: Option<Instant>,
    reads: usize,
    first: Option<Instant>,
    last: Option<Instant>,
    /// Whether another program has put the same text on the clipboard, and gives it to the target.
    relayed: bool,
    /// Whether the window in whose name it was read has not handled the chord.
    doubted: bool,
}

impl Receipt {
    /// A paste for a program that has not been told to read yet.
    pub(super) fn new(target: Option<Client>) -> Self {
        Self::of(target.map_or(Reader::Unknown { watchers: Vec::new() }, Reader::Program))
    }

    /// A paste through a compositor, which reads for its windows.
    pub(super) fn bridged() -> Self {
        Self::of(Reader::Bridge)
    }

    fn of(reader: Reader) -> Self {
        Self { reader, pressed: None, reads: 0, first: None, last: None, relayed: false, doubted: false }
    }

    /// The chord goes out now.
    pub(super) fn press(&mut self, now: Instant) {
        self.pressed = Some(now);
    }

    /// A program has read the text.
    pub(super) fn read(&mut self, client: Client, at: Instant) {
        if self.pressed.is_none_or(|pressed| at < pressed) {
            if let Reader::Unknown { watchers } = &mut self.reader {
                watchers.push(client);
            }
        } else if self.may_be_target(&client) {
            self.reads += 1;
            self.first.get_or_insert(at);
            self.last = Some(at);
        }
    }

    /// Another program has put the same text on the clipboard: who reads it there is not seen.
    pub(super) fn relay(&mut self) {
        self.relayed = true;
    }

    /// The window in whose name the text was read has not handled the chord: another program may have read it.
    pub(super) fn doubt(&mut self) {
        self.doubted = true;
    }

    /// Whether that is so.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubted
    }

    /// A program has begun to read.
    pub(super) fn reading(&mut self, client: Client, at: Instant) {
        if self.last.is_some() && self.may_be_target(&client) {
            self.last = Some(at);
        }
    }

    pub(super) fn may_be_target(&self, client: &Client) -> bool {
        match &self.reader {
            Reader::Program(target) => target.is_same_program(client),
            Reader::Bridge => true,
            Reader::Unknown { watchers } => !watchers.iter().any(|watcher| watcher.is_same_program(client)),
        }
    }

    /// When the paste is over if nothing else happens.
    pub(super) fn ends(&self) -> Option<Instant> {
        let limit = self.pressed? + PASTE_LIMIT;
        Some(self.last.map_or(limit, |last| (last + PASTE_QUIET).min(limit)))
    }

    /// Whether the target has read it.
    pub(super) fn arrival(&self) -> Arrival {
        match &self.reader {
            _ if self.reads == 0 && self.relayed => Arrival::Unconfirmed,
            _ if self.reads == 0 => Arrival::Unread,
            Reader::Program(_) if !self.doubted => Arrival::Confirmed,
            Reader::Program(_) | Reader::Bridge | Reader::Unknown { .. } => Arrival::Unconfirmed,
        }
    }

    /// How often it was read after the chord by what may be the target.
    pub(super) fn reads(&self) -> usize {
        self.reads
    }

    /// When it was first read so.
    pub(super) fn first(&self) -> Option<Instant> {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TARGET: u32 = 7;
    const MANAGER: u32 = 8;

    fn after(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    fn of_target() -> Receipt {
        Receipt::new(Some(Client::numbered(TARGET)))
    }

    #[test]
    fn only_reads_after_the_chord_count_and_quiet_follows_the_last() {
        let start = Instant::now();
        let mut receipt = of_target();
        receipt.read(Client::numbered(TARGET), start);
        assert_eq!(receipt.ends(), None);
        receipt.press(after(start, 10));
        assert_eq!(receipt.ends(), Some(after(start, 10) + PASTE_LIMIT));
        receipt.read(Client::numbered(TARGET), after(start, 500));
        receipt.read(Client::numbered(TARGET), after(start, 600));
        assert_eq!(receipt.ends(), Some(after(start, 600) + PASTE_QUIET));
        assert_eq!((receipt.reads(), receipt.first()), (2, Some(after(start, 500))));
        assert_eq!(receipt.arrival(), Arrival::Confirmed);
    }

    #[test]
    fn what_a_clipboard_manager_reads_is_no_receipt_whenever_it_reads() {
        let start = Instant::now();
        for reads in [&[0][..], &[20], &[0, 20], &[3_000], &[20, 3_000, 7_900]] {
            let mut receipt = of_target();
            for at in reads {
                if *at > 10 && receipt.ends().is_none() {
                    receipt.press(after(start, 10));
                }
                receipt.read(Client::numbered(MANAGER), after(start, *at));
            }
            receipt.press(after(start, 10));
            receipt.reading(Client::numbered(MANAGER), after(start, 7_950));
            assert_eq!(receipt.arrival(), Arrival::Unread, "{reads:?}");
            assert_eq!(receipt.ends(), Some(after(start, 10) + PASTE_LIMIT), "{reads:?}");
        }
    }

    #[test]
    fn a_manager_does_not_prolong_what_the_target_has_ended() {
        let start = Instant::now();
        let mut receipt = of_target();
        receipt.press(start);
        receipt.read(Client::numbered(MANAGER), after(start, 300));
        receipt.read(Client::numbered(TARGET), after(start, 3_500));
        receipt.read(Client::numbered(MANAGER), after(start, 3_600));
        assert_eq!(receipt.ends(), Some(after(start, 3_500) + PASTE_QUIET));
        assert_eq!((receipt.reads(), receipt.first()), (1, Some(after(start, 3_500))));
    }

    #[test]
    fn where_the_reader_is_not_known_a_read_proves_nothing() {
        let start = Instant::now();
        let mut bridged = Receipt::bridged();
        bridged.read(Client::numbered(MANAGER), start);
        bridged.press(after(start, 10));
        assert_eq!(bridged.arrival(), Arrival::Unread);
        bridged.read(Client::numbered(MANAGER), after(start, 20));
        assert_eq!((bridged.arrival(), bridged.ends()), (Arrival::Unconfirmed, Some(after(start, 20) + PASTE_QUIET)));
        let mut unknown = Receipt::new(None);
        unknown.read(Client::numbered(MANAGER), start);
        unknown.press(after(start, 10));
        unknown.read(Client::numbered(MANAGER), after(start, 20));
        assert_eq!(unknown.arrival(), Arrival::Unread, "it reads whatever is copied");
        unknown.read(Client::numbered(TARGET), after(start, 30));
        assert_eq!(unknown.arrival(), Arrival::Unconfirmed);
    }

    #[test]
    fn a_text_that_another_program_relays_may_have_arrived_and_is_never_reported_as_unread() {
        let start = Instant::now();
        let mut receipt = of_target();
        receipt.press(start);
        receipt.relay();
        assert_eq!(receipt.arrival(), Arrival::Unconfirmed);
        receipt.read(Client::numbered(TARGET), after(start, 5));
        assert_eq!(receipt.arrival(), Arrival::Confirmed);
    }

    #[test]
    fn a_read_for_a_window_that_has_not_handled_the_chord_proves_nothing() {
        let start = Instant::now();
        let mut receipt = of_target();
        receipt.press(start);
        receipt.read(Client::numbered(TARGET), after(start, 5));
        receipt.doubt();
        assert_eq!(receipt.arrival(), Arrival::Unconfirmed);
    }

    #[test]
    fn reading_for_ever_is_bounded() {
        let start = Instant::now();
        let mut receipt = Receipt::new(None);
        receipt.press(start);
        for second in 1..100 {
            receipt.read(Client::numbered(TARGET), after(start, second * 100));
        }
        assert_eq!(receipt.ends(), Some(start + PASTE_LIMIT));
    }
}
