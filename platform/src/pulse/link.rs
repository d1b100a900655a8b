//! A connection to the server: commands out; replies, events and samples in, in the server's order.

use std::io::{Cursor, Read as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, CommandReply, DESCRIPTOR_SIZE, MAX_VERSION, Prop, Props, ProtocolError, PulseError,
    SetClientNameReply, TagStructReader, read_descriptor, write_command_message,
};

use crate::SoundServerError;

/// How long the server may take to answer. It takes a millisecond, except when it hangs.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// No message is longer: sources with all their properties take some kilobytes each, and blocks of samples less.
const MESSAGE_MAX: usize = 16 << 20;

/// The length of the cookie: `PA_NATIVE_COOKIE_LENGTH`.
const COOKIE_LENGTH: usize = 256;

/// The channel of messages that are no samples.
const CONTROL: u32 = u32::MAX;

/// One message from the server.
pub(super) enum Message {
    /// The answer to the command with this number.
    Reply(u32, Vec<u8>),
    /// The command with this number was refused.
    Refused(u32, PulseError),
    /// Something happened.
    Event(Box<Command>),
    /// Samples of the stream on this channel.
    Block(u32, Vec<u8>),
}

/// The connection.
pub(super) struct Link {
    socket: UnixStream,
    version: u16,
    /// Number of the next command.
    next: u32,
    /// What has arrived of the next messages.
    received: Vec<u8>,
}

/// The secret that the user's programs and the server share. The server wants it in full length from everyone, but reads it only
/// where it does not know the user on the other end of the socket, so any will do where there is none: libpulse, which
/// makes the file, may never have run here.
fn cookie() -> Vec<u8> {
    let file = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
    let mut cookie = file.unwrap_or_default();
    cookie.resize(COOKIE_LENGTH, 0);
    cookie
}

impl Link {
    /// Connects to the user's server and introduces Scout to it.
    pub(super) fn connect() -> Result<Self, SoundServerError> {
        let path = pulseaudio::socket_path_from_env().ok_or(SoundServerError::NotRunning)?;
        // A socket without a server is what a crash leaves behind.
        let socket = UnixStream::connect(path).map_err(|_| SoundServerError::NotRunning)?;
        socket.set_write_timeout(Some(ANSWER_LIMIT)).map_err(|error| broken(&error))?;
        let mut link = Self { socket, version: MAX_VERSION, next: 0, received: Vec::new() };
        let deadline = Instant::now() + ANSWER_LIMIT;
        let auth = AuthParams { version: MAX_VERSION, supports_shm: false, supports_memfd: false, cookie: cookie() };
        let reply: AuthReply = link.ask(&Command::Auth(auth), deadline)?;
        link.version = reply.version.min(MAX_VERSION);
        let mut about = Props::new();
        about.set(Prop::ApplicationName, c"Scout");
        let _: SetClientNameReply = link.ask(&Command::SetClientName(about), deadline)?;
        Ok(link)
    }

    /// A second handle of the socket, to end the connection from another thread.
    pub(super) fn handle(&self) -> Result<UnixStream, SoundServerError> {
        self.socket.try_clone().map_err(|error| broken(&error))
    }

    /// Sends a command and waits for its answer. Events and samples that come before it are dropped.
    pub(super) fn ask<R: CommandReply>(&mut self, command: &Command, by: Instant) -> Result<R, SoundServerError> {
        let asked = self.send(command)?;
        loop {
            match self.next(Some(by))? {
                Some(Message::Reply(number, body)) if number == asked => return self.read(&body),
                Some(Message::Refused(number, error)) if number == asked => return Err(refusal(error)),
                Some(_) => {}
                None => return Err(no_answer(ANSWER_LIMIT)),
            }
        }
    }

    /// Sends a command that the server answers without data.
    pub(super) fn order(&mut self, command: &Command, by: Instant) -> Result<(), SoundServerError> {
        let asked = self.send(command)?;
        loop {
            match self.next(Some(by))? {
                Some(Message::Reply(number, _)) if number == asked => return Ok(()),
                Some(Message::Refused(number, error)) if number == asked => return Err(refusal(error)),
                Some(_) => {}
                None => return Err(no_answer(ANSWER_LIMIT)),
            }
        }
    }

