//! Finding dictations by their words.
//!
//! A search has two steps. The index gives at most [`CANDIDATES`] dictations that match, the newest first, which takes the
//! same time however many there are; those are ranked. A dictation that is older than hundreds of others with the same words
//! is thereby not looked at, which is what recency asks for anyway; a further word, or a filter, brings it back.
//!
//! Three indexes are asked: words (`unicode61`), pairs of characters for scripts without spaces, and, if those give too
//! little, parts of words (trigrams).

mod excerpt;
mod expression;
pub(super) mod fold;
mod query;
mod rank;

use std::collections::HashSet;
use std::ops::Range;

use jiff::{Timestamp, Zoned};

use super::entry::Entry;
use super::error::HistoryError;
use super::rows::{COLUMNS, entry_of};
use super::store::Store;
use expression::Expression;
use rank::{Candidate, Wanted};

pub use query::Query;
pub(crate) use query::days;

/// How many matches are ranked. Each costs a look at its text, about 15 µs encrypted (`scout bench history`).
const CANDIDATES: i64 = 100;

/// How many matches of trigrams are looked at at a time: not each of them has the part that was looked for.
const PART_CANDIDATES: u32 = 150;

/// How many are looked at for one search. It takes as many only where a filter leaves few of the many that have the part.
const PART_LOOKS: usize = 450;

/// Among how many of the newest dictations parts of words are looked for first. Older ones are only if those give too little:
/// what was said lately comes first anyway, and stepping through all of the log takes the longer the larger it is.
const PART_ROWS: i64 = 100_000;

/// How many times as many older dictations are looked at after that, each time that it was too little.
const PART_GROWTH: i64 = 4;

/// How many trigrams are asked for. With its three rarest, most of what is found has the part; each further one is stepped
/// through beside them, however frequent it is.
const TRIGRAMS_MAX: usize = 3;

/// Among how many of the newest dictations it is counted how frequent a trigram is.
const SAMPLED: i64 = 4_000;

/// Up to which number a term's dictations are counted, to tell rare terms from common ones.
const COUNTED_MAX: u32 = 1_000;

/// A dictation that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The dictation.
    pub entry: Entry,
    /// Its words around the match, with an ellipsis where something was left out.
    pub excerpt: String,
    /// The matches within the excerpt, in bytes.
    pub marks: Vec<Range<usize>>,
}

impl Store {
    /// At most `limit` dictations that hold every word of `query`, the best match first. Case and diacritics make no
    /// difference. `"words in quotes"` have to stand together, and `word*` finds all that begins so. `app:`, `profile:`,
    /// `lang:`, `after:`, `before:` and `on:` limit where and when. Whatever else is in the query is taken as words: no query
    /// is wrong.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, HistoryError> {
        let now = Zoned::now();
        self.search_at(&Query::parse(query, now.date()), limit, now.timestamp())
    }

    /// The same, at a given moment: the newer a dictation is then, the higher it is ranked.
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

    /// The newest dictations that match.
    fn candidates(&self, expression: &Expression) -> Result<Vec<Candidate>, HistoryError> {
        self.texts_of(
            "SELECT seq, said, started_ms FROM dictation WHERE seq IN (SELECT rowid FROM dictation_words \
             WHERE dictation_words MATCH ?1 ORDER BY rowid DESC LIMIT ?2)",
            (expression.whole(), CANDIDATES),
        )
    }

    /// The newest dictations that have all terms as parts of words, and fit the filters: at least `limit`, if there are as many.
    /// They are looked for among the newest `rows` dictations first.
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
            // There may be more between these and `from`: they were not looked at.
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

    /// The row of the newest dictation; 0 if there is none.
    fn last_row(&self) -> Result<i64, HistoryError> {
        self.connection
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM dictation")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(|error| self.failed(&error))
    }

    /// The rarest of these trigrams, as many as are asked for.
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

    /// How telling each term is: the rarer, the more.
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
