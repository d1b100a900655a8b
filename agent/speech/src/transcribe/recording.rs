//! Transcribes a recording that is there as a whole, such as a file, by the rules of a dictation that is being spoken.
//!
//! A model that gets minutes in one pass loses sentences after a long pause, repeats others, and invents text for silence. So
//! the recording goes through the voice detector and [`Incremental`], hop by hop, as fast as the passes are made.

use std::time::{Duration, Instant};

use scout_core::dictation::duration_of;
use scout_core::incremental::{Incremental, Missing, Rules, Step};
use scout_core::speech::{self, HOP, Mark, Segmenter, SpeechSpan, VoiceActivity};
use scout_core::text::artefacts;

use super::{Abort, Options, TranscribeError, Transcriber, Transcript};

/// What was found in a recording.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The words. The places of its segments are those in the recording.
    pub transcript: Transcript,
    /// The length of the speech.
    pub speech: Duration,
    /// The speech in which no words were understood, or too few.
    pub missing: Option<Missing>,
}

/// Transcribes a whole recording: mono samples at [`SAMPLE_RATE`](scout_core::dictation::SAMPLE_RATE), within -1 to 1. Silence
/// never gets to the transcriber.
///
/// # Errors
/// When the detector or a pass fails. Speech without words is no error, but [`Found::missing`].
pub fn transcribe_recording(
    transcriber: &mut impl Transcriber,
    voice: &mut dyn VoiceActivity,
    audio: &[f32],
    options: &Options,
) -> Result<Found, TranscribeError> {
    let started = Instant::now();
    voice.reset();
    let mut speech = Incremental::new(Rules::RECORDING);
    let mut segmenter = Segmenter::new(speech::Rules::DICTATION);
    let mut spans: Vec<SpeechSpan> = Vec::new();
    let mut hop = [0.0; HOP];
    for chunk in audio.chunks(HOP) {
        hop[..chunk.len()].copy_from_slice(chunk);
        hop[chunk.len()..].fill(0.0);
        let probability = voice.probability(&hop)?;
        if let Some(Mark::Ended(span)) = segmenter.push(probability) {
            spans.push(span);
        }
        let steps = speech.hear(chunk, probability);
        carry_out(&mut speech, steps, transcriber, options)?;
    }
    spans.extend(segmenter.finish(audio.len()));
    let steps = speech.end();
    let mut transcript = carry_out(&mut speech, steps, transcriber, options)?.unwrap_or_default();
    clean(&mut transcript);
    transcript.timings.audio_seconds = duration_of(audio.len()).as_secs_f64();
    transcript.timings.set_total(started.elapsed());
    Ok(Found { transcript, speech: spans.into_iter().map(SpeechSpan::duration).sum(), missing: speech.missing() })
}

/// Makes the passes that are asked for, until no more are. Returns the transcript with the last one.
fn carry_out(
    speech: &mut Incremental,
    mut steps: Vec<Step>,
    transcriber: &mut impl Transcriber,
    options: &Options,
) -> Result<Option<Transcript>, TranscribeError> {
    loop {
        let mut next = None;
        for step in steps {
            match step {
                Step::Run { pass, audio, again } => {
                    let options = speech.options(options, again);
                    next = Some((pass, transcriber.transcribe(&audio, &options, &Abort::default())?));
                }
                Step::Done(transcript) => return Ok(Some(transcript)),
                // What is missing says so.
                Step::Failed(TranscribeError::NothingUnderstood) => return Ok(None),
                Step::Failed(error) => return Err(error),
                // A pass has always ended before the next hop is heard.
                Step::Abort { .. } | Step::Partial(_) => {}
            }
        }
        let Some((pass, transcript)) = next else { return Ok(None) };
        steps = speech.result(pass, Ok(transcript));
    }
}

/// Removes what the model wrote without speech.
fn clean(transcript: &mut Transcript) {
    transcript.text = artefacts::clean(&transcript.text);
    for segment in &mut transcript.segments {
        segment.text = artefacts::clean(&segment.text);
    }
    transcript.segments.retain(|segment| !segment.text.is_empty());
}

#[cfg(test)]
mod tests {
    use scout_core::dictation::samples_in;
    use scout_core::speech::SpeechError;

    use super::*;

    /// Speech is what is not silent.
    struct Loud;

