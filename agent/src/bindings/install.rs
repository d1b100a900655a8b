//! Writing the lines into the compositor's settings, and finding them there.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use scout_core::config::schema::KeySettings;

use super::block::{block, with_block};
use super::lines::{GNOME_LIST, GNOME_SLOTS};
use super::{Compositor, Lines, NoBinding, lines};

/// Why the key was not bound. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    /// There is nothing to write.
    #[error(transparent)]
    NoBinding(#[from] NoBinding),
    /// There are no settings to write into.
    #[error("{name} has no settings of yours at {}: copy its example there, or put the lines where your settings are", path.display())]
    NoSettings {
        /// The compositor.
        name: &'static str,
        /// Where they would be.
        path: PathBuf,
    },
    /// The file has no place for the lines.
    #[error("{} has no section for key bindings: put the lines there by hand", path.display())]
    NoPlace {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("{} cannot be changed: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The desktop's own tool refused.
    #[error("`{command}` failed: {reason}")]
    Tool {
        /// What was run.
        command: String,
        /// What it said.
        reason: String,
    },
}

/// How the key is bound in the compositor's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installed {
    /// As the configuration says, in this file.
    Yes(PathBuf),
    /// By lines of ours that are for another key or another program.
    Outdated(PathBuf),
    /// Not by lines of ours.
    No,
}

/// Whether the compositor's settings under `config` bind the keys to `program`.
pub fn installed(compositor: Compositor, config: &Path, keys: &KeySettings, program: &str) -> Installed {
    let Some(path) = compositor.settings(config) else { return Installed::No };
    let Ok(settings) = std::fs::read_to_string(&path) else { return Installed::No };
    match (block(&settings, compositor), lines(compositor, keys, program)) {
        (None, _) => Installed::No,
        (Some(found), Ok(wanted)) if found == wanted.text => Installed::Yes(path),
        (Some(_), _) => Installed::Outdated(path),
    }
}

/// Binds the keys to `program` in the compositor's settings under `config`, and tells where.
pub fn install(
    compositor: Compositor,
    config: &Path,
    keys: &KeySettings,
    program: &str,
) -> Result<String, BindingError> {
    let wanted = lines(compositor, keys, program)?;
    match compositor.settings(config) {
        Some(path) => write(compositor, &path, &wanted).map(|()| path.display().to_string()),
        None => run_all(&wanted).map(|()| "the desktop's keyboard settings".to_owned()),
    }
}

fn write(compositor: Compositor, path: &Path, wanted: &Lines) -> Result<(), BindingError> {
    let failed = |source| BindingError::File { path: path.to_owned(), source };
    // Users keep such files elsewhere and link them here: the link stays.
    let target = path.canonicalize().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => BindingError::NoSettings { name: compositor.name(), path: path.to_owned() },
        _ => failed(error),
    })?;
    let settings = std::fs::read_to_string(&target).map_err(failed)?;
    let changed = with_block(&settings, compositor, &wanted.text)
        .ok_or_else(|| BindingError::NoPlace { path: path.to_owned() })?;
    let folder = target.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(changed.as_bytes()).map_err(failed)?;
    // river runs its settings: they have to stay a program.
    let rights = std::fs::metadata(&target).map_err(failed)?.permissions();
    file.as_file().set_permissions(rights).map_err(failed)?;
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// GNOME's settings: our shortcut joins those of the user.
fn run_all(wanted: &Lines) -> Result<(), BindingError> {
    let list = run(&["gsettings", "get", GNOME_LIST, "custom-keybindings"])?;
    let others = list.trim().trim_start_matches("@as").trim().trim_start_matches('[').trim_end_matches(']').trim();
    let ours = GNOME_SLOTS.into_iter().filter(|slot| {
        let is_wanted = wanted.text.iter().any(|line| line.contains(&format!(":{slot} ")));
        is_wanted && !list.contains(&format!("'{slot}'"))
    });
    let missing: Vec<String> = ours.map(|slot| format!("'{slot}'")).collect();
    if !missing.is_empty() {
        let gap = if others.is_empty() { "" } else { ", " };
        let all = format!("[{others}{gap}{}]", missing.join(", "));
        run(&["gsettings", "set", GNOME_LIST, "custom-keybindings", &all])?;
    }
    for line in &wanted.text {
        // Ours are of the shape `gsettings set PLACE KEY 'VALUE'`.
        let mut words: Vec<&str> = line.splitn(5, ' ').collect();
        if let Some(value) = words.last_mut() {
            *value = value.trim_matches('\'');
        }
        run(&words)?;
    }
    Ok(())
}

fn run(words: &[&str]) -> Result<String, BindingError> {
    let failed = |reason| BindingError::Tool { command: words.join(" "), reason };
    let [program, arguments @ ..] = words else { return Ok(String::new()) };
    let output = Command::new(program).args(arguments).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f9() -> KeySettings {
        KeySettings::default()
    }

    #[test]
    fn settings_are_changed_in_place_and_found_again() {
        let config = tempfile::tempdir().unwrap();
        let path = config.path().join("sway/config");
        let missing = install(Compositor::Sway, config.path(), &f9(), "scout").unwrap_err();
        assert!(matches!(missing, BindingError::NoSettings { .. }), "{missing}");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "set $mod Mod4\n").unwrap();
        assert_eq!(installed(Compositor::Sway, config.path(), &f9(), "scout"), Installed::No);
        install(Compositor::Sway, config.path(), &f9(), "scout").unwrap();
        assert_eq!(installed(Compositor::Sway, config.path(), &f9(), "scout"), Installed::Yes(path.clone()));
        let other = KeySettings { chord: "Pause".parse().unwrap(), ..f9() };
        assert_eq!(installed(Compositor::Sway, config.path(), &other, "scout"), Installed::Outdated(path.clone()));
        assert!(std::fs::read_to_string(path).unwrap().starts_with("set $mod Mod4\n# Scout"));
    }
}
