//! Probabilities of speech in, spans of speech out, while they arrive.
//!
//! This is the state machine of `get_speech_timestamps` in the `silero-vad` Python package, hop by hop instead of over
//! a finished list, and without its limit on the length of a span. A golden test holds it to the original's output.

use std::time::Duration;

use super::{HOP, SpeechSpan};
use crate::dictation::samples_in;

/// When speech begins and ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// A hop of at least this probability begins speech.
    pub threshold: f32,
    /// A hop below this probability may end it. Between the two, speech goes on: without the gap, a voice near the
    /// threshold would be cut to pieces.
    pub exit_threshold: f32,
    /// Speech of this length or less is taken for a click or a cough.
    pub min_speech: Duration,
    /// Silence of this length ends a span; shorter silence is the gap inside a word, such as before a plosive.
    pub min_silence: Duration,
    /// Every span is made longer by this at both ends, since soft first and last sounds lie outside it.
    pub pad: Duration,
}

impl Rules {
    /// The defaults of the `silero-vad` package, which its authors tuned with the weights.
    pub const REFERENCE: Self = Self {
        threshold: 0.5,
        exit_threshold: 0.35,
        min_speech: Duration::from_millis(250),
        min_silence: Duration::from_millis(100),
        pad: Duration::from_millis(30),
    };

    /// The reference's rules, but for speech as short as 100 ms. The reference's 250 ms lose real words (a quick "it" or
    /// "three" gives seven hops of speech), and what was said must not be lost; clicks, key strokes, tones and noise stay
    /// below 0.2 in every hop, so length is not what keeps them out.
    pub const DICTATION: Self = Self { min_speech: Duration::from_millis(100), ..Self::REFERENCE };
}

/// What a hop changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Speech may have begun at this sample. [`Mark::Ended`] or [`Mark::Dropped`] follows.
    Began(usize),
    /// Speech is over. The span is padded; its end may lie a little beyond what has been pushed.
    Ended(SpeechSpan),
    /// What began was too short to be speech.
    Dropped,
}

/// Where the state machine is.
#[derive(Debug, Clone, Copy)]
enum State {
    Silence,
    Speech {
        /// Its first sample.
        start: usize,
        /// The first sample of a silence that may turn out to be the end.
        quiet_since: Option<usize>,
    },
}

/// Finds spans of speech in a stream of probabilities.
#[derive(Debug, Clone)]
pub struct Segmenter {
    rules: Rules,
    state: State,
    /// Samples judged so far.
    position: usize,
}

impl Segmenter {
    /// A segmenter at the start of a recording. The pads at both ends of a silence never meet, as
    /// [`Rules::min_silence`] must be at least twice [`Rules::pad`].
    pub fn new(rules: Rules) -> Self {
        debug_assert!(rules.min_silence >= 2 * rules.pad, "spans would overlap");
        Self { rules, state: State::Silence, position: 0 }
    }

    /// Takes the next hop's probability of speech.
    pub fn push(&mut self, probability: f32) -> Option<Mark> {
        let now = self.position;
        self.position += HOP;
        match self.state {
            State::Silence if probability >= self.rules.threshold => {
                self.state = State::Speech { start: now, quiet_since: None };
                Some(Mark::Began(self.padded_start(now)))
            }
            State::Speech { start, .. } if probability >= self.rules.threshold => {
                self.state = State::Speech { start, quiet_since: None };
                None
            }
            State::Speech { start, quiet_since } if probability < self.rules.exit_threshold => {
                let end = quiet_since.unwrap_or(now);
                if now - end < samples_in(self.rules.min_silence) {
                    self.state = State::Speech { start, quiet_since: Some(end) };
                    return None;
                }
                self.state = State::Silence;
                Some(self.span(start, end).map_or(Mark::Dropped, Mark::Ended))
            }
            State::Silence | State::Speech { .. } => None,
        }
    }

    /// Whether the last hop was inside speech, or so close behind it that it may go on.
    pub fn is_speaking(&self) -> bool {
        matches!(self.state, State::Speech { .. })
    }

    /// Where the speech began that goes on, without the pad.
    pub fn speaking_since(&self) -> Option<usize> {
        match self.state {
            State::Speech { start, .. } => Some(start),
            State::Silence => None,
        }
    }

