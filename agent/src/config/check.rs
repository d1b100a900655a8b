//! Compares what was written with what may be written. Finds everything that is wrong, not only the first thing.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::allowed::nearest;
use super::lists;
use super::options::{OPTIONS, Opt};
use super::problem::{ConfigError, Finding, Place, Problem, ProblemKind};
use super::schema::Config;

/// The text of a file as UTF-8, or where it stops being that.
pub(crate) fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, ConfigError> {
    String::from_utf8(bytes).map_err(|error| {
        let place = Place::in_text(path, error.as_bytes(), error.utf8_error().valid_up_to());
        ConfigError::Invalid(vec![Problem { place, kind: ProblemKind::Encoding }])
    })
}

/// Parses TOML; errors of syntax become findings, and the table is what could be understood in spite of them.
pub(crate) fn parse(text: &str) -> (DeTable<'_>, Vec<Finding>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let findings = errors
        .into_iter()
        .map(|error| {
            let message = error.message().trim().replace('\n', ", ");
            Finding::new(error.span().unwrap_or_default(), ProblemKind::Syntax { message })
        })
        .collect();
    (table.into_inner(), findings)
}

/// What is wrong in the text of a configuration file.
pub fn configuration(path: &Path, text: &str) -> Vec<Problem> {
    let (mut table, mut findings) = parse(text);
    // After an error of syntax the rest is often understood amiss: only what is certain is reported.
    if findings.is_empty() {
        findings = lists::take(&mut table);
        findings.extend(sections(&table, |_| true));
    }
    if findings.is_empty() {
        findings = together(&table, text);
    }
    Finding::locate(findings, path, text)
}

/// What keeps a text from being TOML.
pub(crate) fn syntax(path: &Path, text: &str) -> Vec<Problem> {
    let (_, findings) = parse(text);
    Finding::locate(findings, path, text)
}

/// What is wrong in the sections of a table. `here` tells which options may be set in this kind of file.
pub(crate) fn sections(table: &DeTable<'_>, here: impl Fn(&Opt) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, value) in table {
        let section: Vec<&Opt> = OPTIONS.iter().filter(|option| option.parts().0 == name.get_ref().as_ref()).collect();
        match value.get_ref() {
            _ if section.is_empty() => findings.push(unknown_section(name, value)),
            DeValue::Table(options) => {
                for (name, value) in options {
                    findings.extend(option_in(&section, name, value, &here));
                }
            }
            _ => {
                let kind = ProblemKind::NotASection { name: name.get_ref().to_string() };
                findings.push(Finding::new(name.span(), kind));
            }
        }
    }
    findings
}

/// What is wrong in one table of options, whose names are those of `options`.
pub(crate) fn table(table: &DeTable<'_>, options: &[&Opt]) -> Vec<Finding> {
    table.iter().filter_map(|(name, value)| option_in(options, name, value, &|_| true)).collect()
}

fn option_in(
    section: &[&Opt],
    name: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    here: &impl Fn(&Opt) -> bool,
) -> Option<Finding> {
    let Some(option) = section.iter().find(|option| option.parts().1 == name.get_ref().as_ref()) else {
        return Some(Finding::new(name.span(), unknown_option(section, name.get_ref())));
    };
    if !here(option) {
        return Some(Finding::new(name.span(), ProblemKind::NotPerProfile { key: option.key.to_owned() }));
    }
    self::value(option, value)
}

/// What is wrong with the value of an option.
pub(crate) fn value(option: &Opt, value: &Spanned<DeValue<'_>>) -> Option<Finding> {
    let found = value.get_ref();
    (!option.allowed.accepts(found)).then(|| {
        Finding::new(
            value.span(),
            ProblemKind::Value {
                key: option.key.to_owned(),
                found: shown(found),
                meant: option.allowed.meant(found),
                allowed: option.allowed.describe(),
            },
        )
    })
}

fn unknown_section(name: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Finding {
    let written = name.get_ref().as_ref();
    if !value.get_ref().is_table()
        && let Some(option) = OPTIONS.iter().find(|option| option.parts().1 == written)
    {
        let section = option.parts().0.to_owned();
        let kind = ProblemKind::Misplaced { name: written.to_owned(), section, first_line: true };
        return Finding::new(name.span(), kind);
    }
    let mut sections: Vec<&str> = OPTIONS.iter().map(|option| option.parts().0).collect();
    sections.dedup();
    Finding::new(
        name.span(),
        ProblemKind::UnknownSection {
            name: written.to_owned(),
            meant: nearest(written, sections.iter().copied()).map(|section| format!("[{section}]")),
            sections: sections.iter().map(|section| format!("[{section}]")).collect(),
        },
    )
}

fn unknown_option(section: &[&Opt], written: &str) -> ProblemKind {
    let elsewhere = || OPTIONS.iter().find(|option| option.parts().1 == written);
    let meant = nearest(written, section.iter().map(|option| option.parts().1));
    if meant.is_none()
        && let Some(option) = elsewhere()
    {
        let section = option.parts().0.to_owned();
        return ProblemKind::Misplaced { name: written.to_owned(), section, first_line: false };
    }
    ProblemKind::UnknownOption {
        key: section.first().map_or_else(|| written.to_owned(), |option| format!("{}.{written}", option.parts().0)),
        meant: meant.map(|name| format!("`{name}`")),
        options: section.iter().map(|option| option.parts().1.to_owned()).collect(),
    }
}

/// What is wrong with values that are each allowed.
fn together(table: &DeTable<'_>, text: &str) -> Vec<Finding> {
    let config: Config = match toml::from_str(text) {
        Ok(config) => config,
        // The table of options accepted what the structs do not: a mistake of ours, but the user still gets the line.
        Err(error) => {
            let message = error.message().to_owned();
            return vec![Finding::new(error.span().unwrap_or_default(), ProblemKind::Syntax { message })];
        }
    };
    let mut findings = Vec::new();
    if let Some(cancel) = config.key.cancel.clone().filter(|cancel| *cancel == config.key.chord) {
        let span = span_of(table, "key", "cancel").or_else(|| span_of(table, "key", "chord")).unwrap_or_default();
        let kind = ProblemKind::SameChord { key: "key.cancel", other: "key.chord", value: format!("\"{cancel}\"") };
        findings.push(Finding::new(span, kind));
    }
    findings.extend(remote(&config, table));
    findings
}

/// A language model on another machine, of which the user has not said that they want it.
fn remote(config: &Config, table: &DeTable<'_>) -> Option<Finding> {
    let kind = config.rewrite.refusal(config.rewrite.remote)?;
    Some(Finding::new(span_of(table, "rewrite", "url").unwrap_or_default(), kind))
}

/// Where the value of an option stands, if it is there.
pub(crate) fn span_of(table: &DeTable<'_>, section: &str, name: &str) -> Option<Range<usize>> {
    Some(table.get(section)?.get_ref().as_table()?.get(name)?.span())
}

/// A value as the user would recognise it, cut where it is long.
fn shown(value: &DeValue<'_>) -> String {
    const LONGEST: usize = 40;
    match value {
        DeValue::String(text) if text.chars().count() > LONGEST => {
            format!("\"{}…\"", text.chars().take(LONGEST).collect::<String>())
        }
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(switch) => switch.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}
