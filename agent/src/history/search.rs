//! Finding dictations by their words.

use super::entry::Entry;
use super::error::HistoryError;
use super::store::{COLUMNS, Store, entry_of};

/// Words around the first match in a [`Hit`]'s excerpt: about one line of a terminal.
const EXCERPT_WORDS: u32 = 14;

/// A dictation that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The dictation.
    pub entry: Entry,
    /// Its words around the match, with an ellipsis where something was left out.
    pub excerpt: String,
}

impl Store {
    /// At most `limit` dictations that hold every word of `query`, the best match first. Case and diacritics make no
    /// difference. `"words in quotes"` have to stand together, and `word*` finds all that begins so. Whatever else is in
    /// the query is taken as words: no query is wrong.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, HistoryError> {
        let Some(expression) = match_expression(query) else { return Ok(Vec::new()) };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT {COLUMNS}, snippet(dictation_words, 0, '', '', '…', {EXCERPT_WORDS}) AS excerpt \
             FROM dictation_words JOIN dictation ON dictation.seq = dictation_words.rowid \
             WHERE dictation_words MATCH ?1 ORDER BY bm25(dictation_words), dictation.id DESC LIMIT ?2"
        );
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement
                    .query_map((expression, limit), |row| {
                        Ok(Hit { entry: entry_of(row)?, excerpt: row.get("excerpt")? })
                    })?
                    .collect()
            })
            .map_err(|error| self.failed(&error))
    }
}

/// The user's query as an expression for FTS5, in which every term is quoted, so that nothing in it is an operator.
/// `None` when there is nothing to look for.
fn match_expression(query: &str) -> Option<String> {
    let mut expression = String::new();
    let mut rest = query;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '*');
        if rest.is_empty() {
            break;
        }
        let term;
        if let Some(phrase) = rest.strip_prefix('"') {
            // A quote that is never closed goes to the end: the user is still typing.
            (term, rest) = phrase.split_once('"').unwrap_or((phrase, ""));
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '"' || c == '*').unwrap_or(rest.len());
            (term, rest) = rest.split_at(end);
        }
        // FTS5 drops terms without a single letter or digit, but finds nothing where none are left, as it should.
        if term.contains(char::is_alphanumeric) {
            // SQLite takes the expression as a C string, which a NUL would end within the quotes.
            let prefix = if rest.starts_with('*') { "*" } else { "" };
            expression.extend(["\"", &term.replace('\0', " "), "\"", prefix, " "]);
        }
    }
    (!expression.is_empty()).then_some(expression)
}

#[cfg(test)]
mod tests;
