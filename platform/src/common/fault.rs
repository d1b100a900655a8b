//! Faults that tests strike the running program with. Builds for users have none.

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicBool, Ordering};

/// Names the place where a fault strikes.
#[cfg(debug_assertions)]
const VARIABLE: &str = "SCOUT_FAULT";

/// Before the name of a place that is to hang, not to panic.
#[cfg(debug_assertions)]
const HANG: &str = "hang ";

/// The longest limit for a worker while a test wants one to hang.
#[cfg(debug_assertions)]
const LIMIT: std::time::Duration = std::time::Duration::from_secs(15);

/// Whether a test wants this place to fail now: the first time that it is reached, and never again.
pub fn strikes(place: &str) -> bool {
    #[cfg(debug_assertions)]
    {
        static STRUCK: AtomicBool = AtomicBool::new(false);
        std::env::var_os(VARIABLE).is_some_and(|wanted| wanted == place) && !STRUCK.swap(true, Ordering::Relaxed)
    }
    #[cfg(not(debug_assertions))]
    {
        let _ = place;
        false
    }
}

/// Fails, or hangs for ever, if a test wants this place to do so now.
///
/// # Panics
/// That is how it fails.
pub fn point(place: &str) {
    #[cfg(debug_assertions)]
    if strikes(&format!("{HANG}{place}")) {
        loop {
            std::thread::park();
        }
    }
    assert!(!strikes(place), "a test makes {place} fail");
}

/// The time after which a worker counts as hung: the usual one, or a shorter one if a test wants a worker to hang.
pub fn limit(usual: std::time::Duration) -> std::time::Duration {
    #[cfg(debug_assertions)]
    if std::env::var(VARIABLE).is_ok_and(|wanted| wanted.starts_with(HANG)) {
        return usual.min(LIMIT);
    }
    usual
}
