//! The keychain: the trait and its errors.

/// The OS keychain.
pub trait Secrets: Send {
    /// Whether the keychain can be used, and if not, what to do about it.
    fn check(&self) -> Result<(), SecretError>;
    /// Whether it is locked, as far as that can be told without asking the user to unlock it. `None` where it cannot.
    fn is_locked(&self) -> Option<bool> {
        None
    }
    /// The secret of that name; `None` when there is none.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretError>;
    /// Stores a secret, replacing an older one.
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretError>;
    /// Removes a secret; it is no error when there is none.
    fn delete(&self, name: &str) -> Result<(), SecretError>;
}

/// Why the keychain cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No keychain service answers.
    #[error(
        "no keychain answers ({reason}): install and start one, such as gnome-keyring or KWallet, then log in again"
    )]
    Absent {
        /// What the system said.
        reason: String,
    },
    /// The keychain is locked.
    #[error("the keychain is locked: unlock it (it usually opens at log-in) and try again")]
    Locked,
    /// The keychain hangs.
    #[error(
        "the keychain has not replied for {} s: restart it, for example by logging out and in again", limit.as_secs()
    )]
    Silent {
        /// How long was waited.
        limit: std::time::Duration,
    },
    /// It answered with something else.
    #[error("the keychain failed: {reason}")]
    Failed {
        /// What the system said.
        reason: String,
    },
}
