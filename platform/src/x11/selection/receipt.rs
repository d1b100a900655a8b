//! When a paste is over: a pure decision from who read what, and when.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::{PASTE_LIMIT, PASTE_QUIET};

/// Programs beside the target that read it may be the target's helpers (Wine reads from a process of its own), or clipboard
/// managers, which say nothing about the target. It is given this long to come itself.
pub(super) const STRANGER_QUIET: Duration = Duration::from_millis(2_500);

/// The reads of one paste.
#[derive(Debug)]
pub(super) struct Receipt {
    /// The program that the text is for, if it is known.
    target: Option<u32>,
    /// Programs that read before the chord: they watch the clipboard, and do not count.
    watchers: BTreeSet<u32>,
    /// Whether one program reads for all others: it watches the clipboard too, and yet its reads are the target's.
    is_bridged: bool,
    pressed: Option<Instant>,
    reads: usize,
    first: Option<Instant>,
    last: Option<Instant>,
    last_is_stranger: bool,
}

impl Receipt {
    /// A paste for a program that has not been told to read yet.
    pub(super) fn new(target: Option<u32>) -> Self {
        Self {
            target,
            watchers: BTreeSet::new(),
            is_bridged: false,
            pressed: None,
            reads: 0,
            first: None,
            last: None,
            last_is_stranger: false,
        }
    }

    /// A paste through a compositor, which reads for its windows.
    pub(super) fn bridged() -> Self {
        Self { is_bridged: true, ..Self::new(None) }
    }

    /// The chord goes out now.
    pub(super) fn press(&mut self, now: Instant) {
        self.pressed = Some(now);
    }

    /// A program has read the text.
    pub(super) fn read(&mut self, client: u32, at: Instant) {
        let is_target = self.target == Some(client);
        match self.pressed {
            Some(pressed) if at >= pressed => {}
            _ => {
                if !self.is_bridged {
                    self.watchers.insert(client);
                }
                return;
            }
        }
        if !is_target && self.watchers.contains(&client) {
            return;
        }
        // Without a known target, any reader may be it.
        let is_stranger = self.target.is_some() && !is_target;
        if is_stranger && self.last.is_some() && !self.last_is_stranger {
            return;
        }
        self.reads += 1;
        if !is_stranger && self.last_is_stranger {
            self.reads = 1;
            self.first = None;
        }
        self.first.get_or_insert(at);
        (self.last, self.last_is_stranger) = (Some(at), is_stranger);
    }

    /// A program has begun to read.
    pub(super) fn reading(&mut self, at: Instant) {
        if self.last.is_some() {
            self.last = Some(at);
        }
    }

    /// Somebody else has copied: who has not read by now gets that. What only strangers have read is no receipt then, since the
    /// target was still to come.
    pub(super) fn lost(&mut self) {
        if self.last_is_stranger {
            (self.reads, self.first) = (0, None);
        }
    }

    /// When the paste is over if nothing else happens.
    pub(super) fn ends(&self) -> Option<Instant> {
        let limit = self.pressed? + PASTE_LIMIT;
        let quiet = if self.last_is_stranger { STRANGER_QUIET } else { PASTE_QUIET };
        Some(self.last.map_or(limit, |last| (last + quiet).min(limit)))
    }

    /// How often it was read after the chord.
    pub(super) fn reads(&self) -> usize {
        self.reads
    }

    /// When it was first read after the chord.
    pub(super) fn first(&self) -> Option<Instant> {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: u32 = 7;
    const MANAGER: u32 = 8;

    fn after(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    #[test]
    fn only_reads_after_the_chord_count_and_quiet_follows_the_last() {
        let start = Instant::now();
        let mut receipt = Receipt::new(Some(TARGET));
        receipt.read(TARGET, start);
        assert_eq!(receipt.ends(), None);
        receipt.press(after(start, 10));
        assert_eq!(receipt.ends(), Some(after(start, 10) + PASTE_LIMIT));
        receipt.read(TARGET, after(start, 500));
        receipt.read(TARGET, after(start, 600));
        assert_eq!(receipt.ends(), Some(after(start, 600) + PASTE_QUIET));
        assert_eq!((receipt.reads(), receipt.first()), (2, Some(after(start, 500))));
    }

    #[test]
    fn a_clipboard_manager_gives_no_receipt() {
        let start = Instant::now();
        let mut receipt = Receipt::new(Some(TARGET));
        receipt.read(MANAGER, start);
        receipt.press(after(start, 10));
        receipt.read(MANAGER, after(start, 20));
        assert_eq!((receipt.reads(), receipt.ends()), (0, Some(after(start, 10) + PASTE_LIMIT)));
    }

    #[test]
    fn what_a_stranger_reads_is_no_receipt_once_somebody_has_copied() {
        let start = Instant::now();
        for (readers, reads) in [(&[MANAGER][..], 0), (&[MANAGER, TARGET], 1), (&[TARGET, MANAGER], 1), (&[], 0)] {
            let mut receipt = Receipt::new(Some(TARGET));
            receipt.press(start);
            for reader in readers {
                receipt.read(*reader, after(start, 10));
            }
            receipt.lost();
            assert_eq!((receipt.reads(), receipt.first().is_some()), (reads, reads > 0), "{readers:?}");
        }
    }

    #[test]
    fn a_compositor_reads_for_its_windows() {
        let start = Instant::now();
        let mut receipt = Receipt::bridged();
        receipt.read(MANAGER, start);
        receipt.press(after(start, 10));
        assert_eq!(receipt.reads(), 0);
        receipt.read(MANAGER, after(start, 20));
        assert_eq!((receipt.reads(), receipt.ends()), (1, Some(after(start, 20) + PASTE_QUIET)));
    }

    #[test]
    fn a_strange_reader_gives_the_target_time_to_come_itself() {
        let start = Instant::now();
        let mut receipt = Receipt::new(Some(TARGET));
        receipt.press(start);
        receipt.read(MANAGER, after(start, 300));
        assert_eq!(receipt.ends(), Some(after(start, 300) + STRANGER_QUIET));
        receipt.read(TARGET, after(start, 2_000));
        receipt.read(MANAGER, after(start, 2_100));
        assert_eq!(receipt.ends(), Some(after(start, 2_000) + PASTE_QUIET));
        assert_eq!((receipt.reads(), receipt.first()), (1, Some(after(start, 2_000))));
    }

    #[test]
    fn reading_for_ever_is_bounded() {
        let start = Instant::now();
        let mut receipt = Receipt::new(None);
        receipt.press(start);
        for second in 1..100 {
            receipt.read(TARGET, after(start, second * 100));
        }
        assert_eq!(receipt.ends(), Some(start + PASTE_LIMIT));
    }
}
