//! Converts a query to expressions for FTS5. Every term is quoted, so that nothing in it is an operator.

use jiff::civil::Date;
use rusqlite::OptionalExtension as _;

use super::query::{Query, Term, day_words};
use crate::history::error::HistoryError;
use crate::history::store::Store;
use crate::history::store::fold::{self, is_unspaced};

/// The most values that a filter may match. With more, it excludes hardly anything.
const VALUES_MAX: u32 = 200;

/// The characters of a trigram.
const TRIGRAM: usize = 3;

/// The expression for the index of words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Expression {
    /// One expression for each term.
    pub(crate) terms: Vec<String>,
    /// One expression for each filter.
    pub filters: Vec<String>,
}

impl Expression {
    /// Returns the whole expression.
    pub(super) fn whole(&self) -> String {
        let parts: Vec<&str> = self.terms.iter().chain(&self.filters).map(String::as_str).collect();
        parts.join(" AND ")
    }

    /// Returns whether it has no terms and no filters.
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.filters.is_empty()
    }
}

impl Store {
    /// Converts the query for this log; `None` if a filter matches nothing in it.
    pub(super) fn expression(&self, query: &Query) -> Result<Option<Expression>, HistoryError> {
        let mut expression = Expression { terms: query.terms.iter().map(of_term).collect(), filters: Vec::new() };
        let filters = &query.filters;
        for (kind, letter, wanted) in
            [("app", 'a', &filters.app), ("profile", 'p', &filters.profile), ("language", 'l', &filters.language)]
        {
            let Some(wanted) = wanted else { continue };
            // Names of applications are long, such as org.mozilla.firefox: a part is enough.
            let values = self.facet_values(kind, wanted, kind == "app")?;
            if values.is_empty() {
                return Ok(None);
            }
            expression.filters.push(any_of(values.iter().map(|value| format!("{letter}{}", hex(value)))));
        }
        if filters.from.is_some() || filters.until.is_some() {
            let Some((earliest, latest)) = self.days()? else { return Ok(None) };
            let words = day_words(filters.from, filters.until, earliest, latest);
            if words.is_empty() {
                return Ok(None);
            }
            expression.filters.push(any_of(words.into_iter()));
        }
        Ok(Some(expression))
    }

    fn facet_values(&self, kind: &str, wanted: &str, is_part_enough: bool) -> Result<Vec<String>, HistoryError> {
        let wanted = wanted.to_lowercase();
        let fits = |value: &String| {
            let value = value.to_lowercase();
            if is_part_enough { value.contains(&wanted) } else { value == wanted }
        };
        let values: Vec<String> = self
            .connection
            .prepare_cached("SELECT value FROM facet WHERE kind = ?1 ORDER BY entries DESC")
            .and_then(|mut statement| statement.query_map([kind], |row| row.get(0))?.collect())
            .map_err(|error| self.failed(&error))?;
        Ok(values.into_iter().filter(fits).take(VALUES_MAX as usize).collect())
    }

    /// Returns the first and the last day with a dictation.
    fn days(&self) -> Result<Option<(Date, Date)>, HistoryError> {
        let day = |order: &str| {
            self.connection
                .prepare_cached(&format!("SELECT value FROM facet WHERE kind = 'day' ORDER BY value {order} LIMIT 1"))
                .and_then(|mut statement| statement.query_row([], |row| row.get::<_, String>(0)).optional())
                .map(|day| day.and_then(|day| Date::strptime("%Y%m%d", &day).ok()))
                .map_err(|error| self.failed(&error))
        };
        Ok(day("ASC")?.zip(day("DESC")?))
    }
}

/// Converts a term: its words are searched in the text, and its runs of a script without spaces in the pairs.
fn of_term(term: &Term) -> String {
    let folded = fold::fold(&term.text);
    let runs = fold::words(&folded);
    let mut parts = Vec::new();
    let mut spaced = String::new();
    for (number, run) in runs.iter().enumerate() {
        let letters = &folded[run.clone()];
        if is_unspaced(letters[0].letter) {
            parts.extend(in_said(&spaced, false));
            spaced.clear();
            parts.push(in_pairs(&letters.iter().map(|folded| folded.letter).collect::<Vec<_>>()));
        } else {
            // The words as the user wrote them: the tokenizer folds them as it folds the text.
            let text = &term.text[letters[0].start..letters[letters.len() - 1].end];
            if !spaced.is_empty() {
                spaced.push(' ');
            }
            spaced.push_str(text);
            if number + 1 == runs.len() {
                parts.extend(in_said(&spaced, term.is_prefix));
                spaced.clear();
            }
        }
    }
    parts.extend(in_said(&spaced, false));
    if parts.is_empty() {
        // Characters that are not words, such as a single combining mark: nothing matches them.
        return format!("said : \"{}\"", quoted(&term.text));
    }
    format!("({})", parts.join(" AND "))
}

fn in_said(words: &str, is_prefix: bool) -> Option<String> {
    (!words.is_empty()).then(|| format!("{{said pairs}} : \"{}\"{}", quoted(words), if is_prefix { " *" } else { "" }))
}

/// Converts a run of characters to its pairs; a single character to a prefix of the pairs that contain it.
fn in_pairs(letters: &[char]) -> String {
    if let [single] = letters {
        return format!("pairs : \"{}\" *", fold::pair(*single, None));
    }
    let pairs: Vec<String> = letters.windows(2).map(|two| fold::pair(two[0], Some(two[1]))).collect();
    format!("pairs : \"{}\"", pairs.join(" "))
}

fn any_of(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
    format!("facets : ({})", words.join(" OR "))
}

/// Removes quotation marks and NULs: `SQLite` reads the expression as a C string.
fn quoted(text: &str) -> String {
    text.replace(['"', '\0'], " ")
}

fn hex(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Returns the trigrams of the query's terms; `None` if a term is too short.
pub(super) fn trigrams(query: &Query) -> Option<Vec<String>> {
    let mut trigrams = Vec::new();
    for term in &query.terms {
        let letters: Vec<char> = fold::fold(&term.text).into_iter().map(|folded| folded.letter).collect();
        if letters.len() < TRIGRAM {
            return None;
        }
        trigrams
            .extend(letters.windows(TRIGRAM).map(|three| format!("\"{}\"", quoted(&three.iter().collect::<String>()))));
    }
    trigrams.sort();
    trigrams.dedup();
    (!trigrams.is_empty()).then_some(trigrams)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(text: &str, is_prefix: bool) -> String {
        of_term(&Term { text: text.to_owned(), is_prefix, is_quoted: false })
    }

    #[test]
    fn every_term_asks_the_index_that_has_it() {
        assert_eq!(term("word", false), "({said pairs} : \"word\")");
        assert_eq!(term("two words", true), "({said pairs} : \"two words\" *)");
        assert_eq!(term("天气", false), "(pairs : \"5929x6c14\")");
        assert_eq!(term("天", false), "(pairs : \"5929x\" *)");
        assert_eq!(term("Q3会议", false), "({said pairs} : \"Q3\" AND pairs : \"4f1ax8bae\")");
        assert_eq!(term("a\" OR said : b", false), "({said pairs} : \"a OR said b\")");
    }

    #[test]
    fn parts_are_looked_for_three_letters_at_a_time() {
        let query = |text: &str| Query::parse(text, jiff::civil::date(2026, 1, 1));
        assert_eq!(trigrams(&query("Zażó")).unwrap(), ["\"azo\"", "\"zaz\""]);
        assert_eq!(trigrams(&query("long ab")), None);
        assert_eq!(trigrams(&query("lang:en")), None);
    }
}
