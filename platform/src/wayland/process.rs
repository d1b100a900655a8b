//! What is known of a window's process.

use crate::Target;

/// The target with its process's file and name, where the system tells them.
pub(crate) fn described(target: Target) -> Target {
    let Some(pid) = target.pid else { return target };
    let executable = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let process = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok();
    Target {
        executable: executable.map(|path| path.to_string_lossy().into_owned()),
        process: process.map(|name| name.trim_end_matches('\n').to_owned()),
        ..target
    }
}