    /// Ends the recording after `length` samples and gives the span that was still open, if it is long enough.
    pub fn finish(self, length: usize) -> Option<SpeechSpan> {
        let State::Speech { start, .. } = self.state else { return None };
        let span = self.span(start, length)?;
        Some(SpeechSpan { end: span.end.min(length), ..span })
    }

    fn span(&self, start: usize, end: usize) -> Option<SpeechSpan> {
        let long_enough = end.saturating_sub(start) > samples_in(self.rules.min_speech);
        long_enough.then(|| SpeechSpan { start: self.padded_start(start), end: end + samples_in(self.rules.pad) })
    }

    fn padded_start(&self, start: usize) -> usize {
        start.saturating_sub(samples_in(self.rules.pad))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A name, the hops, the spans.
    type Row<'a> = (&'a str, &'a str, &'a [(usize, usize)]);

    /// One letter per hop: `#` speech, `.` silence, `~` between the thresholds.
    fn spans_of(hops: &str) -> Vec<(usize, usize)> {
        let mut segmenter = Segmenter::new(Rules::REFERENCE);
        let mut spans = Vec::new();
        for letter in hops.chars() {
            let probability = match letter {
                '#' => 0.9,
                '~' => 0.4,
                _ => 0.1,
            };
            if let Some(Mark::Ended(span)) = segmenter.push(probability) {
                spans.push(span);
            }
        }
        spans.extend(segmenter.finish(hops.len() * HOP));
        spans.iter().map(|span| (span.start, span.end)).collect()
    }

    #[test]
    fn speech_begins_ends_and_is_padded() {
        let table: &[Row] = &[
            ("nothing", "", &[]),
            ("silence", "..........", &[]),
            ("speech between silences", "....############.....", &[(4 * 512 - 480, 16 * 512 + 480)]),
            ("no room to pad at the start", "############.....", &[(0, 12 * 512 + 480)]),
            ("still open at the end", "....############", &[(4 * 512 - 480, 16 * 512)]),
            ("seven hops are too short", "....#######.....", &[]),
            ("eight hops are long enough", "....########.....", &[(4 * 512 - 480, 12 * 512 + 480)]),
            ("four quiet hops do not end it", "########....########", &[(0, 20 * 512)]),
            (
                "five quiet hops end it, at the first of them",
                "########.....########",
                &[(0, 8 * 512 + 480), (13 * 512 - 480, 21 * 512)],
            ),
            ("doubt does not begin it", "~~~~~~~~~~~~", &[]),
            ("doubt does not end it", "########~~~~~~~~~~~~", &[(0, 20 * 512)]),
            ("doubt after silence does not save it", "########.~~~.....", &[(0, 8 * 512 + 480)]),
        ];
        for (name, hops, expected) in table {
            assert_eq!(spans_of(hops), *expected, "{name}: {hops}");
        }
    }

    #[test]
    fn marks_say_that_speech_began_before_it_is_over() {
        let mut segmenter = Segmenter::new(Rules::DICTATION);
        assert_eq!(segmenter.push(0.1), None);
        assert_eq!(segmenter.push(0.9), Some(Mark::Began(32)));
        assert!(segmenter.is_speaking());
        let marks: Vec<_> = (0..6).filter_map(|_| segmenter.push(0.1)).collect();
        assert_eq!(marks, [Mark::Dropped]);
        assert!(!segmenter.is_speaking());
    }

    proptest! {
        /// Whatever the detector says, spans are in order, apart from each other and inside the recording.
        #[test]
        fn spans_never_overlap(probabilities in proptest::collection::vec(0.0f32..1.0, 0..200)) {
            let mut segmenter = Segmenter::new(Rules::DICTATION);
            let mut spans: Vec<SpeechSpan> = Vec::new();
            for &probability in &probabilities {
                if let Some(Mark::Ended(span)) = segmenter.push(probability) {
                    spans.push(span);
                }
            }
            let length = probabilities.len() * HOP;
            spans.extend(segmenter.finish(length));
            for span in &spans {
                prop_assert!(span.start < span.end && span.end <= length);
            }
            for pair in spans.windows(2) {
                prop_assert!(pair[0].end < pair[1].start);
            }
        }
    }
}
