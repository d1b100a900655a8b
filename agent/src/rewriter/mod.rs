//! Asks a language model to rewrite a text: any server with the `OpenAI` protocol, on this machine unless the user wants
//! otherwise.
//!
//! This is the only room that opens a network socket, and only for profiles that ask for it. Where the answer does not come
//! in time, or is none, the text goes out as it was.

mod client;

use std::time::{Duration, Instant};

use scout_platform::{SecretError, Secrets};
use ureq::tls::TlsConfig;

use scout_core::config::schema::RewriteSettings;
use scout_core::text::rewrite::{Refusal, check, tidy};

/// The name under which the keychain has the key for a server on another machine.
pub const KEY_NAME: &str = "rewrite-key";

/// Longer texts are not sent: a small model takes longer for them than anybody waits, and changes what it should not.
const LONGEST: usize = 8000;

/// Why the text stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// The server does not answer.
    #[error(
        "{url} does not answer ({reason}): start the server of your language model, or set rewrite.enabled = false"
    )]
    Unreachable {
        /// Where it should be.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// It took too long.
    #[error("the language model took longer than {} ms: choose a smaller one, or raise rewrite.limit_ms", .0.as_millis())]
    Late(Duration),
    /// The server refused.
    #[error("the language model's server answered with status {status}: check rewrite.model and rewrite.url{}", remedy(*.status))]
    Status {
        /// Of HTTP.
        status: u16,
    },
    /// The answer is not of the protocol.
    #[error("{url} does not answer as the OpenAI protocol has it: check rewrite.url, which often ends in /v1")]
    Garbage {
        /// Where it is.
        url: String,
    },
    /// The answer was not taken.
    #[error("{0}")]
    Refused(Refusal),
    /// The text is too long.
    #[error("the text is longer than {LONGEST} characters, and was not sent to the language model")]
    TooLong,
    /// The server is on another machine, which was not allowed.
    #[error("{0}")]
    NotAllowed(scout_core::config::problem::ProblemKind),
    /// There is no key for the server on another machine.
    #[error("there is no key for {host}: store one with `scout rewrite key`")]
    NoKey {
        /// The server.
        host: String,
    },
    /// The keychain does not give the key.
    #[error(transparent)]
    Keychain(#[from] SecretError),
}

fn remedy(status: u16) -> &'static str {
    if matches!(status, 401 | 403) { ", and store the key anew with `scout rewrite key`" } else { "" }
}

/// Asks for a text, and gives what may take its place. Returns when the time limit of the settings is over at the latest.
///
/// `secrets` opens the keychain, which is needed for a server on another machine alone.
pub fn rewrite(
    text: &str,
    settings: &RewriteSettings,
    secrets: impl FnOnce() -> Box<dyn Secrets>,
) -> Result<String, RewriteError> {
    let deadline = Instant::now() + Duration::from(settings.limit_ms);
    if let Some(kind) = settings.refusal(settings.remote) {
        return Err(RewriteError::NotAllowed(kind));
    }
    if text.chars().count() > LONGEST {
        return Err(RewriteError::TooLong);
    }
    let key = if settings.is_local() { None } else { Some(key(settings, secrets)?) };
    let answer = client::ask(text, settings, key.as_deref(), deadline, TlsConfig::default())?;
    let answer = tidy(&answer, text);
    check(text, &answer, settings.change_percent).map_err(RewriteError::Refused)?;
    Ok(answer)
}

fn key(settings: &RewriteSettings, secrets: impl FnOnce() -> Box<dyn Secrets>) -> Result<String, RewriteError> {
    let missing = || RewriteError::NoKey { host: settings.host().to_owned() };
    let key = secrets().get(KEY_NAME)?.ok_or_else(missing)?;
    String::from_utf8(key).map(|key| key.trim().to_owned()).ok().filter(|key| !key.is_empty()).ok_or_else(missing)
}

#[cfg(test)]
mod tests;
