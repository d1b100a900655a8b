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
//!
//! A machine that is too slow for this runs fewer passes over longer windows, since the next one always takes what is there
//! when the last one ends. No audio is lost, and at the end nobody waits for a pass whose result would not be used.

pub mod replay;
mod rules;
mod voice;
mod words;

use std::sync::Arc;
use std::time::Duration;

use super::{Segment, TranscribeError, Transcript};
use crate::dictation::{duration_of, samples_in};
pub use rules::Rules;
use voice::{Pause, Voice};
use words::Word;

/// What is to be done.
#[derive(Debug)]
pub enum Step {
    /// Transcribe this, and tell [`Incremental::result`]. No other pass is running.
    Run {
        /// Counts up.
        pass: u32,
        /// What to transcribe.
        audio: Arc<[f32]>,
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
#[derive(Debug)]
struct Pass {
    number: u32,
    aim: Aim,
    /// One past the last sample that had been heard, or that it takes.
    to: usize,
    /// Where the dictation was when it began.
    since: Phase,
}

/// What a pass found in the window.
#[derive(Debug, Clone, Default)]
struct Reading {
    words: Vec<Word>,
    /// Up to where.
    to: usize,
    avg_logprob: f32,
    no_speech_probability: f32,
    doubtful: bool,
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
    expected: Vec<Word>,
    /// Whether the window began before the end of what was said.
    overlaps: bool,
    /// Readings of the window's beginning, by the sample at which their pause begins, or at which it is to be cut.
    marks: Vec<(usize, Vec<Word>)>,
    /// The newest reading of all of the window.
    latest: Option<Reading>,
    running: Option<Pass>,
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
            expected: Vec::new(),
            overlaps: false,
            marks: Vec::new(),
            latest: None,
            running: None,
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
        self.take(&run, &transcript);
        let mut steps = vec![Step::Partial(self.text())];
        steps.extend(self.advance());
        steps
    }

    /// What was understood so far.
    pub fn text(&self) -> String {
        let latest = self.latest.as_ref().map_or(&[][..], |latest| &latest.words);
        words::text(&[&self.said, latest].concat())
    }

    /// The language, once a pass has found it in enough speech to be sure.
    pub fn language(&self) -> Option<&str> {
        let (language, probability) = self.language.as_ref()?;
        (probability.unwrap_or(1.0) >= SURE_OF_LANGUAGE).then_some(language)
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

    /// Decides what to do next.
    fn advance(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(run) = &self.running {
            // A pass that began with the release is not begun anew for each hop of a last word, but when that is over.
            let speech_goes_on = self.phase == run.since && self.voice.silence().is_none();
            if self.phase == Phase::Listening || self.is_covered(run.to) || speech_goes_on {
                return steps;
            }
            steps.push(Step::Abort { pass: run.number });
            self.running = None;
        }
        match self.phase {
            Phase::Listening => steps.extend(self.while_listening()),
            Phase::Released | Phase::Ended => steps.extend(self.towards_the_end()),
            Phase::Over => {}
        }
        steps
    }

    fn while_listening(&mut self) -> Option<Step> {
        if !self.has_speech() || self.failing {
            return None;
        }
        let silence = self.voice.silence().map(|pause| (pause.from, pause.length()));
        if self.is_understood() {
            match silence {
                Some((_, length)) if length >= samples_in(self.rules.long_pause) => {
                    self.commit_all();
                    self.open(self.voice.position().saturating_sub(samples_in(self.rules.lead)), false);
                    return None;
                }
                _ => return self.cut(),
            }
        }
        if let Some((from, length)) = silence
            && length >= samples_in(self.rules.speculate_after)
        {
            return Some(self.run_up_to_now(Aim::Pause(from)));
        }
        if self.wants_to_look_ahead() {
            return Some(self.run_up_to_now(Aim::Now));
        }
        // Nobody pauses.
        let unread = self.voice.position() - self.latest.as_ref().map_or(self.window, |latest| latest.to);
        let window = self.voice.position() - self.window;
        if window >= samples_in(self.rules.fullest) && unread >= samples_in(self.rules.unread) {
            return Some(self.run_up_to_now(Aim::Now));
        }
        self.cut()
    }

    /// Whether a pass should read across a good pause, so that the window can be cut there.
    fn wants_to_look_ahead(&self) -> bool {
        let (first, ahead) = (self.window + samples_in(self.rules.least_piece), samples_in(self.rules.ahead));
        let read = self.latest.as_ref().map_or(0, |latest| latest.to);
        let is_open = |pause: &Pause| pause.from >= first && read < pause.to + ahead;
        let mut pauses = self.voice.pauses(samples_in(self.rules.good_pause));
        let is_full = self.voice.position() - self.window >= samples_in(self.rules.full);
        is_full && pauses.rfind(is_open).is_some_and(|pause| self.voice.position() >= pause.to + ahead)
    }

    fn towards_the_end(&mut self) -> Option<Step> {
        if self.is_understood() {
            return (self.phase == Phase::Ended).then(|| {
                self.phase = Phase::Over;
                Step::Done(self.transcript())
            });
        }
        if self.failing && self.phase == Phase::Released {
            return None;
        }
        Some(self.run_up_to_now(Aim::Now))
    }

    /// A pass over all of the window, or as much of it as one pass takes.
    fn run_up_to_now(&mut self, aim: Aim) -> Step {
        let (now, longest) = (self.voice.position(), self.window + samples_in(self.rules.longest_pass));
        // Silence behind the last word tells nothing.
        let heard = now.min(self.voice.voiced_until() + samples_in(self.rules.lead));
        if heard <= longest {
            return self.run(aim, heard, now);
        }
        tracing::debug!(window = ?duration_of(heard - self.window), "transcription is behind: longer passes");
        let least = self.window + samples_in(self.rules.least_piece);
        let fits = |pause: &Pause| pause.from >= least && pause.cut(samples_in(self.rules.lead)) <= longest;
        let pauses = self.voice.pauses(samples_in(self.rules.least_pause)).filter(fits);
        let at = pauses.map(|pause| pause.cut(samples_in(self.rules.lead))).next_back();
        let at = at.or_else(|| self.voice.quietest(least..longest)).unwrap_or(longest);
        self.run(Aim::Piece(at), at, at)
    }

    fn run(&mut self, aim: Aim, end: usize, to: usize) -> Step {
        self.passes += 1;
        self.running = Some(Pass { number: self.passes, aim, to, since: self.phase });
        let audio = self.audio[self.window - self.kept_from..end - self.kept_from].into();
        Step::Run { pass: self.passes, audio }
    }

    /// Takes what a pass found.
    fn take(&mut self, run: &Pass, transcript: &Transcript) {
        let found = words::mend(words::words(&transcript.text), self.said.last(), &self.expected, self.overlaps);
        let count = transcript.segments.len().max(1) as f32;
        let reading = Reading {
            words: found,
            to: run.to,
            avg_logprob: transcript.segments.iter().map(|segment| segment.avg_logprob).sum::<f32>() / count,
            no_speech_probability: transcript.segments.iter().map(|it| it.no_speech_probability).sum::<f32>() / count,
            doubtful: transcript.doubtful,
        };
        self.failing = false;
        self.doubtful |= transcript.doubtful;
        self.audio_ctx = transcript.timings.audio_ctx;
        if let Some(language) = &transcript.language {
            self.language = Some((language.clone(), transcript.language_probability));
        }
        match run.aim {
            Aim::Pause(from) => {
                self.marks.push((from, reading.words.clone()));
                self.latest = Some(reading);
            }
            Aim::Cut(at) => {
                self.marks.push((at, reading.words));
            }
            Aim::Now => self.latest = Some(reading),
            Aim::Piece(at) => {
                self.latest = Some(reading);
                self.commit_all();
                self.open(at, false);
            }
        }
    }

    /// Cuts the window where it should be, or has the pass run that tells which words lie before the cut.
    fn cut(&mut self) -> Option<Step> {
        let latest = self.latest.as_ref()?;
        let needed = samples_in(self.rules.needed_pause(duration_of(latest.to - self.window))?);
        let (first, lead) = (self.window + samples_in(self.rules.least_piece), samples_in(self.rules.lead));
        // There must be words behind it, so that the reading that goes across it knows how they follow.
        let last = latest.to.saturating_sub(samples_in(self.rules.least_pause));
        let fits = |pause: &Pause| pause.from >= first && pause.to < last;
        let is_read = |at: usize| self.marks.iter().any(|(mark, _)| *mark == at);
        let pauses: Vec<Pause> = self.voice.pauses(needed).filter(fits).collect();
        let found = pauses.iter().rev().find(|pause| is_read(pause.from));
        let longest = pauses.iter().max_by_key(|pause| pause.length());
        if let Some(pause) = found.copied().or(longest.copied()) {
            if is_read(pause.from) {
                self.commit(pause.from);
                self.open(pause.cut(lead), false);
                // The window may still be longer than it should be.
                return self.cut();
            }
            let end = pause.cut(lead);
            return Some(self.run(Aim::Pause(pause.from), end, end)).inspect(|_| self.mark_only());
        }
        if duration_of(latest.to - self.window) < self.rules.fullest {
            return None;
        }
        let forced = self.marks.iter().map(|(at, _)| *at).find(|at| self.voice.pause_from(*at).is_none());
        if let Some(at) = forced {
            self.commit(at);
            self.open(at.saturating_sub(samples_in(self.rules.overlap)), true);
            return None;
        }
        // Not in the first half, or the next window would be as long as this one.
        let half = self.window + (latest.to - self.window) / 2;
        let at = self.voice.quietest(half.max(first)..last.saturating_sub(samples_in(self.rules.overlap)))?;
        Some(self.run(Aim::Cut(at), at, at))
    }

    /// The pass that has just begun ends before the newest reading does: it is wanted for its mark alone.
    fn mark_only(&mut self) {
        if let Some(Pass { aim, .. }) = &mut self.running
            && let Aim::Pause(from) = *aim
        {
            *aim = Aim::Cut(from);
        }
    }

    /// The words up to a mark are final.
    fn commit(&mut self, mark: usize) {
        let Some(position) = self.marks.iter().position(|(at, _)| *at == mark) else { return };
        let (_, shorter) = self.marks.swap_remove(position);
        let Some(mut latest) = self.latest.take() else { return };
        let fit = words::fit(&shorter, &latest.words);
        let piece = if fit.edits > shorter.len().div_ceil(MOST_EDITS_PER_WORDS) {
            // The two readings have little in common. The one that ended here is not the one that lost its way behind it,
            // and what follows is read anew.
            self.expected = Vec::new();
            shorter.clone()
        } else {
            let rest = latest.words.split_off(fit.words);
            let piece = std::mem::replace(&mut latest.words, rest.clone());
            self.expected = rest;
            self.latest = Some(latest.clone());
            piece
        };
        let before = |words: &[Word]| words::fit(&shorter, words).words;
        self.marks.retain(|(at, _)| *at > mark);
        self.marks.iter_mut().for_each(|(_, words)| drop(words.drain(..before(words))));
        self.settle(&piece, mark, &latest);
    }

    /// All words of the newest reading are final.
    fn commit_all(&mut self) {
        if let Some(mut latest) = self.latest.take() {
            let piece = std::mem::take(&mut latest.words);
            self.settle(&piece, latest.to, &latest);
        }
        self.expected.clear();
        self.marks.clear();
    }

    fn settle(&mut self, piece: &[Word], end: usize, reading: &Reading) {
        if piece.is_empty() {
            return;
        }
        let seconds = |samples: usize| duration_of(samples).as_secs_f32();
        self.pieces.push(Segment {
            start: seconds(self.window),
            end: seconds(end),
            text: words::text(piece),
            avg_logprob: reading.avg_logprob,
            no_speech_probability: reading.no_speech_probability,
        });
        self.said.extend_from_slice(piece);
        tracing::debug!(end = ?duration_of(end), words = piece.len(), reading.doubtful, "a piece is final");
    }

    /// Opens the next window. What was heard before it is not needed any more.
    fn open(&mut self, window: usize, overlaps: bool) {
        self.window = window;
        self.overlaps = overlaps;
        self.audio.drain(..window - self.kept_from);
        self.kept_from = window;
        self.voice.forget(window);
    }

    fn transcript(&mut self) -> Transcript {
        let text = self.text();
        self.commit_all();
        let mut transcript = Transcript {
            text,
            segments: std::mem::take(&mut self.pieces),
            doubtful: self.doubtful,
            ..Transcript::default()
        };
        if let Some((language, probability)) = self.language.take() {
            (transcript.language, transcript.language_probability) = (Some(language), probability);
        }
        transcript.timings.audio_seconds = duration_of(self.voice.position()).as_secs_f64();
        transcript.timings.passes = self.passes;
        transcript.timings.audio_ctx = self.audio_ctx;
        transcript
    }

    /// How much audio is kept.
    pub fn kept(&self) -> Duration {
        duration_of(self.audio.len())
    }
}

/// From this probability on, the language that a pass found holds for the rest of the dictation.
const SURE_OF_LANGUAGE: f32 = 0.7;

/// Two readings of the same words agree as long as no more than every third word differs: a small model hears every tenth
/// word differently when it hears more of the sentence.
const MOST_EDITS_PER_WORDS: usize = 3;

#[cfg(test)]
mod tests;
