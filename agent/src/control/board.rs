//! The status that everybody may ask for, and those who follow its changes.

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::protocol::StatusReport;

/// Changes that wait for one follower. A dictation makes a handful of state changes and a few partials a second, so this is
/// ten seconds of not reading. A follower that lags further behind is dropped: it would show the past.
const WAITING_MAX: usize = 64;

/// The agent's status, shared by the one who knows it and all who ask. Clones are the same board.
#[derive(Debug, Clone)]
pub struct Board {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    report: StatusReport,
    followers: Vec<Sender<StatusReport>>,
}

impl Board {
    /// A board that shows this.
    pub fn new(report: StatusReport) -> Self {
        Self { shared: Arc::new(Mutex::new(Shared { report: report.within_limits(), followers: Vec::new() })) }
    }

    /// Shows a new status, and passes it on to all followers if it differs. Never blocks: a follower whose queue is full is
    /// dropped.
    pub fn publish(&self, report: StatusReport) {
        let report = report.within_limits();
        let mut shared = self.lock();
        if shared.report == report {
            return;
        }
        shared.followers.retain(|follower| match follower.try_send(report.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                tracing::warn!("dropped a follower of the status that does not read");
                false
            }
            Err(TrySendError::Disconnected(_)) => false,
        });
        shared.report = report;
    }

    /// What the board shows now.
    pub fn report(&self) -> StatusReport {
        self.lock().report.clone()
    }

    /// What the board shows now, and then every change. The receiver is disconnected when its queue ran full, or the board
    /// is gone.
    pub fn follow(&self) -> Receiver<StatusReport> {
        let (sender, receiver) = bounded(WAITING_MAX);
        let mut shared = self.lock();
        // An empty queue takes the first report, so this cannot fail.
        let _ = sender.try_send(shared.report.clone());
        shared.followers.push(sender);
        receiver
    }

    /// Lets all followers go, since the agent ends.
    pub fn close(&self) {
        self.lock().followers.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        // Nothing in here is left half-done by a panic: a report is replaced whole.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::State;

    fn report(profile: &str) -> StatusReport {
        StatusReport { profile: Some(profile.to_owned()), ..StatusReport::starting() }
    }

    fn profiles(receiver: &Receiver<StatusReport>) -> Vec<String> {
        receiver.try_iter().filter_map(|report| report.profile).collect()
    }

    #[test]
    fn a_follower_sees_what_is_and_every_change_once() {
        let board = Board::new(report("one"));
        let follower = board.follow();
        let two = report("two");
        board.publish(two.clone());
        board.publish(two);
        board.publish(report("three"));
        assert_eq!(profiles(&follower), ["one", "two", "three"]);
        assert_eq!(board.report().profile.as_deref(), Some("three"));
    }

    #[test]
    fn a_follower_that_does_not_read_is_dropped_and_the_others_are_not() {
        let board = Board::new(report("start"));
        let (lazy, eager) = (board.follow(), board.follow());
        for number in 0..=WAITING_MAX {
            board.publish(report(&number.to_string()));
            assert!(!profiles(&eager).is_empty());
        }
        assert_eq!(lazy.iter().count(), WAITING_MAX, "what was queued can still be read, and then it ends");
        board.publish(StatusReport { state: State::Listening, ..StatusReport::starting() });
        assert_eq!(eager.try_recv().unwrap().state, State::Listening);
    }

    #[test]
    fn closing_ends_every_follower() {
        let board = Board::new(report("one"));
        let follower = board.follow();
        board.close();
        assert_eq!(follower.iter().count(), 1);
    }
}
