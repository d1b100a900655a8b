//! Compares what was written with what may be written. Finds everything that is wrong, not only the first thing.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::allowed::{Allowed, nearest};
use super::file::File;
use super::option::{Field, Opt, Section};
use super::problem::{Finding, Place, Problem, ProblemKind};
use super::schema::{Config, options, sections};

/// The text of a file as UTF-8, or where it stops being that.
pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, Vec<Problem>> {
    String::from_utf8(bytes).map_err(|error| {
        let place = Place::in_text(path, error.as_bytes(), error.utf8_error().valid_up_to());
        vec![Problem { place, kind: ProblemKind::Encoding }]
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
        findings = take_lists(&mut table);
        findings.extend(in_sections(&table, |_| true));
    }
    if findings.is_empty() {
        findings = together(&table, text);
    }
    Finding::locate(findings, path, text)
}

/// What keeps a text from being TOML.
pub fn syntax(path: &Path, text: &str) -> Vec<Problem> {
    let (_, findings) = parse(text);
    Finding::locate(findings, path, text)
}

/// Where the value of an option is written in a file; the file's beginning where it is not set there.
pub fn place_of(file: &File, section: &str, name: &str) -> Place {
    let (table, _) = parse(&file.text);
    let value = table.get(section).and_then(|section| section.get_ref().as_table()?.get(name));
    Place::in_text(&file.path, file.text.as_bytes(), value.map_or(0, |value| value.span().start))
}

/// What is wrong in the sections of a table. `here` says which options may be set in this kind of file.
pub(crate) fn in_sections(table: &DeTable<'_>, here: impl Fn(&Opt) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, value) in table {
        let section = sections().iter().find(|section| section.name == name.get_ref().as_ref());
        match (section, value.get_ref()) {
            (None, _) => findings.push(unknown_section(name, value)),
            (Some(section), DeValue::Table(table)) => {
                findings.extend(table.iter().filter_map(|(name, value)| in_section(section, name, value, &here)));
            }
            (Some(section), _) => {
                let kind = ProblemKind::NotASection { name: section.name.to_owned() };
                findings.push(Finding::new(name.span(), kind));
            }
        }
    }
    findings
}

fn in_section(
    section: &Section,
    name: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    here: &impl Fn(&Opt) -> bool,
) -> Option<Finding> {
    let Some(option) = section.options.iter().find(|option| option.field.name() == name.get_ref().as_ref()) else {
        return Some(unknown_field(section.options.iter().map(|option| &option.field), name));
    };
    if !here(option) {
        return Some(Finding::new(name.span(), ProblemKind::NotPerProfile { key: option.key().to_owned() }));
    }
    self::value(&option.field, value)
}

/// What is wrong in a table that may have these fields.
pub(crate) fn table(table: &DeTable<'_>, fields: &[Field]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, value) in table {
        match fields.iter().find(|field| field.name() == name.get_ref().as_ref()) {
            Some(field) => findings.extend(self::value(field, value)),
            None => findings.push(unknown_field(fields.iter(), name)),
        }
    }
    findings
}

/// What is wrong with a value.
pub(crate) fn value(field: &Field, value: &Spanned<DeValue<'_>>) -> Option<Finding> {
    let found = value.get_ref();
    (!field.allowed.accepts(found)).then(|| {
        Finding::new(
            value.span(),
            ProblemKind::Value {
                key: field.key.to_owned(),
                found: shown(found),
                meant: field.allowed.meant(found),
                allowed: field.allowed.describe(),
            },
        )
    })
}

fn unknown_section(name: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Finding {
    let written = name.get_ref().as_ref();
    if !value.get_ref().is_table()
        && let Some(option) = options().find(|option| option.field.name() == written)
    {
        let section = option.parts().0.to_owned();
        let kind = ProblemKind::Misplaced { name: written.to_owned(), section, first_line: true };
        return Finding::new(name.span(), kind);
    }
    let names = || sections().iter().map(|section| section.name);
    Finding::new(
        name.span(),
        ProblemKind::UnknownSection {
            name: written.to_owned(),
            meant: nearest(written, names()).map(|section| format!("[{section}]")),
            sections: names().map(|section| format!("[{section}]")).collect(),
        },
    )
}

fn unknown_field<'f>(fields: impl Iterator<Item = &'f Field> + Clone, name: &Spanned<DeString<'_>>) -> Finding {
    let written = name.get_ref().as_ref();
    let meant = nearest(written, fields.clone().map(Field::name));
    if meant.is_none()
        && let Some(option) = options().find(|option| option.field.name() == written)
    {
        let section = option.parts().0.to_owned();
        let kind = ProblemKind::Misplaced { name: written.to_owned(), section, first_line: false };
        return Finding::new(name.span(), kind);
    }
    let section = fields.clone().next().map(|field| field.parts().0);
    Finding::new(
        name.span(),
        ProblemKind::UnknownOption {
            key: section.map_or_else(|| written.to_owned(), |section| format!("{section}.{written}")),
            meant: meant.map(|name| format!("`{name}`")),
            options: fields.map(|field| field.name().to_owned()).collect(),
        },
    )
}

