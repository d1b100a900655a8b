//! What the user asks for: by the tray, by a command, by a changed configuration.

use std::sync::Arc;
use std::time::Instant;

use scout_core::microphone::{DeviceChoice, DeviceId};
use scout_core::session::{Asked, Event};
use scout_core::setup::Loaded;
use scout_platform::open_document;
use scout_speech::capture;

use super::catch_up::Request;
use super::coordinator::Coordinator;
use super::rooms::{errand, shortcuts};
use crate::config::last_good::InForce;
use crate::config::{ConfigError, edit};
use crate::control::{Call, Command, Refused};
use crate::setup;
use crate::trouble::{Part, Trouble};
use crate::ui::Action;

impl Coordinator {
    /// Takes a request: serves it, or has it wait for the keys and clicks before it.
    pub(super) fn request(&mut self, request: Request) {
        if request.depends_on_input() {
            let number = self.requests.push(request, Instant::now());
            self.rooms.catch_up(number);
        } else {
            self.serve(request);
        }
    }

    /// Every key and click before the request with this number is known.
    pub(super) fn caught_up(&mut self, number: u64) {
        while let Some(request) = self.requests.caught_up(number) {
            self.serve(request);
        }
    }

    /// Serves the requests that have waited too long. It counts as not known what the user did.
    pub(super) fn serve_overdue(&mut self) {
        while let Some(request) = self.requests.overdue(Instant::now()) {
            tracing::warn!("the desktop does not say which keys were pressed");
            self.is_input_late = true;
            self.serve(request);
            self.is_input_late = false;
        }
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Call(call) => self.call(call),
            Request::Action(action) => self.action(action),
            Request::Session => self.happened(Event::CaughtUp),
        }
    }

    /// Does as a client asks, or says why not.
    fn call(&mut self, call: Call) {
        let event = match call.command().clone() {
            Command::Start { profile } => Event::Start { profile },
            Command::Stop => Event::Stop,
            Command::Toggle => Event::Toggle,
            Command::Cancel => Event::Cancel,
            Command::HandsFree { on } => Event::HandsFree(on),
            Command::PasteLast => Event::PasteLast,
            Command::Undo => Event::Undo(Asked::Command),
            Command::Quit => Event::Quit,
            Command::Reload => {
                self.rooms.reload();
                return call.answer(Ok(()));
            }
            Command::History(job) => return self.rooms.change_log(job, call),
        };
        let done = self.asked(event);
        call.answer(done.map_err(|refusal| Refused::because(refusal.to_string())));
    }

    /// Does as the user clicked.
    fn action(&mut self, action: Action) {
        match action {
            Action::Toggle => self.happened(Event::Toggle),
            Action::Cancel => self.happened(Event::Cancel),
            Action::ToggleHandsFree => self.happened(Event::HandsFree(None)),
            Action::PasteLast => self.happened(Event::PasteLast),
            Action::Undo => self.happened(Event::Undo(Asked::Tray)),
            Action::UseProfileOnce(name) => self.happened(Event::ProfileOnce(name)),
            Action::Quit => self.happened(Event::Quit),
            Action::UseMicrophone(id) => {
                let device = id.map_or(DeviceChoice::Default, |id| DeviceChoice::Id(DeviceId(id)));
                self.set("microphone.device", &String::from(device));
            }
            Action::UseModel(name) => self.set("model.name", &name),
            Action::CopyRecent(id) => {
                if let Some(recent) = self.machine.recent().iter().find(|recent| recent.id == id) {
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
            Action::NoTray(why) => self.report(&Trouble::NoTray(why)),
            Action::TrayIsThere => self.works(Part::Tray),
        }
    }

    /// Writes one setting into the user's file; watching it brings the change back.
    fn set(&mut self, key: &'static str, value: &str) {
        if let Err(error) = edit::set(&self.rooms.paths.config, key, value) {
            self.report(&Trouble::SettingNotSaved(error));
        }
    }

    /// Takes over a changed configuration, or keeps the last good one and says why.
    pub(super) fn configured(&mut self, loaded: Result<Box<Loaded>, ConfigError>) {
        let loaded = match loaded {
            Ok(loaded) => *loaded,
            Err(error) => return self.report(&Trouble::ConfigurationRefused { error, in_force: self.in_force }),
        };
        tracing::info!("the configuration was taken over");
        self.works(Part::Configuration);
        self.in_force = InForce::Taken;
        let (loaded, before) = (Arc::new(loaded), Arc::clone(&self.setup));
        let (config, old) = (&loaded.config, &before.config);
        self.setup = Arc::clone(&loaded);
        if config.model.name != old.model.name {
            self.use_model(&config.model.name);
        }
        if config.log != old.log {
            crate::logging::set_level(config.log.level);
        }
        if setup::upkeep(&loaded) != setup::upkeep(&before) {
            self.rooms.history.keep_up(setup::upkeep(&loaded));
        }
        self.rooms.notices.mute(!config.cues.notify);
        self.rooms.overlay.want(config.cues.overlay);
        self.happened(Event::Configured(Arc::clone(&loaded)));
        if config.microphone != old.microphone {
            let standby = setup::standby(&loaded, self.machine.is_hands_free());
            self.record(capture::Command::StandBy(standby));
        }
        if config.key != old.key {
            if let Some(hook) = &mut self.rooms.hook {
                hook.want(&shortcuts(&config.key));
            }
            self.grab_key();
        }
    }
}
