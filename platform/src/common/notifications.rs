//! Notifications, through `notify-rust`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::{Notifier, NotifyError};

/// Shown as the sender.
const APPLICATION: &str = "Scout";
/// How long the service may take to accept a message. It takes milliseconds; one that has to be started first, a second.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// The desktop's notification service. Asked on a thread of its own, since a service that hangs would hang us with it.
pub(crate) struct NotificationService {
    answer_limit: Duration,
    /// A question is still open: no second thread is started to wait with it.
    waiting: Arc<AtomicBool>,
}

impl Default for NotificationService {
    fn default() -> Self {
        Self { answer_limit: ANSWER_LIMIT, waiting: Arc::default() }
    }
}

impl NotificationService {
    fn ask(
        &self,
        question: impl FnOnce() -> Result<(), notify_rust::error::Error> + Send + 'static,
    ) -> Result<(), NotifyError> {
        if self.waiting.swap(true, Ordering::SeqCst) {
            return Err(absent("it has not answered the last message yet"));
        }
        let (sender, answer) = mpsc::sync_channel(1);
        let waiting = Arc::clone(&self.waiting);
        let spawned = std::thread::Builder::new().name("notify".into()).spawn(move || {
            let result = question();
            waiting.store(false, Ordering::SeqCst);
            // Nobody listens any more if it took too long.
            let _ = sender.send(result);
        });
        if let Err(error) = spawned {
            self.waiting.store(false, Ordering::SeqCst);
            return Err(absent(&error.to_string()));
        }
        match answer.recv_timeout(self.answer_limit) {
            Ok(result) => result.map_err(|error| absent(&error.to_string())),
            Err(_) => Err(absent("it did not answer in time")),
        }
    }
}

impl Notifier for NotificationService {
    fn check(&mut self) -> Result<(), NotifyError> {
        #[cfg(target_os = "linux")]
        return self.ask(|| notify_rust::get_server_information().map(drop));
        // Elsewhere the service is part of the system.
        #[cfg(not(target_os = "linux"))]
        return Ok(());
    }

    fn notify(&mut self, title: &str, body: &str) -> Result<(), NotifyError> {
        let (title, body) = (title.to_owned(), body.to_owned());
        self.ask(move || {
            let body = if reads_markup() { escape(&body) } else { body };
            notify_rust::Notification::new().appname(APPLICATION).summary(&title).body(&body).show().map(drop)
        })
    }
}

/// Many services read the body as markup, in which `<` would swallow text.
fn reads_markup() -> bool {
    #[cfg(target_os = "linux")]
    return notify_rust::get_capabilities().is_ok_and(|offered| offered.iter().any(|what| what == "body-markup"));
    #[cfg(not(target_os = "linux"))]
    return false;
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn absent(reason: &str) -> NotifyError {
    NotifyError::Absent { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_hangs_is_asked_once_and_does_not_hang_us() {
        let service = NotificationService { answer_limit: Duration::from_millis(20), waiting: Arc::default() };
        let (release, hang) = mpsc::channel::<()>();
        let first = service.ask(move || {
            let _ = hang.recv();
            Ok(())
        });
        assert!(first.is_err());
        assert!(service.ask(|| Ok(())).is_err(), "still waiting for the first");
        drop(release);
    }

    #[test]
    fn markup_is_shown_as_it_was_written() {
        assert_eq!(escape("a < b && c > d"), "a &lt; b &amp;&amp; c &gt; d");
    }
}
