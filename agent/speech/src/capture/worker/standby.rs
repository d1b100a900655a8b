//! Between dictations: the microphone rests, stays open, or is listened to for a voice.

use std::time::{Duration, Instant};

use scout_core::speech::{HOP, Rules, Segmenter, VoiceActivity};

use super::State;
use super::link::{Link, TRY_PAUSE};
use crate::capture::{CaptureError, Event, Standby};

/// How often the ring is emptied while a voice is listened for. A dictation gets what was heard before it began, so this only
/// delays what the user sees of it.
const WATCH_PACE: Duration = Duration::from_millis(50);

/// How much from before a voice was noticed belongs to the dictation that it begins. It is noticed 128 ms after its first hop,
/// [`WATCH_PACE`] later at most, and the session takes its time on a busy machine.
const WATCH_PRE_ROLL: Duration = Duration::from_millis(1_500);

/// Where nothing came of a voice, it is told again if it goes on for so many hops (half a second).
const TELL_AGAIN_AFTER: usize = 16;

/// How often in a row a microphone that fails between dictations is opened again. A sound server that restarts is back within
/// a second or two.
const TRIES: u32 = 4;

/// What happens between dictations.
#[derive(Debug, Default)]
pub(super) struct Watch {
    standby: Option<Standby>,
    listener: Option<Listener>,
    /// Tries since the microphone last worked.
    tries: u32,
}

impl Watch {
    pub(super) fn set(&mut self, standby: Option<Standby>) {
        self.standby = standby;
        self.listener = None;
        self.tries = 0;
    }

    /// How often the ring is to be emptied for it.
    pub(super) fn pace(&self) -> Option<Duration> {
        self.is_on().then_some(WATCH_PACE)
    }

    /// How much is kept from before a dictation.
    pub(super) fn pre_roll(&self) -> Duration {
        let wanted = self.standby.as_ref().map(|standby| standby.pre_roll).unwrap_or_default();
        if self.is_on() { wanted.max(WATCH_PRE_ROLL) } else { wanted }
    }

    fn is_on(&self) -> bool {
        self.standby.as_ref().is_some_and(|standby| standby.watch)
    }
}

/// Hears when a voice begins.
#[derive(Debug)]
struct Listener {
    segmenter: Segmenter,
    /// Less than a hop.
    rest: Vec<f32>,
    /// Samples judged.
    judged: usize,
    /// Where it was told of the voice that goes on.
    told: Option<usize>,
}

impl Listener {
    fn new() -> Self {
        Self { segmenter: Segmenter::new(Rules::DICTATION), rest: Vec::new(), judged: 0, told: None }
    }

    /// Whether a voice has begun in these samples, or goes on though nothing came of it.
    fn hear(&mut self, samples: &[f32], voice: &mut dyn VoiceActivity) -> bool {
        self.rest.extend_from_slice(samples);
        let mut tells = false;
        let mut from = 0;
        while let Some(hop) = self.rest[from..].first_chunk::<HOP>() {
            // What cannot be judged is no voice here: nobody asked to be heard.
            let probability = voice.probability(hop).unwrap_or_default();
            from += HOP;
            self.judged += HOP;
            self.segmenter.push(probability);
            let Some(since) = self.segmenter.speaking_since() else {
                self.told = None;
                continue;
            };
            // Clicks and coughs are shorter.
            let is_long = self.judged - since > scout_core::dictation::samples_in(Rules::DICTATION.min_speech);
            let is_due = self.told.is_none_or(|told| self.judged - told >= TELL_AGAIN_AFTER * HOP);
            if probability >= Rules::DICTATION.threshold && is_long && is_due {
                self.told = Some(self.judged);
                tells = true;
            }
        }
        self.rest.drain(..from);
        tells
    }
}

impl State {
    /// After a dictation: the microphone is closed, unless the user wants it open.
    pub(super) fn rest(&mut self) {
        self.next_tries.clear();
        self.lost = None;
        self.cause = None;
        self.watch.listener = None;
        match (&self.watch.standby, &mut self.link) {
            (Some(standby), Link::Open { live, choice }) if standby.device == *choice && live.is_current() => {
                live.announced = false;
            }
            (Some(standby), _) => {
                let device = standby.device.clone();
                self.open(device, Instant::now());
            }
            (None, _) => self.link = Link::Closed,
        }
    }

    /// After a dictation whose microphone failed: it is not opened again, unless a voice is listened for.
    pub(super) fn rest_after_failure(&mut self, now: Instant) {
        self.next_tries.clear();
        self.lost = None;
        self.cause = None;
        self.watch.listener = None;
        self.link = Link::Closed;
        if let Some(standby) = self.watch.standby.as_ref().filter(|standby| standby.watch) {
            self.link = Link::Waiting { until: now + TRY_PAUSE, choice: standby.device.clone() };
        }
    }

    /// An open microphone failed. It is opened again, or the one that takes its place. If that is in vain, the next
    /// dictation tries afresh; where a voice is listened for, that is reported.
    pub(super) fn failed_between_dictations(&mut self, error: CaptureError, now: Instant) {
        tracing::warn!(%error, "the open microphone failed");
        self.watch.listener = None;
        let Some(standby) = &self.watch.standby else { return };
        let (choice, watches) = (standby.device.clone(), standby.watch);
        self.watch.tries += 1;
        if self.watch.tries <= TRIES {
            self.link = Link::Waiting { until: now + TRY_PAUSE * self.watch.tries, choice };
            return;
        }
        self.send(Event::Open { device: None });
        if watches {
            self.watch.set(None);
            self.send(Event::Deaf { error });
        }
    }

    /// Looks for a voice in what was heard while nothing is recorded.
    pub(super) fn listen_for_a_voice(&mut self, heard: &[f32]) {
        if heard.is_empty() {
            return;
        }
        self.watch.tries = 0;
        if !self.watch.is_on() {
            return;
        }
        let Self { watch, voice, .. } = self;
        let listener = watch.listener.get_or_insert_with(|| {
            voice.reset();
            Listener::new()
        });
        if listener.hear(heard, voice.as_mut()) {
            self.send(Event::Voice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::speech::SpeechError;

    /// Says of each hop what its first sample is.
    struct Told;

    impl VoiceActivity for Told {
        fn probability(&mut self, hop: &[f32; HOP]) -> Result<f32, SpeechError> {
            Ok(hop[0])
        }

        fn reset(&mut self) {}
    }

    /// After which hops a voice is told, with `#` for a voice, `~` for what may be one, and `.` for none.
    fn told(hops: &str) -> Vec<usize> {
        let mut listener = Listener::new();
        let heard = |hop| match hop {
            '#' => 0.9,
            '~' => 0.4,
            _ => 0.0,
        };
        hops.chars()
            .enumerate()
            .filter_map(|(number, hop)| listener.hear(&[heard(hop); HOP], &mut Told).then_some(number))
            .collect()
    }

    #[test]
    fn a_voice_is_told_once_it_is_no_click_and_again_if_nothing_comes_of_it() {
        for (hops, expected) in [
            ("........", &[][..]),
            ("..##....", &[]),
            ("..####....####", &[5]),
            ("..####.....####", &[5, 14]),
            ("..##~#", &[5]),
            ("..##~~~~", &[]),
            ("##################################", &[3, 19]),
        ] {
            assert_eq!(told(hops), expected, "{hops}");
        }
    }

    #[test]
    fn a_hop_may_come_in_pieces() {
        let mut listener = Listener::new();
        let mut told = 0;
        for _ in 0..40 {
            told += usize::from(listener.hear(&[0.9; 100], &mut Told));
        }
        assert_eq!(told, 1);
    }
}
