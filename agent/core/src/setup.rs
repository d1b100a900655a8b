//! What the agent is set up with: configuration, profiles and models, loaded together, and what the rooms need of them.

use std::path::Path;
use std::sync::Arc;

use scout_desktop::Target;

use crate::config::file::Files;
use crate::config::problem::{Place, Problem, ProblemKind};
use crate::config::{self, Config};
use crate::profile::{Profiles, Settings, Source, resolve};
use crate::text::vocabulary::lists::{self, Lists};
use crate::text::vocabulary::prompt::prompt;
use crate::text::vocabulary::{Entry, Vocabulary};
use crate::transcript::Options;

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
    /// Puts the user's files together. `vocabulary` is the folder of the lists of words, and `models` names the models in the
    /// store. Reports the problems of all files.
    pub fn from_files(files: &Files, vocabulary: &Path, models: Vec<String>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let config = config::load::from_text(&files.config.path, &files.config.text, &[]);
        let config = config.map_or_else(|found| add(&mut problems, found), |loaded| loaded.config);
        let profiles = Profiles::from_files(&files.profiles).unwrap_or_else(|found| {
            problems.extend(found);
            Profiles::ready_made()
        });
        let lists = lists::from_files(&files.vocabulary).unwrap_or_else(|found| add(&mut problems, found));
        let mut loaded = Self { config, profiles, lists, ..Self::defaults(models) };
        if problems.is_empty() {
            problems = loaded.problems(files, vocabulary);
        }
        loaded.rewrites_at = loaded.remote_rewriter();
        if problems.is_empty() { Ok(loaded) } else { Err(problems) }
    }

    /// What holds for a user without any files.
    pub fn defaults(models: Vec<String>) -> Self {
        Self {
            config: Config::default(),
            profiles: Profiles::ready_made(),
            lists: Lists::new(),
            models,
            rewrites_at: None,
        }
    }

    /// What does not fit together although each file is right by itself.
    fn problems(&self, files: &Files, vocabulary: &Path) -> Vec<Problem> {
        let mut problems = Vec::new();
        let missing = |list: &&String| !self.lists.contains_key(*list);
        let no_list =
            |list: &String| ProblemKind::NoVocabularyList { name: list.clone(), path: lists::path(vocabulary, list) };
        let of_config = &self.config.vocabulary.lists;
        let file = Place::of_option(&files.config, "lists");
        problems
            .extend(of_config.iter().filter(missing).map(|list| Problem { place: file.clone(), kind: no_list(list) }));
        for profile in self.profiles.iter() {
            let Source::User(path) = &profile.source else { continue };
            let settings = profile.settings(&self.config);
            let lists = settings.vocabulary.lists.iter().filter(|list| !of_config.contains(list)).filter(missing);
            let Some(file) = files.profiles.iter().find(|file| file.path == *path) else { continue };
            let place = |option| Place::of_option(file, option);
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

    /// How the words of one dictation are to be found. `title` is that of the window they are for.
    pub fn transcribe_options(&self, settings: &Settings, title: Option<&str>) -> Options {
        Options {
            prompt: self.prompt(settings, title),
            language: settings.model.language.code().map(str::to_owned),
            candidates: settings.model.language.candidates().into_iter().map(str::to_owned).collect(),
            translate: settings.model.translate,
            threads: (settings.model.threads != 0).then_some(settings.model.threads as usize),
            ..Options::default()
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

/// The default in place of what could not be understood, whose problems are collected.
fn add<T: Default>(problems: &mut Vec<Problem>, found: Vec<Problem>) -> T {
    problems.extend(found);
    T::default()
}
