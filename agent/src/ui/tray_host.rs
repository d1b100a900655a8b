//! Notices when nothing in the session shows the tray icon, and when something does again.

use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use scout_platform::tray_host::{self, TrayHostError};

use super::{Action, NoTray};

/// A tray that is missing for less than this is only late: when the user logs in, programs start in any order, and a panel
/// that crashed is started again.
const LATE: Duration = Duration::from_secs(10);

/// Changes that may wait. A panel changes far more slowly than they are taken.
const WAITING_CHANGES: usize = 4;

/// Starts to look for a tray. The two threads sleep until something changes.
pub(super) fn watch(actions: &Sender<Action>) {
    let (panel, changes) = bounded(WAITING_CHANGES);
    spawn("tray-host", move || {
        if let Err(error) = tray_host::watch(&mut |there| panel.send(there).is_ok()) {
            // Without a bus the tray itself has failed and said so.
            tracing::debug!(%error, "trays are not looked for");
        }
    });
    let actions = actions.clone();
    spawn("tray-missing", move || follow(&changes, LATE, |action| actions.send(action).is_ok()));
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name(name.into()).spawn(work) {
        tracing::warn!(%error, "a missing tray will not be noticed");
    }
}

/// Reports a tray that is missing for longer than `late`, once, and its coming back.
fn follow(changes: &Receiver<bool>, late: Duration, mut report: impl FnMut(Action) -> bool) {
    let Ok(mut there) = changes.recv() else { return };
    let mut missed = false;
    loop {
        if there && missed {
            missed = false;
            if !report(Action::TrayIsThere) {
                return;
            }
        }
        let change = if there || missed {
            changes.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            changes.recv_timeout(late)
        };
        match change {
            Ok(now) => there = now,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                missed = true;
                if !report(Action::NoTray(NoTray::NoHost(TrayHostError::NoHost))) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tray_that_is_late_for_a_moment_is_nothing_to_tell() {
        let (sender, receiver) = crossbeam_channel::unbounded();
        for there in [false, true, false, true] {
            sender.send(there).unwrap();
        }
        drop(sender);
        follow(&receiver, Duration::from_mins(1), |action| panic!("{action:?}"));
    }

    #[test]
    fn a_missing_tray_is_told_once_and_so_is_its_coming_back() {
        let (sender, receiver) = bounded(0);
        let (reported, reports) = bounded(0);
        let follower =
            thread::spawn(move || follow(&receiver, Duration::from_millis(1), |action| reported.send(action).is_ok()));
        sender.send(false).unwrap();
        assert_eq!(reports.recv(), Ok(Action::NoTray(NoTray::NoHost(TrayHostError::NoHost))));
        sender.send(false).unwrap();
        sender.send(true).unwrap();
        assert_eq!(reports.recv(), Ok(Action::TrayIsThere));
        drop(sender);
        follower.join().unwrap();
        assert!(reports.recv().is_err());
    }
}
