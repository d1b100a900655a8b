//! Parses a query. No query is an error: what is not a filter is a word.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The terms, which must all be in the text.
    pub(super) terms: Vec<Term>,
    /// The filters.
    pub(super) filters: Filters,
}

/// A term of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    /// A word, or several that must follow each other.
    pub text: String,
    /// Whether the last word is a prefix.
    pub(crate) is_prefix: bool,
    /// Whether it was quoted. A quoted term does not match parts of words.
    pub(crate) is_quoted: bool,
}

/// The filters of a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Filters {
    /// A part of the application's name.
    pub app: Option<String>,
    /// The profile's name.
    pub profile: Option<String>,
    /// The language's code.
    pub language: Option<String>,
    /// The first day.
    pub from: Option<Date>,
    /// The day after the last one.
    pub until: Option<Date>,
}

impl Query {
    /// Parses a query. `today` is the date that the words `today` and `yesterday` refer to.
    pub fn parse(text: &str, today: Date) -> Self {
        let mut query = Self::default();
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '*');
            if rest.is_empty() {
                return query;
            }
            if let Some(after) = query.take_filter(rest, today) {
                rest = after;
                continue;
            }
            let (term, is_quoted);
            if let Some(phrase) = rest.strip_prefix('"') {
                is_quoted = true;
                // A quotation that is not closed reaches to the end: the user is still typing.
                (term, rest) = phrase.split_once('"').unwrap_or((phrase, ""));
            } else {
                is_quoted = false;
                let end = rest.find(|c: char| c.is_whitespace() || c == '"' || c == '*').unwrap_or(rest.len());
                (term, rest) = rest.split_at(end);
            }
            if term.contains(char::is_alphanumeric) {
                query.terms.push(Term { text: term.to_owned(), is_prefix: rest.starts_with('*'), is_quoted });
            }
        }
    }

    /// Parses a filter at the beginning. Returns the text after it; `None` if there is no filter.
    fn take_filter<'a>(&mut self, text: &'a str, today: Date) -> Option<&'a str> {
        let (name, after) = text.split_once(':')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        if value.is_empty() {
            return None;
        }
        let filters = &mut self.filters;
        match name {
            "app" => filters.app = Some(value.to_owned()),
            "profile" => filters.profile = Some(value.to_owned()),
            "lang" | "language" => filters.language = Some(value.to_owned()),
            "after" | "from" => filters.from = Some(days(value, today)?.0),
            "before" | "until" => filters.until = Some(days(value, today)?.0),
            "on" => {
                let (first, after) = days(value, today)?;
                (filters.from, filters.until) = (Some(first), Some(after));
            }
            _ => return None,
        }
        Some(after)
    }

    /// Returns whether the query has no terms and no filters.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.filters == Filters::default()
    }
}

/// Parses a day, month or year. Returns its first day, and the day after its last.
pub fn days(text: &str, today: Date) -> Option<(Date, Date)> {
    let one_day = |day: Date| Some((day, day.checked_add(1.day()).ok()?));
    match text {
        "today" => return one_day(today),
        "yesterday" => return one_day(today.checked_sub(1.day()).ok()?),
        _ => {}
    }
    let is_date = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let mut parts = text.split('-');
    let year: i16 = parts.next().filter(|year| is_date && year.len() == 4)?.parse().ok()?;
    let month: Option<i8> = parts.next().map(str::parse).transpose().ok()?;
    let day: Option<i8> = parts.next().map(str::parse).transpose().ok()?;
    if parts.next().is_some() {
        return None;
    }
    let first = Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).ok()?;
    let length = match (month, day) {
        (None, _) => 1.year(),
        (Some(_), None) => 1.month(),
        (Some(_), Some(_)) => 1.day(),
    };
    Some((first, first.checked_add(length).ok()?))
}

/// Returns the words of the filter index that cover these days: single days, whole months and whole years. They are at
/// most a few dozen, where days alone would be thousands for a search over years.
pub(super) fn day_words(from: Option<Date>, until: Option<Date>, earliest: Date, latest: Date) -> Vec<String> {
    let mut at = from.unwrap_or(earliest).max(earliest);
    let end = until.unwrap_or(Date::MAX).min(latest.checked_add(1.day()).unwrap_or(Date::MAX));
    let mut words = Vec::new();
    while at < end {
        let next_year = date(at.year(), 1, 1).checked_add(1.year()).unwrap_or(Date::MAX);
        let next_month = at.first_of_month().checked_add(1.month()).unwrap_or(Date::MAX);
        let (word, next) = if at.day() == 1 && at.month() == 1 && next_year <= end {
            (format!("y{:04}", at.year()), next_year)
        } else if at.day() == 1 && next_month <= end {
            (format!("m{:04}{:02}", at.year(), at.month()), next_month)
        } else {
            (format!("d{:04}{:02}{:02}", at.year(), at.month(), at.day()), at.checked_add(1.day()).unwrap_or(Date::MAX))
        };
        words.push(word);
        at = next;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Query {
        Query::parse(text, date(2026, 3, 2))
    }

    fn terms(text: &str) -> Vec<(String, bool, bool)> {
        parse(text).terms.into_iter().map(|term| (term.text, term.is_prefix, term.is_quoted)).collect()
    }

    #[test]
    fn words_phrases_and_prefixes() {
        let term = |text: &str, prefix, quoted| (text.to_owned(), prefix, quoted);
        assert_eq!(
            terms("quick \"brown fox\" jum*"),
            [term("quick", false, false), term("brown fox", false, true), term("jum", true, false)]
        );
        assert_eq!(terms("\"still typing"), [term("still typing", false, true)]);
        assert!(terms(" * \" -- ").is_empty());
        assert!(parse("").is_empty());
    }

    #[test]
    fn filters_are_taken_out_and_what_is_none_is_a_word() {
        let query = parse("app:firefox lang:en profile:\"my mail\" after:2026-01-15 before:2026-03 invoice");
        assert_eq!(query.filters.app.as_deref(), Some("firefox"));
        assert_eq!(query.filters.profile.as_deref(), Some("my mail"));
        assert_eq!(query.filters.from, Some(date(2026, 1, 15)));
        assert_eq!(query.filters.until, Some(date(2026, 3, 1)));
        assert_eq!(query.terms.len(), 1);
        assert_eq!(parse("on:yesterday").filters.until, Some(date(2026, 3, 2)));
        assert_eq!(terms("after:lunch 10:30 note:this").len(), 3);
        assert_eq!(parse("after:2026-13-40").filters, Filters::default());
    }

    #[test]
    fn a_range_of_days_is_covered_by_few_words() {
        let (earliest, latest) = (date(2020, 5, 5), date(2026, 3, 2));
        assert_eq!(
            day_words(Some(date(2025, 12, 30)), Some(date(2026, 2, 2)), earliest, latest),
            ["d20251230", "d20251231", "m202601", "d20260201"]
        );
        let open = day_words(None, Some(date(2021, 1, 1)), earliest, latest);
        assert_eq!((open[0].as_str(), open.len()), ("d20200505", 27 + 7));
        assert!(day_words(None, None, earliest, latest).len() < 80);
        assert!(day_words(Some(date(2030, 1, 1)), None, earliest, latest).is_empty());
    }
}
