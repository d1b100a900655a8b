//! Every option by the name that users write, and what it may be.
//!
//! A table beside the structs, because error messages must say what *is* allowed, for every wrong line at once; a
//! deserialiser stops at the first and speaks of types.

use super::allowed::Allowed;

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    /// The section and the name in it: `key.chord`.
    pub key: &'static str,
    /// What it may be.
    pub allowed: Allowed,
    /// Whether a profile may set it for its applications.
    pub in_profiles: bool,
}

const fn opt(key: &'static str, allowed: Allowed) -> Opt {
    Opt { key, allowed, in_profiles: false }
}

const fn profile_opt(key: &'static str, allowed: Allowed) -> Opt {
    Opt { key, allowed, in_profiles: true }
}

const fn millis(min: u32, max: u32) -> Allowed {
    Allowed::Whole { min, max, unit: " of milliseconds" }
}

/// All options, in the order of `config/default.toml`.
///
/// The upper ends of times are far beyond what is useful; they catch a time that was meant in another unit.
pub const OPTIONS: &[Opt] = &[
    opt("key.chord", Allowed::Chord),
    opt("key.mode", Allowed::OneOf(&["hold", "toggle", "hybrid"])),
    opt("key.tap_ms", millis(50, 2000)),
    opt("key.cancel", Allowed::ChordOrNone),
    opt("key.devices", Allowed::Switch),
    opt("hands_free.enabled", Allowed::Switch),
    opt("hands_free.pause_ms", millis(300, 10_000)),
    opt("hands_free.off_after_minutes", Allowed::Whole { min: 0, max: 1440, unit: " of minutes" }),
    opt("microphone.device", Allowed::Text { example: "\"default\", or an id that `scout doctor` lists" }),
    opt("microphone.tail_ms", millis(0, 5000)),
    opt("microphone.open", Allowed::Switch),
    opt("microphone.preroll_ms", millis(0, 5000)),
    profile_opt("model.name", Allowed::Text { example: "the name of a model that `scout models list` shows" }),
    profile_opt("model.language", Allowed::Language),
    profile_opt("model.translate", Allowed::Switch),
    opt("model.threads", Allowed::Whole { min: 0, max: 256, unit: "" }),
    opt("model.unload_minutes", Allowed::Whole { min: 0, max: 10_000, unit: " of minutes" }),
    profile_opt("delivery.method", Allowed::OneOf(&["auto", "type", "paste", "clipboard", "none"])),
    profile_opt("delivery.paste_chord", Allowed::Chord),
    profile_opt("delivery.newline", Allowed::OneOf(&["enter", "shift-enter", "space"])),
    profile_opt("delivery.submit", Allowed::ChordOrNone),
    profile_opt("delivery.gap_ms", millis(0, 1000)),
    opt("delivery.modifier_wait_ms", millis(0, 10_000)),
    profile_opt("delivery.guard", Allowed::OneOf(&["hold", "follow"])),
    profile_opt("delivery.live", Allowed::Switch),
    profile_opt("text.clean", Allowed::Switch),
    profile_opt("text.commands", Allowed::Switch),
    profile_opt("text.punctuation", Allowed::Switch),
    profile_opt("text.numbers", Allowed::OneOf(&["keep", "digits"])),
    profile_opt("text.units", Allowed::Switch),
    profile_opt("text.formatters", Allowed::Switch),
    profile_opt("text.first_letter", Allowed::OneOf(&["auto", "keep", "upper", "lower"])),
    profile_opt("text.full_stop", Allowed::OneOf(&["keep", "auto", "drop"])),
    profile_opt("text.joint_space", Allowed::Switch),
    profile_opt("text.trailing_space", Allowed::Switch),
    profile_opt(
        "vocabulary.words",
        Allowed::Words { example: "a list of words, such as [\"Kubernetes\", \"Anna Lind\"]" },
    ),
    profile_opt("vocabulary.lists", Allowed::Words { example: "a list of names of files, such as [\"work\"]" }),
    profile_opt("vocabulary.prompt", Allowed::Switch),
    profile_opt("vocabulary.correct", Allowed::Switch),
    profile_opt("rewrite.enabled", Allowed::Switch),
    profile_opt("rewrite.url", Allowed::Url),
    profile_opt("rewrite.model", Allowed::Text { example: "the model's name, as the server knows it" }),
    profile_opt("rewrite.prompt", Allowed::Text { example: "what the model is to do, in a sentence" }),
    profile_opt("rewrite.limit_ms", millis(100, 60_000)),
    profile_opt("rewrite.change_percent", Allowed::Whole { min: 1, max: 100, unit: " of percent" }),
    opt("rewrite.remote", Allowed::Switch),
    profile_opt("history.log", Allowed::Switch),
    profile_opt("history.title", Allowed::Switch),
    profile_opt("history.audio", Allowed::Switch),
    profile_opt("history.keep_days", Allowed::Whole { min: 0, max: 36_500, unit: " of days" }),
    profile_opt("history.keep_count", Allowed::Whole { min: 0, max: 100_000_000, unit: "" }),
    opt("history.backup_days", Allowed::Whole { min: 0, max: 366, unit: " of days" }),
    opt("history.backups", Allowed::Whole { min: 1, max: 100, unit: "" }),
    profile_opt("cues.sound", Allowed::Switch),
    opt("cues.notify", Allowed::Switch),
    opt("cues.overlay", Allowed::Switch),
    opt("log.level", Allowed::OneOf(&["off", "error", "warn", "info", "debug", "trace"])),
];

impl Opt {
    /// The option of that name.
    pub fn named(key: &str) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| option.key == key)
    }

    /// The section, and the name in it.
    pub fn parts(&self) -> (&'static str, &'static str) {
        // Every key in the tables has a section; a key without one would be in no section.
        self.key.split_once('.').unwrap_or(("", self.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, DEFAULT_TOML};

    fn keys_of(table: &toml::Table) -> Vec<String> {
        let mut keys: Vec<String> = table
            .iter()
            .flat_map(|(section, values)| {
                values.as_table().unwrap().keys().map(move |name| format!("{section}.{name}"))
            })
            .collect();
        keys.sort();
        keys
    }

    #[test]
    fn the_documented_defaults_are_the_defaults() {
        let documented: Config = toml::from_str(DEFAULT_TOML).unwrap();
        assert_eq!(documented, Config::default());
    }

    #[test]
    fn structs_table_and_documented_file_have_the_same_options() {
        let mut table: Vec<String> = OPTIONS.iter().map(|option| option.key.to_owned()).collect();
        table.sort();
        assert_eq!(keys_of(&toml::from_str(DEFAULT_TOML).unwrap()), table);
        assert_eq!(keys_of(&toml::Table::try_from(Config::default()).unwrap()), table);
    }

    #[test]
    fn every_option_is_explained_above_its_line() {
        let mut before = "";
        for line in DEFAULT_TOML.lines() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(before.starts_with("# "), "no comment above `{line}`");
            }
            before = line;
        }
    }

    #[test]
    fn the_documented_file_names_every_choice() {
        for option in OPTIONS {
            if let Allowed::OneOf(choices) = option.allowed {
                for choice in choices {
                    assert!(DEFAULT_TOML.contains(&format!("\"{choice}\"")), "{}: {choice}", option.key);
                }
            }
        }
    }
}
