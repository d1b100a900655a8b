//! From the key press to the words: what the session does with what the microphone and the model say.

use std::sync::Arc;
use std::time::Instant;

use super::conductor::Conductor;
use super::flight::Flight;
use super::live;
use super::status::Part;
use super::troubles;
use crate::capture::{self, Notice as Heard};
use crate::deliver::Focus;
use crate::dictation::DictationId;
use crate::profile::Settings;
use crate::session::Event;
use crate::transcribe::incremental::{Incremental, Step};
use crate::transcribe::{self, Abort, TranscribeError};
use crate::ui::notices::Notice;

impl Conductor {
    /// A dictation begins: by a key that was pressed then, or by a voice.
    pub(super) fn begin(&mut self, id: DictationId, pressed: Instant, by_voice: bool) {
        let settings = Settings::from(&self.loaded.config);
        let mut flight = Flight::new(id, pressed, settings, self.profile_once.take());
        flight.by_voice = by_voice;
        self.flights.insert(id, flight);
        let settings = self.loaded.capture_settings(jiff::Timestamp::now(), by_voice);
        self.rooms.record(capture::Command::Start { id, settings });
        self.rooms.aim.look(id);
        self.ask_for_field(id);
        // It was let go, or could not be used: loaded while the user speaks, or told now rather than after they have spoken.
        if self.model.is_none() {
            self.load_model_anew();
        }
    }

    /// The target is known, and with it the profile.
    pub(super) fn aimed(&mut self, id: DictationId, focus: Focus) {
        if self.aimed_again(id, &focus) {
            return;
        }
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let (profile, settings) = self.loaded.profile_for(flight.chosen_profile.as_deref(), focus.target());
        tracing::debug!(%id, profile, app = focus.target().and_then(|target| target.app_id.as_deref()), "aimed");
        let model = settings.model.name.clone();
        if live::is_wanted(&settings) {
            flight.speech.follow_closely();
        }
        flight.aim(focus, profile, settings);
        self.use_model(&model);
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
            capture::Event::Heard { id, samples, probability } => {
                self.follow(id, |speech| speech.hear(&samples, probability));
            }
            capture::Event::Level { .. } => {}
            capture::Event::Notice { notice, .. } => self.heard(notice),
            capture::Event::Finished { id, utterance } => {
                let (speech, interrupted) = (!utterance.spans.is_empty(), utterance.interrupted.is_some());
                if let Some(error) = &utterance.interrupted {
                    tracing::warn!(%id, %error, "the recording was interrupted");
                    self.warn(Part::Microphone, error.to_string());
                    self.rooms.notices.tell(troubles::failed(error, true));
                    self.rooms.look_for_microphones();
                }
                self.with(id, |flight| flight.capture(utterance, now));
                // The user may have gone to another field while they spoke.
                self.ask_for_field(id);
                self.step(Event::Captured { id, speech, interrupted });
            }
            capture::Event::Open { device } => {
                self.device = device.map(|device| device.name);
                self.rooms.look_for_microphones();
            }
            capture::Event::Voice => self.step(Event::Voice { fresh: DictationId::new() }),
            capture::Event::Deaf { error } => self.deaf(&error),
            capture::Event::Failed { id, error } => {
                self.warn(Part::Microphone, error.to_string());
                self.rooms.notices.tell(troubles::failed(&error, false));
                self.rooms.look_for_microphones();
                self.step(Event::CaptureFailed { id });
            }
        }
    }

    fn heard(&mut self, notice: Heard) {
        tracing::warn!(%notice, "microphone");
        if let Heard::ChosenDeviceMissing { used: device } | Heard::Moved { to: device, .. } = &notice {
            self.device = Some(device.name.clone());
            self.rooms.look_for_microphones();
        }
        self.rooms.notices.tell(troubles::happened(notice, self.device.as_deref()));
    }

    pub(super) fn transcribe(&mut self, id: DictationId) {
        self.follow(id, Incremental::end);
    }

    /// Tells the transcription of a dictation something, and does what it says.
    pub(super) fn follow(&mut self, id: DictationId, tell: impl FnOnce(&mut Incremental) -> Vec<Step>) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        for step in tell(&mut flight.speech) {
            match step {
                Step::Run { pass, audio, again } => self.run_pass(id, pass, audio, again),
                Step::Abort { pass } => {
                    tracing::debug!(%id, pass, "a pass is in vain");
                    self.with(id, Flight::end_pass);
                }
                Step::Partial(text) => {
                    self.with(id, |flight| flight.partial = Some(text));
                    self.type_live(id);
                }
                Step::Done(transcript) => self.understood(id, transcript),
                Step::Failed(error) => self.not_transcribed(id, &error),
            }
        }
    }

    fn run_pass(&mut self, id: DictationId, pass: u32, audio: Arc<[f32]>, again: bool) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let mut options = self.loaded.transcribe_options(&flight.settings, flight.title());
        // Asked once, a multilingual model need not be asked for each pass: that costs as much as the pass itself.
        options.language = options.language.or_else(|| flight.speech.language().map(str::to_owned));
        options.before = flight.speech.before();
        if again {
            options = options.once_more();
        }
        tracing::debug!(%id, pass, audio = ?crate::dictation::duration_of(audio.len()), "a pass begins");
        let abort = Abort::default();
        flight.pass = Some((pass, Abort::clone(&abort)));
        if let Err(error) = self.rooms.transcription.submit(transcribe::Job { id, pass, audio, options, abort }) {
            tracing::warn!(%id, %error, "a pass could not be begun");
            let failed = TranscribeError::Failed { reason: error.to_string() };
            self.follow(id, |speech| speech.result(pass, Err(failed)));
        }
    }

    pub(super) fn transcribed(&mut self, event: transcribe::Event) {
        match event {
            transcribe::Event::Loaded { model, took } => {
                tracing::info!(model, ?took, "model loaded");
                self.model = Some(model);
                self.warnings.clear(Part::Model);
            }
            transcribe::Event::Unloaded => {
                tracing::info!("the model was let go");
                self.model = None;
            }
            transcribe::Event::Unusable { error } => {
                self.model = None;
                self.warn(Part::Model, error.to_string());
                self.rooms.notices.tell(Notice::ModelFailed { reason: error.to_string() });
            }
            transcribe::Event::Done { id, pass, result } => {
                // Told by the thread that has the model: the one that was loaded last is the one that did it.
                let model = self.model.clone();
                self.with(id, |flight| flight.model = model);
                tracing::debug!(%id, pass, timings = ?result.as_ref().ok().map(|transcript| transcript.timings), "a pass ends");
                self.follow(id, |speech| speech.result(pass, result));
            }
        }
    }

    fn not_transcribed(&mut self, id: DictationId, error: &TranscribeError) {
        let by_voice = self.flights.get(&id).is_some_and(|flight| flight.by_voice);
        if by_voice && matches!(error, TranscribeError::NothingUnderstood) {
            // Nobody asked for this dictation: a noise began it more often than a word.
            return self.step(Event::Transcribed { id, words: false });
        }
        let reason = error.to_string();
        if let Some(flight) = self.flights.get(&id) {
            let kept = !flight.field.is_password();
            self.rooms.notices.tell(Notice::TranscriptionFailed { reason: reason.clone(), kept });
        }
        self.with(id, |flight| flight.problem = Some(reason));
        self.step(Event::TranscribeFailed { id });
    }
}
