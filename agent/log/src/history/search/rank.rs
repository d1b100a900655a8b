//! Ranks the candidates: BM25, multiplied by recency.

use std::ops::Range;

use jiff::Timestamp;

use super::query::{Query, Term};
use crate::history::store::fold::{self, Folded, is_unspaced};

/// How fast further occurrences of a word count less. The customary value (Robertson and Zaragoza, 2009).
const K1: f64 = 1.2;
/// How much the length of a text reduces its score. The customary value.
const B: f64 = 0.75;
/// Words of a dictation of ordinary length: two sentences.
const ORDINARY_LENGTH: f64 = 25.0;

/// The bonus of a dictation of this moment over an old one.
const RECENCY: f64 = 1.0;
/// The days after which the bonus is halved: people search mostly for dictations of the last month.
const RECENCY_HALF_LIFE_DAYS: f64 = 30.0;

/// The weight of a part of a word, compared with a whole word.
const PART: f64 = 0.5;

const MS_PER_DAY: f64 = 86_400_000.0;

/// A term, prepared for comparison with texts.
#[derive(Debug)]
pub(super) struct Wanted {
    letters: Vec<Folded>,
    words: Vec<Range<usize>>,
    is_prefix: bool,
}

/// Prepares the terms of a query for comparison with texts, once for all candidates.
pub(super) fn wanted(query: &Query) -> Vec<Wanted> {
    let one = |term: &Term| {
        let letters = fold::fold(&term.text);
        let words = fold::words(&letters);
        Wanted { letters, words, is_prefix: term.is_prefix }
    };
    query.terms.iter().map(one).collect()
}

/// A matching dictation.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Its row.
    pub(crate) seq: i64,
    started_ms: i64,
    folded: Vec<Folded>,
    words: Vec<Range<usize>>,
}

impl Candidate {
    /// Creates a candidate from its row, its text and its time.
    pub(super) fn new(seq: i64, said: &str, started_ms: i64) -> Self {
        let folded = fold::fold(said);
        let words = fold::words(&folded);
        Self { seq, started_ms, folded, words }
    }

    /// Returns whether the text contains every term, at least as a part of a word.
    pub(super) fn has_parts(&self, terms: &[Wanted]) -> bool {
        terms.iter().all(|term| self.has(&term.letters) || !self.places(term).is_empty())
    }

    /// Returns the positions of the matches in the text, in bytes and in order.
    pub(super) fn matches(&self, terms: &[Wanted]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = terms
            .iter()
            .flat_map(|term| {
                let places = self.places(term);
                if places.is_empty() { self.parts(term) } else { places }
            })
            .map(|place| self.folded[place.start].start..self.folded[place.end - 1].end)
            .collect();
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    /// Returns the positions of the term as whole words.
    fn places(&self, term: &Wanted) -> Vec<Range<usize>> {
        let (wanted, runs) = (&term.letters, &term.words);
        let Some(first) = runs.first() else { return Vec::new() };
        if runs.len() == 1 && is_unspaced(wanted[first.start].letter) {
            return self.occurrences(&wanted[first.clone()]);
        }
        let same = |word: &Range<usize>, run: &Range<usize>, is_last: bool| {
            let (word, run) = (&self.folded[word.clone()], &wanted[run.clone()]);
            let begins = word.len() >= run.len() && word.iter().zip(run).all(|(one, other)| one.letter == other.letter);
            begins && (word.len() == run.len() || is_last && term.is_prefix)
        };
        self.words
            .windows(runs.len())
            .filter(|window| {
                window.iter().zip(runs).enumerate().all(|(at, (word, run))| same(word, run, at + 1 == runs.len()))
            })
            .map(|window| window[0].start..window[window.len() - 1].end)
            .collect()
    }

    /// Returns all positions of the term.
    fn parts(&self, term: &Wanted) -> Vec<Range<usize>> {
        self.occurrences(&term.letters)
    }

    fn has(&self, wanted: &[Folded]) -> bool {
        !wanted.is_empty() && self.folded.windows(wanted.len()).any(|window| is_same(window, wanted))
    }

    fn occurrences(&self, wanted: &[Folded]) -> Vec<Range<usize>> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let windows = self.folded.windows(wanted.len()).enumerate();
        windows.filter(|(_, window)| is_same(window, wanted)).map(|(at, _)| at..at + wanted.len()).collect()
    }

    fn score(&self, terms: &[Wanted], weights: &[f64], now: Timestamp) -> f64 {
        let length = self.words.len() as f64 / ORDINARY_LENGTH;
        let saturation = K1 * (1.0 - B + B * length);
        let of_term = |(term, weight): (&Wanted, &f64)| {
            let whole = self.places(term).len() as f64;
            let frequency = if whole > 0.0 { whole } else { PART * (self.parts(term).len() as f64).max(1.0) };
            weight * frequency * (K1 + 1.0) / (frequency + saturation)
        };
        let words: f64 = terms.iter().zip(weights).map(of_term).sum();
        let age_days = (now.as_millisecond() - self.started_ms).max(0) as f64 / MS_PER_DAY;
        let recency = 1.0 + RECENCY * 0.5_f64.powf(age_days / RECENCY_HALF_LIFE_DAYS);
        // A search with filters alone has no words: the newest dictation is first.
        if terms.is_empty() { recency } else { words * recency }
    }
}

/// Returns the weight of a term that `count` dictations contain. Counting stops at `most`.
pub(super) fn rarity(count: u32, most: u32) -> f64 {
    1.0 + (f64::from(most) / f64::from(count.max(1))).ln().max(0.0)
}

fn is_same(window: &[Folded], wanted: &[Folded]) -> bool {
    window.iter().zip(wanted).all(|(one, other)| one.letter == other.letter)
}

/// Sorts the candidates, the best first.
pub(super) fn best(candidates: Vec<Candidate>, terms: &[Wanted], weights: &[f64], now: Timestamp) -> Vec<Candidate> {
    let mut scored: Vec<(f64, Candidate)> =
        candidates.into_iter().map(|candidate| (candidate.score(terms, weights, now), candidate)).collect();
    scored.sort_by(|(one, a), (other, b)| {
        other.total_cmp(one).then(b.started_ms.cmp(&a.started_ms)).then(b.seq.cmp(&a.seq))
    });
    scored.into_iter().map(|(_, candidate)| candidate).collect()
}
