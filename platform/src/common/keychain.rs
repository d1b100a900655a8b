//! The OS keychain, through `keyring`: Secret Service, Windows Credential Manager, macOS Keychain.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keyring::{Entry, Error};

use crate::{SecretError, Secrets};

/// Under this name the keychain's own programs show Scout's secrets.
const SERVICE: &str = "scout";
/// An entry that never exists. Looking for it shows whether the keychain answers, and writes nothing.
const PROBE: &str = "scout-doctor-probe";

/// After so long without an answer the keychain is asked whether it is alive. One that waits for the user's password may take
/// any time to answer, but replies to that.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it may take to reply to that.
const REPLY_LIMIT: Duration = Duration::from_secs(3);
/// Threads that wait for a keychain that hangs. When there are so many, no more are started.
const WAITING_MAX: usize = 8;

/// The threads that wait for the keychain at this moment.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Asks the keychain on a thread of its own, as its client waits without a limit. Gives up when the keychain hangs; the
/// thread ends when the keychain goes on.
fn ask<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, SecretError> + Send + 'static,
) -> Result<T, SecretError> {
    let silent = || SecretError::Silent { limit: PATIENCE + REPLY_LIMIT };
    let waiting = WAITING.load(Ordering::Relaxed);
    if waiting >= WAITING_MAX || (waiting > 0 && !is_alive()) {
        return Err(silent());
    }
    let answer = on_a_thread(question);
    loop {
        match answer.recv_timeout(PATIENCE) {
            Ok(answer) => return answer,
            Err(mpsc::RecvTimeoutError::Timeout) if is_alive() => {}
            Err(_) => return Err(silent()),
        }
    }
}

fn on_a_thread<T: Send + 'static>(question: impl FnOnce() -> T + Send + 'static) -> mpsc::Receiver<T> {
    let (sender, answer) = mpsc::channel();
    WAITING.fetch_add(1, Ordering::Relaxed);
    let started = thread::Builder::new().name("keychain".into()).spawn(move || {
        let answer = question();
        WAITING.fetch_sub(1, Ordering::Relaxed);
        // Nobody waits any more if it took too long.
        let _ = sender.send(answer);
    });
    if started.is_err() {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
    answer
}

/// Whether the keychain replies at all. A bus that hangs counts as a keychain that does.
#[cfg(target_os = "linux")]
fn is_alive() -> bool {
    let ping = || {
        let bus = session_bus()?;
        bus.call_method(
            Some(SECRET_SERVICE),
            "/org/freedesktop/secrets",
            Some("org.freedesktop.DBus.Peer"),
            "Ping",
            &(),
        )
    };
    let is_silent = |error: &zbus::Error| matches!(error, zbus::Error::InputOutput(error) if error.kind() == std::io::ErrorKind::TimedOut);
    let reply = on_a_thread(move || ping().map(drop)).recv_timeout(2 * REPLY_LIMIT);
    // Any other error means that something replied, and the question itself will show what is wrong.
    reply.is_ok_and(|reply| reply.as_ref().err().is_none_or(|error| !is_silent(error)))
}

/// The keychains of other systems are parts of the system, and are waited for.
#[cfg(not(target_os = "linux"))]
fn is_alive() -> bool {
    true
}

#[cfg(target_os = "linux")]
const SECRET_SERVICE: &str = "org.freedesktop.secrets";

/// A connection on which no call waits for longer than [`REPLY_LIMIT`].
#[cfg(target_os = "linux")]
fn session_bus() -> zbus::Result<zbus::blocking::Connection> {
    zbus::blocking::connection::Builder::session()?.method_timeout(REPLY_LIMIT).build()
}

/// The user's keychain.
pub(crate) struct Keychain;

impl Keychain {
    fn entry(name: &str) -> Result<Entry, SecretError> {
        // The store is opened once per process, so that what failed at the start stays failed.
        if let Err(error) = Entry::store_status() {
            return Err(SecretError::Absent { reason: error.to_string() });
        }
        Entry::new(SERVICE, name).map_err(|error| told(&error))
    }
}

impl Secrets for Keychain {
    fn check(&self) -> Result<(), SecretError> {
        self.get(PROBE).map(drop)
    }

    #[cfg(target_os = "linux")]
    fn is_locked(&self) -> Option<bool> {
        let question = ("org.freedesktop.Secret.Collection", "Locked");
        let ask = move || {
            session_bus()
                .ok()?
                .call_method(
                    Some(SECRET_SERVICE),
                    "/org/freedesktop/secrets/aliases/default",
                    Some("org.freedesktop.DBus.Properties"),
                    "Get",
                    &question,
                )
                .ok()
        };
        let answer = on_a_thread(ask).recv_timeout(2 * REPLY_LIMIT).ok()??;
        answer.body().deserialize::<zbus::zvariant::Value<'_>>().ok()?.downcast().ok()
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretError> {
        let name = name.to_owned();
        ask(move || match Self::entry(&name)?.get_secret() {
            Ok(secret) => Ok(Some(secret)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(told(&error)),
        })
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretError> {
        let (name, secret) = (name.to_owned(), zeroize::Zeroizing::new(secret.to_owned()));
        ask(move || Self::entry(&name)?.set_secret(&secret).map_err(|error| told(&error)))
    }

    fn delete(&self, name: &str) -> Result<(), SecretError> {
        let name = name.to_owned();
        ask(move || match Self::entry(&name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(told(&error)),
        })
    }
}

/// Says what the user can do. Never shows what `keyring` attaches to its errors: that may be the secret itself.
fn told(error: &Error) -> SecretError {
    match error {
        Error::NoStorageAccess(_) => SecretError::Locked,
        Error::NoDefaultStore => SecretError::Absent { reason: error.to_string() },
        Error::PlatformFailure(cause) => SecretError::Failed { reason: cause.to_string() },
        Error::Ambiguous(entries) => {
            SecretError::Failed { reason: format!("{} entries have the same name, remove all but one", entries.len()) }
        }
        other => SecretError::Failed { reason: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        assert!(matches!(told(&Error::NoStorageAccess("prompt".into())), SecretError::Locked));
        assert!(matches!(told(&Error::NoDefaultStore), SecretError::Absent { .. }));
        let shown = told(&Error::BadEncoding(b"hunter2".to_vec())).to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
