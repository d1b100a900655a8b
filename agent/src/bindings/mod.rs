//! Binding the push-to-talk key in a Wayland compositor's own settings, where it lets no program hear keys.

mod block;
mod compositor;
mod install;
mod lines;

pub use compositor::{Compositor, Session};
pub use install::{BindingError, Installed, install, installed};
use std::path::PathBuf;

pub use lines::{Lines, NoBinding, lines};
use scout_core::config::schema::KeySettings;

/// The path of this program, as compositors can start it: their PATH may be another.
pub fn program() -> Option<String> {
    Some(std::env::current_exe().ok()?.to_string_lossy().into_owned())
}

/// Where compositors keep their settings.
pub fn settings_folder() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.config_dir().to_owned())
}

/// How the settings of the compositor that runs here bind the keys.
pub fn binding(keys: &KeySettings) -> Installed {
    let found = Session::of_process()
        .compositor()
        .and_then(|compositor| Some(installed(compositor, &settings_folder()?, keys, &program()?)));
    found.unwrap_or(Installed::No)
}

/// Whether they bind it as they should.
pub fn is_bound(keys: &KeySettings) -> bool {
    matches!(binding(keys), Installed::Yes(_))
}
