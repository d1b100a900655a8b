//! What goes over the control socket: one JSON object per line, with the protocol's version in each.
//!
//! ```text
//! -> {"v":1,"request":"start","profile":"mail"}
//! <- {"v":1,"reply":"ok"}
//! ```

use std::io::{self, BufRead, Read, Write};

use jiff::Timestamp;
use scout_core::dictation::{DictationId, Outcome};
use scout_log::history::Job;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Command;

/// The protocol's version. It grows when an older reader would misunderstand a message; new optional fields do not change it.
pub const VERSION: u32 = 1;

/// The longest line, in bytes with its line feed. Far above any real message (the longest is a status with its partial,
/// under 32 KiB), far below what could hurt the agent.
pub const LINE_MAX: usize = 64 * 1024;

/// The longest partial text in a status, in bytes: what a status bar or an overlay can show, and even if JSON has to escape
/// every byte into six, a line stays under [`LINE_MAX`].
pub const PARTIAL_MAX: usize = 4 * 1024;

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// Start listening.
    Start {
        /// Use this profile instead of the one that the focused application would get.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
    },
    /// Stop listening and deliver what was said.
    Stop,
    /// Start when idle, stop when listening.
    Toggle,
    /// Drop the current dictation.
    Cancel,
    /// Tell the status once.
    Status,
    /// Tell the status now and whenever it changes, until the client closes the connection.
    Follow,
    /// Turn hands-free mode on or off.
    HandsFree {
        /// Which; left out, the other of the two.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<bool>,
    },
    /// Deliver the last dictation's text again.
    PasteLast,
    /// Take the last delivered text back, if its window has the focus and nothing happened since.
    Undo,
    /// Read the configuration again.
    Reload,
    /// Change the log, of which the agent is the one writer.
    History {
        /// How.
        job: Job,
    },
    /// End the agent.
    Quit,
}

impl Request {
    /// The command to carry out, or `None` for a question about the status.
    pub fn command(self) -> Option<Command> {
        Some(match self {
            Self::Start { profile } => Command::Start { profile },
            Self::Stop => Command::Stop,
            Self::Toggle => Command::Toggle,
            Self::Cancel => Command::Cancel,
            Self::HandsFree { on } => Command::HandsFree { on },
            Self::PasteLast => Command::PasteLast,
            Self::Undo => Command::Undo,
            Self::Reload => Command::Reload,
            Self::History { job } => Command::History(job),
            Self::Quit => Command::Quit,
            Self::Status | Self::Follow => return None,
        })
    }
}

/// What the agent replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// It is done, or under way.
    Ok,
    /// It is done, and there is something to say about it.
    Done {
        /// What, in a sentence for the user.
        said: String,
    },
    /// It was not done.
    Error {
        /// Why, in a sentence for the user.
        message: String,
    },
    /// What the agent is doing.
    Status(StatusReport),
}

/// What the agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Waiting for the key.
    Idle,
    /// Recording.
    Listening,
    /// Transcribing the rest.
    Finishing,
    /// Typing or pasting.
    Delivering,
    /// Dictation does not work until something is done; the warnings say what.
    Error,
}

/// The agent's status. Holds text that was said only in `partial`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReport {
    /// Scout's version.
    pub version: String,
    /// What it is doing.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// The dictation under way.
    pub dictation: Option<DictationId>,
    /// The profile in use.
    pub profile: Option<String>,
    /// The microphone in use, as the user knows it.
    pub device: Option<String>,
    /// The speech model in use.
    pub model: Option<String>,
    /// What was understood so far: the last [`PARTIAL_MAX`] bytes of it at most.
    pub partial: Option<String>,
    /// Whether a text waits to be pasted.
    pub held: bool,
    /// Whether the microphone is listened to for a voice that begins a dictation.
    #[serde(default)]
    pub hands_free: bool,
    /// The other machine that texts may be sent to, to be rewritten by a language model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrites_at: Option<String>,
    /// How the last dictation since the agent started has ended. On the socket it is one of `delivered`, `unconfirmed`, `held`,
    /// `cancelled`, `no-speech` and `failed`; what is read as `delivered` counts as [`Outcome::Typed`].
    #[serde(with = "last_outcome", default)]
    pub last: Option<Outcome>,
    /// Whether the dictation under way, or else the last one, is for a password field: nothing is kept of it.
    #[serde(default)]
    pub in_password_field: bool,
    /// What does not work as it should, one sentence each with its remedy.
    pub warnings: Vec<String>,
}

