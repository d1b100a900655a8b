//! One dictation's recording: its samples, the speech in them, its level, and its copy on disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use scout_core::dictation::{DictationId, SAMPLE_RATE, samples_in};
use scout_core::speech::{HOP, Mark, Rules, Segmenter, SpeechSpan, VoiceActivity};
use scout_core::spool::{Spool, SpoolWriteError, SpooledRecording};

use super::tail::{DeliveryClock, Tail};
use super::{CaptureError, Device, Settings, Utterance};

/// Samples over which one level is measured: ten levels a second, about as fast as an eye follows a meter.
const LEVEL_WINDOW: usize = SAMPLE_RATE as usize / 10;

/// Nothing but exact zeros for so long is no quiet room (any real microphone hisses) but a muted input, or a wireless
/// headset that is still asleep. Short enough to be said within a second of the key press.
const DEAD_SILENCE: Duration = Duration::from_millis(800);

/// Level reported for exact zeros, in dB of full scale: the floor of 16-bit sound.
const FLOOR_DB: f32 = -96.0;

/// What follows from some samples.
#[derive(Debug)]
pub(super) enum RecordingEvent {
    /// A whole hop, and the probability that somebody speaks in it.
    Hop(Vec<f32>, f32),
    /// The level of the last tenth of a second, in dB of full scale (root mean square).
    Level(f32),
    /// Nothing but zeros since the beginning.
    DeadSilence,
    /// The copy on disk failed. Said once.
    SpoolFailed(SpoolWriteError),
}

enum Copy {
    /// No sample yet, so no file.
    NotBegun,
    Writing(Box<dyn SpooledRecording>),
    /// What is on disk ends early.
    Broken(Option<Box<dyn SpooledRecording>>),
}

/// A recording that grows.
pub(super) struct Recording {
    pub(super) id: DictationId,
    pub(super) settings: Settings,
    pub(super) begun: Instant,
    pub(super) clock: DeliveryClock,
    pub(super) tail: Option<Tail>,
    /// The last device that was heard.
    pub(super) device: Option<Device>,
    /// Samples that were lost because nobody emptied the ring in time.
    pub(super) overrun: Duration,
    /// What is kept of the samples, from `dropped` on.
    samples: Vec<f32>,
    dropped: usize,
    /// How many of the samples have been judged, in whole hops.
    judged: usize,
    /// One past the last hop with a voice in it.
    voiced_until: usize,
    segmenter: Segmenter,
    spans: Vec<SpeechSpan>,
    copy: Copy,
    /// Where the current level window begins.
    level_from: usize,
    /// Whether anything but zeros was heard, or their absence was already said.
    sound_settled: bool,
    /// Whether it was said that the microphone is muted.
    pub(super) is_muted_known: bool,
}

impl Recording {
    pub(super) fn new(id: DictationId, settings: Settings, now: Instant) -> Self {
        Self {
            id,
            settings,
            begun: now,
            clock: DeliveryClock::default(),
            tail: None,
            device: None,
            overrun: Duration::ZERO,
            samples: Vec::new(),
            dropped: 0,
            judged: 0,
            voiced_until: 0,
            segmenter: Segmenter::new(Rules::DICTATION),
            spans: Vec::new(),
            copy: Copy::NotBegun,
            level_from: 0,
            sound_settled: false,
            is_muted_known: false,
        }
    }

    /// Whether any sample was heard.
    pub(super) fn has_heard(&self) -> bool {
        self.length() > 0
    }

    /// Samples heard.
    fn length(&self) -> usize {
        self.dropped + self.samples.len()
    }

    fn samples_from(&self, sample: usize) -> &[f32] {
        &self.samples[sample - self.dropped..]
    }

    /// What was heard so far is from before the dictation: silence that ends it counts from here.
    pub(super) fn begins_here(&mut self) {
        self.voiced_until = self.judged;
    }

    /// Takes the next 16 kHz mono samples. `voice` must have been reset when the recording began.
    pub(super) fn hear(
        &mut self,
        new: &[f32],
        spool: Option<&dyn Spool>,
        voice: &mut dyn VoiceActivity,
    ) -> Vec<RecordingEvent> {
        let mut events = Vec::new();
        events.extend(self.copy_to_disk(new, spool).map(RecordingEvent::SpoolFailed));
        self.samples.extend_from_slice(new);
        while let Some(hop) = self.samples_from(self.judged).first_chunk::<HOP>() {
            let probability = probability_of(voice, hop);
            events.push(RecordingEvent::Hop(hop.to_vec(), probability));
            self.judged += HOP;
            if probability >= Rules::DICTATION.exit_threshold {
                self.voiced_until = self.judged;
            }
            if let Some(Mark::Ended(span)) = self.segmenter.push(probability) {
                self.spans.push(span);
            }
        }
        while self.length() - self.level_from >= LEVEL_WINDOW {
            let window = &self.samples_from(self.level_from)[..LEVEL_WINDOW];
            events.push(RecordingEvent::Level(level(window)));
            self.level_from += LEVEL_WINDOW;
        }
        if !self.settings.keep_samples {
            let done = self.judged.min(self.level_from);
            self.samples.drain(..done - self.dropped);
            self.dropped = done;
        }
        if !self.sound_settled {
            let dead = new.iter().all(|&sample| sample == 0.0);
            self.sound_settled = !dead || self.length() >= samples_in(DEAD_SILENCE);
            let is_news = dead && self.sound_settled && !self.is_muted_known;
            events.extend(is_news.then_some(RecordingEvent::DeadSilence));
        }
        events
    }

