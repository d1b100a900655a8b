//! What the user asks for: by the tray, by a command, by a changed configuration.

use super::conductor::Conductor;
use super::rooms::errand;
use super::setup::Loaded;
use super::status::Part;
use super::undoing::Asked;
use scout_platform::open_document;

use crate::capture::{DeviceChoice, DeviceId};
use crate::config::last_good::InForce;
use crate::config::{ConfigError, edit};
use crate::control::{Command, Refused};
use crate::dictation::DictationId;
use crate::session::Event;
use crate::ui::Action;
use crate::ui::notices::Notice;

impl Conductor {
    /// Does as a client asks, or says why not.
    pub(super) fn command(&mut self, command: Command) -> Result<(), Refused> {
        match command {
            Command::Start { profile } => {
                if let Some(name) = profile {
                    if self.loaded.profiles.named(&name).is_none() {
                        return Err(Refused::because(format!(
                            "there is no profile named {name}: `scout profiles list` shows all"
                        )));
                    }
                    self.profile_once = Some(name);
                }
                self.step(Event::Start { fresh: DictationId::new() });
            }
            Command::Stop => self.step(Event::Stop),
            Command::Toggle => self.step(Event::Toggle { fresh: DictationId::new() }),
            Command::Cancel => self.step(Event::Cancel),
            Command::HandsFree { on } => self.switch_hands_free(on),
            Command::PasteLast if !self.deliver_last() => {
                return Err(Refused::because("nothing has been dictated yet"));
            }
            Command::Undo => self.undo(Asked::Command).map_err(|refusal| Refused::because(refusal.to_string()))?,
            Command::Reload => self.rooms.reload(),
            // The log is changed aside, before this.
            Command::PasteLast | Command::History(_) | Command::Quit => {}
        }
        Ok(())
    }

    /// Does as the user clicked.
    pub(super) fn action(&mut self, action: Action) {
        match action {
            Action::Toggle => self.step(Event::Toggle { fresh: DictationId::new() }),
            Action::Cancel => self.step(Event::Cancel),
            Action::ToggleHandsFree => self.switch_hands_free(None),
            Action::PasteLast => {
                self.deliver_last();
            }
            Action::Undo => self.undo_or_notify(Asked::Tray),
            Action::UseProfileOnce(name) => self.profile_once = name,
            Action::UseMicrophone(id) => {
                let device = id.map_or(DeviceChoice::Default, |id| DeviceChoice::Id(DeviceId(id)));
                self.set("microphone.device", &String::from(device));
            }
            Action::UseModel(name) => self.set("model.name", &name),
            Action::CopyRecent(id) => {
                if let Some(recent) = self.recent.iter().find(|recent| recent.id == id) {
                    self.rooms.deliverer.copy(recent.text.clone());
                }
            }
            Action::OpenConfiguration => {
                let path = self.rooms.paths.config.clone();
                errand("editor", move || {
                    if let Err(error) = open_document(&path) {
                        tracing::warn!(%error, "the configuration could not be opened");
                    }
                });
            }
            Action::NoTray(why) => {
                self.warn(Part::Tray, why.to_string());
                self.rooms.notices.tell(Notice::NoTray(why));
            }
            Action::TrayIsThere => self.warnings.clear(Part::Tray),
            // Taken by the loop before it comes here.
            Action::Quit => {}
        }
    }

    /// Writes one setting into the user's file; watching it brings the change back.
    fn set(&mut self, key: &'static str, value: &str) {
        if let Err(error) = edit::set(&self.rooms.paths.config, key, value) {
            self.rooms.notices.tell(self.refused(&error));
        }
    }

    fn refused(&self, error: &dyn std::error::Error) -> Notice {
        Notice::ConfigurationRefused { reason: error.to_string(), in_force: self.in_force }
    }

    /// Takes over a changed configuration, or keeps the last good one and says why.
    pub(super) fn configured(&mut self, loaded: Result<Box<Loaded>, ConfigError>) {
        let loaded = match loaded {
            Ok(loaded) => *loaded,
            Err(error) => {
                self.warn(Part::Configuration, format!("{error}. Until this is corrected, {}", self.in_force));
                self.rooms.notices.tell(self.refused(&error));
                return;
            }
        };
        tracing::info!("the configuration was taken over");
        self.warnings.clear(Part::Configuration);
        self.in_force = InForce::Taken;
        let new_keys = (loaded.config.key != self.loaded.config.key).then(|| loaded.config.key.clone());
        if new_keys.is_some() {
            self.let_go_of_the_chord();
        }
        if loaded.config.model.name != self.loaded.config.model.name {
            self.use_model(&loaded.config.model.name);
        }
        if loaded.config.microphone != self.loaded.config.microphone {
            let standby = loaded.standby(self.machine.is_hands_free());
            self.rooms.record(crate::capture::Command::StandBy(standby));
        }
        if loaded.config.log != self.loaded.config.log {
            crate::logging::set_level(loaded.config.log.level);
        }
        if loaded.upkeep() != self.loaded.upkeep() {
            self.rooms.history.keep_up(loaded.upkeep());
        }
        self.rooms.notices.mute(!loaded.config.cues.notify);
        self.rooms.overlay.want(loaded.config.cues.overlay);
        let hands_free = (loaded.config.hands_free != self.loaded.config.hands_free)
            .then(|| std::mem::replace(&mut self.loaded.config.hands_free, loaded.config.hands_free.clone()));
        self.loaded = loaded;
        if let Some(before) = hands_free {
            self.hands_free_configured(&before);
        }
        if let Some(keys) = new_keys {
            self.use_keys(&keys);
        }
    }
}
