//! What is known of the voice in the window that is open: where speech is, where it pauses, where it is quietest.

use std::collections::VecDeque;

use crate::dictation::samples_in;
use crate::speech::{HOP, Mark, Rules, Segmenter};

/// What is so much weaker than the voice (35 dB, in power) is no part of it: the detector goes on for two or three hops after
/// the last sound.
const FAINT: f32 = 3.2e-4;

/// How much of the voice's loudness is still expected after a hop without it: 1.4 dB less after a second.
const FADING: f32 = 0.99;

/// A silence between words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// Its first sample.
    pub(super) from: usize,
    /// One past its last sample.
    pub(super) to: usize,
}

impl Pause {
    pub(super) fn length(self) -> usize {
        self.to - self.from
    }

    /// Where a window that follows it begins: in its middle, but at most `lead` before what follows.
    pub(super) fn cut(self, lead: usize) -> usize {
        (self.from + self.length() / 2).max(self.to.saturating_sub(lead))
    }
}

/// Follows the detector, hop by hop.
#[derive(Debug)]
pub(super) struct Voice {
    rules: Rules,
    segmenter: Segmenter,
    /// Samples heard.
    position: usize,
    /// Samples judged, in hops. The last hop of a recording may be shorter than it counts here.
    judged: usize,
    /// Where the silence began that goes on now.
    quiet_since: Option<usize>,
    /// Where speech last was: one past the last voiced hop of speech that is long enough to be any.
    spoken_until: usize,
    /// One past the last voiced hop, whether or not it will turn out to be speech.
    voiced_until: usize,
    /// Pauses that are over.
    pauses: VecDeque<Pause>,
    /// How loud the voice was lately (mean square).
    loudest: f32,
    /// Where hops began, and how loud they were (mean square).
    loudness: VecDeque<(usize, f32)>,
}

impl Voice {
    pub(super) fn new() -> Self {
        let rules = Rules::DICTATION;
        Self {
            rules,
            segmenter: Segmenter::new(rules),
            position: 0,
            judged: 0,
            quiet_since: Some(0),
            spoken_until: 0,
            voiced_until: 0,
            pauses: VecDeque::new(),
            loudest: 0.0,
            loudness: VecDeque::new(),
        }
    }

    /// Takes a hop, or what is left at the end of a recording.
    pub(super) fn hear(&mut self, hop: &[f32], probability: f32) {
        let begin = self.position;
        self.position += hop.len();
        self.judged += HOP;
        let power = hop.iter().map(|sample| sample * sample).sum::<f32>() / hop.len().max(1) as f32;
        let is_faint = power < self.loudest * FAINT;
        self.loudest *= FADING;
        if probability >= self.rules.threshold && !is_faint {
            self.loudest = self.loudest.max(power);
            self.voiced_until = self.position;
            if let Some(from) = self.quiet_since.take() {
                self.pauses.push_back(Pause { from, to: begin });
            }
        } else if (probability < self.rules.exit_threshold || is_faint) && self.quiet_since.is_none() {
            self.quiet_since = Some(begin);
        }
        match self.segmenter.push(probability) {
            Some(Mark::Ended(_)) => self.spoken_until = self.spoken_until.max(self.voiced_until),
            _ if self.is_long_enough() => self.spoken_until = self.voiced_until,
            _ => {}
        }
        self.loudness.push_back((begin, power));
    }

    /// Whether the speech that goes on has lasted long enough to be no click.
    fn is_long_enough(&self) -> bool {
        let since = self.segmenter.speaking_since();
        since.is_some_and(|since| self.voiced_until.saturating_sub(since) > samples_in(self.rules.min_speech))
    }

    /// The recording ends here: what goes on at its end is speech if it would be without the end.
    pub(super) fn end(&mut self) {
        if self.segmenter.clone().finish(self.judged).is_some() {
            self.spoken_until = self.voiced_until;
        }
    }

    /// Whether speech goes on, or may have begun.
    pub(super) fn is_speaking(&self) -> bool {
        self.segmenter.is_speaking()
    }

    /// Samples heard.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// One past the last sample of speech; 0 before the first.
    pub(super) fn spoken_until(&self) -> usize {
        self.spoken_until
    }

    /// The same, counting what may be too short to be speech.
    pub(super) fn voiced_until(&self) -> usize {
        self.voiced_until
    }

    /// The silence that goes on now.
    pub(super) fn silence(&self) -> Option<Pause> {
        self.quiet_since.map(|from| Pause { from, to: self.position })
    }