    /// The key came up.
    pub(super) fn release(&mut self, now: Instant) {
        let length = self.settings.tail;
        self.tail.get_or_insert_with(|| {
            let heard = self.dropped + self.samples.len();
            if heard == 0 {
                Tail::unheard(length, now)
            } else {
                Tail::new(heard, self.clock.outstanding(now), length, now)
            }
        });
    }

    /// Whether the key came up and the tail is complete, or there is as much silence as ends it.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let is_silent = |pause| self.judged - self.voiced_until >= samples_in(pause);
        self.settings.end_after.is_some_and(is_silent)
            || self.tail.is_some_and(|tail| tail.is_over(self.length(), self.judged, self.segmenter.is_speaking(), now))
    }

    /// What is left when the recording ends: less than a hop, and the probability that somebody speaks in it.
    pub(super) fn rest(&mut self, voice: &mut dyn VoiceActivity) -> Option<(Vec<f32>, f32)> {
        let rest = self.samples_from(self.judged).to_vec();
        if rest.is_empty() {
            return None;
        }
        let mut hop = [0.0; HOP];
        hop[..rest.len()].copy_from_slice(&rest);
        let probability = probability_of(voice, &hop);
        if let Some(Mark::Ended(span)) = self.segmenter.push(probability) {
            self.spans.push(span);
        }
        self.judged += rest.len();
        Some((rest, probability))
    }

    /// Ends the recording, after [`Self::rest`].
    pub(super) fn finish(self, interrupted: Option<CaptureError>) -> Utterance {
        let length = self.length();
        let mut spans = self.spans;
        spans.extend(self.segmenter.finish(length));
        // Padding may reach beyond a recording that ends right behind a word.
        if let Some(last) = spans.last_mut() {
            last.end = last.end.min(length);
        }
        let spool = match self.copy {
            Copy::NotBegun => None,
            Copy::Writing(spooled) => Some(spooled),
            Copy::Broken(spooled) => spooled,
        };
        Utterance {
            length,
            samples: if self.settings.keep_samples { self.samples.into() } else { Arc::default() },
            spans,
            device: self.device,
            spool,
            interrupted,
            overrun: self.overrun,
        }
    }

    /// Throws the recording away, on disk too.
    pub(super) fn discard(self) -> Result<(), SpoolWriteError> {
        match self.copy {
            Copy::Writing(spooled) | Copy::Broken(Some(spooled)) => spooled.discard(),
            Copy::NotBegun | Copy::Broken(None) => Ok(()),
        }
    }

    fn copy_to_disk(&mut self, new: &[f32], spool: Option<&dyn Spool>) -> Option<SpoolWriteError> {
        if matches!(self.copy, Copy::NotBegun) {
            // Empty recordings leave no file behind.
            let spool = spool.filter(|_| !new.is_empty())?;
            match spool.create(self.id, &self.settings.note) {
                Ok(spooled) => self.copy = Copy::Writing(spooled),
                Err(error) => {
                    self.copy = Copy::Broken(None);
                    return Some(error);
                }
            }
        }
        let Copy::Writing(spooled) = &mut self.copy else { return None };
        let error = spooled.write(new).err()?;
        if let Copy::Writing(spooled) = std::mem::replace(&mut self.copy, Copy::NotBegun) {
            self.copy = Copy::Broken(Some(spooled));
        }
        Some(error)
    }
}

/// What the detector cannot judge counts as speech: better an odd word from the recogniser than a lost one.
fn probability_of(voice: &mut dyn VoiceActivity, hop: &[f32; HOP]) -> f32 {
    voice.probability(hop).unwrap_or_else(|error| {
        tracing::warn!(%error, "taken for speech");
        1.0
    })
}

/// Root mean square in dB of full scale.
fn level(window: &[f32]) -> f32 {
    let power = window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32;
    (10.0 * power.log10()).max(FLOOR_DB)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes the first sample of a hop for the probability.
    struct First;

    impl VoiceActivity for First {
        fn probability(&mut self, hop: &[f32; HOP]) -> Result<f32, scout_core::speech::SpeechError> {
            Ok(hop[0])
        }

        fn reset(&mut self) {}
    }

    #[test]
    fn every_sample_comes_in_whole_hops_but_for_the_rest_however_it_arrives() {
        let sound: Vec<f32> = (0..5_000_u16).map(|number| f32::from(number) / 5_000.0).collect();
        for keep_samples in [false, true] {
            let settings = Settings { keep_samples, ..Settings::default() };
            let mut recording = Recording::new(DictationId::numbered(1), settings, Instant::now());
            let mut heard = Vec::new();
            for piece in sound.chunks(700) {
                for event in recording.hear(piece, None, &mut First) {
                    if let RecordingEvent::Hop(hop, probability) = event {
                        assert_eq!((hop.len(), probability), (HOP, hop[0]));
                        heard.extend(hop);
                    }
                }
            }
            heard.extend(recording.rest(&mut First).unwrap().0);
            assert_eq!(heard, sound);
        }
    }

    #[test]
    fn levels_are_decibels_of_full_scale() {
        assert!((level(&[1.0, -1.0, 1.0, -1.0])).abs() < 1e-5);
        assert!((level(&[0.1, -0.1]) + 20.0).abs() < 1e-4);
        assert!((level(&[0.0, 0.0]) - FLOOR_DB).abs() < 1e-6);
    }
}
