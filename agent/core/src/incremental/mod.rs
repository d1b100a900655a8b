//! Transcription while the user speaks: what is to be transcribed when, and how the readings become one text.
//!
//! [`Incremental`] is pure. It is told what was heard, hop by hop, that the key came up, and what passes found; it answers
//! with [`Step`]s. Whoever drives it runs the passes, one at a time.
//!
//! A pass over two seconds costs as much as one over eleven, because it is the encoder's context that costs. So there is one
//! *window*, from the last cut to now, and every pass takes all of it:
//! * **Speculation**: as soon as the voice pauses, the window is transcribed. If nothing more is said, that is the text, and
//!   the release finds it there. Else it is a partial.
//! * **Cuts**: once a pass has seen beyond a pause, the words before that pause can be final: both readings, the one that
//!   ended there and the one that went on, have been fitted together. The window then begins at the pause.
//! * **The end**: when the key comes up, a pass starts over what is there, while the tail is still being recorded. It stands
//!   if the tail holds no speech, and is taken up anew if it does.
//! * **Doubt**: models sometimes find nothing in speech, or drop its last words. A reading that holds less than the voice in
//!   its audio allows, or less than an earlier reading of the same audio, is *incomplete*: the earlier words stay, no cut is made
//!   by it, and before its words become final the same audio is read once more, with the full context.
//!
//! A machine that is too slow for this runs fewer passes over longer windows, since the next one always takes what is there
//! when the last one ends. No audio is lost, and at the end nobody waits for a pass whose result would not be used.

pub mod checks;
mod decisions;
mod readings;
mod rules;
mod voice;
mod words;

use std::sync::Arc;
use std::time::Duration;

use crate::dictation::{duration_of, samples_in};
use crate::transcript::{Options, Segment, TranscribeError, Transcript};
pub use rules::Rules;
use voice::Voice;
use words::{Expected, Word};

/// What is to be done.
#[derive(Debug)]
pub enum Step {
    /// Transcribe this, and tell [`Incremental::result`]. No other pass is running.
    Run {
        /// Counts up.
        pass: u32,
        /// What to transcribe.
        audio: Arc<[f32]>,
        /// An earlier pass found less in this audio than the voice in it allows: take the encoder's full context, and do not
        /// give the words before.
        again: bool,
    },
    /// End this pass: its result would not be used. It need not be told.
    Abort {
        /// Which one.
        pass: u32,
    },
    /// What was understood so far has changed.
    Partial(String),
    /// Everything was understood.
    Done(Transcript),
    /// The words could not be had.
    Failed(TranscribeError),
}

/// Where the dictation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The key is down.
    Listening,
    /// The key is up, and the tail is being recorded.
    Released,
    /// All audio is there.
    Ended,
    /// The text was given.
    Over,
}

/// What a pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// The window, up to a pause that begins at this sample.
    Pause(usize),
    /// The window's beginning, to cut it here. Nobody paused.
    Cut(usize),
    /// The window as it is, in the middle of speech or after it.
    Now,
    /// The window's beginning up to here, because all of it is too long.
    Piece(usize),
}

/// A pass that runs.
#[derive(Debug, Clone, Copy)]
struct Pass {
    number: u32,
    aim: Aim,
    /// One past the last sample that it takes.
    end: usize,
    /// One past the last sample that had been heard, or that it takes.
    to: usize,
    /// Where the dictation was when it began.
    since: Phase,
    /// Whether it repeats a pass that found too little.
    again: bool,
}

/// What a pass found in the window.
#[derive(Debug, Clone, Default)]
struct Reading {
    words: Vec<Word>,
    /// Up to where it covers what was said.
    to: usize,
    /// Whether it ended where nobody paused: its last word may be cut off.
    is_cut: bool,
    avg_logprob: f32,
    no_speech_probability: f32,
    doubtful: bool,
    /// The pass found less than was said: before these words become final, the same audio is read once more.
    incomplete: bool,
}

/// The transcription of one dictation, while it is being spoken.
#[derive(Debug)]
pub struct Incremental {
    rules: Rules,
    voice: Voice,
    phase: Phase,
    /// What was heard since `kept_from`, the only audio that may still be needed.
    audio: Vec<f32>,
    kept_from: usize,
    /// The text before the window.
    said: Vec<Word>,
    /// The same in pieces, for the log.
    pieces: Vec<Segment>,
    /// Where the window begins.
    window: usize,
    /// How a reading that went across the window's beginning wrote what follows it.
    expected: Expected,
    /// Whether the window began before the end of what was said.
    overlaps: bool,
    /// Readings of the window's beginning, by the sample at which their pause begins, or at which it is to be cut.
    marks: Vec<(usize, Vec<Word>)>,
    /// The newest reading of all of the window.
    latest: Option<Reading>,
    running: Option<Pass>,
    /// A pass that found too little, to be repeated before anything else.
    repeat: Option<Pass>,
    /// The voice in which two passes found no words, or too few.
    missing: Missing,
    /// Passes begun.
    passes: u32,
    /// The last pass failed: no more are tried until the end.
    failing: bool,
    language: Option<(String, Option<f32>)>,
    doubtful: bool,
    audio_ctx: u32,
}

