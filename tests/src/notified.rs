//! Waiting for what the user is notified of.

use anyhow::{Context as _, Result};

use crate::desktop::Desktop;
use crate::wait::wait_for;

/// Waits for a notification with this title, whose body says this.
pub fn is_told(desktop: &Desktop, title: &str, says: &str) -> Result<()> {
    let told = desktop.notifications()?;
    wait_for(&format!("a notification {title:?} that says {says:?}"), || {
        Ok(told.all()?.iter().any(|shown| shown.summary == title && shown.body.contains(says)).then_some(()))
    })
    .with_context(|| format!("shown: {:?}", told.all()))
}