    /// Sends a command; its number comes back with the answer.
    pub(super) fn send(&mut self, command: &Command) -> Result<u32, SoundServerError> {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        write_command_message(&mut self.socket, number, command, self.version).map_err(|error| unreadable(&error))?;
        Ok(number)
    }

    /// Reads an answer's data.
    pub(super) fn read<R: CommandReply>(&self, body: &[u8]) -> Result<R, SoundServerError> {
        let mut body = Cursor::new(body);
        TagStructReader::new(&mut body, self.version).read().map_err(|error| unreadable(&error))
    }

    /// The next message; `None` if there is none by then.
    pub(super) fn next(&mut self, by: Option<Instant>) -> Result<Option<Message>, SoundServerError> {
        let mut arrived = [0; 16 << 10];
        loop {
            if let Some(payload) = self.take_message()? {
                return Ok(Some(payload));
            }
            let left = by.map(|by| by.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            self.socket.set_read_timeout(left).map_err(|error| broken(&error))?;
            match self.socket.read(&mut arrived) {
                Ok(0) => return Err(SoundServerError::NoAnswer { reason: "has ended".into() }),
                Ok(length) => self.received.extend_from_slice(&arrived[..length]),
                Err(error) => match error.kind() {
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => return Ok(None),
                    std::io::ErrorKind::Interrupted => {}
                    _ => return Err(broken(&error)),
                },
            }
        }
    }

    /// Takes the next message that has arrived as a whole and that this version knows.
    fn take_message(&mut self) -> Result<Option<Message>, SoundServerError> {
        while self.received.len() >= DESCRIPTOR_SIZE {
            let about = read_descriptor(&mut Cursor::new(&self.received)).map_err(|error| unreadable(&error))?;
            let end = DESCRIPTOR_SIZE + about.length as usize;
            if end > MESSAGE_MAX {
                return Err(SoundServerError::NoAnswer { reason: "sends nonsense".into() });
            }
            if self.received.len() < end {
                break;
            }
            let message: Vec<u8> = self.received.drain(..end).skip(DESCRIPTOR_SIZE).collect();
            if about.channel != CONTROL {
                return Ok(Some(Message::Block(about.channel, message)));
            }
            let mut cursor = Cursor::new(&message[..]);
            match Command::read_tag_prefixed(&mut cursor, self.version) {
                Ok((number, Command::Reply)) => {
                    let body = message[cursor.position() as usize..].to_vec();
                    return Ok(Some(Message::Reply(number, body)));
                }
                Ok((number, Command::Error(error))) => return Ok(Some(Message::Refused(number, error))),
                Ok((_, event)) => return Ok(Some(Message::Event(Box::new(event)))),
                // Newer servers send more than this version of the protocol knows.
                Err(error) => tracing::debug!(%error, "a message of the sound server is not understood"),
            }
        }
        Ok(None)
    }
}

fn broken(error: &std::io::Error) -> SoundServerError {
    SoundServerError::NoAnswer { reason: format!("cannot be reached ({error})") }
}

fn unreadable(error: &ProtocolError) -> SoundServerError {
    match error {
        ProtocolError::Io(error) => broken(error),
        ProtocolError::ServerError(error) => refusal(*error),
        error => SoundServerError::NoAnswer { reason: format!("is not understood ({error})") },
    }
}

pub(super) fn no_answer(limit: Duration) -> SoundServerError {
    SoundServerError::NoAnswer { reason: format!("does not answer within {} s", limit.as_secs_f32()) }
}

/// What helps when the server refuses a command.
pub(super) fn refusal(error: PulseError) -> SoundServerError {
    match error {
        PulseError::NoEntity | PulseError::Killed => SoundServerError::SourceGone,
        PulseError::AccessDenied | PulseError::AuthKey => SoundServerError::Denied,
        PulseError::Busy => SoundServerError::Busy,
        PulseError::Timeout | PulseError::ConnectionTerminated | PulseError::ConnectionRefused => {
            no_answer(ANSWER_LIMIT)
        }
        error => SoundServerError::Refused { reason: error.to_string() },
    }
}
