//! A recording through incremental transcription, faster than it was spoken: the decisions are those of a live dictation, since
//! time is counted in samples.

use std::time::Duration;

use scout_core::dictation::samples_in;
use scout_core::incremental::{Incremental, Rules, Step};
use scout_core::speech::{HOP, Segmenter, VoiceActivity};
use scout_core::transcript::{Abort, Options, TranscribeError, Transcript};
use scout_speech::transcribe::Transcriber;

/// How long a pass counts as taking: what the smallest model takes for its least context on two cores of 2023.
pub const PASS: Duration = Duration::from_millis(350);

/// What is recorded after the release at most, as a microphone does.
const TAIL: Duration = scout_speech::capture::DEFAULT_TAIL;

/// What came of a recording.
#[derive(Debug)]
pub struct Replayed {
    /// What was understood.
    pub transcript: Transcript,
    /// The most audio that was kept at any time.
    pub most_kept: Duration,
}

/// Speaks `clip` into incremental transcription that goes by `rules`, lets the key go at its end, and gives the text. Passes
/// take `pass` of the recording's time, however long they take.
pub fn replay(
    clip: &[f32],
    voice: &mut dyn VoiceActivity,
    transcriber: &mut dyn Transcriber,
    options: &Options,
    rules: Rules,
    pass: Duration,
) -> Result<Replayed, TranscribeError> {
    voice.reset();
    let mut run = Run {
        speech: Incremental::new(rules),
        transcriber,
        options,
        pass: samples_in(pass),
        now: 0,
        under_way: None,
        done: None,
        most_kept: Duration::ZERO,
    };
    let mut segmenter = Segmenter::new(scout_core::speech::Rules::DICTATION);
    let tail = vec![0.0; samples_in(TAIL)];
    let mut hear = |run: &mut Run<'_>, hop: &[f32]| -> Result<bool, TranscribeError> {
        let mut whole = [0.0; HOP];
        whole[..hop.len()].copy_from_slice(hop);
        let probability = voice.probability(&whole)?;
        segmenter.push(probability);
        run.now += hop.len();
        let steps = run.speech.hear(hop, probability);
        run.follow(steps)?;
        run.most_kept = run.most_kept.max(run.speech.kept());
        run.deliver()?;
        Ok(segmenter.is_speaking())
    };
    for hop in clip.chunks(HOP) {
        hear(&mut run, hop)?;
    }
    let steps = run.speech.release();
    run.follow(steps)?;
    for hop in tail.chunks(HOP) {
        if !hear(&mut run, hop)? {
            break;
        }
    }
    let steps = run.speech.end();
    run.follow(steps)?;
    while run.done.is_none() && run.under_way.is_some() {
        run.now += run.pass.max(1);
        run.deliver()?;
    }
    Ok(Replayed { transcript: run.done.unwrap_or_default(), most_kept: run.most_kept })
}

struct Run<'a> {
    speech: Incremental,
    transcriber: &'a mut dyn Transcriber,
    options: &'a Options,
    /// Samples that a pass takes.
    pass: usize,
    /// Samples heard.
    now: usize,
    under_way: Option<(u32, usize, Transcript)>,
    done: Option<Transcript>,
    most_kept: Duration,
}

impl Run<'_> {
    fn follow(&mut self, steps: Vec<Step>) -> Result<(), TranscribeError> {
        for step in steps {
            match step {
                Step::Run { pass, audio, again } => {
                    let mut options = self.options.clone();
                    options.language = options.language.or_else(|| self.speech.language().map(str::to_owned));
                    options.before = self.speech.before();
                    if again {
                        options = options.once_more();
                    }
                    let transcript = self.transcriber.transcribe(&audio, &options, &Abort::default())?;
                    self.under_way = Some((pass, self.now + self.pass, transcript));
                }
                Step::Abort { .. } => self.under_way = None,
                Step::Partial(_) => {}
                Step::Done(transcript) => self.done = Some(transcript),
                Step::Failed(TranscribeError::NothingUnderstood) => self.done = Some(Transcript::default()),
                Step::Failed(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Hands over the result that is due.
    fn deliver(&mut self) -> Result<(), TranscribeError> {
        while let Some((pass, _, transcript)) = self.under_way.take_if(|(_, due, _)| *due <= self.now) {
            let steps = self.speech.result(pass, Ok(transcript));
            self.follow(steps)?;
        }
        Ok(())
    }
}