/// One list that a file may hold.
struct List {
    name: &'static str,
    /// The names of its options, in words.
    options: &'static str,
    entries: &'static [Field],
    /// The option that every entry has, with an example.
    needs: &'static [(&'static str, &'static str)],
}

const SAID: &str = "what you say, such as \"sign off\", or a list of such texts";

const LISTS: [List; 2] = [
    List {
        name: "command",
        options: "say and one of insert, press and run",
        entries: &[
            entry("command.say", Allowed::Names { example: SAID }),
            entry("command.insert", Allowed::Verbatim),
            entry("command.press", Allowed::Chords),
            entry("command.run", Allowed::Program),
        ],
        needs: &[("say", "what you say for it, such as say = \"sign off\"")],
    },
    List {
        name: "replace",
        options: "heard and with",
        entries: &[
            entry(
                "replace.heard",
                Allowed::Names { example: "what is heard, such as \"e mail\", or a list of such texts" },
            ),
            entry("replace.with", Allowed::Verbatim),
        ],
        needs: &[
            ("heard", "what is heard, such as heard = \"e mail\""),
            ("with", "what is written instead, such as with = \"email\""),
        ],
    },
];

const fn entry(key: &'static str, allowed: Allowed) -> Field {
    Field { key, allowed }
}

/// Takes the lists out of a file's table, and finds what is wrong in them.
pub(crate) fn take_lists(table: &mut DeTable<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for list in &LISTS {
        let Some((key, value)) = table.remove_entry(list.name) else { continue };
        match value.get_ref() {
            DeValue::Array(entries) => {
                findings.extend(entries.iter().flat_map(|entry| problems_of(list, entry)));
            }
            _ => findings.push(Finding::new(key.span(), shape(list))),
        }
    }
    findings
}

fn shape(list: &List) -> ProblemKind {
    ProblemKind::ListShape { name: list.name, options: list.options }
}

fn problems_of(list: &List, entry: &Spanned<DeValue<'_>>) -> Vec<Finding> {
    let DeValue::Table(table) = entry.get_ref() else { return vec![Finding::new(entry.span(), shape(list))] };
    let mut findings = self::table(table, list.entries);
    if !findings.is_empty() {
        return findings;
    }
    for (missing, example) in list.needs {
        if !table.contains_key(*missing) {
            findings.push(Finding::new(entry.span(), ProblemKind::Incomplete { list: list.name, missing, example }));
        }
    }
    if list.name == "command" && findings.is_empty() {
        let actions = ["insert", "press", "run"].into_iter().filter(|action| table.contains_key(*action)).count();
        if actions != 1 {
            findings.push(Finding::new(entry.span(), ProblemKind::NotOneAction));
        }
    }
    let said = table.get("say").or_else(|| table.get("heard"));
    findings.extend(said.into_iter().flat_map(unspeakable));
    findings
}

/// Texts without a letter or a digit: nobody can say them.
fn unspeakable(said: &Spanned<DeValue<'_>>) -> Vec<Finding> {
    let check = |value: &Spanned<DeValue<'_>>| {
        let text = value.get_ref().as_str()?;
        let kind = || ProblemKind::Unspeakable { said: text.to_owned() };
        (!text.chars().any(char::is_alphanumeric)).then(|| Finding::new(value.span(), kind()))
    };
    match said.get_ref() {
        DeValue::Array(several) => several.iter().filter_map(check).collect(),
        _ => check(said).into_iter().collect(),
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
pub fn span_of(table: &DeTable<'_>, section: &str, name: &str) -> Option<Range<usize>> {
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
