//! What the agent is set up with, loaded from the user's files, and what the threads need of it.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use scout_core::config::allowed::nearest;
use scout_core::config::check;
use scout_core::config::file::Files;
use scout_core::config::problem::{Problem, ProblemKind};
use scout_core::config::schema::HistorySettings;
use scout_core::profile::{Profile, Source};
use scout_core::setup::Loaded;
use scout_core::transcript::Recognition;
use scout_log::history::{Limit, Limits, Upkeep};
use scout_speech::capture::{self, Standby};
use scout_speech::models::{Catalogue, Store, StoreError};

use crate::config::paths::Paths;
use crate::config::{ConfigError, files};

/// Loads everything of this user.
pub fn load(paths: &Paths) -> Result<Loaded, ConfigError> {
    from_files(&files::read(paths)?, paths)
}

/// As [`load`], with the texts of the user's files. Reports the problems of all files.
pub fn from_files(files: &Files, paths: &Paths) -> Result<Loaded, ConfigError> {
    let loaded = Loaded::from_files(files, &paths.vocabulary, models_in(&paths.models))?;
    let problems = unknown_models(&loaded, files, &Store::at(&paths.models));
    if problems.is_empty() { Ok(loaded) } else { Err(problems.into()) }
}

/// Names of models that neither the catalogue nor the store knows. One that is known and not there is no mistake: it can still
/// come.
fn unknown_models(loaded: &Loaded, files: &Files, store: &Store) -> Vec<Problem> {
    let of_profiles = loaded.profiles.iter().filter_map(|profile| {
        let Source::User(path) = &profile.source else { return None };
        profile.overrides.model.name.as_ref()?;
        let file = files.profiles.iter().find(|file| file.path == *path)?;
        Some((file, profile.settings(&loaded.config).model.name))
    });
    std::iter::once((&files.config, loaded.config.model.name.clone()))
        .chain(of_profiles)
        .filter(|(_, name)| matches!(store.find(name), Err(StoreError::Unknown { .. })))
        .map(|(file, name)| {
            let names = Catalogue::builtin().models.iter().map(|model| model.name.as_str());
            let kind = ProblemKind::Value {
                key: "model.name".to_owned(),
                found: format!("{name:?}"),
                meant: nearest(&name, names).map(|name| format!("{name:?}")),
                allowed: "the name of a model that `scout models list` shows, or the path of a model's file".to_owned(),
            };
            Problem { place: check::place_of(file, "model", "name"), kind }
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_nobody_knows_is_a_mistake_with_its_line_and_one_that_is_not_there_yet_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::below(folder.path());
        let problems = |config: &str, profile: &str| {
            std::fs::create_dir_all(&paths.profiles).unwrap();
            std::fs::write(&paths.config, config).unwrap();
            std::fs::write(paths.profiles.join("mail.toml"), profile).unwrap();
            load(&paths).map_or_else(|error| error.to_string(), |_| String::new())
        };
        assert_eq!(problems("[model]\nname = 'large-v3'\n", "[model]\nname = '/elsewhere/own.bin'\n"), "");
        let said = problems("[key]\n\n[model]\nname = 'tini.en'\n", "");
        assert!(said.contains("config.toml:4:8: model.name cannot be \"tini.en\" (did you mean"), "{said}");
        let said = problems("", "[[match]]\napp_id = 'mail'\n[model]\nname = 'nosuch'\n");
        assert!(said.contains("mail.toml:4:8: model.name cannot be \"nosuch\""), "{said}");
    }
}
