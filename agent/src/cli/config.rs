//! `scout config`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use scout_core::config::allowed::Allowed;
use scout_core::config::file::File;
use scout_core::config::load::from_text;
use scout_core::config::option::Opt;
use scout_core::config::{Loaded, Origin, default_file, options};
use scout_core::profile;

use crate::config::edit;
use crate::config::files;
use crate::config::paths::Paths;
use crate::setup;

/// Show, check and edit the configuration
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print where your configuration file is
    Path,
    /// Print the settings in force, and where those that you set come from
    Show {
        /// Print the defaults instead, with every option explained
        #[arg(long)]
        defaults: bool,
    },
    /// Print all options: what each is for, which values it can have, and when a change takes effect
    List {
        /// Print those alone whose names contain this, such as `history` or `key.mode`
        #[arg(default_value = "")]
        part: String,
    },
    /// Check your configuration and your profiles, or one file
    Check {
        /// A file to check instead of yours
        file: Option<PathBuf>,
        /// The file is a profile
        #[arg(long, requires = "file")]
        profile: bool,
    },
    /// Open your configuration file in an editor, and check it afterwards
    Edit,
    /// Set one option in your configuration file
    Set {
        /// The option, with its section
        #[arg(value_name = "SECTION.NAME")]
        key: String,
        /// Its value, without quotation marks
        value: String,
    },
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let paths = Paths::of_user()?;
        match self.action {
            Action::Path => println!("{}", paths.config.display()),
            Action::Show { defaults: true } => print!("{}", default_file::text()),
            Action::Show { defaults: false } => print!("{}", shown(&paths.config, &files::load(&paths.config, &[])?)?),
            Action::List { part } => {
                let chosen = list(&part);
                anyhow::ensure!(
                    !chosen.is_empty(),
                    "no option's name contains `{part}`: `scout config list` prints all"
                );
                print!("{chosen}");
            }
            Action::Check { file: None, .. } => return Ok(check_own(&paths)),
            Action::Check { file: Some(file), profile } => return Ok(check_file(&file, profile)),
            Action::Edit => {
                edit::create(&paths.config)?;
                open_in_editor(&paths.config)?;
                return Ok(check_own(&paths));
            }
            Action::Set { key, value } => edit::set(&paths.config, &key, &value)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The settings as TOML; behind each that the user set is the place where they did.
fn shown(path: &Path, loaded: &Loaded) -> anyhow::Result<String> {
    use std::fmt::Write as _;

    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let table = toml::Table::try_from(&loaded.config).context("the settings cannot be written as TOML")?;
    let mut text = String::new();
    let mut last_section = "";
    for option in options() {
        let (section, name) = option.parts();
        if section != last_section {
            let gap = if last_section.is_empty() { "" } else { "\n" };
            writeln!(text, "{gap}[{section}]")?;
            last_section = section;
        }
        let value = table.get(section).and_then(|values| values.get(name)).context("an option has no value")?;
        write!(text, "{name} = {value}")?;
        match loaded.origins.get(option.key()) {
            Some(Origin::File { line }) => writeln!(text, "  # {file}:{line}")?,
            Some(Origin::CommandLine) => writeln!(text, "  # command line")?,
            Some(Origin::Default) | None => writeln!(text)?,
        }
    }
    Ok(text)
}

/// The options whose names contain `part`, each explained.
fn list(part: &str) -> String {
    let chosen = options().filter(|option| option.key().contains(part));
    chosen.map(explained).collect::<Vec<_>>().join("\n")
}

fn explained(option: &Opt) -> String {
    let mut lines = vec![format!("{} = {}  # {}", option.key(), (option.default)(), option.title)];
    lines.extend(option.help.text().lines().map(|line| format!("    {line}")));
    match option.field.allowed {
        Allowed::OneOf(choices) => {
            lines.extend(choices.iter().map(|choice| format!("    \"{}\": {}", choice.name, choice.help.text())));
        }
        allowed => lines.push(format!("    Use {}.", allowed.describe())),
    }
    let whose = if option.in_profiles { "A profile can set it." } else { "It is the same for all applications." };
    lines.push(format!("    A change takes effect {}. {whose}", option.effect.describe()));
    lines.join("\n") + "\n"
}

fn check_own(paths: &Paths) -> ExitCode {
    // As the agent does: with the profiles, the vocabulary, and what does not fit together.
    if let Err(error) = setup::load(paths) {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let state = if paths.config.exists() { "is right" } else { "does not exist: the defaults are in force" };
    println!("{} {state}", paths.config.display());
    ExitCode::SUCCESS
}

fn check_file(file: &Path, is_profile: bool) -> ExitCode {
    let checked = files::existing(file).and_then(|File { text, .. }| {
        let checked = if is_profile {
            profile::load::parse(file, &text, profile::Source::User(file.to_owned())).map(drop)
        } else {
            from_text(file, &text, &[]).map(drop)
        };
        Ok(checked?)
    });
    match checked {
        Ok(()) => {
            println!("{} is right", file.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Waits for the editor where it is one that can be waited for.
fn open_in_editor(path: &Path) -> anyhow::Result<()> {
    let chosen = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok()).filter(|text| !text.is_empty());
    let command = chosen.unwrap_or_else(|| opener().to_owned());
    // `code --wait`: a program and its arguments.
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or(opener());
    let status = std::process::Command::new(program).args(words).arg(path).status().with_context(|| {
        format!("{program} cannot be started: set EDITOR to your editor, or open {} yourself", path.display())
    })?;
    anyhow::ensure!(status.success(), "{program} failed ({status}): open {} yourself", path.display());
    Ok(())
}

/// What opens a text file in the program that the desktop has for it.
fn opener() -> &'static str {
    match std::env::consts::OS {
        "macos" => "open",
        "windows" => "notepad",
        _ => "xdg-open",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::config::Config;

    #[test]
    fn the_list_explains_the_options_that_are_asked_for() {
        assert_eq!(
            list("key.mode"),
            "\
key.mode = \"hold\"  # Mode
    What pressing and releasing the key do.
    \"hold\": Speak while the key is down.
    \"toggle\": Press once to start, once more to end.
    \"hybrid\": A short tap starts and the next one ends; a longer hold works like \"hold\".
    A change takes effect at once. It is the same for all applications.
"
        );
        let kept = list("history.keep");
        let range = "Use a whole number of days from 0 to 36500.";
        let rest = "A change takes effect at once. A profile can set it.";
        assert!(
            kept.contains(&format!("    {range}\n    {rest}\n\nhistory.keep_count = 0  # Keep at most\n")),
            "{kept}"
        );
        assert_eq!(list("").matches("A change takes effect").count(), options().count());
        assert_eq!(list("no such option"), "");
    }

    #[test]
    fn what_is_shown_is_the_configuration_and_names_the_lines() {
        let text = "[key]\nchord = 'F8'\n\n[history]\nlog = false\n";
        let path = Path::new("/home/me/config.toml");
        let loaded = from_text(path, text, &["text.clean=false".parse().unwrap()]).unwrap();
        let shown = shown(path, &loaded).unwrap();
        assert_eq!(toml::from_str::<Config>(&shown).unwrap(), loaded.config);
        for line in ["chord = \"F8\"  # config.toml:2", "log = false  # config.toml:5", "clean = false  # command line"]
        {
            assert!(shown.lines().any(|shown| shown == line), "{line} is not in:\n{shown}");
        }
        assert!(shown.lines().any(|line| line == "mode = \"hold\""));
    }
}
