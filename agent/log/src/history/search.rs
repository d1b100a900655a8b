//! Finds dictations by their words.
//!
//! A search has two steps. First, the index returns at most [`CANDIDATES`] matching dictations, the newest first, which
//! takes the same time for any number of matches. Then these are ranked. A dictation that is older than hundreds of
//! others with the same words is not considered; another word, or a filter, finds it.
//!
//! There are three indexes: words (`unicode61`), pairs of characters for scripts without spaces, and, if those return
//! too few matches, parts of words (trigrams).

mod excerpt;
mod expression;
mod query;
mod rank;

use std::collections::HashSet;
use std::ops::Range;

use jiff::{Timestamp, Zoned};
use scout_core::log_entry::Entry;

use super::error::HistoryError;
use super::store::Store;
use super::store::row::{COLUMNS, entry_of};
use expression::Expression;
use rank::{Candidate, Wanted};

pub use query::Query;
pub use query::days;

/// How many matches are ranked. Reading the text of one takes about 15 µs (encrypted; `scout-lab history`).
const CANDIDATES: i64 = 100;

/// How many matches of trigrams are read at a time. Some of them do not contain the part of a word.
const PART_CANDIDATES: u32 = 150;

/// How many matches of trigrams are read for one search. That many are needed only if a filter excludes most of them.
const PART_LOOKS: usize = 450;

/// The number of the newest dictations in which parts of words are searched first. Older ones are searched only if
/// these give too few matches: recent dictations rank first anyway, and the time for the whole log grows with its size.
const PART_ROWS: i64 = 100_000;

/// The factor by which the number of searched dictations grows while there are too few matches.
const PART_GROWTH: i64 = 4;

/// How many trigrams a search uses. Most dictations with the three rarest trigrams contain the part of a word. Each
/// further trigram costs time, however frequent it is.
const TRIGRAMS_MAX: usize = 3;

/// The number of the newest dictations in which the frequency of a trigram is counted.
const SAMPLED: i64 = 4_000;

/// The number up to which the dictations with a term are counted, to distinguish rare terms from common ones.
const COUNTED_MAX: u32 = 1_000;

/// A matching dictation.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The dictation.
    pub entry: Entry,
    /// The text around the match, with an ellipsis where something is left out.
    pub excerpt: String,
    /// The positions of the matches in the excerpt, in bytes.
    pub marks: Vec<Range<usize>>,
}

