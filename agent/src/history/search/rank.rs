//! Which of the candidates comes first: BM25, raised by recency.

use std::ops::Range;

use jiff::Timestamp;

use super::fold::{self, Folded, is_unspaced};
use super::query::{Query, Term};

/// How soon further occurrences of a word count less. The customary value (Robertson and Zaragoza, 2009).
const K1: f64 = 1.2;
/// How much longer texts are held to need more occurrences. The customary value.
const B: f64 = 0.75;
/// Words of a dictation of ordinary length: two sentences.
const ORDINARY_LENGTH: f64 = 25.0;

/// How much more than an old dictation one of this moment is worth.
const RECENCY: f64 = 1.0;
/// After which time that has shrunk to a half: what was said last month is looked for as what was said last.
const RECENCY_HALF_LIFE_DAYS: f64 = 30.0;

/// What a part of a word is worth beside a whole one.
const PART: f64 = 0.5;

const MS_PER_DAY: f64 = 86_400_000.0;

/// A term as it is compared with texts.
#[derive(Debug)]
pub(super) struct Wanted {
    letters: Vec<Folded>,
    words: Vec<Range<usize>>,
    is_prefix: bool,
}

/// The terms of a query as they are compared with texts: once for all candidates.
pub(super) fn wanted(query: &Query) -> Vec<Wanted> {
    let one = |term: &Term| {
        let letters = fold::fold(&term.text);
        let words = fold::words(&letters);
        Wanted { letters, words, is_prefix: term.is_prefix }
    };
    query.terms.iter().map(one).collect()
}

/// A dictation that matches.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Its row.
    pub seq: i64,
    started_ms: i64,
    folded: Vec<Folded>,
    words: Vec<Range<usize>>,
}

impl Candidate {
    /// A dictation with its text.
    pub(super) fn new(seq: i64, said: &str, started_ms: i64) -> Self {
        let folded = fold::fold(said);
        let words = fold::words(&folded);
        Self { seq, started_ms, folded, words }
    }

    /// Whether every term is somewhere in the text, if only as a part of a word.
    pub(super) fn has_parts(&self, terms: &[Wanted]) -> bool {
        terms.iter().all(|term| self.has(&term.letters) || !self.places(term).is_empty())
    }

    /// The bytes of the text that match, in order.
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

    /// Where the term stands as whole words.
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

    /// Where the term stands at all.
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
        // A search by filters alone has no words: the newest comes first.
        if terms.is_empty() { recency } else { words * recency }
    }
}

/// How telling a term is that so many dictations have; more than `most` were not counted.
pub(super) fn rarity(count: u32, most: u32) -> f64 {
    1.0 + (f64::from(most) / f64::from(count.max(1))).ln().max(0.0)
}

fn is_same(window: &[Folded], wanted: &[Folded]) -> bool {
    window.iter().zip(wanted).all(|(one, other)| one.letter == other.letter)
}

/// The candidates, the best first.
pub(super) fn best(candidates: Vec<Candidate>, terms: &[Wanted], weights: &[f64], now: Timestamp) -> Vec<Candidate> {
    let mut scored: Vec<(f64, Candidate)> =
        candidates.into_iter().map(|candidate| (candidate.score(terms, weights, now), candidate)).collect();
    scored.sort_by(|(one, a), (other, b)| {
        other.total_cmp(one).then(b.started_ms.cmp(&a.started_ms)).then(b.seq.cmp(&a.seq))
    });
    scored.into_iter().map(|(_, candidate)| candidate).collect()
}
