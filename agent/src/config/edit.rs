//! Changes one option in the user's file and leaves everything else there as it is, comments above all.

use std::io::Write;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Value};

use scout_core::config::default_file::starter;
use scout_core::config::load::Override;
use scout_core::config::problem::Problem;
use scout_core::config::schema::option;
use scout_core::config::{check, limits, load};

use super::error::ConfigError;
use super::files;

/// Why an option was not changed. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such option, or it cannot have this value.
    #[error("{}", .0.kind)]
    Option(Box<Problem>),
    /// What is in the file has to be put right first.
    #[error(transparent)]
    File(#[from] ConfigError),
    /// The file cannot be written.
    #[error("{} cannot be written ({source}): check who owns it and its folder, and that the disk is not full", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Makes the user's file if there is none.
pub fn create(path: &Path) -> Result<(), EditError> {
    if files::text(path, limits::TOML_FILE)?.is_some() { Ok(()) } else { write(path, &starter()) }
}

/// Sets one option in the user's file, which is made if there is none. `value` is plain text, without quotation marks.
pub fn set(path: &Path, key: &str, value: &str) -> Result<(), EditError> {
    let over = Override { key: key.to_owned(), value: value.to_owned() };
    if let Some(problem) = load::problem_of(&over) {
        return Err(EditError::Option(Box::new(problem)));
    }
    let text = files::text(path, limits::TOML_FILE)?.unwrap_or_else(starter);
    let changed = set_in_text(path, &text, &over)?;
    if changed == text { Ok(()) } else { write(path, &changed) }
}

/// As [`set`], with the text of the file; gives its new text. The option and its value have been checked.
fn set_in_text(path: &Path, text: &str, over: &Override) -> Result<String, EditError> {
    let syntax = || EditError::File(ConfigError::Invalid(check::syntax(path, text)));
    let Some(option) = option(&over.key) else { return Ok(text.to_owned()) };
    let (section, name) = option.parts();
    let written = option.field.allowed.toml_of(&over.value);
    // The value was checked, so it is TOML; were it not, the file would not be touched.
    let Ok(mut value) = written.parse::<Value>() else { return Ok(text.to_owned()) };
    let mut document: DocumentMut = text.parse().map_err(|_| syntax())?;

    let there = document.get_mut(section).and_then(Item::as_table_like_mut).and_then(|table| table.get_mut(name));
    if let Some(old) = there.and_then(Item::as_value_mut) {
        // Its comment and the spaces around it.
        *value.decor_mut() = old.decor().clone();
        *old = value;
        return Ok(document.to_string());
    }
    if let Some(changed) = uncommented(text, section, name, &written) {
        return Ok(changed);
    }
    match document.get_mut(section).map(Item::as_table_like_mut) {
        None => Ok(appended(text, section, name, &written)),
        Some(None) => Err(EditError::File(ConfigError::Invalid(check::configuration(path, text)))),
        Some(Some(table)) => {
            table.insert(name, Item::Value(value));
            Ok(document.to_string())
        }
    }
}

/// The text with a new section at its end. Text that is added cannot move the comments that end the file.
fn appended(text: &str, section: &str, name: &str, value: &str) -> String {
    let before = text.trim_end();
    let gap = if before.is_empty() { "" } else { "\n\n" };
    format!("{before}{gap}[{section}]\n{name} = {value}\n")
}

/// The text with the option set in the place where a comment shows it (`#name = value`), if there is such a place.
fn uncommented(text: &str, section: &str, name: &str, value: &str) -> Option<String> {
    let mut inside = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare.starts_with('[') {
            inside = bare.strip_prefix('[').and_then(|rest| rest.split(']').next()).map(str::trim) == Some(section);
        }
        let shown = bare.strip_prefix('#').map(str::trim_start).and_then(|rest| rest.strip_prefix(name));
        if inside && shown.is_some_and(|rest| rest.trim_start().starts_with('=')) {
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            let changed = format!("{}{name} = {value}{end}{}", &text[..start], &text[start + line.len()..]);
            // What looks like a comment may be inside of a text of several lines: then the option is not there now.
            let document: DocumentMut = changed.parse().ok()?;
            let there = document.get(section).and_then(|table| table.get(name)).is_some();
            return there.then_some(changed);
        }
        start += line.len();
    }
    None
}

