//! `docs/profiles.md`: its table is what the ready-made profiles really do.
//!
//! `SCOUT_WRITE_DOCS=1 cargo test -p scout --test profiles_page` writes the table anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scout_core::config::Config;
use scout_core::config::schema::Newline;
use scout_core::profile::{Profiles, Settings};
use scout_core::text::{Context, Step, compose};

const START: &str = "<!-- generated -->\n";
const END: &str = "<!-- end -->";

/// What is said, as the model writes it.
const SPOKEN: &[&str] = &[
    "List all files.",
    "Hello Anna. How are you?",
    "On my way.",
    "First item. New line. Second item.",
    "Dear Anna. Comma. New paragraph. Thank you for your letter.",
    "There are twenty five of them.",
    "Camel case user name.",
    "Snake case max retry count.",
    "Spell alpha bravo seven.",
    "Git status. Press enter.",
    "Is this right. Question mark.",
    "He asked for a new line of products.",
    "Scratch that.",
];

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/profiles.md")
}

fn shown(raw: &str, settings: &Settings) -> String {
    let line_break = match settings.delivery.newline {
        Newline::Enter => "⏎",
        Newline::ShiftEnter => "⇧⏎",
        Newline::Space => " ",
    };
    let steps = compose(raw, settings, &Context::default()).steps;
    let mut text = String::new();
    for step in &steps {
        match step {
            Step::Text(words) => text.push_str(&words.replace('\n', line_break)),
            other => text.push_str(&other.to_string()),
        }
    }
    match text.strip_suffix(' ') {
        Some(words) => format!("{words}␣"),
        None => text,
    }
}

fn table() -> String {
    let (profiles, config) = (Profiles::ready_made(), Config::default());
    let mut table = String::new();
    for profile in profiles.iter() {
        let settings = profile.settings(&config);
        let _ = write!(table, "\n### {}\n| spoken | delivered |\n|---|---|\n", profile.name);
        for raw in SPOKEN {
            let _ = writeln!(table, "| {raw} | `{}` |", shown(raw, &settings));
        }
    }
    table
}

#[test]
fn the_table_is_what_the_profiles_do() {
    let text = std::fs::read_to_string(page()).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var_os("SCOUT_WRITE_DOCS").is_some() {
        std::fs::write(page(), format!("{before}{START}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(written, table, "write it anew: SCOUT_WRITE_DOCS=1 cargo test -p scout --test profiles_page");
}
