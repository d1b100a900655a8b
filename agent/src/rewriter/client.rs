//! The part of the `OpenAI` protocol that is needed: one question, one answer.

use std::time::Instant;

use scout_core::config::schema::RewriteSettings;
use serde::Deserialize;
use serde_json::json;
use ureq::tls::TlsConfig;

use super::RewriteError;

/// A longer answer is none that will be taken. In bytes.
const ANSWER_LIMIT: u64 = 256 * 1024;

/// The same text is to give the same answer.
const TEMPERATURE: f32 = 0.0;

#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

/// Sends the text, and waits for the answer until `deadline`.
pub(super) fn ask(
    text: &str,
    settings: &RewriteSettings,
    key: Option<&str>,
    deadline: Instant,
    tls: TlsConfig,
) -> Result<String, RewriteError> {
    let left = deadline.saturating_duration_since(Instant::now());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(left))
        .tls_config(tls)
        // The environment's proxy is another machine, and so is what a redirection leads to.
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .build()
        .into();
    let body = json!({
        "model": settings.model,
        "messages": [
            { "role": "system", "content": settings.prompt },
            { "role": "user", "content": text },
        ],
        "temperature": TEMPERATURE,
        "stream": false,
    });
    let url = format!("{}/chat/completions", settings.url.trim_end_matches('/'));
    let mut request = agent.post(&url).header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let failed = |error: ureq::Error| match error {
        ureq::Error::Timeout(_) => RewriteError::Late(settings.limit_ms.into()),
        error => RewriteError::Unreachable { url: settings.url.clone(), reason: error.to_string() },
    };
    let mut response = request.send(body.to_string()).map_err(failed)?;
    if !response.status().is_success() {
        return Err(RewriteError::Status { status: response.status().as_u16() });
    }
    let answer = response.body_mut().with_config().limit(ANSWER_LIMIT).read_to_string().map_err(failed)?;
    let answer: Option<Answer> = serde_json::from_str(&answer).ok();
    let content = answer.and_then(|answer| answer.choices.into_iter().next()).map(|choice| choice.message.content);
    content.ok_or_else(|| RewriteError::Garbage { url: settings.url.clone() })
}
