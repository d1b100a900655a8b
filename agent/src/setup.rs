//! What the agent is set up with: configuration, profiles and models, loaded together, and what the rooms need of them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use scout_platform::Target;

use crate::capture::{self, Standby};
use crate::config::files::Files;
use crate::config::paths::Paths;
use crate::config::problem::{Place, Problem, ProblemKind, Problems};
use crate::config::schema::HistorySettings;
use crate::config::{self, Config, ConfigError};
use crate::history::{Limit, Limits, Upkeep};
use crate::models::Store;
use crate::profile::{self, Profile, Profiles, Settings, Source, resolve};
use crate::text::vocabulary::lists::{self, Lists};
use crate::text::vocabulary::prompt::prompt;
use crate::text::vocabulary::{Entry, Vocabulary};
use crate::transcribe;

/// A set of files that fit together. Loaded whole or not at all, so that the agent always has a good set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The profiles.
    pub profiles: Profiles,
    /// The user's lists of words.
    pub lists: Lists,
    /// The names of the models in the store.
    pub models: Vec<String>,
    /// The server on another machine that texts may be sent to with some profile, if there is one.
    pub rewrites_at: Option<String>,
}

impl Loaded {
    /// Loads everything of this user.
    pub fn load(paths: &Paths) -> Result<Self, ConfigError> {
        Self::from_files(&Files::read(paths)?, paths)
    }

