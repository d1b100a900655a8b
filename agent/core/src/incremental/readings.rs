//! How what passes find becomes one text: which words are final, and what stands behind them.

use super::checks;
use super::words::{self, Expected, Word};
use super::{Aim, Incremental, Pass, Reading, Step};
use crate::dictation::duration_of;
use crate::text::artefacts;
use crate::transcript::{Segment, TranscribeError, Transcript};

/// Two readings of the same words agree as long as no more than every third word differs: a small model hears every tenth
/// word differently when it hears more of the sentence.
const MOST_EDITS_PER_WORDS: usize = 3;

/// A pass is told so many words of what was said before it. Twice as many were no better, and each costs time.
pub(super) const WORDS_BEFORE: usize = 16;

impl Incremental {
    /// What was understood so far.
    pub fn text(&self) -> String {
        let latest = self.latest.as_ref().map_or(&[][..], |latest| &latest.words);
        words::text(&[&self.said, latest].concat())
    }

    /// The beginning of what was understood that will not change any more.
    pub fn settled(&self) -> String {
        words::text(&self.said)
    }

    /// The last words before the window, which a pass may be told. `None` where nothing was said before, and where the window
    /// begins with some of it.
    pub fn before(&self) -> Option<String> {
        let first = self.said.len().saturating_sub(WORDS_BEFORE);
        (!self.overlaps && !self.said.is_empty()).then(|| words::text(&self.said[first..]))
    }

    /// Takes what a pass found.
    pub(super) fn take(&mut self, run: Pass, transcript: &Transcript) {
        // `[BLANK_AUDIO]` and the like are no words: where nothing else was found, nothing was found.
        let is_empty = artefacts::clean(&transcript.text).is_empty();
        let found = if is_empty { Vec::new() } else { words::words(&transcript.text) };
        let found = words::mend(found, self.said.last(), &self.expected, self.overlaps);
        let count = transcript.segments.len().max(1) as f32;
        let reading = Reading {
            words: found,
            to: run.to,
            is_cut: matches!(run.aim, Aim::Now | Aim::Cut(_)),
            avg_logprob: transcript.segments.iter().map(|segment| segment.avg_logprob).sum::<f32>() / count,
            no_speech_probability: transcript.segments.iter().map(|it| it.no_speech_probability).sum::<f32>() / count,
            doubtful: transcript.doubtful,
            incomplete: false,
        };
        self.failing = false;
        self.doubtful |= transcript.doubtful;
        self.audio_ctx = transcript.timings.audio_ctx;
        if let Some(language) = &transcript.language {
            self.language = Some((language.clone(), transcript.language_probability));
        }
        let is_short = self.is_short(&reading.words, run.end);
        match run.aim {
            // The pass that repeats it has the last word: this one is not used.
            Aim::Cut(_) | Aim::Piece(_) if is_short && !run.again => self.repeat = Some(Pass { again: true, ..run }),
            Aim::Cut(at) => self.marks.push((at, reading.words)),
            Aim::Piece(at) => {
                self.replace_latest(reading, is_short, &run);
                self.commit_all();
                self.open(at, false);
            }
            Aim::Pause(_) | Aim::Now => {
                let words = reading.words.clone();
                self.replace_latest(reading, is_short, &run);
                if let (Aim::Pause(from), Some(Reading { incomplete: false, .. })) = (run.aim, &self.latest) {
                    self.marks.push((from, words));
                }
            }
        }
    }

    /// Puts a reading in the place of the newest one, which covers less audio. Where the new one holds less than it should, the
    /// words of the old one stay.
    fn replace_latest(&mut self, mut reading: Reading, is_short: bool, run: &Pass) {
        let old = self.latest.take().unwrap_or_default();
        let lost_words = words::is_shortened(&reading.words, &old.words);
        if run.again {
            reading.is_cut = old.is_cut;
            if is_short && self.is_short(&old.words, run.end) {
                self.miss(run.end);
            }
        } else {
            reading.incomplete = is_short || lost_words;
        }
        if (is_short || reading.incomplete) && old.words.len() > reading.words.len() {
            (reading.words, reading.is_cut) = (old.words, old.is_cut);
        }
        self.latest = Some(reading);
    }

    /// The voice in the window up to there was read twice in vain.
    fn miss(&mut self, end: usize) {
        let voiced = duration_of(self.voice.voiced(self.window..end));
        if self.missing.total.is_zero() {
            self.missing.from = duration_of(self.window);
        }
        self.missing.total += voiced;
    }

    /// Whether these words are too few for the voice in the window up to there.
    fn is_short(&self, words: &[Word], end: usize) -> bool {
        let voiced = duration_of(self.voice.voiced(self.window..end)).as_secs_f32();
        checks::is_short_for_voice(&words::text(words), voiced)
    }

    /// The words up to a mark are final.
    pub(super) fn commit(&mut self, mark: usize) {
        let Some(position) = self.marks.iter().position(|(at, _)| *at == mark) else { return };
        let (_, shorter) = self.marks.swap_remove(position);
        let Some(mut latest) = self.latest.take() else { return };
        let fit = words::fit(&shorter, &latest.words);
        let piece = if fit.words == latest.words.len() && shorter.len() > fit.words {
            // The reading that went on lost its last words, and heard nothing behind them.
            self.expected = Expected::default();
            shorter.clone()
        } else if fit.edits > shorter.len().div_ceil(MOST_EDITS_PER_WORDS) {
            // The two readings have little in common. The one that ended here is not the one that lost its way behind it,
            // and what follows is read anew.
            self.expected = Expected::default();
            shorter.clone()
        } else {
            let rest = latest.words.split_off(fit.words);
            let piece = std::mem::replace(&mut latest.words, rest.clone());
            self.expected = Expected { words: rest, is_cut: latest.is_cut };
            self.latest = Some(latest.clone());
            piece
        };
        let before = |words: &[Word]| words::fit(&shorter, words).words;
        self.marks.retain(|(at, _)| *at > mark);
        self.marks.iter_mut().for_each(|(_, words)| drop(words.drain(..before(words))));
        self.settle(&piece, mark, &latest);
    }

    /// All words of the newest reading are final.
    pub(super) fn commit_all(&mut self) {
        if let Some(mut latest) = self.latest.take() {
            let piece = std::mem::take(&mut latest.words);
            self.settle(&piece, latest.to, &latest);
        }
        self.expected = Expected::default();
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

    /// What came of the dictation.
    pub(super) fn outcome(&mut self) -> Step {
        let transcript = self.transcript();
        if transcript.text.is_empty() && self.missing().is_some() {
            return Step::Failed(TranscribeError::NothingUnderstood);
        }
        Step::Done(transcript)
    }

    fn transcript(&mut self) -> Transcript {
        let text = self.text();
        self.commit_all();
        let mut transcript = Transcript {
            text,
            segments: std::mem::take(&mut self.pieces),
            doubtful: self.doubtful || self.missing().is_some(),
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
}
