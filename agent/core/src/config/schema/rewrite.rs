//! `[rewrite]`: a language model that has the last word on the text.

use crate::config::allowed::{Allowed, Unit, millis, whole};
use crate::config::declare::section;
use crate::config::problem::ProblemKind;
use crate::config::value::Millis;

section! {
    /// A language model that rewrites the text. Any server with the OpenAI protocol works, such as Ollama
    /// or llama.cpp's.
    #[section(name = "rewrite", title = "Rewriting", page = Text)]
    pub struct RewriteSettings overridden by RewriteOverrides {
        /// Have the language model rewrite texts.
        #[option(title = "Rewrite", effect = NextDictation, profile = yes)]
        enabled: bool = false,

        /// The server's address: the part that all its URLs begin with.
        #[option(title = "Address", effect = NextDictation, profile = yes, allowed = Allowed::Url)]
        url: String = "http://127.0.0.1:11434/v1".to_owned(),

        /// The model's name, as the server knows it.
        #[option(
            title = "Model",
            effect = NextDictation,
            profile = yes,
            allowed = Allowed::Text { example: "the model's name, as the server knows it" }
        )]
        model: String = "llama3.2:1b".to_owned(),

        /// What the model does with the text.
        #[option(
            title = "Instruction",
            effect = NextDictation,
            profile = yes,
            allowed = Allowed::Text { example: "what the model is to do, in a sentence" }
        )]
        prompt: String = "Correct grammar and punctuation of this dictated text. Keep its words, its meaning and its \
                          language. Answer with the corrected text alone."
            .to_owned(),

        /// How long it may take; after that, the text is delivered as it was.
        #[option(title = "Longest wait", effect = NextDictation, profile = yes, allowed = millis(100, 60_000))]
        limit_ms: Millis = Millis(3000),

        /// How much of the text it may change, in percent of its characters; otherwise the text is delivered as it was.
        #[option(
            title = "Largest change",
            effect = NextDictation,
            profile = yes,
            allowed = whole(1, 100, Unit::Percent)
        )]
        change_percent: u32 = 40,

        /// Allow a server on another machine. Your words then leave this one, which the tray shows. It needs an address
        /// that begins with https:// and a key, which `scout rewrite key` stores in the keychain.
        #[option(title = "Allow another machine", effect = NextDictation, profile = no)]
        remote: bool = false,
    }
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
