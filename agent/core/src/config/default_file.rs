//! The configuration file as users read it: every option with its explanation and its default. `config/default.toml` is
//! its text.

use std::fmt::Write as _;

use super::allowed::{Allowed, Choice};
use super::option::{Effect, Opt, Section};
use super::schema::sections;

/// The beginning of the file of defaults.
const HEADER: &str = "\
# Scout's options. Everything here is the default: what you leave out of your own file stays as it is here.
#
# Your own file: `scout config path` prints where it is, `scout config edit` opens it. Changes take effect as soon as the
# file is saved. Times whose names end in `_ms` are milliseconds.
";

/// The beginning of a new file of the user's.
const STARTER_HEADER: &str = "\
# Your options for Scout. Each is shown with its default; remove the `#` before one to change it.
# Changes take effect as soon as the file is saved; `scout config check` tells what is wrong with them.
# Times whose names end in `_ms` are milliseconds.
";

/// What a file may hold any number of.
const LISTS: &str = r#"
# Commands of your own: what you say, and what it does. As many as you like, each with a line [[command]] of its own, and
# also in profiles. `run` starts a program with arguments, without a shell.
#
#     [[command]]
#     say = "sign off"
#     insert = "Kind regards,\nAnna"
#
#     [[command]]
#     say = ["save", "save it"]
#     press = "ctrl+s"
#
#     [[command]]
#     say = "lights out"
#     run = ["loginctl", "lock-session"]
#
# What is written in place of what was heard: whole words, with the signs that belong to them, such as `C++` and `.NET`:
#
#     [[replace]]
#     heard = ["e mail", "e-mail"]
#     with = "email"
"#;

/// Comments are wrapped at this many characters.
const WIDTH: usize = 120;

/// Every option, set to its default.
pub fn text() -> String {
    file(HEADER, "")
}

/// A new file for the user: every option explained, none set. Options that are not set follow the defaults of later
/// versions.
pub fn starter() -> String {
    file(STARTER_HEADER, "#")
}

/// `mark` stands before each option.
fn file(header: &str, mark: &str) -> String {
    let mut text = header.to_owned();
    for section in sections() {
        text.push_str("\n\n");
        write_section(&mut text, section, mark);
    }
    text.push('\n');
    text.push_str(LISTS);
    text
}

fn write_section(text: &mut String, section: &Section, mark: &str) {
    comment(text, "", &section.help.text());
    // Nothing fails that is written to a text.
    let _ = writeln!(text, "[{}]", section.name);
    for option in section.options {
        text.push('\n');
        explain(text, option);
        let _ = writeln!(text, "{mark}{} = {}", option.field.name(), (option.default)());
    }
}

fn explain(text: &mut String, option: &Opt) {
    let mut help = option.help.text();
    if let Allowed::Whole { min, max, .. } = option.field.allowed {
        let _ = write!(help, " {min} to {max}.");
    }
    // The beginning of the file says that others take effect at once.
    if option.effect == Effect::Restart {
        let _ = write!(help, " Takes effect {}.", option.effect.describe());
    }
    comment(text, "", &help);
    if let Allowed::OneOf(choices) = option.field.allowed {
        let quoted = |choice: &Choice| format!("\"{}\":", choice.name);
        let longest = choices.iter().map(|choice| quoted(choice).len()).max().unwrap_or_default();
        for choice in choices {
            comment(text, &format!("{:longest$} ", quoted(choice)), &choice.help.text());
        }
    }
}

/// Writes a text as a comment. `label` stands before it, and further lines are indented by as much.
fn comment(text: &mut String, label: &str, words: &str) {
    let mut line = format!("# {label}");
    let indent = line.chars().count();
    for paragraph in words.lines() {
        for word in paragraph.split_whitespace() {
            let used = line.chars().count();
            if used > indent && used + 1 + word.chars().count() > WIDTH {
                let _ = writeln!(text, "{line}");
                line = format!("{:indent$}", "#");
            }
            if line.chars().count() > indent {
                line.push(' ');
            }
            line.push_str(word);
        }
        let _ = writeln!(text, "{line}");
        line = format!("{:indent$}", "#");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::config::load::{Loaded, from_text};
    use crate::config::schema::options;

    fn loaded(text: &str) -> Loaded {
        from_text(Path::new("config.toml"), text, &[]).unwrap()
    }

    #[test]
    fn the_file_in_the_tree_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/default.toml");
        if std::env::var_os("SCOUT_WRITE_DOCS").is_some() {
            std::fs::write(path, text()).unwrap();
            return;
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert!(written == text(), "write it again: SCOUT_WRITE_DOCS=1 cargo test -p scout-core default_file");
    }

    #[test]
    fn it_sets_every_option_to_its_default() {
        let table: toml::Table = toml::from_str(&text()).unwrap();
        assert_eq!(table, toml::Table::try_from(Config::default()).unwrap());
        assert_eq!(loaded(&text()).config, Config::default());
    }

    #[test]
    fn a_new_file_explains_everything_and_sets_nothing() {
        let starter = starter();
        assert_eq!(loaded(&starter), Loaded::default());
        // With all marks removed, it sets every option to its default.
        let live = starter.lines().map(|line| match line.strip_prefix('#') {
            Some(option) if !option.starts_with(' ') => option,
            _ => line,
        });
        let live = loaded(&live.collect::<Vec<_>>().join("\n"));
        assert_eq!(live.config, Config::default());
        for option in options() {
            assert_ne!(live.origins[option.key()], Loaded::default().origins[option.key()], "{}", option.key());
        }
    }

    #[test]
    fn comments_are_wrapped_and_keep_their_indent() {
        let mut text = String::new();
        comment(&mut text, "\"a\": ", &format!("{} {}\nend", "x".repeat(100), "y".repeat(20)));
        assert_eq!(text, format!("# \"a\": {}\n#      {}\n#      end\n", "x".repeat(100), "y".repeat(20)));
    }

    #[test]
    fn ranges_and_choices_are_part_of_the_explanation() {
        let text = text();
        assert!(text.contains("# In \"hybrid\" mode, a press shorter than this is a tap. 50 to 2000.\ntap_ms = 250\n"));
        assert!(text.contains("# \"hold\":   Keep the text, and notify you.\n# \"follow\": Deliver it"));
        let unwrapped = text.replace("\n# ", " ");
        assert!(unwrapped.contains("unless you need it. Takes effect when Scout is started again.\ndevices = false\n"));
    }
}
