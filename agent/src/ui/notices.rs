//! The thread that shows notifications.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError, bounded};
use scout_platform::supervise::{Start, supervise};
use scout_platform::{Notifier, fault};

use crate::trouble::Notice;

/// Notices that wait while the notification service is slow. Each is for a human, who cannot read more at a time; when it is
/// full, the newest is only logged.
const WAITING_MAX: usize = 8;

/// The same notice is not shown again within this time: a failing device reports itself through several rooms, and the user
/// wants one clear message.
const QUIET_FOR: Duration = Duration::from_secs(10);

/// What the thread is given.
#[derive(Debug)]
enum Item {
    Show(Notice),
    /// Everything before this has been shown when the other end is closed.
    Shown(Sender<()>),
}

/// Shows notifications, on a thread of its own, since a notification service may be slow. Clones share the thread.
#[derive(Debug, Clone)]
pub struct Notices {
    waiting: Sender<Item>,
    /// The user wants none.
    muted: Arc<AtomicBool>,
}

impl Notices {
    /// Starts the thread. It ends when the last clone is gone. `restarted` is called when it has failed and was started again.
    pub fn start(mut notifier: Box<dyn Notifier>, restarted: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (waiting, items) = bounded(WAITING_MAX);
        let muted = Arc::new(AtomicBool::new(false));
        let is_muted = Arc::clone(&muted);
        let mut shown = Shown::default();
        supervise("notices", move |start| {
            if start == Start::AfterPanic {
                restarted();
            }
            for item in &items {
                match item {
                    Item::Show(_) if is_muted.load(Ordering::Relaxed) => {}
                    Item::Show(notice) if !shown.is_news(&notice, Instant::now()) => {}
                    Item::Show(notice) => {
                        fault::point("notices");
                        if let Err(error) = notifier.notify(notice.title, &notice.body) {
                            tracing::debug!(%error, "the notification service did not take a notice");
                        }
                    }
                    Item::Shown(shown) => drop(shown),
                }
            }
        })?;
        Ok(Self { waiting, muted })
    }

    /// Shows no more notifications from now on, or shows them again.
    pub fn mute(&self, muted: bool) {
        self.muted.store(muted, Ordering::Relaxed);
    }

    /// Shows a notification. Never blocks.
    pub fn show(&self, notice: Notice) {
        if let Err(TrySendError::Full(Item::Show(notice)) | TrySendError::Disconnected(Item::Show(notice))) =
            self.waiting.try_send(Item::Show(notice))
        {
            tracing::warn!(title = notice.title, "a notification was not shown");
        }
    }

    /// Waits until everything that was to be shown before has been shown, but no longer than this.
    pub fn settle(&self, limit: Duration) {
        let (shown, is_shown) = bounded(0);
        if self.waiting.send_timeout(Item::Shown(shown), limit).is_ok() {
            // Nothing is ever sent: its end is the news.
            let _closed = is_shown.recv_timeout(limit);
        }
    }
}

/// What was shown lately.
#[derive(Debug, Default)]
struct Shown {
    notices: Vec<(Notice, Instant)>,
}

impl Shown {
    /// Whether the notice was not shown within [`QUIET_FOR`]; if so, it counts as shown now.
    fn is_news(&mut self, notice: &Notice, now: Instant) -> bool {
        self.notices.retain(|(_, at)| now.duration_since(*at) < QUIET_FOR);
        let is_news = self.notices.iter().all(|(shown, _)| shown != notice);
        if is_news {
            self.notices.push((notice.clone(), now));
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use scout_platform::NotifyError;

    use super::*;
    use crate::trouble::{Part, Trouble};

    #[test]
    fn the_same_is_shown_once_and_again_after_a_while() {
        let (mut shown, start) = (Shown::default(), Instant::now());
        let (one, other) = (Trouble::Recoverable(1).notice(), Trouble::Recoverable(2).notice());
        assert!(shown.is_news(&one, start));
        assert!(!shown.is_news(&one, start + QUIET_FOR / 2), "the same");
        assert!(shown.is_news(&other, start + QUIET_FOR / 2), "something else");
        assert!(shown.is_news(&one, start + QUIET_FOR), "after a while, counted from when it was shown");
    }

    #[test]
    fn a_notification_service_that_fails_or_panics_does_not_end_the_thread() {
        struct Failing(Sender<String>);
        impl Notifier for Failing {
            fn check(&mut self) -> Result<(), NotifyError> {
                Ok(())
            }

            fn notify(&mut self, title: &str, _: &str) -> Result<(), NotifyError> {
                self.0.send(title.to_owned()).unwrap();
                assert_ne!(title, "No keychain", "the test wants this one to fail");
                Err(NotifyError::Absent { reason: "none".into() })
            }
        }
        let (sender, tried) = bounded(8);
        let (failed, failures) = bounded(8);
        let notices = Notices::start(Box::new(Failing(sender)), move || failed.send(()).unwrap()).unwrap();
        for trouble in
            [Trouble::Died(Part::Log), Trouble::Died(Part::Log), Trouble::NoKeychain, Trouble::Recoverable(1)]
        {
            notices.show(trouble.notice());
        }
        drop(notices);
        let expected = ["A part of Scout does not work", "No keychain", "A dictation was interrupted"];
        assert_eq!(tried.iter().collect::<Vec<_>>(), expected);
        assert_eq!(failures.iter().count(), 1);
    }
}