    /// As [`Self::load`], with the texts of the user's files. Reports the problems of all files.
    pub fn from_files(files: &Files, paths: &Paths) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let config = problems.collect(config::load::from_text(&files.config.path, &files.config.text, &[]));
        let profiles = problems.collect(Profiles::from_files(&files.profiles));
        let lists = problems.collect(lists::from_files(&files.vocabulary));
        let mut loaded = problems.finish(Self {
            config: config.unwrap_or_default().config,
            profiles: profiles.unwrap_or_else(Profiles::ready_made),
            lists: lists.unwrap_or_default(),
            ..Self::defaults(paths)
        })?;
        loaded.rewrites_at = loaded.remote_rewriter();
        let problems = loaded.problems(paths);
        if problems.is_empty() { Ok(loaded) } else { Err(ConfigError::Invalid(problems)) }
    }

    /// What holds for a user without any files.
    pub fn defaults(paths: &Paths) -> Self {
        Self {
            config: Config::default(),
            profiles: Profiles::ready_made(),
            lists: Lists::new(),
            models: models_in(&paths.models),
            rewrites_at: None,
        }
    }

    /// What does not fit together although each file is right by itself.
    fn problems(&self, paths: &Paths) -> Vec<Problem> {
        let mut problems = Vec::new();
        let missing = |list: &&String| !self.lists.contains_key(*list);
        let no_list = |list: &String| ProblemKind::NoVocabularyList {
            name: list.clone(),
            path: lists::path(&paths.vocabulary, list),
        };
        let of_config = &self.config.vocabulary.lists;
        let file = Place::of_option(&paths.config, "lists");
        problems
            .extend(of_config.iter().filter(missing).map(|list| Problem { place: file.clone(), kind: no_list(list) }));
        for profile in self.profiles.iter() {
            let Source::User(path) = &profile.source else { continue };
            let settings = profile.settings(&self.config);
            let lists = settings.vocabulary.lists.iter().filter(|list| !of_config.contains(list)).filter(missing);
            let place = |option| Place::of_option(path, option);
            problems.extend(lists.map(|list| Problem { place: place("lists"), kind: no_list(list) }));
            let refusal = settings.rewrite.refusal(self.config.rewrite.remote);
            problems.extend(refusal.map(|kind| Problem { place: place("url"), kind }));
        }
        problems
    }

    /// The words to expect with these settings: the profile's and the configuration's own, then those of their lists, then
    /// those of the list that applies everywhere.
    pub fn vocabulary(&self, settings: &Settings) -> Vocabulary {
        let own = settings.vocabulary.words.iter().map(|word| Arc::new(Entry::new(word, &[])));
        let names = settings.vocabulary.lists.iter().map(String::as_str).chain([lists::GENERAL]);
        let listed = names.filter_map(|name| self.lists.get(name)).flatten().cloned();
        Vocabulary::new(own.chain(listed))
    }

    /// What the recogniser is told to expect.
    pub fn prompt(&self, settings: &Settings, title: Option<&str>) -> Option<String> {
        if !settings.vocabulary.prompt {
            return None;
        }
        prompt(&self.vocabulary(settings), title)
    }

    fn remote_rewriter(&self) -> Option<String> {
        let settings = self.profiles.iter().map(|profile| profile.settings(&self.config).rewrite);
        settings
            .filter(|rewrite| rewrite.enabled && !rewrite.is_local())
            .map(|rewrite| rewrite.host().to_owned())
            .next()
    }

    /// How a dictation is recorded that begins at `started`, and how its words are found; `by_voice` tells that a voice has begun
    /// it.
    pub fn capture_settings(
        &self,
        started: Timestamp,
        by_voice: bool,
        recognition: transcribe::Recognition,
    ) -> capture::Settings {
        let microphone = &self.config.microphone;
        capture::Settings {
            device: microphone.device.clone(),
            tail: microphone.tail_ms.into(),
            end_after: by_voice.then(|| self.config.hands_free.pause_ms.into()),
            // They are transcribed as they are heard, and the spool has them all.
            keep_samples: self.keeps_recordings(),
            recognition,
            note: serde_json::json!({ "started": started }),
        }
    }

    /// The microphone to keep open between dictations: if the user wants that, or in hands-free mode.
    pub fn standby(&self, hands_free: bool) -> Option<Standby> {
        let microphone = &self.config.microphone;
        let pre_roll = if microphone.open { microphone.preroll_ms.into() } else { Duration::ZERO };
        let standby = Standby { device: microphone.device.clone(), pre_roll, watch: hands_free };
        (microphone.open || hands_free).then_some(standby)
    }

    /// Whether some dictation's recording may have to be kept: which profile applies is known only later.
    fn keeps_recordings(&self) -> bool {
        let wants = |profile: &Profile| profile.settings(&self.config).history.audio;
        self.config.history.audio || self.profiles.iter().any(wants)
    }

    /// How long dictations are kept, and how often the log is copied.
    pub fn upkeep(&self) -> Upkeep {
        let history = &self.config.history;
        let limit = |settings: &HistorySettings| Limit { days: settings.keep_days, count: settings.keep_count };
        let own = |profile: &Profile| {
            let overrides = &profile.overrides.history;
            let has_own = overrides.keep_days.is_some() || overrides.keep_count.is_some();
            has_own.then(|| (profile.name.clone(), limit(&profile.settings(&self.config).history)))
        };
        Upkeep {
            limits: Limits { general: limit(history), profiles: self.profiles.iter().filter_map(own).collect() },
            backup_days: history.backup_days,
            backups: history.backups,
        }
    }

    /// How the words of one dictation are to be found. `title` is that of the window they are for.
    pub fn transcribe_options(&self, settings: &Settings, title: Option<&str>) -> transcribe::Options {
        transcribe::Options {
            prompt: self.prompt(settings, title),
            language: settings.model.language.code().map(str::to_owned),
            candidates: settings.model.language.candidates().into_iter().map(str::to_owned).collect(),
            translate: settings.model.translate,
            threads: (settings.model.threads != 0).then_some(settings.model.threads as usize),
            ..transcribe::Options::default()
        }
    }

    /// The profile for a target: the chosen one, if there is one of that name, or the one that fits.
    pub fn profile_for(&self, chosen: Option<&str>, target: Option<&Target>) -> (String, Settings) {
        let nowhere = Target::default();
        let profile = chosen
            .and_then(|name| self.profiles.named(name))
            .unwrap_or_else(|| resolve(target.unwrap_or(&nowhere), &self.profiles).profile);
        (profile.name.clone(), profile.settings(&self.config))
    }
}

/// The models that are there. A store that cannot be read holds none: loading the model will say why.
fn models_in(folder: &Path) -> Vec<String> {
    let installed = Store::at(folder).installed().unwrap_or_default();
    installed.into_iter().map(|model| model.name).collect()
}

/// The name of the profile that always exists.
pub const DEFAULT_PROFILE: &str = profile::DEFAULT;
