//! The agent's end of the control socket: one thread accepts, and one short-lived thread serves each client.

use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use scout_platform::files;
use scout_platform::socket::{self, SocketError, Stream};

use super::protocol::{self, MessageError, Reply, Request};
use super::{Board, Call, Command, Refused};

/// Clients served at a time. A desktop has a status bar or two that follow, and one key binding at a time; more than this is a
/// script that ran away, and is told so.
pub const CLIENTS_MAX: usize = 16;

/// How long a client may take to send its request, and to take a reply. It is on the same machine and has everything at hand.
const CLIENT_WITHIN: Duration = Duration::from_secs(2);

/// How long the agent may take to answer a call. It answers when it has accepted a command, not when the text is there, so
/// even a busy machine needs no more.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long a change of the whole log may take: deleting or copying a million dictations takes minutes on a slow disk.
pub(super) const JOB_WITHIN: Duration = Duration::from_hours(1);

/// A follower gets the status again after this long without a change, since writing is how we notice that it went away.
const REPEAT_AFTER: Duration = Duration::from_secs(30);

/// Pause after a failed accept. The usual reason is that files are exhausted, which passes, but not within microseconds.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// How long the agent's end waits for replies that are under way.
const LAST_REPLIES_WITHIN: Duration = Duration::from_secs(1);

/// The agent's place at the socket. Whoever holds it is the one agent of this session.
#[derive(Debug)]
pub struct Place {
    listener: socket::Listener,
    path: PathBuf,
}

impl Place {
    /// Takes the place, in this folder, which is made if need be. Fails with [`SocketError::AlreadyRunning`] when another
    /// agent has it. Clients that come before [`Server::start`] wait.
    pub fn claim(runtime: &Path) -> Result<Self, SocketError> {
        let path = super::socket_path(runtime);
        files::create_private_dir(runtime).map_err(|source| SocketError::Unusable { path: path.clone(), source })?;
        Ok(Self { listener: socket::Listener::bind(&path)?, path })
    }
}

/// The running server.
pub struct Server {
    shared: Arc<Shared>,
    path: PathBuf,
    thread: JoinHandle<()>,
}

struct Shared {
    board: Board,
    calls: Sender<Call>,
    ending: AtomicBool,
    clients: Mutex<usize>,
    client_left: Condvar,
}

impl Server {
    /// Starts serving. Commands go to `calls`, each with a way back for its answer; a full channel makes the client wait for a
    /// moment, and then tells it that the agent is busy.
    pub fn start(place: Place, calls: Sender<Call>, board: Board) -> io::Result<Self> {
        let Place { listener, path } = place;
        let shared = Arc::new(Shared {
            board,
            calls,
            ending: AtomicBool::new(false),
            clients: Mutex::new(0),
            client_left: Condvar::new(),
        });
        let thread = thread::Builder::new().name("control".into()).spawn({
            let shared = Arc::clone(&shared);
            move || accept_clients(&listener, &shared)
        })?;
        Ok(Self { shared, path, thread })
    }

    /// Takes no more clients, lets followers go, gives replies that are under way a moment, and closes the socket.
    pub fn stop(self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        self.shared.board.close();
        // A connection is what wakes the thread. If it cannot be made, the thread ends with the process.
        if let Err(error) = socket::connect(&self.path) {
            tracing::debug!(%error, "the control socket is left to the end of the process");
            return;
        }
        if self.thread.join().is_err() {
            tracing::error!("the control socket's thread had panicked");
        }
        let clients = self.shared.clients();
        // Whoever has not left by then is cut off with the process.
        let _ = self.shared.client_left.wait_timeout_while(clients, LAST_REPLIES_WITHIN, |count| *count > 0);
    }
}

impl Shared {
    fn clients(&self) -> MutexGuard<'_, usize> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the places for clients, free again when it is dropped.
struct Seat(Arc<Shared>);

impl Seat {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let mut clients = shared.clients();
        (*clients < CLIENTS_MAX).then(|| {
            *clients += 1;
            Self(Arc::clone(shared))
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *self.0.clients() -= 1;
        self.0.client_left.notify_all();
    }
}

fn accept_clients(listener: &socket::Listener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.ending.load(Ordering::SeqCst) {
            return;
        }
        match accepted {
            Ok(connection) => seat(connection, shared),
            Err(error) => {
                tracing::warn!(%error, "a control client could not be accepted");
                thread::sleep(RETRY_AFTER);
            }
        }
    }
}

fn seat(mut connection: Stream, shared: &Arc<Shared>) {
    if let Err(error) = connection.set_timeouts(Some(CLIENT_WITHIN), Some(CLIENT_WITHIN)) {
        tracing::debug!(%error, "a control client left at once");
        return;
    }
    let Some(seat) = Seat::take(shared) else {
        let message = format!("{CLIENTS_MAX} programs are connected to Scout already: close one and try again");
        // A fresh connection takes one short line without waiting.
        let _ = protocol::write(&mut connection, &Reply::Error { message });
        return;
    };
    let spawned = thread::Builder::new().name("control-client".into()).spawn(move || {
        if let Err(error) = serve(connection, &seat.0) {
            tracing::debug!(%error, "a control client left");
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "a control client could not be served");
    }
}

/// Serves one client: one request, and its reply or replies.
fn serve(connection: Stream, shared: &Shared) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    let request = protocol::read::<Request>(&mut reader);
    let mut connection = reader.into_inner();
    let reply = match request {
        Ok(Request::Follow) => return follow(&mut connection, &shared.board),
        Ok(request) => match request.command() {
            Some(command) => call(command, &shared.calls),
            None => Reply::Status(shared.board.report()),
        },
        Err(MessageError::Io(error)) => return Err(error),
        Err(error) => Reply::Error { message: error.to_string() },
    };
    protocol::write(&mut connection, &reply)
}

/// Has the agent carry out a command, and waits for its answer.
fn call(command: Command, calls: &Sender<Call>) -> Reply {
    let (answer, answered) = bounded(1);
    let within = if matches!(command, Command::History(_)) { JOB_WITHIN } else { ANSWER_WITHIN };
    let result = match calls.send_timeout(Call { command, answer }, ANSWER_WITHIN) {
        Ok(()) => answered.recv_timeout(within),
        Err(error) if error.is_timeout() => Err(RecvTimeoutError::Timeout),
        Err(_) => Err(RecvTimeoutError::Disconnected),
    };
    let refused = match result {
        Ok(Ok(None)) => return Reply::Ok,
        Ok(Ok(Some(said))) => return Reply::Done { said },
        Ok(Err(refused)) => refused,
        Err(RecvTimeoutError::Timeout) => {
            Refused::because("the agent did not answer: it may be overloaded; try again, or look at its log")
        }
        Err(RecvTimeoutError::Disconnected) => Refused::because("the agent is just ending"),
    };
    Reply::Error { message: refused.message }
}

/// Passes every change on, until the client leaves, lags too far behind, or the agent ends.
fn follow(connection: &mut Stream, board: &Board) -> io::Result<()> {
    let changes = board.follow();
    loop {
        let report = match changes.recv_timeout(REPEAT_AFTER) {
            Ok(report) => report,
            Err(RecvTimeoutError::Timeout) => board.report(),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        protocol::write(connection, &Reply::Status(report))?;
    }
}