impl Store {
    /// Returns at most `limit` dictations that contain every word of `query`, the best match first. Case and diacritics
    /// make no difference. `"words in quotes"` must follow each other, and `word*` matches every word that begins like
    /// this. `app:`, `profile:`, `lang:`, `after:`, `before:` and `on:` are filters. Everything else in the query is a
    /// word: no query is an error.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, HistoryError> {
        let now = Zoned::now();
        self.search_at(&Query::parse(query, now.date()), limit, now.timestamp())
    }

    /// As [`Self::search`], at the time `now`: the newer a dictation is, the higher its rank.
    pub fn search_at(&self, query: &Query, limit: usize, now: Timestamp) -> Result<Vec<Hit>, HistoryError> {
        if query.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let Some(expression) = self.expression(query)? else { return Ok(Vec::new()) };
        let weights = self.weights(&expression)?;
        let terms = rank::wanted(query);
        let mut ranked = rank::best(self.candidates(&expression)?, &terms, &weights, now);
        if ranked.len() < limit && query.terms.iter().all(|term| !term.is_quoted && !term.is_prefix) {
            let found: HashSet<i64> = ranked.iter().map(|candidate| candidate.seq).collect();
            let parts = self.with_parts(query, &terms, limit, PART_ROWS)?.into_iter();
            let more = parts.filter(|candidate| !found.contains(&candidate.seq)).collect();
            ranked.extend(rank::best(more, &terms, &weights, now));
        }
        ranked.truncate(limit);
        ranked.into_iter().map(|candidate| self.hit(&candidate, &terms)).collect()
    }

    /// Returns the newest matching dictations.
    fn candidates(&self, expression: &Expression) -> Result<Vec<Candidate>, HistoryError> {
        self.texts_of(
            "SELECT seq, said, started_ms FROM dictation WHERE seq IN (SELECT rowid FROM dictation_words \
             WHERE dictation_words MATCH ?1 ORDER BY rowid DESC LIMIT ?2)",
            (expression.whole(), CANDIDATES),
        )
    }

    /// Returns the newest dictations that contain all terms as parts of words and match the filters: at least `limit`,
    /// if there are as many. Searches the newest `rows` dictations first.
    fn with_parts(
        &self,
        query: &Query,
        terms: &[Wanted],
        limit: usize,
        mut rows: i64,
    ) -> Result<Vec<Candidate>, HistoryError> {
        let Some(trigrams) = expression::trigrams(query) else { return Ok(Vec::new()) };
        let fitting = match self.expression(&Query { terms: Vec::new(), filters: query.filters.clone() })? {
            None => return Ok(Vec::new()),
            Some(filters) if filters.is_empty() => None,
            Some(filters) => Some(filters.whole()),
        };
        let trigrams = self.rarest(trigrams)?.join(" AND ");
        let (mut until, mut looked, mut found) = (self.last_row()?, 0, Vec::new());
        while until > 0 && found.len() < limit && looked < PART_LOOKS {
            let from = until.saturating_sub(rows).max(0);
            let candidates = self.texts_of(
                "SELECT seq, said, started_ms FROM dictation WHERE seq IN (SELECT rowid FROM dictation_parts \
                 WHERE dictation_parts MATCH ?1 AND rowid > ?3 AND rowid <= ?4 ORDER BY rowid DESC LIMIT ?2)",
                (&trigrams, PART_CANDIDATES, from, until),
            )?;
            looked += candidates.len();
            // There may be more matches between these and `from`.
            let is_all = candidates.len() < PART_CANDIDATES as usize;
            until = if is_all { from } else { candidates.iter().map(|it| it.seq).min().unwrap_or(from) - 1 };
            for candidate in candidates.into_iter().filter(|candidate| candidate.has_parts(terms)) {
                let fits = match &fitting {
                    None => true,
                    Some(filters) => self.fits(candidate.seq, filters)?,
                };
                if fits {
                    found.push(candidate);
                }
            }
            rows = rows.saturating_mul(PART_GROWTH);
        }
        Ok(found)
    }

    /// Returns the row of the newest dictation; 0 if there is none.
    fn last_row(&self) -> Result<i64, HistoryError> {
        self.connection
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM dictation")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(|error| self.failed(&error))
    }

    /// Returns the rarest of these trigrams, at most [`TRIGRAMS_MAX`].
    fn rarest(&self, trigrams: Vec<String>) -> Result<Vec<String>, HistoryError> {
        if trigrams.len() <= TRIGRAMS_MAX {
            return Ok(trigrams);
        }
        let counted = |trigram: String| {
            self.connection
                .prepare_cached(
                    "SELECT count(*) FROM dictation_parts WHERE dictation_parts MATCH ?1 \
                     AND rowid > (SELECT max(seq) FROM dictation) - ?2",
                )
                .and_then(|mut statement| statement.query_row((&trigram, SAMPLED), |row| row.get::<_, u32>(0)))
                .map(|count| (count, trigram))
                .map_err(|error| self.failed(&error))
        };
        let mut counted = trigrams.into_iter().map(counted).collect::<Result<Vec<_>, _>>()?;
        counted.sort();
        Ok(counted.into_iter().take(TRIGRAMS_MAX).map(|(_, trigram)| trigram).collect())
    }

    /// Returns whether a dictation matches an expression.
    fn fits(&self, seq: i64, expression: &str) -> Result<bool, HistoryError> {
        self.connection
            .prepare_cached("SELECT 1 FROM dictation_words WHERE dictation_words MATCH ?1 AND rowid = ?2")
            .and_then(|mut statement| statement.exists((expression, seq)))
            .map_err(|error| self.failed(&error))
    }

    fn texts_of(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Candidate>, HistoryError> {
        let candidate =
            |row: &rusqlite::Row<'_>| Ok(Candidate::new(row.get(0)?, &row.get::<_, String>(1)?, row.get(2)?));
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(parameters, candidate)?.collect())
            .map_err(|error| self.failed(&error))
    }

    /// Returns the weight of each term: the rarer, the higher.
    fn weights(&self, expression: &Expression) -> Result<Vec<f64>, HistoryError> {
        if expression.terms.len() < 2 {
            return Ok(vec![1.0; expression.terms.len()]);
        }
        let count = |term: &String| {
            self.connection
                .prepare_cached(
                    "SELECT count(*) FROM (SELECT 1 FROM dictation_words WHERE dictation_words MATCH ?1 LIMIT ?2)",
                )
                .and_then(|mut statement| statement.query_row((term, COUNTED_MAX), |row| row.get::<_, u32>(0)))
                .map(|count| rank::rarity(count, COUNTED_MAX))
                .map_err(|error| self.failed(&error))
        };
        expression.terms.iter().map(count).collect()
    }

    fn hit(&self, candidate: &Candidate, terms: &[Wanted]) -> Result<Hit, HistoryError> {
        let entry = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM dictation WHERE seq = ?1"))
            .and_then(|mut statement| statement.query_row([candidate.seq], entry_of))
            .map_err(|error| self.failed(&error))?;
        let (excerpt, marks) = excerpt::around(entry.said(), &candidate.matches(terms));
        Ok(Hit { entry, excerpt, marks })
    }
}

#[cfg(test)]
mod tests;
