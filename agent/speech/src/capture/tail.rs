//! When a recording is over: some time after the key came up, counted in what was heard rather than on the clock, so that
//! a sound server that delivers late loses nothing of what was said before.

use std::time::{Duration, Instant};

use scout_core::dictation::samples_in;

/// How far a sound server may be behind with samples that were spoken before the key came up, before they are given up.
/// `PulseAudio` delivered lumps of up to this size where it was asked for nothing else.
const MAX_LAG: Duration = Duration::from_secs(2);

/// Over this time the smallest delay of a stream counts as its usual one: longer than any lump of samples.
const LAG_MEMORY: Duration = Duration::from_secs(3);

/// Compares the samples that arrived with the clock.
#[derive(Debug, Default)]
pub(super) struct DeliveryClock {
    first: Option<Instant>,
    heard: usize,
    /// The smallest delays, in samples, of this window of time and the one before it.
    least: [Option<isize>; 2],
    window_began: Option<Instant>,
}

impl DeliveryClock {
    /// Notes that samples arrived.
    pub(super) fn arrived(&mut self, samples: usize, now: Instant) {
        self.heard += samples;
        self.first.get_or_insert(now);
        if now.duration_since(*self.window_began.get_or_insert(now)) >= LAG_MEMORY {
            self.least = [None, self.least[0]];
            self.window_began = Some(now);
        }
        let lag = self.lag(now);
        self.least[0] = Some(self.least[0].map_or(lag, |least| least.min(lag)));
    }

    /// Samples that were spoken by now, but have not arrived though by this stream's habit they could have.
    pub(super) fn outstanding(&self, now: Instant) -> usize {
        let usual = self.least.iter().flatten().min();
        usual.map_or(0, |usual| (self.lag(now) - usual).clamp(0, samples_in(MAX_LAG).cast_signed()).cast_unsigned())
    }

    /// How far the samples are behind the clock. Only differences mean something.
    fn lag(&self, now: Instant) -> isize {
        let elapsed = self.first.map_or(Duration::ZERO, |first| now.duration_since(first));
        samples_in(elapsed).cast_signed() - self.heard.cast_signed()
    }
}

/// What is still recorded after the key came up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    /// The first sample after the key came up.
    released: usize,
    /// One past the last sample of the tail.
    end: usize,
    /// When it ends though samples are missing.
    deadline: Instant,
}

impl Tail {
    /// Begins when the key comes up: `heard` samples have arrived and `outstanding` more are on their way.
    pub(super) fn new(heard: usize, outstanding: usize, length: Duration, now: Instant) -> Self {
        let released = heard + outstanding;
        Self { released, end: released + samples_in(length), deadline: now + length + MAX_LAG }
    }

    /// A tail of a recording in which nothing was heard yet: nothing can be outstanding.
    pub(super) fn unheard(length: Duration, now: Instant) -> Self {
        Self { released: 0, end: samples_in(length), deadline: now + length }
    }

    /// Whether the recording is complete. `judged` samples have been looked at for speech, and `speaking` tells whether
    /// speech goes on at their end. What was heard but not judged is less than a hop, too short for a word.
    pub(super) fn is_over(self, heard: usize, judged: usize, speaking: bool, now: Instant) -> bool {
        heard >= self.end || now >= self.deadline || (heard >= self.released && !speaking && judged > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: Duration = Duration::from_millis(300);

    #[test]
    fn a_tail_ends_with_its_samples_or_with_silence_after_the_release_or_at_the_deadline() {
        let now = Instant::now();
        let later = now + TAIL + MAX_LAG;
        // 1 s heard, 0.1 s on its way: released at 17,600, tail until 22,400.
        let tail = Tail::new(16_000, 1_600, TAIL, now);
        let table = [
            ("nothing more came yet, in silence", 16_000, 15_872, false, now, false),
            ("silence all but reached the release", 17_590, 17_408, false, now, false),
            ("silence reached the release", 17_600, 17_408, false, now, true),
            ("speech reached the release", 17_700, 17_664, true, now, false),
            ("speech goes on, the tail is full", 22_400, 22_016, true, now, true),
            ("samples never came", 16_000, 15_872, true, later, true),
        ];
        for (name, heard, judged, speaking, at, over) in table {
            assert_eq!(tail.is_over(heard, judged, speaking, at), over, "{name}");
        }
    }

    #[test]
    fn where_nothing_was_heard_the_clock_ends_it() {
        let now = Instant::now();
        let tail = Tail::unheard(TAIL, now);
        assert!(!tail.is_over(0, 0, false, now));
        assert!(tail.is_over(0, 0, false, now + TAIL));
    }

    #[test]
    fn what_a_lumpy_stream_still_owes_is_counted() {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut clock = DeliveryClock::default();
        assert_eq!(clock.outstanding(at(0)), 0);
        // A lump of half a second each half second.
        for lump in 0..10 {
            clock.arrived(8_000, at(lump * 500));
        }
        assert_eq!(clock.outstanding(at(4_500)), 0);
        assert_eq!(clock.outstanding(at(4_900)), 6_400);
        // Of a stream that stopped, not more than can be is expected.
        assert_eq!(clock.outstanding(at(60_000)), samples_in(MAX_LAG));
    }

    #[test]
    fn a_gap_is_forgotten() {
        let start = Instant::now();
        let mut clock = DeliveryClock::default();
        // Ten seconds in hops of 100 ms, of which the second from 2 s to 3 s never came.
        for hop in (0..100_u64).filter(|hop| !(20..30).contains(hop)) {
            clock.arrived(1_600, start + Duration::from_millis(hop * 100));
        }
        assert_eq!(clock.outstanding(start + Duration::from_millis(9_900)), 0);
    }
}
