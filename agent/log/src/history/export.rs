//! Exports the whole log for other programs or for people.

use std::fmt::Write as _;
use std::io::Write;

use jiff::civil::Date;
use scout_core::log_entry::Entry;

use super::error::HistoryError;
use super::record::Record;
use super::store::Store;

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line with all fields: a [`Record`].
    JsonLines,
    /// Comma-separated values with a header (RFC 4180), for spreadsheets.
    Csv,
    /// A page with a heading per day.
    Markdown,
}

impl Store {
    /// Writes all entries to `output`, the oldest first.
    pub fn export(&self, format: Format, output: &mut dyn Write) -> Result<(), HistoryError> {
        let mut day = None;
        if format == Format::Csv {
            output.write_all(CSV_HEADER.as_bytes())?;
        }
        self.each(|entry| {
            let text = match format {
                Format::JsonLines => json_line(&entry)?,
                Format::Csv => csv_line(&entry),
                Format::Markdown => markdown(&entry, &mut day),
            };
            Ok(output.write_all(text.as_bytes())?)
        })?;
        Ok(output.flush()?)
    }
}

fn json_line(entry: &Entry) -> Result<String, HistoryError> {
    let line = serde_json::to_string(&Record::from(entry)).map_err(std::io::Error::from)?;
    Ok(line + "\n")
}

const CSV_HEADER: &str = "id,started,ended,app,window_title,profile,language,model,outcome,outcome_detail,audio_ms,speech_ms,text,raw_text\r\n";

fn csv_line(entry: &Entry) -> String {
    let time = |time: jiff::Timestamp| time.display_with_offset(entry.utc_offset).to_string();
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    let fields = [
        entry.id.to_string(),
        time(entry.started),
        entry.ended.map(time).unwrap_or_default(),
        optional(&entry.application.id),
        optional(&entry.application.title),
        entry.profile.clone(),
        optional(&entry.language),
        optional(&entry.model),
        entry.outcome.to_string(),
        optional(&entry.detail),
        entry.audio.as_millis().to_string(),
        entry.speech.as_millis().to_string(),
        entry.text.clone(),
        entry.raw_text.clone(),
    ];
    fields.map(|field| csv_field(&field)).join(",") + "\r\n"
}

fn csv_field(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// Formats one entry, with a heading if it is the first of its day.
fn markdown(entry: &Entry, day: &mut Option<Date>) -> String {
    let started = entry.utc_offset.to_datetime(entry.started);
    let mut page = String::new();
    if *day != Some(started.date()) {
        let gap = if day.is_some() { "\n" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{gap}# {}", started.date());
        *day = Some(started.date());
    }
    let _ = write!(page, "\n**{}**", started.strftime("%H:%M:%S"));
    if let Some(name) = entry.application.name() {
        let _ = write!(page, " {name}");
    }
    let _ = writeln!(page, " ({})\n", entry.outcome);
    for line in entry.said().lines() {
        let _ = writeln!(page, "> {line}");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::dictation::DictationId;
    use scout_core::log_entry::Outcome;

    fn entry(number: u64, started: &str, text: &str) -> Entry {
        let mut entry = Entry::new(DictationId::numbered(number), started.parse().unwrap(), "default");
        entry.utc_offset = jiff::tz::Offset::UTC;
        entry.application.id = Some("gedit".into());
        entry.outcome = Outcome::Typed;
        entry.text = text.into();
        entry
    }

    fn export(format: Format) -> String {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
        store.record(&entry(1, "2026-03-01T12:00:00Z", "Hello, \"world\"")).unwrap();
        store.record(&entry(2, "2026-03-02T12:00:01Z", "two\nlines")).unwrap();
        let mut output = Vec::new();
        store.export(format, &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn json_lines_are_one_object_each() {
        let lines: Vec<serde_json::Value> =
            export(Format::JsonLines).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["text"], "Hello, \"world\"");
        assert_eq!(lines[1]["text"], "two\nlines");
        assert_eq!(lines[1]["outcome"], "typed");
    }

    #[test]
    fn csv_quotes_what_would_break_a_row() {
        let csv = export(Format::Csv);
        assert!(csv.starts_with("id,started,"));
        assert!(csv.contains(",\"Hello, \"\"world\"\"\",\r\n"), "{csv}");
        assert!(csv.contains(",\"two\nlines\",\r\n"), "{csv}");
        let columns = CSV_HEADER.split(',').count();
        assert_eq!(csv_line(&entry(1, "2026-03-01T12:00:00Z", "plain")).split(',').count(), columns);
    }

    #[test]
    fn markdown_has_a_heading_per_day() {
        assert_eq!(
            export(Format::Markdown),
            "# 2026-03-01\n\n**12:00:00** gedit (typed)\n\n> Hello, \"world\"\n\
             \n# 2026-03-02\n\n**12:00:01** gedit (typed)\n\n> two\n> lines\n"
        );
    }
}