    /// How many samples of this range are voiced: the pauses in it do not count.
    pub(super) fn voiced(&self, range: std::ops::Range<usize>) -> usize {
        let (from, to) = (range.start, range.end.min(self.voiced_until));
        let silent = |pause: &Pause| pause.to.min(to).saturating_sub(pause.from.max(from));
        to.saturating_sub(from).saturating_sub(self.pauses.iter().map(silent).sum())
    }

    /// The pauses that are over, of at least this length.
    pub(super) fn pauses(&self, least: usize) -> impl DoubleEndedIterator<Item = Pause> + '_ {
        self.pauses.iter().copied().filter(move |pause| pause.length() >= least)
    }

    /// The pause that begins there, as far as it has lasted.
    pub(super) fn pause_from(&self, from: usize) -> Option<Pause> {
        self.pauses.iter().copied().chain(self.silence()).find(|pause| pause.from == from)
    }

    /// The middle of the quietest hop that begins within this range.
    pub(super) fn quietest(&self, range: std::ops::Range<usize>) -> Option<usize> {
        let hops = self.loudness.iter().filter(|(begin, _)| range.contains(begin));
        hops.min_by(|one, two| one.1.total_cmp(&two.1)).map(|(begin, _)| begin + HOP / 2)
    }

    /// Forgets what lies before this sample.
    pub(super) fn forget(&mut self, before: usize) {
        self.pauses.retain(|pause| pause.to > before);
        self.loudness.retain(|(begin, _)| *begin >= before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter per hop: `#` voice, `.` silence, `~` between the thresholds.
    fn heard(hops: &str) -> Voice {
        let mut voice = Voice::new();
        for letter in hops.chars() {
            let (loudness, probability) = match letter {
                '#' => (0.3, 0.9),
                '~' => (0.2, 0.4),
                _ => (0.0, 0.1),
            };
            voice.hear(&[loudness; HOP], probability);
        }
        voice
    }

    #[test]
    fn speech_counts_from_where_it_is_long_enough() {
        for (hops, spoken, voiced) in [
            ("....", 0, 0),
            ("..##", 0, 4),
            ("..####", 6, 6),
            ("..####~~.", 6, 6),
            ("..##.....", 0, 4),
            ("#####....##", 11, 11),
            ("#####.....##", 5, 12),
            ("#####..#", 8, 8),
        ] {
            let voice = heard(hops);
            assert_eq!((voice.spoken_until() / HOP, voice.voiced_until() / HOP), (spoken, voiced), "{hops}");
        }
    }

    #[test]
    fn what_the_detector_hears_behind_the_last_sound_is_no_speech() {
        let mut voice = heard("..#####");
        for _ in 0..3 {
            voice.hear(&[0.001; HOP], 0.8);
        }
        assert_eq!((voice.spoken_until() / HOP, voice.silence().map(|pause| pause.from / HOP)), (7, Some(7)));
        // A soft sound is.
        voice.hear(&[0.02; HOP], 0.8);
        assert_eq!(voice.spoken_until() / HOP, 11);
    }

    #[test]
    fn pauses_are_told_with_their_places() {
        let voice = heard("..####~.~..####.#...");
        let places = voice.pauses(HOP * 2).map(|pause| (pause.from / HOP, pause.to / HOP)).collect::<Vec<_>>();
        assert_eq!(places, [(0, 2), (7, 11)]);
        assert_eq!(voice.silence().map(|pause| pause.from / HOP), Some(17));
        assert_eq!(voice.pause_from(7 * HOP).unwrap().length(), 4 * HOP);
    }

    #[test]
    fn pauses_are_not_voiced() {
        let voice = heard("..####~.~..####.#...");
        for (range, voiced) in [(0..20, 10), (0..7, 5), (3..13, 6), (8..10, 0), (17..20, 0)] {
            assert_eq!(voice.voiced(range.start * HOP..range.end * HOP) / HOP, voiced, "{range:?}");
        }
    }

    #[test]
    fn a_window_begins_in_the_middle_of_a_pause_but_not_long_before_the_next_word() {
        assert_eq!(Pause { from: 1000, to: 2000 }.cut(4800), 1500);
        assert_eq!(Pause { from: 0, to: 20_000 }.cut(4800), 15_200);
    }

    #[test]
    fn the_quietest_moment_is_found() {
        let voice = heard("####~####");
        assert_eq!(voice.quietest(HOP..9 * HOP), Some(4 * HOP + HOP / 2));
        assert_eq!(voice.quietest(100 * HOP..101 * HOP), None);
    }
}