/// Replaces a file as a whole: nobody ever reads half of it. A link stays a link, and permissions stay as they are.
fn write(path: &Path, text: &str) -> Result<(), EditError> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&target, text).map_err(|source| EditError::Unwritable { path: target, source })
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(old) = std::fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use scout_core::config::allowed::Allowed;
    use scout_core::config::language::LANGUAGES;
    use scout_core::config::option::Opt;
    use scout_core::config::{Config, default_file, options};

    fn after(text: &str, key: &str, value: &str) -> String {
        let over = Override { key: key.to_owned(), value: value.to_owned() };
        set_in_text(Path::new("config.toml"), text, &over).unwrap()
    }

    fn config(text: &str) -> Config {
        load::from_text(Path::new("config.toml"), text, &[]).unwrap().config
    }

    #[test]
    fn the_line_changes_and_nothing_else() {
        for (before, key, value, expected) in [
            ("[key]\nchord = 'F9' # mine\n", "key.chord", "F8", "[key]\nchord = \"F8\" # mine\n"),
            ("[key]\n# why\n chord   =   'F9'\n", "key.chord", "F8", "[key]\n# why\n chord   =   \"F8\"\n"),
            ("key.chord = 'F9'\n", "key.chord", "F8", "key.chord = \"F8\"\n"),
            ("key = { chord = 'F9' }\n", "key.chord", "F8", "key = { chord = \"F8\" }\n"),
            ("key = { chord = 'F9' }\n", "key.mode", "hold", "key = { chord = 'F9' , mode = \"hold\" }\n"),
            (
                "# a\n[key]\n# b\n\n# c\n[log]\n# d\n",
                "key.tap_ms",
                "100",
                "# a\n[key]\ntap_ms = 100\n# b\n\n# c\n[log]\n# d\n",
            ),
            ("# only words\n", "log.level", "off", "# only words\n\n[log]\nlevel = \"off\"\n"),
            // Where the option is shown in a comment, it is set there.
            (
                "[key]\n# The key.\n#chord = \"F9\"\n\n[log]\n",
                "key.chord",
                "F8",
                "[key]\n# The key.\nchord = \"F8\"\n\n[log]\n",
            ),
            (
                "[log]\n#chord = 1\n[key]\n# chord = 2\n",
                "key.chord",
                "F8",
                "[log]\n#chord = 1\n[key]\nchord = \"F8\"\n",
            ),
            ("[key]\r\n#chord = 1\r\n", "key.chord", "F8", "[key]\r\nchord = \"F8\"\r\n"),
        ] {
            let text = after(before, key, value);
            // The spaces inside of braces are the editor library's.
            assert_eq!(text.replace(" ,", ","), expected.replace(" ,", ","), "{before:?}");
        }
    }

    #[test]
    fn a_value_that_is_not_allowed_leaves_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "[key]\nchord = 'F7'\n").unwrap();
        let message = |key, value| set(&path, key, value).unwrap_err().to_string();
        assert!(message("key.mode", "held").starts_with("key.mode cannot be \"held\" (did you mean \"hold\"?)"));
        assert!(message("key.moed", "hold").starts_with("there is no option `key.moed` (did you mean `mode`?)"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[key]\nchord = 'F7'\n");
        std::fs::write(&path, "[key\nchord = 'F7'\n").unwrap();
        assert!(message("key.mode", "hold").contains("config.toml:1:5: "));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[key\nchord = 'F7'\n");
        std::fs::write(&path, "key = 'F9'\n").unwrap();
        assert!(message("key.mode", "hold").contains("config.toml:1:1: `key` is a section"));
    }

    /// Rules, commands and replacements are lists, and no option of the configuration.
    #[test]
    fn only_options_of_the_configuration_can_be_set() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        for option in options() {
            let default = (option.default)();
            let value = match default.as_array() {
                Some(_) => "word".to_owned(),
                None => default.as_str().map_or_else(|| default.to_string(), str::to_owned),
            };
            set(&path, option.key(), &value).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for key in ["key", "chord", "key.", "key.chord.x", "command.say", "replace.with", "match.app_id", "extends"] {
            assert!(matches!(set(&path, key, "x"), Err(EditError::Option(_))), "{key}");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_file_is_made_where_there_is_none_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/config.toml");
        set(&path, "key.chord", "Pause").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, starter().replace("#chord = \"F9\"", "chord = \"Pause\""));
        create(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    /// A value for the option, as plain text.
    fn value_of(allowed: Allowed) -> BoxedStrategy<String> {
        match allowed {
            Allowed::Switch => any::<bool>().prop_map(|switch| switch.to_string()).boxed(),
            Allowed::Whole { min, max, .. } => (min..=max).prop_map(|number| number.to_string()).boxed(),
            Allowed::OneOf(choices) => prop::sample::select(choices).prop_map(|choice| choice.name.to_owned()).boxed(),
            Allowed::Text { .. } => any::<String>().prop_filter("not empty", |text| !text.trim().is_empty()).boxed(),
            Allowed::Chord => prop::sample::select(vec!["Pause", "ctrl+alt+Space", "code:172", "ControlRight"])
                .prop_map(str::to_owned)
                .boxed(),
            Allowed::ChordOrNone => {
                prop::sample::select(vec!["none", "Escape", "super+F1"]).prop_map(str::to_owned).boxed()
            }
            Allowed::Language => prop::sample::select(LANGUAGES).prop_map(|(code, _)| code.to_owned()).boxed(),
            Allowed::Words { .. } => prop::sample::select(vec!["one", "one,Anna Lind"]).prop_map(str::to_owned).boxed(),
            Allowed::Url => Just("http://localhost:8080/v1".to_owned()).boxed(),
            Allowed::Names { .. } | Allowed::Pattern | Allowed::Verbatim | Allowed::Chords | Allowed::Program => {
                unreachable!("in rules, commands and replacements only")
            }
        }
    }

    fn any_option_with_value() -> impl Strategy<Value = (&'static str, String)> {
        prop::sample::select(options().collect::<Vec<&Opt>>())
            .prop_flat_map(|option| value_of(option.field.allowed).prop_map(move |value| (option.key(), value)))
    }

    fn comments(text: &str) -> Vec<&str> {
        text.lines().filter(|line| line.starts_with("# ")).collect()
    }

    proptest! {
        #[test]
        fn what_is_set_is_what_is_loaded(changes in prop::collection::vec(any_option_with_value(), 1..6), full in any::<bool>()) {
            let mut text = if full { default_file::text() } else { starter() };
            let before = text.clone();
            for (key, value) in &changes {
                text = after(&text, key, value);
                let table = toml::Table::try_from(config(&text)).unwrap();
                let (section, name) = key.split_once('.').unwrap();
                let found = match &table[section][name] {
                    toml::Value::String(found) => found.clone(),
                    toml::Value::Array(words) => {
                        words.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(",")
                    }
                    other => other.to_string(),
                };
                prop_assert_eq!(&found, value);
            }
            prop_assert_eq!(comments(&text), comments(&before));
            prop_assert_eq!(text.lines().count(), before.lines().count());
        }
    }
}
