//! From the key press to the words: what the session does with what the microphone and the model say.

use std::sync::Arc;
use std::time::Instant;

use super::conductor::Conductor;
use super::flight::Flight;
use super::status::Part;
use crate::capture::{self, Notice as Heard};
use crate::deliver::Focus;
use crate::dictation::DictationId;
use crate::profile::Settings;
use crate::session::Event;
use crate::text;
use crate::transcribe::{self, Transcript};
use crate::ui::notices::Notice;

impl Conductor {
    pub(super) fn begin(&mut self, id: DictationId, pressed: Instant) {
        let settings = Settings::from(&self.loaded.config);
        self.flights.insert(id, Flight::new(id, pressed, settings, self.profile_once.take()));
        let settings = self.loaded.capture_settings(jiff::Timestamp::now());
        self.rooms.record(capture::Command::Start { id, settings });
        self.rooms.aim.look(id);
    }

    /// The target is known, and with it the profile.
    pub(super) fn aimed(&mut self, id: DictationId, focus: Focus) {
        if self.aimed_again(id, &focus) {
            return;
        }
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let (profile, settings) = self.loaded.profile_for(flight.chosen_profile.as_deref(), focus.target());
        tracing::debug!(%id, profile, app = focus.target().and_then(|target| target.app_id.as_deref()), "aimed");
        (flight.profile, flight.settings, flight.aimed) = (profile, settings, focus);
    }

    pub(super) fn captured(&mut self, event: capture::Event) {
        let now = Instant::now();
        match event {
            capture::Event::Ready { id, device, after } => {
                tracing::debug!(%id, %device, ?after, "the microphone hears");
                self.device = Some(device.name);
                self.warnings.clear(Part::Microphone);
                self.with(id, |flight| flight.ready(now));
                self.step(Event::Ready { id });
            }
            capture::Event::Level { .. } => {}
            capture::Event::Notice { notice, .. } => self.heard(notice),
            capture::Event::Finished { id, utterance } => {
                let (speech, interrupted) = (!utterance.spans.is_empty(), utterance.interrupted.is_some());
                if let Some(error) = &utterance.interrupted {
                    tracing::warn!(%id, %error, "the recording was interrupted");
                    self.rooms.notices.tell(Notice::MicrophoneLost { replacement: None });
                    self.rooms.look_for_microphones();
                }
                self.with(id, |flight| flight.capture(utterance, now));
                self.step(Event::Captured { id, speech, interrupted });
            }
            capture::Event::Failed { id, error } => {
                self.warn(Part::Microphone, error.to_string());
                self.rooms.notices.tell(match error {
                    capture::CaptureError::NoMicrophone => Notice::NoMicrophone,
                    error => Notice::MicrophoneFailed { reason: error.to_string() },
                });
                self.rooms.look_for_microphones();
                self.step(Event::CaptureFailed { id });
            }
        }
    }

    fn heard(&mut self, notice: Heard) {
        tracing::warn!(%notice, "microphone");
        match notice {
            Heard::ChosenDeviceMissing { used: to } | Heard::Moved { to, .. } => {
                self.rooms.notices.tell(Notice::MicrophoneLost { replacement: Some(to.name.clone()) });
                self.device = Some(to.name);
                self.rooms.look_for_microphones();
            }
            Heard::OnlyZeros => {
                let name = self.device.clone().unwrap_or_else(|| "The microphone".to_owned());
                self.rooms.notices.tell(Notice::MicrophoneSilent { name });
            }
            Heard::SpoolFailed { reason } => self.rooms.notices.tell(Notice::SpoolFailing { reason }),
            notice @ (Heard::Reopened { .. } | Heard::Overrun) => {
                self.rooms.notices.tell(Notice::MicrophoneFailed { reason: notice.to_string() });
            }
        }
    }

    pub(super) fn transcribe(&mut self, id: DictationId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let Some(utterance) = &flight.utterance else { return };
        flight.model.clone_from(&self.model);
        let job = transcribe::Job {
            id,
            audio: Arc::clone(&utterance.samples),
            options: self.loaded.transcribe_options(&flight.settings),
            abort: flight.abort.clone(),
        };
        if let Err(error) = self.rooms.transcription.submit(job) {
            self.not_transcribed(id, error.to_string());
        }
    }

    pub(super) fn transcribed(&mut self, event: transcribe::Event) {
        match event {
            transcribe::Event::Loaded { model, took } => {
                tracing::info!(model, ?took, "model loaded");
                self.model = Some(model);
                self.warnings.clear(Part::Model);
            }
            transcribe::Event::Unusable { error } => {
                self.model = None;
                self.warn(Part::Model, error.to_string());
                self.rooms.notices.tell(Notice::ModelFailed { reason: error.to_string() });
            }
            transcribe::Event::Done { id, result: Ok(transcript) } => self.understood(id, transcript),
            transcribe::Event::Done { id, result: Err(error) } => self.not_transcribed(id, error.to_string()),
        }
    }

    fn understood(&mut self, id: DictationId, transcript: Transcript) {
        let now = Instant::now();
        let mut words = false;
        self.with(id, |flight| {
            let context = text::Context {
                language: transcript.language.as_deref().and_then(|code| code.parse().ok()).unwrap_or_default(),
            };
            let composition = text::compose(&transcript.text, &flight.settings, &context);
            words = !composition.text.trim().is_empty();
            flight.understand(transcript, composition, now.elapsed(), now);
        });
        self.step(Event::Transcribed { id, words });
    }

    fn not_transcribed(&mut self, id: DictationId, reason: String) {
        if self.flights.contains_key(&id) {
            self.rooms.notices.tell(Notice::TranscriptionFailed { reason: reason.clone() });
        }
        self.with(id, |flight| flight.problem = Some(reason));
        self.step(Event::TranscribeFailed { id });
    }
}
