//! `scout history stats`.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _, Zoned};
use scout_log::history::{Stats as Found, Totals};

use super::change::{beginning, start_of};
use super::{open_if_any, print, print_json, width};
use crate::config::paths::Paths;

/// The default number of days.
const DAYS: i64 = 30;

/// The width of a chart if the output is not a terminal.
const WIDTH: usize = 80;

/// The width of the columns next to the bars: the name, and the numbers.
const NAME_WIDTH: usize = 20;
const NUMBERS_WIDTH: usize = 34;

/// How many applications are shown.
const APPLICATIONS: usize = 10;

/// Show how much was said, how fast, and the time it saved
///
/// Time saved is what typing the same words would have taken longer than saying them, at 52 words a minute (the mean of
/// 168,000 people: Dhakal and others, 2018).
#[derive(Debug, clap::Args)]
pub(super) struct Stats {
    /// Since this day, month or year, instead of the last 30 days
    #[arg(long)]
    after: Option<String>,
    /// Since the beginning
    #[arg(long, conflicts_with = "after")]
    all: bool,
    /// Print one JSON object with total, days and applications, each with name, dictations, words, `audio_ms` and
    /// `speech_ms`
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let since = match &self.after {
            _ if self.all => Timestamp::MIN,
            Some(after) => beginning(after)?,
            None => start_of(Zoned::now().date().saturating_sub(DAYS.days()))?,
        };
        let Some(store) = open_if_any(paths)? else { return print("Nothing has been dictated yet.\n") };
        let stats = store.stats(since)?;
        if self.json {
            return print_json(&stats);
        }
        print(&page(&stats, width().unwrap_or(WIDTH)))
    }
}

/// Formats the statistics as a page with bars.
fn page(stats: &Found, width: usize) -> String {
    let total = &stats.total;
    if total.dictations == 0 {
        return "Nothing was dictated in this time.\n".to_owned();
    }
    let speed = total.words_per_minute().map_or_else(String::new, |speed| format!(", {speed:.0} words a minute"));
    let mut page = format!(
        "{} words in {} {}, {} spoken{speed}\n{} saved against typing\n",
        total.words,
        total.dictations,
        if total.dictations == 1 { "dictation" } else { "dictations" },
        time(Duration::from_millis(total.speech_ms)),
        time(total.saved()),
    );
    chart(&mut page, "Words by day", &stats.days, width);
    chart(&mut page, "Words by application", &stats.applications[..stats.applications.len().min(APPLICATIONS)], width);
    page
}

fn chart(page: &mut String, title: &str, rows: &[Totals], width: usize) {
    let most = rows.iter().map(|row| row.words).max().unwrap_or(0).max(1);
    let room = width.saturating_sub(NAME_WIDTH + NUMBERS_WIDTH).clamp(10, 60);
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(page, "\n{title}");
    for row in rows {
        let name: String =
            if row.name.is_empty() { "(unknown)".to_owned() } else { row.name.chars().take(NAME_WIDTH).collect() };
        let speed = row.words_per_minute().map_or_else(|| "-".to_owned(), |speed| format!("{speed:.0}"));
        let _ = writeln!(
            page,
            "{name:NAME_WIDTH$}  {:room$}  {:>7} words {:>9} {speed:>4} wpm",
            bar(row.words, most, room),
            row.words,
            time(Duration::from_millis(row.speech_ms)),
        );
    }
}

/// Draws a bar with a resolution of one eighth of a character.
fn bar(value: u64, most: u64, room: usize) -> String {
    const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
    let eighths = (value as f64 / most as f64 * room as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8 - 1]);
    } else if value > 0 && eighths == 0 {
        bar.push(EIGHTHS[0]);
    }
    bar
}

fn time(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{} s", duration.as_secs()),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_totals_and_a_bar_for_each_day() {
        let day =
            |name: &str, words| Totals { name: name.into(), dictations: 1, words, audio_ms: 60_000, speech_ms: 60_000 };
        let stats = Found {
            total: Totals { name: "total".into(), dictations: 2, words: 225, audio_ms: 120_000, speech_ms: 120_000 },
            days: vec![day("2026-03-01", 150), day("2026-03-02", 75)],
            applications: vec![day("gedit", 225)],
        };
        let page = page(&stats, 64);
        assert!(
            page.starts_with(
                "225 words in 2 dictations, 2 min spoken, 112 words a minute\n2 min saved against typing\n"
            ),
            "{page}"
        );
        assert!(page.contains("2026-03-01            ██████████      150 words     1 min  150 wpm\n"), "{page}");
        assert!(page.contains("2026-03-02            █████            75 words"), "{page}");
        assert_eq!(bar(1, 1_000_000, 10), "▏");
        assert_eq!(time(Duration::from_mins(121)), "2 h 01 min");
    }
}
