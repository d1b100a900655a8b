//! Formats dictations for the terminal.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use scout_core::log_entry::Entry;

/// The longest application name in a table, so that there is room for the text.
const APP_WIDTH_MAX: usize = 20;

/// The least width of the text. On a narrower terminal, lines wrap.
const TEXT_WIDTH_MIN: usize = 20;

/// Characters of the private use area that mark the beginning and the end of a match until the line is cut to its
/// width.
const MATCH: char = '\u{e000}';
const MATCH_END: char = '\u{e001}';
/// The escape sequences for bold and for plain text.
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// Formats one line per entry and its text. Cuts the text so that the line is at most `width` wide.
pub(super) fn table(rows: &[(&Entry, &str)], zone: &TimeZone, width: Option<usize>) -> String {
    let cells = |(entry, text): &(&Entry, &str)| {
        let [id, when, application] = identity(entry, zone);
        [id, when, application, entry.outcome.to_string(), one_line(text)]
    };
    columns(&["ID", "WHEN", "APPLICATION", "OUTCOME", "TEXT"], rows.iter().map(cells).collect(), width)
}

/// Formats one line per unfinished dictation, with the length of its audio.
pub(super) fn unfinished(rows: &[(Entry, Duration)], zone: &TimeZone) -> String {
    let cells = |(entry, audio): &(Entry, Duration)| {
        let [id, when, application] = identity(entry, zone);
        [id, when, application, format!("{:.1} s", audio.as_secs_f64())]
    };
    columns(&["ID", "WHEN", "APPLICATION", "AUDIO"], rows.iter().map(cells).collect(), None)
}

/// Returns the cells that identify an entry.
fn identity(entry: &Entry, zone: &TimeZone) -> [String; 3] {
    let application = cut(&one_line(entry.application.name().unwrap_or("-")), APP_WIDTH_MAX);
    [entry.short_id(), local(entry.started, zone, "%Y-%m-%d %H:%M"), application]
}

/// Aligns cells in columns. Cuts the last one so that the line is at most `width` wide.
fn columns<const N: usize>(header: &[&str; N], mut rows: Vec<[String; N]>, width: Option<usize>) -> String {
    rows.insert(0, header.map(str::to_owned));
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let before_last: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
    let last_width = width.map_or(usize::MAX, |width| width.saturating_sub(before_last).max(TEXT_WIDTH_MIN));

    let mut page = String::new();
    for row in &rows {
        let (last, others) = row.split_last().map_or(("", row.as_slice()), |(last, others)| (last, others));
        for (cell, width) in others.iter().zip(widths) {
            // Writing to a string cannot fail, here and below.
            let _ = write!(page, "{cell:width$}  ");
        }
        let _ = writeln!(page, "{}", bold(&cut(last, last_width)));
    }
    page
}

/// Formats all fields of one entry.
pub(super) fn details(entry: &Entry, zone: &TimeZone) -> String {
    let mut page = String::new();
    let mut line = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(page, "{label:<12}{}", one_line(&value));
        }
    };
    line("id", Some(entry.id.to_string()));
    line("started", Some(local(entry.started, zone, "%Y-%m-%d %H:%M:%S %:z")));
    line("ended", entry.ended.map(|ended| local(ended, zone, "%Y-%m-%d %H:%M:%S %:z")));
    line("application", entry.application.name().map(str::to_owned));
    line("window", entry.application.title.clone());
    line("program", entry.application.executable.clone());
    line("profile", Some(entry.profile.clone()));
    line("language", entry.language.clone());
    line("model", entry.model.clone());
    line(
        "audio",
        Some(format!("{:.1} s, of it {:.1} s speech", entry.audio.as_secs_f64(), entry.speech.as_secs_f64())),
    );
    line(
        "outcome",
        Some(match &entry.detail {
            Some(detail) => format!("{} ({detail})", entry.outcome),
            None => entry.outcome.to_string(),
        }),
    );
    line("latencies", latencies(entry));
    if entry.raw_text.trim() != entry.text.trim() {
        line("heard", Some(entry.raw_text.trim().to_owned()));
    }
    if !entry.text.is_empty() {
        let _ = writeln!(page, "\n{}", visible(&entry.text));
    }
    page
}

