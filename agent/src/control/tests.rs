//! The server and its clients over a real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::thread;

use crossbeam_channel::{Receiver, bounded};
use scout_platform::socket::{SocketError, Stream, connect};
use tempfile::TempDir;

use super::client;
use super::protocol::{self, LINE_MAX};
use super::server::CLIENTS_MAX;
use super::*;

/// An agent that does nothing but serve its socket.
struct Agent {
    folder: TempDir,
    board: Board,
    calls: Receiver<Call>,
    server: Server,
}

impl Agent {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let board = Board::new(StatusReport { profile: Some("mail".into()), ..StatusReport::starting() });
        let (sender, calls) = bounded(4);
        let server = Server::start(Place::claim(folder.path()).unwrap(), sender, board.clone()).unwrap();
        Self { folder, board, calls, server }
    }

    fn connect(&self) -> BufReader<Stream> {
        BufReader::new(connect(&socket_path(self.folder.path())).unwrap())
    }

    /// Sends raw bytes and returns what comes back until the server closes the connection.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut connection = connect(&socket_path(self.folder.path())).unwrap();
        // The server may have seen enough, and have closed, before everything is written.
        let _ = connection.write_all(bytes);
        let mut reply = Vec::new();
        let _ = connection.read_to_end(&mut reply);
        String::from_utf8(reply).unwrap()
    }

    fn publish(&self, profile: &str) {
        self.board.publish(StatusReport { profile: Some(profile.to_owned()), ..self.board.report() });
    }
}

fn profile(report: &StatusReport) -> &str {
    report.profile.as_deref().unwrap_or_default()
}

#[test]
fn the_status_is_answered_without_the_agent() {
    let agent = Agent::start();
    let Reply::Status(report) = client::send(agent.folder.path(), &Request::Status).unwrap() else {
        panic!("no status")
    };
    assert_eq!((report.state, profile(&report)), (State::Idle, "mail"));
    assert!(agent.calls.is_empty());
}

#[test]
fn a_command_reaches_the_agent_and_its_answer_the_client() {
    let agent = Agent::start();
    let calls = agent.calls.clone();
    let worker = thread::spawn(move || {
        let start = calls.recv().unwrap();
        assert_eq!(start.command(), &Command::Start { profile: Some("code".into()) });
        start.answer(Ok(()));
        calls.recv().unwrap().answer(Err(Refused::because("nothing has been dictated yet")));
        drop(calls.recv().unwrap());
    });
    let send = |request| client::send(agent.folder.path(), &request);
    assert_eq!(send(Request::Start { profile: Some("code".into()) }).unwrap(), Reply::Ok);
    assert_eq!(send(Request::PasteLast).unwrap_err().to_string(), "nothing has been dictated yet");
    assert_eq!(send(Request::Quit).unwrap_err().to_string(), "the agent is just ending");
    worker.join().unwrap();
}

#[test]
fn nobody_there_is_told_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for error in [
        client::send(folder.path(), &Request::Status).unwrap_err(),
        client::follow(folder.path()).expect_err("nobody to follow"),
    ] {
        assert!(error.is_not_running(), "{error}");
        assert!(error.to_string().contains("`scout run`"));
    }
}

#[test]
fn garbage_gets_an_error_and_the_next_client_is_served() {
    let agent = Agent::start();
    let long = [vec![b'x'; LINE_MAX * 2], b"\n".to_vec()].concat();
    let cases: [(&[u8], &str); 5] = [
        (b"GET / HTTP/1.1\r\n\r\n", "no message of Scout's protocol"),
        (b"\0\xff\n", "no message of Scout's protocol"),
        (b"{\"v\":1,\"request\":\"dance\"}\n", "unknown variant `dance`"),
        (b"{\"v\":99,\"request\":\"stop\"}\n", "protocol version 99"),
        (&long, "longer than"),
    ];
    for (bytes, expected) in cases {
        let reply = agent.raw(bytes);
        assert!(reply.starts_with(r#"{"v":1,"reply":"error""#) && reply.contains(expected), "{reply}");
        assert!(client::send(agent.folder.path(), &Request::Status).is_ok());
    }
    assert!(agent.calls.is_empty(), "nothing of this may reach the agent");
}

#[test]
fn a_follower_gets_the_status_and_every_change_until_the_agent_ends() {
    let agent = Agent::start();
    let mut follower = client::follow(agent.folder.path()).unwrap();
    assert_eq!(profile(&follower.next().unwrap().unwrap()), "mail");
    agent.publish("code");
    agent.publish("chat");
    assert_eq!(profile(&follower.next().unwrap().unwrap()), "code");
    assert_eq!(profile(&follower.next().unwrap().unwrap()), "chat");
    agent.server.stop();
    assert!(follower.next().is_none());
}

#[test]
fn a_follower_that_does_not_read_is_dropped_and_holds_nobody_up() {
    let agent = Agent::start();
    let mut lazy = agent.connect();
    protocol::write(lazy.get_mut(), &Request::Follow).unwrap();
    let mut first = String::new();
    lazy.read_line(&mut first).unwrap();
    // Far more than the socket's buffer and the queue hold together. Publishing never waits, so this loop ends.
    for number in 0..2_000 {
        let partial = format!("{number} {}", "word ".repeat(500));
        agent.board.publish(StatusReport { partial: Some(partial), ..agent.board.report() });
    }
    assert!(client::send(agent.folder.path(), &Request::Status).is_ok());
    let mut lines = 0;
    let mut line = String::new();
    while lazy.read_line(&mut line).is_ok_and(|read| read > 0) {
        lines += 1;
        line.clear();
    }
    assert!(lines < 2_000, "the connection was kept for a reader that lagged behind");
}

#[test]
fn one_client_too_many_is_refused_and_a_free_seat_is_used_again() {
    let agent = Agent::start();
    let mut followers: Vec<_> = (0..CLIENTS_MAX).map(|_| client::follow(agent.folder.path()).unwrap()).collect();
    for follower in &mut followers {
        follower.next().unwrap().unwrap();
    }
    let refused = client::send(agent.folder.path(), &Request::Status).unwrap_err();
    assert!(refused.to_string().contains("connected to Scout already"), "{refused}");
    drop(followers);
    // A client that left is noticed when the status changes.
    let mut change = 0;
    while client::send(agent.folder.path(), &Request::Status).is_err() {
        change += 1;
        agent.publish(&change.to_string());
        thread::yield_now();
    }
}

#[test]
fn many_clients_one_after_the_other_and_at_once() {
    let agent = Agent::start();
    thread::scope(|scope| {
        for _ in 0..CLIENTS_MAX / 2 {
            scope.spawn(|| {
                for _ in 0..50 {
                    client::send(agent.folder.path(), &Request::Status).unwrap();
                }
            });
        }
    });
}

#[test]
fn the_second_agent_is_told_that_there_is_one_and_the_first_goes_on() {
    let agent = Agent::start();
    let error = Place::claim(agent.folder.path()).expect_err("two agents");
    assert!(matches!(error, SocketError::AlreadyRunning), "{error}");
    assert!(client::send(agent.folder.path(), &Request::Status).is_ok());
}

#[test]
fn after_an_agent_the_next_one_can_start() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let (sender, _calls) = bounded(1);
        let board = Board::new(StatusReport::starting());
        let server = Server::start(Place::claim(folder.path()).unwrap(), sender, board).unwrap();
        assert!(client::send(folder.path(), &Request::Status).is_ok());
        server.stop();
        assert!(client::send(folder.path(), &Request::Status).unwrap_err().is_not_running());
    }
}
