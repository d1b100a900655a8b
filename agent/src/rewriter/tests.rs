//! Against a real server on the loopback.

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use scout_core::config::schema::Millis;

use super::*;

/// What a request was: its head, and its body.
type Request = (String, serde_json::Value);

/// A server that answers one request as `answer` says, after `delay`. Gives its address, and what it was asked.
fn server(answer: &'static str, delay: Duration) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (asked, requests) = channel();
    thread::spawn(move || {
        let Ok((stream, _)) = listener.accept() else { return };
        let mut stream = BufReader::new(stream);
        asked.send(request(&mut stream).unwrap()).unwrap();
        thread::sleep(delay);
        // A client that has given up takes nothing any more.
        let _ = stream.get_mut().write_all(answer.as_bytes());
    });
    (url, requests)
}

/// Reads one request.
fn request(stream: &mut impl BufRead) -> std::io::Result<Request> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((head, serde_json::from_slice(&body)?))
}

/// The certificate of a server named localhost, signed by itself, and its key, which is no secret.
const CERTIFICATE: &[u8] = include_bytes!("testdata/localhost.crt");
const CERTIFICATE_KEY: &[u8] = include_bytes!("testdata/localhost.key");

/// A server with encryption that answers one request. Gives its address, and what it was asked, or why it was not.
fn encrypted_server(answer: &'static str) -> (String, Receiver<std::io::Result<Request>>) {
    use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], PrivatePkcs8KeyDer::from(CERTIFICATE_KEY).into())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/v1", listener.local_addr().unwrap().port());
    let (asked, requests) = channel();
    thread::spawn(move || {
        let Ok((stream, _)) = listener.accept() else { return };
        let connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = BufReader::new(rustls::StreamOwned::new(connection, stream));
        let request = request(&mut stream);
        if request.is_ok() {
            let _ = stream.get_mut().write_all(answer.as_bytes());
            let _ = stream.get_mut().flush();
        }
        let _ = asked.send(request);
    });
    (url, requests)
}

fn answering(content: &str) -> &'static str {
    let body = json_answer(content);
    Box::leak(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_boxed_str())
}

fn json_answer(content: &str) -> String {
    serde_json::json!({ "choices": [{ "message": { "role": "assistant", "content": content } }] }).to_string()
}

fn settings(url: &str) -> RewriteSettings {
    RewriteSettings { enabled: true, url: url.to_owned(), ..RewriteSettings::default() }
}

fn no_keychain() -> Box<dyn Secrets> {
    panic!("the loopback needs no key")
}

#[test]
fn the_answer_takes_the_place_of_the_text() {
    let (url, requests) = server(answering("\"They're going home.\""), Duration::ZERO);
    assert_eq!(rewrite("their going home", &settings(&url), no_keychain).unwrap(), "They're going home.");
    let (head, body) = requests.recv().unwrap();
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1"), "{head}");
    assert!(!head.to_lowercase().contains("authorization"), "{head}");
    assert_eq!(body["messages"][1]["content"], "their going home");
    assert_eq!(body["messages"][0]["role"], "system");
    assert_eq!(body["stream"], false);
}

#[test]
fn what_is_late_empty_too_different_or_no_answer_is_not_taken() {
    let error = |answer, delay| {
        let (url, _requests) = server(answer, delay);
        let settings = RewriteSettings { limit_ms: Millis(400), ..settings(&url) };
        rewrite("hello there", &settings, no_keychain).unwrap_err()
    };
    let now = Duration::ZERO;
    assert!(matches!(error(answering("hello there!"), Duration::from_secs(3)), RewriteError::Late(_)));
    assert!(matches!(error(answering(" "), now), RewriteError::Refused(Refusal::Empty)));
    let poem = answering("Roses are red, and violets are blue.");
    assert!(matches!(error(poem, now), RewriteError::Refused(Refusal::TooDifferent { .. })));
    assert!(matches!(
        error("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", now),
        RewriteError::Status { status: 500 }
    ));
    assert!(matches!(error("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", now), RewriteError::Garbage { .. }));
    // A redirection would lead elsewhere.
    let moved = "HTTP/1.1 307 Moved\r\nlocation: http://192.0.2.1/\r\ncontent-length: 0\r\n\r\n";
    assert!(matches!(error(moved, now), RewriteError::Status { status: 307 }));
}

#[test]
fn a_server_that_is_not_there_is_told_with_the_remedy() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/v1", listener.local_addr().unwrap())
    };
    let message = rewrite("hello", &settings(&url), no_keychain).unwrap_err().to_string();
    assert!(message.contains("start the server"), "{message}");
}

#[test]
fn another_machine_is_asked_only_where_that_is_allowed_encrypted_and_has_a_key() {
    let remote = |url: &str, remote| RewriteSettings { remote, ..settings(url) };
    let refused = |settings: &RewriteSettings| rewrite("hello", settings, no_keychain).unwrap_err().to_string();
    assert!(refused(&remote("https://example.org/v1", false)).contains("rewrite.remote = true"));
    assert!(refused(&remote("http://example.org/v1", true)).contains("begins with https://"));
    let fake = scout_platform::fake::FakeDesktop::new();
    let keychain = || scout_platform::Desktop::secrets(&fake);
    let message = rewrite("hello", &remote("https://example.org/v1", true), keychain).unwrap_err().to_string();
    assert!(message.contains("there is no key for example.org"), "{message}");
}

#[test]
fn the_key_goes_only_to_a_server_that_proves_who_it_is() {
    let ask = |url: &str, tls: TlsConfig| {
        let deadline = Instant::now() + Duration::from_secs(30);
        client::ask("their going home", &settings(url), Some("the secret key"), deadline, tls)
    };
    // Anybody can make such a certificate.
    let (url, requests) = encrypted_server(answering("They're going home."));
    let error = ask(&url, TlsConfig::default()).unwrap_err();
    assert!(matches!(error, RewriteError::Unreachable { .. }), "{error}");
    assert!(error.to_string().to_lowercase().contains("certificate"), "{error}");
    assert!(requests.recv().unwrap().is_err(), "it was told the key, or the text");

    let (url, requests) = encrypted_server(answering("They're going home."));
    let known = ureq::tls::Certificate::from_der(CERTIFICATE).to_owned();
    let tls = TlsConfig::builder().root_certs(ureq::tls::RootCerts::new_with_certs(&[known])).build();
    assert_eq!(ask(&url, tls).unwrap(), "They're going home.");
    let (head, body) = requests.recv().unwrap().unwrap();
    assert!(head.to_lowercase().contains("authorization: bearer the secret key"), "{head}");
    assert_eq!(body["messages"][1]["content"], "their going home");
}

#[test]
fn a_text_beyond_the_limit_is_not_sent() {
    let long = "a".repeat(LONGEST + 1);
    assert!(matches!(rewrite(&long, &settings("http://127.0.0.1:1/v1"), no_keychain), Err(RewriteError::TooLong)));
}