fn latencies(entry: &Entry) -> Option<String> {
    let stages = [
        ("ready", entry.latencies.ready),
        ("end of audio", entry.latencies.audio_end),
        ("transcription", entry.latencies.transcribe),
        ("composition", entry.latencies.compose),
        ("delivery", entry.latencies.deliver),
        ("release to text", entry.latencies.release_to_text),
    ];
    let known = |(stage, latency): (&str, Option<Duration>)| {
        latency.map(|latency| format!("{stage} {} ms", latency.as_millis()))
    };
    let known: Vec<String> = stages.into_iter().filter_map(known).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

fn local(time: Timestamp, zone: &TimeZone, format: &str) -> String {
    time.to_zoned(zone.clone()).strftime(format).to_string()
}

/// Marks the matches of an excerpt, which [`table`] prints in bold.
pub(super) fn marked(excerpt: &str, marks: &[Range<usize>]) -> String {
    let mut page = String::new();
    let mut at = 0;
    for mark in marks {
        page.push_str(&excerpt[at..mark.start]);
        page.push(MATCH);
        page.push_str(&excerpt[mark.clone()]);
        page.push(MATCH_END);
        at = mark.end;
    }
    page + &excerpt[at..]
}

/// Replaces the marks by escape sequences.
fn bold(line: &str) -> String {
    let bold = line.replace(MATCH, BOLD).replace(MATCH_END, PLAIN);
    // The end of a match may have been cut off.
    if line.contains(MATCH) { bold + PLAIN } else { bold }
}

/// Removes control characters, which could control the terminal.
pub(super) fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

/// Puts the text on one line without control characters. Window titles come from other programs.
fn one_line(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut beginning: String = text.chars().take(width.saturating_sub(1)).collect();
    beginning.push('…');
    beginning
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)] // one match is a list of one range
mod tests {
    use super::*;
    use scout_core::log_entry::{Latencies, Outcome};

    fn entry(id: &str, app: &str, outcome: Outcome) -> Entry {
        let mut entry = Entry::new(id.parse().unwrap(), "2026-03-01T12:00:00Z".parse().unwrap(), "default");
        entry.application.id = Some(app.into());
        entry.outcome = outcome;
        entry
    }

    fn east() -> TimeZone {
        jiff::tz::Offset::constant(2).to_time_zone()
    }

    #[test]
    fn a_table_is_aligned_local_and_cut_to_the_terminal() {
        let first = entry("0199aaaa-0000-7000-8000-0000deadbeef", "gedit", Outcome::Typed);
        let second =
            entry("0199aabb-0000-7000-8000-00000badcafe", "org.example.AnApplicationWithALongName", Outcome::Held);
        let rows = [(&first, "Hello,\nworld!\u{1b}[31m"), (&second, "What a long text this is, and it goes on")];
        assert_eq!(
            table(&rows, &east(), Some(80)),
            "ID        WHEN              APPLICATION           OUTCOME  TEXT\n\
             deadbeef  2026-03-01 14:00  gedit                 typed    Hello, world! [31m\n\
             0badcafe  2026-03-01 14:00  org.example.AnAppli…  held     What a long text thi…\n"
        );
        assert!(table(&rows, &east(), None).ends_with("and it goes on\n"));
        assert!(table(&rows, &east(), Some(10)).ends_with("What a long text th…\n"));
    }

    #[test]
    fn matches_are_bold_and_nothing_else_steers_the_terminal() {
        let entry = entry("0199aaaa-0000-7000-8000-0000deadbeef", "gedit", Outcome::Typed);
        let excerpt = marked("a \u{1b}[7mquick fox", &[6..11]);
        let page = table(&[(&entry, &excerpt)], &east(), None);
        assert!(page.ends_with("a [7m\u{1b}[1mquick\u{1b}[0m fox\u{1b}[0m\n"), "{page:?}");
    }

    #[test]
    fn details_show_what_is_known_and_leave_out_what_is_not() {
        let mut entry = entry("0199aaaa-0000-7000-8000-0000deadbeef", "gedit", Outcome::Held);
        entry.detail = Some("the focus moved".into());
        entry.raw_text = " hello new line world".into();
        entry.text = "Hello\nworld".into();
        entry.audio = Duration::from_millis(2_340);
        entry.latencies = Latencies { ready: Some(Duration::from_millis(41)), ..Latencies::default() };
        assert_eq!(
            details(&entry, &east()),
            "id          0199aaaa-0000-7000-8000-0000deadbeef\n\
             started     2026-03-01 14:00:00 +02:00\n\
             application gedit\n\
             profile     default\n\
             audio       2.3 s, of it 0.0 s speech\n\
             outcome     held (the focus moved)\n\
             latencies   ready 41 ms\n\
             heard       hello new line world\n\
             \n\
             Hello\nworld\n"
        );
    }
}