    impl VoiceActivity for Loud {
        fn probability(&mut self, hop: &[f32; HOP]) -> Result<f32, SpeechError> {
            Ok(if hop.iter().any(|sample| *sample != 0.0) { 0.9 } else { 0.0 })
        }

        fn reset(&mut self) {}
    }

    /// A model as bad as real ones: of a clip with a long silence in it, it understands what comes first, and it invents text
    /// for silence. Samples are numbers of words.
    #[derive(Default)]
    struct Careless {
        longest: Duration,
        /// It understands nothing of this word.
        deaf_to: Option<u16>,
    }

    impl Transcriber for Careless {
        fn transcribe(&mut self, audio: &[f32], _: &Options, _: &Abort) -> Result<Transcript, TranscribeError> {
            self.longest = self.longest.max(duration_of(audio.len()));
            let mut numbers: Vec<u16> = Vec::new();
            let (mut silent, mut last) = (0, 0);
            for sample in audio.iter().map(|sample| (sample * 1000.0).round() as u16) {
                silent = if sample == 0 { silent + 1 } else { 0 };
                if silent > samples_in(Duration::from_secs(3)) {
                    break;
                }
                if sample != 0 && sample != last {
                    numbers.push(sample);
                }
                last = sample;
            }
            let words =
                numbers.iter().filter(|number| Some(**number) != self.deaf_to).map(|number| format!("word{number}"));
            let text = words.collect::<Vec<_>>().join(" ");
            let text = if text.is_empty() { "[BLANK_AUDIO]".to_owned() } else { text };
            Ok(Transcript { text, ..Transcript::default() })
        }
    }

    fn found(careless: &mut Careless, parts: &[(u16, f32)]) -> Found {
        let part = |(word, seconds): &(u16, f32)| {
            vec![f32::from(*word) / 1000.0; samples_in(Duration::from_secs_f32(*seconds))]
        };
        let audio: Vec<f32> = parts.iter().flat_map(part).collect();
        transcribe_recording(careless, &mut Loud, &audio, &Options::default()).unwrap()
    }

    #[test]
    fn every_sentence_is_there_once_however_long_the_pauses_are() {
        for pause in [0.5, 5.0, 45.0, 120.0] {
            let mut careless = Careless::default();
            let parts = [(0, pause), (1, 0.6), (2, 0.6), (0, pause), (3, 0.6), (4, 0.6), (0, pause)];
            let Found { transcript, missing, .. } = found(&mut careless, &parts);
            assert_eq!(transcript.text, "word1 word2 word3 word4", "{pause} s");
            assert_eq!(missing, None);
            assert!(careless.longest < Duration::from_secs(12), "{:?}", careless.longest);
            // Places are those of the file.
            let last = transcript.segments.last().unwrap();
            let end = f64::from(3.0 * pause + 2.4);
            assert!(
                f64::from(last.end) > end - f64::from(pause) - 0.1 && f64::from(last.end) <= end + 0.01,
                "{last:?}"
            );
            assert!(last.start < last.end && last.text.ends_with("word4"));
        }
    }

    #[test]
    fn nothing_is_read_where_nobody_speaks() {
        let mut careless = Careless::default();
        for parts in [&[][..], &[(0, 60.0)]] {
            let Found { transcript, speech, missing } = found(&mut careless, parts);
            assert_eq!((transcript.text.as_str(), speech, missing), ("", Duration::ZERO, None));
            assert_eq!(transcript.timings.passes, 0);
        }
        assert_eq!(careless.longest, Duration::ZERO);
    }

    #[test]
    fn speech_that_is_not_understood_is_told_with_its_place() {
        let mut careless = Careless { deaf_to: Some(3), ..Careless::default() };
        let parts = [(1, 0.6), (2, 0.6), (0, 70.0), (3, 1.5), (0, 20.0), (4, 0.6), (5, 0.6)];
        let Found { transcript, missing, .. } = found(&mut careless, &parts);
        assert_eq!(transcript.text, "word1 word2 word4 word5");
        let missing = missing.unwrap();
        assert_eq!(missing.to_string(), "1.5 s of speech from 1:10 on were not understood");
        // All of it is missing.
        let Found { transcript, missing, speech } = found(&mut careless, &[(0, 5.0), (3, 1.5), (0, 5.0)]);
        assert!(transcript.text.is_empty() && missing.is_some() && speech >= Duration::from_millis(1_500));
    }
}
