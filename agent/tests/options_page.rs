//! `docs/options.md`: its tables are the options as they are declared.
//!
//! `SCOUT_WRITE_DOCS=1 cargo test -p scout --test options_page` writes the tables again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scout_core::config::allowed::Allowed;
use scout_core::config::option::Opt;
use scout_core::config::sections;

const START: &str = "<!-- generated -->\n";
const END: &str = "<!-- end -->";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/options.md")
}

fn explained(option: &Opt) -> String {
    let mut text = option.help.text().replace('\n', " ");
    if let Allowed::OneOf(choices) = option.field.allowed {
        for choice in choices {
            let _ = write!(text, "<br>`\"{}\"`: {}", choice.name, choice.help.text());
        }
    }
    text.replace('|', "\\|")
}

fn values(option: &Opt) -> String {
    match option.field.allowed {
        Allowed::Whole { min, max, .. } => format!("{min} to {max}"),
        Allowed::OneOf(_) => "one of those named".to_owned(),
        allowed => allowed.describe().replace('|', "\\|"),
    }
}

fn tables() -> String {
    let mut text = String::new();
    for section in sections() {
        let _ = write!(text, "\n## `[{}]`\n{}\n\n", section.name, section.help.text());
        text.push_str("| option | what it does | default | values | takes effect |\n|---|---|---|---|---|\n");
        for option in section.options {
            let profiles = if option.in_profiles { "; profiles" } else { "" };
            let _ = writeln!(
                text,
                "| `{}` | {} | `{}` | {} | {}{profiles} |",
                option.field.name(),
                explained(option),
                (option.default)(),
                values(option),
                option.effect.describe(),
            );
        }
    }
    text.push('\n');
    text
}

#[test]
fn the_tables_are_the_declared_options() {
    let text = std::fs::read_to_string(page()).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let tables = tables();
    if std::env::var_os("SCOUT_WRITE_DOCS").is_some() {
        std::fs::write(page(), format!("{before}{START}{tables}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(written, tables, "write them again: SCOUT_WRITE_DOCS=1 cargo test -p scout --test options_page");
}
