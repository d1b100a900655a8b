//! What the desktop gives a program so that its user is asked once, and not after each log-in.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use crate::files::{create_private_dir, open_private};

/// Where the token lies, beside the log. It is of use to nobody but programs of the same user.
fn file() -> Option<PathBuf> {
    let given = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = given("XDG_DATA_HOME").or_else(|| Some(given("HOME")?.join(".local/share")))?;
    Some(data.join("scout/desktop-permission"))
}

/// The token from the last time.
pub(super) fn read() -> Option<String> {
    let token = std::fs::read_to_string(file()?).ok()?;
    Some(token.trim().to_owned()).filter(|token| !token.is_empty())
}

/// Keeps the token for the next time: each serves once. `None` forgets the one that was served.
pub(super) fn keep(token: Option<&str>) {
    let Some(path) = file() else { return };
    let kept = match token {
        Some(token) => write(&path, token),
        None => std::fs::remove_file(&path).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }),
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "the desktop will ask again the next time");
    }
}

fn write(path: &std::path::Path, token: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        create_private_dir(folder)?;
    }
    open_private(path, OpenOptions::new().write(true).create(true).truncate(true))?.write_all(token.as_bytes())
}
