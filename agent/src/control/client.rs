//! The other end of the control socket: what `scout ctl` and `scout doctor` use.

use std::io::{self, BufReader};
use std::path::Path;
use std::time::Duration;

use scout_platform::socket::{self, SocketError, Stream};

use super::protocol::{self, MessageError, Reply, Request, StatusReport};
use super::server::JOB_WITHIN;

/// How long to wait for a reply: longer than the server waits for the agent, so that its explanation arrives.
const REPLY_WITHIN: Duration = Duration::from_secs(15);

/// Why the agent was not reached, or did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The agent is not reached: [`SocketError::NotRunning`] when there is none.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The agent understood and said no.
    #[error("{message}")]
    Refused {
        /// What it said.
        message: String,
    },
    /// The reply made no sense.
    #[error("the agent's reply was not understood: {0}")]
    Reply(#[from] MessageError),
    /// The connection failed.
    #[error("the agent was not reached: {0}")]
    Io(#[from] io::Error),
}

impl ClientError {
    /// Whether the reason is that no agent is running.
    pub fn is_not_running(&self) -> bool {
        matches!(self, Self::Socket(SocketError::NotRunning))
    }
}

/// Sends one request to the agent whose socket is in this folder, and returns the reply. A refusal is an error.
pub fn send(runtime: &Path, request: &Request) -> Result<Reply, ClientError> {
    let mut connection = socket::connect(&super::socket_path(runtime))?;
    let within = if matches!(request, Request::History { .. }) { JOB_WITHIN + REPLY_WITHIN } else { REPLY_WITHIN };
    connection.set_timeouts(Some(within), Some(REPLY_WITHIN))?;
    protocol::write(&mut connection, request)?;
    accepted(protocol::read(&mut BufReader::new(connection))?)
}

/// Follows the status of the agent whose socket is in this folder: what it is now, and every change.
pub fn follow(runtime: &Path) -> Result<Follower, ClientError> {
    let mut connection = socket::connect(&super::socket_path(runtime))?;
    connection.set_timeouts(None, Some(REPLY_WITHIN))?;
    protocol::write(&mut connection, &Request::Follow)?;
    Ok(Follower { reader: BufReader::new(connection) })
}

/// The status, now and whenever it changes; the same again from time to time. Ends when the agent ends or drops this
/// follower.
#[derive(Debug)]
pub struct Follower {
    reader: BufReader<Stream>,
}

impl Iterator for Follower {
    type Item = Result<StatusReport, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        match protocol::read(&mut self.reader).map_err(ClientError::from).and_then(accepted) {
            Ok(Reply::Status(report)) => Some(Ok(report)),
            Ok(Reply::Ok | Reply::Done { .. } | Reply::Error { .. }) => {
                Some(Err(MessageError::Garbage { reason: "a status was expected".into() }.into()))
            }
            Err(ClientError::Reply(MessageError::Closed)) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

fn accepted(reply: Reply) -> Result<Reply, ClientError> {
    match reply {
        Reply::Error { message } => Err(ClientError::Refused { message }),
        reply => Ok(reply),
    }
}