impl StatusReport {
    /// An agent that has just started.
    pub fn starting() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            state: State::Idle,
            since: Timestamp::now(),
            dictation: None,
            profile: None,
            device: None,
            model: None,
            partial: None,
            held: false,
            hands_free: false,
            rewrites_at: None,
            last: None,
            in_password_field: false,
            warnings: Vec::new(),
        }
    }

    /// This status with its partial cut to what may be sent: its end, since that is what was said last.
    #[must_use]
    pub fn within_limits(mut self) -> Self {
        if let Some(partial) = &mut self.partial
            && partial.len() > PARTIAL_MAX
        {
            let cut = partial.ceil_char_boundary(partial.len() - PARTIAL_MAX);
            partial.drain(..cut);
        }
        self
    }
}

/// The names of outcomes on the socket: coarser than the log's.
pub mod last_outcome {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use scout_core::dictation::Outcome;

    /// The name; `None` for what is no end that a client is told of.
    pub fn name(outcome: Outcome) -> Option<&'static str> {
        Some(match outcome {
            Outcome::Typed | Outcome::Pasted | Outcome::Copied | Outcome::Logged | Outcome::CarriedOut => "delivered",
            Outcome::Unconfirmed => "unconfirmed",
            Outcome::Held => "held",
            Outcome::Cancelled => "cancelled",
            Outcome::NothingSaid => "no-speech",
            Outcome::Failed => "failed",
            Outcome::Transcribed | Outcome::Recovered | Outcome::Suspended => return None,
        })
    }

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // serde gives a reference to the field
    pub(super) fn serialize<S: Serializer>(outcome: &Option<Outcome>, to: S) -> Result<S::Ok, S::Error> {
        outcome.and_then(name).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Outcome>, D::Error> {
        let read = Option::<String>::deserialize(from)?;
        // The first of those that have this name. One that a later agent knows is none that this client can tell.
        let of = |read: &String| TOLD.into_iter().find(|outcome| name(*outcome) == Some(read.as_str()));
        Ok(read.as_ref().and_then(of))
    }

    const TOLD: [Outcome; 6] = [
        Outcome::Typed,
        Outcome::Unconfirmed,
        Outcome::Held,
        Outcome::Cancelled,
        Outcome::NothingSaid,
        Outcome::Failed,
    ];
}

/// Why a message could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The other side closed the connection before a whole line came.
    #[error("the connection was closed before a whole message came")]
    Closed,
    /// The line is too long: it was not looked at.
    #[error("the message is longer than {LINE_MAX} bytes")]
    TooLong,
    /// It is no message of any version.
    #[error("this is no message of Scout's protocol: {reason}")]
    Garbage {
        /// What the parser said. It names the place, never the content.
        reason: String,
    },
    /// It is a message of another version: install the same Scout on both ends.
    #[error(
        "the message is of protocol version {theirs}, and this Scout speaks version {VERSION}: after an upgrade, restart the agent with `scout ctl quit` and `scout run`"
    )]
    Version {
        /// The version in the message.
        theirs: u32,
    },
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
}

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    v: u32,
    #[serde(flatten)]
    message: T,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

/// Reads one line of at most [`LINE_MAX`] bytes and understands it.
pub fn read<T: DeserializeOwned>(from: &mut impl BufRead) -> Result<T, MessageError> {
    let mut line = Vec::new();
    from.by_ref().take(LINE_MAX as u64).read_until(b'\n', &mut line)?;
    if line.last() != Some(&b'\n') {
        return Err(if line.len() < LINE_MAX { MessageError::Closed } else { MessageError::TooLong });
    }
    decode(&line)
}

/// Understands one line.
fn decode<T: DeserializeOwned>(line: &[u8]) -> Result<T, MessageError> {
    let garbage = |error: serde_json::Error| MessageError::Garbage { reason: error.to_string() };
    // The version first: a message of another version need not make sense otherwise.
    let VersionOnly { v: theirs } = serde_json::from_slice(line).map_err(garbage)?;
    if theirs != VERSION {
        return Err(MessageError::Version { theirs });
    }
    let envelope: Envelope<T> = serde_json::from_slice(line).map_err(garbage)?;
    Ok(envelope.message)
}

