//! What the agent is set up with, loaded from the user's files, and what the threads need of it.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use scout_core::config::file::Files;
use scout_core::config::schema::HistorySettings;
use scout_core::profile::Profile;
use scout_core::setup::Loaded;
use scout_core::transcript::Recognition;
use scout_log::history::{Limit, Limits, Upkeep};
use scout_speech::capture::{self, Standby};
use scout_speech::models::Store;

use crate::config::paths::Paths;
use crate::config::{ConfigError, files};

/// Loads everything of this user.
pub fn load(paths: &Paths) -> Result<Loaded, ConfigError> {
    from_files(&files::read(paths)?, paths)
}

/// As [`load`], with the texts of the user's files. Reports the problems of all files.
pub fn from_files(files: &Files, paths: &Paths) -> Result<Loaded, ConfigError> {
    Ok(Loaded::from_files(files, &paths.vocabulary, models_in(&paths.models))?)
}

/// What holds for a user without any files.
pub fn defaults(paths: &Paths) -> Loaded {
    Loaded::defaults(models_in(&paths.models))
}

/// How a dictation is recorded that begins at `started`, and how its words are found; `by_voice` tells that a voice has begun
/// it.
pub fn capture_settings(
    setup: &Loaded,
    started: Timestamp,
    by_voice: bool,
    recognition: Recognition,
) -> capture::Settings {
    let microphone = &setup.config.microphone;
    capture::Settings {
        device: microphone.device.clone(),
        tail: microphone.tail_ms.into(),
        end_after: by_voice.then(|| setup.config.hands_free.pause_ms.into()),
        // They are transcribed as they are heard, and the spool has them all.
        keep_samples: keeps_recordings(setup),
        recognition,
        note: serde_json::json!({ "started": started }),
    }
}

/// The microphone to keep open between dictations: if the user wants that, or in hands-free mode.
pub fn standby(setup: &Loaded, hands_free: bool) -> Option<Standby> {
    let microphone = &setup.config.microphone;
    let pre_roll = if microphone.open { microphone.preroll_ms.into() } else { Duration::ZERO };
    let standby = Standby { device: microphone.device.clone(), pre_roll, watch: hands_free };
    (microphone.open || hands_free).then_some(standby)
}

/// Whether some dictation's recording may have to be kept: which profile applies is known only later.
fn keeps_recordings(setup: &Loaded) -> bool {
    let wants = |profile: &Profile| profile.settings(&setup.config).history.audio;
    setup.config.history.audio || setup.profiles.iter().any(wants)
}

/// How long dictations are kept, and how often the log is copied.
pub fn upkeep(setup: &Loaded) -> Upkeep {
    let history = &setup.config.history;
    let limit = |settings: &HistorySettings| Limit { days: settings.keep_days, count: settings.keep_count };
    let own = |profile: &Profile| {
        let overrides = &profile.overrides.history;
        let has_own = overrides.keep_days.is_some() || overrides.keep_count.is_some();
        has_own.then(|| (profile.name.clone(), limit(&profile.settings(&setup.config).history)))
    };
    Upkeep {
        limits: Limits { general: limit(history), profiles: setup.profiles.iter().filter_map(own).collect() },
        backup_days: history.backup_days,
        backups: history.backups,
    }
}

/// The models that are there. A store that cannot be read holds none: loading the model will say why.
fn models_in(folder: &Path) -> Vec<String> {
    let installed = Store::at(folder).installed().unwrap_or_default();
    installed.into_iter().map(|model| model.name).collect()
}
