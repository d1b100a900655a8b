//! Waiting for what other programs do.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long anything may take before a test gives up. Not a performance claim: a loaded two-core machine has to make it.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Other programs tell nobody when they are ready, so they are asked this often.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Asks `probe` until it answers something, for at most [`PATIENCE`]. `what` completes "waited in vain for ...".
pub fn wait_for<T>(what: &str, mut probe: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = probe()? {
            return Ok(found);
        }
        if start.elapsed() > PATIENCE {
            bail!("waited in vain for {what}");
        }
        std::thread::sleep(ASK_AGAIN);
    }
}