/// Writes one line, in one piece.
pub fn write(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Envelope { v: VERSION, message })?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &impl Serialize) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, message).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn requests() -> Vec<(Request, &'static str)> {
        vec![
            (Request::Start { profile: None }, r#"{"v":1,"request":"start"}"#),
            (Request::Start { profile: Some("mail".into()) }, r#"{"v":1,"request":"start","profile":"mail"}"#),
            (Request::Stop, r#"{"v":1,"request":"stop"}"#),
            (Request::Toggle, r#"{"v":1,"request":"toggle"}"#),
            (Request::Cancel, r#"{"v":1,"request":"cancel"}"#),
            (Request::Status, r#"{"v":1,"request":"status"}"#),
            (Request::Follow, r#"{"v":1,"request":"follow"}"#),
            (Request::HandsFree { on: None }, r#"{"v":1,"request":"hands-free"}"#),
            (Request::HandsFree { on: Some(true) }, r#"{"v":1,"request":"hands-free","on":true}"#),
            (Request::PasteLast, r#"{"v":1,"request":"paste-last"}"#),
            (Request::Undo, r#"{"v":1,"request":"undo"}"#),
            (Request::Reload, r#"{"v":1,"request":"reload"}"#),
            (Request::Quit, r#"{"v":1,"request":"quit"}"#),
        ]
    }

    #[test]
    fn requests_look_as_documented_and_are_read_back() {
        for (request, expected) in requests() {
            assert_eq!(line(&request), format!("{expected}\n"));
            assert_eq!(read::<Request>(&mut expected.to_owned().as_bytes().chain(&b"\n"[..])).unwrap(), request);
        }
    }

    #[test]
    fn replies_are_read_back() {
        let status = StatusReport {
            state: State::Listening,
            dictation: Some(DictationId::numbered(7)),
            partial: Some("grüße \u{1f600}\n\"quoted\"".into()),
            warnings: vec!["no keychain".into()],
            last: Some(Outcome::NothingSaid),
            ..StatusReport::starting()
        };
        for reply in [Reply::Ok, Reply::Error { message: "no microphone".into() }, Reply::Status(status)] {
            assert_eq!(read::<Reply>(&mut line(&reply).as_bytes()).unwrap(), reply);
        }
    }

    #[test]
    fn outcomes_keep_their_names_on_the_socket() {
        for (outcome, written) in [
            (Some(Outcome::Pasted), "\"delivered\""),
            (Some(Outcome::CarriedOut), "\"delivered\""),
            (Some(Outcome::Unconfirmed), "\"unconfirmed\""),
            (Some(Outcome::NothingSaid), "\"no-speech\""),
            (Some(Outcome::Suspended), "null"),
            (None, "null"),
        ] {
            let report = StatusReport { last: outcome, ..StatusReport::starting() };
            let line = line(&Reply::Status(report));
            assert!(line.contains(&format!("\"last\":{written}")), "{outcome:?}: {line}");
            let Reply::Status(read) = read::<Reply>(&mut line.as_bytes()).unwrap() else { panic!("{line}") };
            assert_eq!(read.last.and_then(last_outcome::name), outcome.and_then(last_outcome::name));
        }
    }

    #[test]
    fn a_later_agent_may_add_fields() {
        let reply: Reply = decode(br#"{"v":1,"reply":"ok","took_ms":3}"#).unwrap();
        assert_eq!(reply, Reply::Ok);
    }

    #[test]
    fn nonsense_is_named_for_what_it_is() {
        let cases: [(&[u8], &str); 8] = [
            (b"", "closed before a whole message"),
            (b"{\"v\":1,\"request\":\"stop\"}", "closed before a whole message"),
            (b"\n", "no message of Scout's protocol"),
            (b"GET / HTTP/1.1\r\n", "no message of Scout's protocol"),
            (b"\xff\xfe\n", "no message of Scout's protocol"),
            (b"{\"request\":\"stop\"}\n", "missing field `v`"),
            (b"{\"v\":1,\"request\":\"dance\"}\n", "unknown variant `dance`"),
            (b"{\"v\":2,\"anything\":[]}\n", "protocol version 2"),
        ];
        for (bytes, expected) in cases {
            let error = read::<Request>(&mut &bytes[..]).unwrap_err().to_string();
            assert!(error.contains(expected), "{bytes:?} gave: {error}");
        }
    }

    #[test]
    fn a_line_is_measured_before_it_is_parsed() {
        let longest = format!("{{\"v\":1,\"request\":\"stop\",\"x\":\"{}\"}}\n", "x".repeat(LINE_MAX - 32));
        assert_eq!(longest.len(), LINE_MAX);
        assert_eq!(read::<Request>(&mut longest.as_bytes()).unwrap(), Request::Stop);
        let longer = longest.replace("\"x\"", "\"xy\"");
        assert!(matches!(read::<Request>(&mut longer.as_bytes()), Err(MessageError::TooLong)));
    }

    #[test]
    fn deep_nesting_is_refused_without_exhausting_the_stack() {
        let deep = format!("{}\n", "[".repeat(LINE_MAX - 1));
        assert!(matches!(read::<Request>(&mut deep.as_bytes()), Err(MessageError::Garbage { .. })));
    }

    #[test]
    fn the_longest_partial_still_fits_a_line_and_keeps_its_end() {
        let status = StatusReport {
            partial: Some(format!("{}\u{1}end", "\u{1}ä".repeat(PARTIAL_MAX))),
            ..StatusReport::starting()
        }
        .within_limits();
        let partial = status.partial.clone().unwrap();
        assert!(partial.len() <= PARTIAL_MAX && partial.ends_with("end"));
        assert!(line(&Reply::Status(status)).len() < LINE_MAX);
    }
}
