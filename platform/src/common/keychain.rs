//! The OS keychain, through `keyring`: Secret Service, Windows Credential Manager, macOS Keychain.

use keyring::{Entry, Error};

use crate::{SecretError, Secrets};

/// Under this name the keychain's own programs show Scout's secrets.
const SERVICE: &str = "scout";
/// An entry that never exists. Looking for it shows whether the keychain answers, and writes nothing.
const PROBE: &str = "scout-doctor-probe";

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
        let bus = zbus::blocking::Connection::session().ok()?;
        let question = ("org.freedesktop.Secret.Collection", "Locked");
        let answer = bus
            .call_method(
                Some("org.freedesktop.secrets"),
                "/org/freedesktop/secrets/aliases/default",
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &question,
            )
            .ok()?;
        answer.body().deserialize::<zbus::zvariant::Value<'_>>().ok()?.downcast().ok()
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretError> {
        match Self::entry(name)?.get_secret() {
            Ok(secret) => Ok(Some(secret)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(told(&error)),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretError> {
        Self::entry(name)?.set_secret(secret).map_err(|error| told(&error))
    }

    fn delete(&self, name: &str) -> Result<(), SecretError> {
        match Self::entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(told(&error)),
        }
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
