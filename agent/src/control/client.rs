//! The other end of the control socket: what `scout ctl` and `scout doctor` use.

use std::io::{self, BufReader};
use std::time::Duration;

use super::protocol::{self, MessageError, Reply, Request, StatusReport};
use super::server::Connection;

/// How long to wait for a reply: longer than the server waits for the agent, so that its explanation arrives.
const REPLY_WITHIN: Duration = Duration::from_secs(15);

/// Why the agent was not reached, or did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens on the socket.
    #[error("no Scout agent is running in this session: start one with `scout run`")]
    NotRunning,
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

/// Sends one request and returns the reply. A refusal is an error.
pub fn exchange(mut connection: impl Connection, request: &Request) -> Result<Reply, ClientError> {
    connection.limit(Some(REPLY_WITHIN), Some(REPLY_WITHIN))?;
    protocol::write(&mut connection, request)?;
    accepted(protocol::read(&mut BufReader::new(connection))?)
}

/// The status, now and whenever it changes. Ends when the agent ends or drops this follower.
pub struct Follower<C> {
    reader: BufReader<C>,
}

impl<C: Connection> Follower<C> {
    /// Starts to follow.
    pub fn new(mut connection: C) -> Result<Self, ClientError> {
        connection.limit(None, Some(REPLY_WITHIN))?;
        protocol::write(&mut connection, &Request::Follow)?;
        Ok(Self { reader: BufReader::new(connection) })
    }
}

impl<C: Connection> Iterator for Follower<C> {
    type Item = Result<StatusReport, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        match protocol::read(&mut self.reader).map_err(ClientError::from).and_then(accepted) {
            Ok(Reply::Status(report)) => Some(Ok(report)),
            Ok(Reply::Ok | Reply::Error { .. }) => {
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
