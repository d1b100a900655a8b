//! A notification service that remembers what the user was told.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::bus::Bus;
use crate::place::Place;
use crate::process::Process;

const SERVICE: &str = include_str!("../targets/notifications.py");

/// Answers as `org.freedesktop.Notifications` on the box's bus.
#[derive(Debug)]
pub struct Notifications {
    record: PathBuf,
    _service: Process,
}

/// One message that the user would have seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The program that sent it.
    pub application: String,
    /// Its title.
    pub summary: String,
    /// Its text.
    pub body: String,
}

impl Notifications {
    pub(crate) fn start(place: &Place, bus: &Bus) -> Result<Self> {
        let record = place.file("notifications.jsonl");
        let script = place.file("notifications.py");
        std::fs::write(&script, SERVICE)?;
        let mut command = place.command("/usr/bin/python3");
        command.arg(script).arg(&record);
        let mut service = place.start("notifications", command)?;
        bus.wait_for_name("org.freedesktop.Notifications", &mut service)?;
        Ok(Self { record, _service: service })
    }

    /// Everything that was shown so far, oldest first.
    pub fn all(&self) -> Result<Vec<Notification>> {
        let written = std::fs::read_to_string(&self.record).unwrap_or_default();
        // A last line without its end is still being written.
        let whole = &written[..written.rfind('\n').map_or(0, |end| end + 1)];
        whole.lines().map(read).collect()
    }
}

fn read(line: &str) -> Result<Notification> {
    let value: serde_json::Value = serde_json::from_str(line)?;
    let text = |name: &str| value[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {line}"));
    Ok(Notification { application: text("application")?, summary: text("summary")?, body: text("body")? })
}
