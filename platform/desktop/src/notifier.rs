//! Notifications: the trait and its errors.

/// Shows short messages to the user.
pub trait Notifier: Send {
    /// Whether a notification service answers, without showing anything.
    fn check(&mut self) -> Result<(), NotifyError>;

    /// Shows one message. Must not block for longer than the notification service takes to accept it.
    fn notify(&mut self, title: &str, body: &str) -> Result<(), NotifyError>;
}

/// Why a notification was not shown.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// No notification service answers.
    #[error("no notification service answers ({reason}): install one, such as dunst or notification-daemon")]
    Absent {
        /// What the system said.
        reason: String,
    },
}
