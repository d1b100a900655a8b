//! What becomes of the words: settings of the text stages, the vocabulary and the rewriting.

use serde::{Deserialize, Serialize};

use super::Millis;
use crate::config::problem::ProblemKind;

/// What becomes of the words on their way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // each stage is on or off, on its own
pub struct TextSettings {
    /// Whether what the model writes for sounds and silence is removed.
    pub clean: bool,
    /// Whether spoken commands are carried out.
    pub commands: bool,
    /// Whether spoken punctuation becomes signs.
    pub punctuation: bool,
    /// What happens to numbers in words.
    pub numbers: Numbers,
    /// Whether units after numbers become signs.
    pub units: bool,
    /// Whether formatters such as *camel case* are heeded.
    pub formatters: bool,
    /// What happens to the first letter.
    pub first_letter: FirstLetter,
    /// What happens to the full stop at the end.
    pub full_stop: FullStop,
    /// Whether a space is put before a text that would run into the one before.
    pub joint_space: bool,
    /// Whether the text ends with a space.
    pub trailing_space: bool,
}

/// What happens to numbers in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// They stay as the model wrote them.
    #[default]
    Keep,
    /// They become digits.
    Digits,
}

/// What happens to the first letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstLetter {
    /// It follows from the text before it in the same window.
    #[default]
    Auto,
    /// It stays as the model wrote it.
    Keep,
    /// It becomes a capital.
    Upper,
    /// It becomes small, unless the word is always written with a capital.
    Lower,
}

/// What happens to the full stop at the very end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FullStop {
    /// It stays.
    #[default]
    Keep,
    /// It stays when the text has several sentences, as one writes in a chat.
    Auto,
    /// It is left out.
    Drop,
}

/// Words that are expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VocabularySettings {
    /// The words.
    pub words: Vec<String>,
    /// Names of lists of further words.
    pub lists: Vec<String>,
    /// Whether the recogniser is told of them.
    pub prompt: bool,
    /// Whether what sounds and looks like one of them becomes it.
    pub correct: bool,
}

impl Default for VocabularySettings {
    fn default() -> Self {
        Self { words: Vec::new(), lists: Vec::new(), prompt: true, correct: true }
    }
}

/// A language model that has the last word on the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RewriteSettings {
    /// Whether it is asked.
    pub enabled: bool,
    /// Where it listens, up to the part that all its addresses begin with.
    pub url: String,
    /// Its name there.
    pub model: String,
    /// What it is told to do.
    pub prompt: String,
    /// How long it may take.
    pub limit_ms: Millis,
    /// How much of the text it may change, in percent of its characters.
    pub change_percent: u32,
    /// Whether it may be on another machine.
    pub remote: bool,
}

impl RewriteSettings {
    /// The host in the address, without its port.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        match authority.strip_prefix('[') {
            // An IPv6 address has colons of its own.
            Some(address) => address.split(']').next().unwrap_or(address),
            None => authority.split(':').next().unwrap_or(authority),
        }
    }

    /// Whether the server is on this machine, as far as its address alone tells: any other name may lead anywhere.
    pub fn is_local(&self) -> bool {
        self.host() == "localhost" || self.host().parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Why these settings are refused, if they are. `allowed` tells whether the user wants words to leave this machine.
    pub fn refusal(&self, allowed: bool) -> Option<ProblemKind> {
        let url = || self.url.clone();
        if !self.enabled || self.is_local() {
            None
        } else if !allowed {
            Some(ProblemKind::Remote { url: url() })
        } else if !self.url.starts_with("https://") {
            Some(ProblemKind::Unencrypted { url: url() })
        } else {
            None
        }
    }
}

impl Default for RewriteSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            url: "http://127.0.0.1:11434/v1".to_owned(),
            model: "llama3.2:1b".to_owned(),
            prompt:
                "Correct grammar and punctuation of this dictated text. Keep its words, its meaning and its language. \
                     Answer with the corrected text alone."
                    .to_owned(),
            limit_ms: Millis(3000),
            change_percent: 40,
            remote: false,
        }
    }
}

impl Default for TextSettings {
    fn default() -> Self {
        Self {
            clean: true,
            commands: true,
            punctuation: true,
            numbers: Numbers::default(),
            units: false,
            formatters: false,
            first_letter: FirstLetter::default(),
            full_stop: FullStop::default(),
            joint_space: true,
            trailing_space: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_loopback_is_this_machine() {
        for (url, host, local) in [
            ("http://127.0.0.1:11434/v1", "127.0.0.1", true),
            ("http://localhost/v1", "localhost", true),
            ("http://[::1]:8080/v1", "::1", true),
            ("http://127.8.9.1", "127.8.9.1", true),
            ("http://localhost.evil.example/v1", "localhost.evil.example", false),
            ("https://192.168.1.7/v1", "192.168.1.7", false),
            ("https://api.example.com:443/v1", "api.example.com", false),
        ] {
            let settings = RewriteSettings { url: url.to_owned(), enabled: true, ..RewriteSettings::default() };
            assert_eq!((settings.host(), settings.is_local()), (host, local), "{url}");
            assert_eq!(settings.refusal(false).is_some(), !local, "{url}");
        }
    }
}