impl Incremental {
    /// A dictation of which nothing was heard yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            voice: Voice::new(),
            phase: Phase::Listening,
            audio: Vec::new(),
            kept_from: 0,
            said: Vec::new(),
            pieces: Vec::new(),
            window: 0,
            expected: Expected::default(),
            overlaps: false,
            marks: Vec::new(),
            latest: None,
            running: None,
            repeat: None,
            missing: Missing::default(),
            passes: 0,
            failing: false,
            language: None,
            doubtful: false,
            audio_ctx: 0,
        }
    }

    /// The next hop was heard, of which the detector said this. The last one of a recording may be shorter.
    pub fn hear(&mut self, hop: &[f32], probability: f32) -> Vec<Step> {
        self.audio.extend_from_slice(hop);
        self.voice.hear(hop, probability);
        self.slide();
        self.advance()
    }

    /// The key came up. What follows is the tail.
    pub fn release(&mut self) -> Vec<Step> {
        if self.phase == Phase::Listening {
            self.phase = Phase::Released;
        }
        self.advance()
    }

    /// Reads what is being said again and again, though nobody pauses, so that words can be typed while they are spoken.
    pub fn follow_closely(&mut self) {
        self.rules.unread_while_followed = Some(Rules::FOLLOWED);
    }

    /// It did not: the user goes on.
    pub fn resume(&mut self) {
        if self.phase == Phase::Released {
            self.phase = Phase::Listening;
        }
    }

    /// All audio has been heard. In the end [`Step::Done`] or [`Step::Failed`] follows.
    pub fn end(&mut self) -> Vec<Step> {
        if matches!(self.phase, Phase::Listening | Phase::Released) {
            self.phase = Phase::Ended;
            self.voice.end();
        }
        self.advance()
    }

    /// A pass has ended. Those that are not wanted any more are ignored.
    pub fn result(&mut self, pass: u32, result: Result<Transcript, TranscribeError>) -> Vec<Step> {
        let Some(run) = self.running.take_if(|run| run.number == pass) else { return Vec::new() };
        let transcript = match result {
            Ok(transcript) => transcript,
            Err(error) if self.phase == Phase::Ended => {
                self.phase = Phase::Over;
                return vec![Step::Failed(error)];
            }
            Err(error) => {
                tracing::debug!(%error, "a pass failed: the next is tried at the end");
                self.failing = true;
                return self.advance();
            }
        };
        self.take(run, &transcript);
        let mut steps = vec![Step::Partial(self.text())];
        steps.extend(self.advance());
        steps
    }

    /// The language, once a pass has found it in enough speech to be sure.
    pub fn language(&self) -> Option<&str> {
        let (language, probability) = self.language.as_ref()?;
        (probability.unwrap_or(1.0) >= SURE_OF_LANGUAGE).then_some(language)
    }

    /// How a pass of this dictation is to be made; `again` as in [`Step::Run`].
    pub fn options(&self, of_dictation: &Options, again: bool) -> Options {
        let mut options = of_dictation.clone();
        // Asked once, a multilingual model need not be asked for each pass: that costs as much as the pass itself.
        options.language = options.language.or_else(|| self.language().map(str::to_owned));
        options.before = self.before();
        if again { options.once_more() } else { options }
    }

    /// The voice in which no words were understood, or too few; `None` where there is so little of it that it may be a cough.
    pub fn missing(&self) -> Option<Missing> {
        Some(self.missing).filter(|missing| missing.total >= LEAST_UNHEARD)
    }

    /// While nobody speaks the window moves along.
    fn slide(&mut self) {
        if self.has_speech() || self.latest.is_some() || self.voice.is_speaking() {
            return;
        }
        let window = self.voice.position().saturating_sub(samples_in(self.rules.lead));
        if window > self.window {
            self.open(window, false);
        }
    }

    /// Whether anybody has spoken in the window.
    fn has_speech(&self) -> bool {
        self.voice.spoken_until() > self.window
    }

    /// Whether a reading up to there holds everything that was said.
    fn is_covered(&self, to: usize) -> bool {
        self.voice.spoken_until() <= to
    }

    fn is_understood(&self) -> bool {
        !self.has_speech() || self.latest.as_ref().is_some_and(|latest| self.is_covered(latest.to))
    }

    /// Opens the next window. What was heard before it is not needed any more.
    fn open(&mut self, window: usize, overlaps: bool) {
        self.window = window;
        self.overlaps = overlaps;
        self.audio.drain(..window - self.kept_from);
        self.kept_from = window;
        self.voice.forget(window);
    }

    /// How much audio is kept.
    pub fn kept(&self) -> Duration {
        duration_of(self.audio.len())
    }
}

/// Speech this long in which no word was found is reported. Shorter ones are coughs and clicks more often than words.
pub const LEAST_UNHEARD: Duration = Duration::from_millis(500);

/// Voice in which no words were understood, or fewer than anybody says in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// Where the first such stretch begins, from the start of the recording.
    pub from: Duration,
    /// The length of the voice in all of them.
    pub total: Duration,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (minutes, seconds) = (self.from.as_secs() / 60, self.from.as_secs() % 60);
        write!(f, "{:.1} s of speech from {minutes}:{seconds:02} on were not understood", self.total.as_secs_f32())
    }
}

/// From this probability on, the language that a pass found holds for the rest of the dictation.
const SURE_OF_LANGUAGE: f32 = 0.7;

#[cfg(test)]
mod tests;
