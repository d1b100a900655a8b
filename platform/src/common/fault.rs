//! Faults that tests strike the running program with. Builds for users have none.

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicBool, Ordering};

/// Names the place where a fault strikes.
#[cfg(debug_assertions)]
const VARIABLE: &str = "SCOUT_FAULT";

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

/// Fails if a test wants this place to fail now.
///
/// # Panics
/// That is how it fails.
pub fn point(place: &str) {
    assert!(!strikes(place), "a test makes {place} fail");
}
