//! The local socket: protocol, server, client.
//!
//! A client connects, writes one request and reads one reply (or, following, one reply per change), each a line of
//! JSON. The server answers questions about the status itself, from the [`board::Board`] that the agent keeps up to
//! date; everything else becomes a [`Call`] for the session, so that the socket can never disturb a dictation.

pub mod board;
pub mod client;
pub mod job;
pub mod protocol;
pub mod server;

use std::path::{Path, PathBuf};

use crossbeam_channel::Sender;
use scout_log::history::Job;

pub use board::Board;
pub use client::{ClientError, Follower};
pub use protocol::{Reply, Request, State, StatusReport};
pub use server::{Place, Server};

/// The socket in the session's folder.
fn socket_path(runtime: &Path) -> PathBuf {
    runtime.join("control")
}

/// What a client, or the tray, asks the agent to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start listening, with this profile instead of the one that the focused application would get.
    Start {
        /// The profile's name.
        profile: Option<String>,
    },
    /// Stop listening and deliver what was said.
    Stop,
    /// Start when idle, stop when listening.
    Toggle,
    /// Drop the current dictation.
    Cancel,
    /// Turn hands-free mode on or off.
    HandsFree {
        /// Which; `None` means the other of the two.
        on: Option<bool>,
    },
    /// Deliver the last dictation's text again, into the window that has the focus now.
    PasteLast,
    /// Take the last delivered text back.
    Undo,
    /// Read the configuration again.
    Reload,
    /// Change the log.
    History(Job),
    /// End the agent.
    Quit,
}

/// Why the agent did not do as asked, in a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// The reason, and the remedy where there is one.
    pub message: String,
}

impl Refused {
    /// A refusal with this reason.
    pub fn because(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// One command, and the way back to whoever waits for its answer.
#[derive(Debug)]
pub struct Call {
    command: Command,
    answer: Sender<Answer>,
}

/// What the agent did, with a sentence about it where there is one, or why not.
type Answer = Result<Option<String>, Refused>;

impl Call {
    /// What is asked.
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// Answers. Never blocks; a caller that is gone misses nothing. A call that is dropped unanswered counts as
    /// refused.
    pub fn answer(self, result: Result<(), Refused>) {
        self.send(result.map(|()| None));
    }

    /// Answers with a sentence about what was done.
    pub fn answer_saying(self, result: Result<String, Refused>) {
        self.send(result.map(Some));
    }

    fn send(self, answer: Answer) {
        // The channel holds the one answer that there is, so only a caller that left can make this fail.
        let _ = self.answer.try_send(answer);
    }
}

#[cfg(test)]
mod tests;
