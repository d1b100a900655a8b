//! The first half of a dictation's way: from the key, a command or a voice to the recording.
//!
//! A dictation holds the microphone while it is opening, listening or recording its tail. One at a time has it; those before it
//! may still be on their way.

use std::sync::Arc;
use std::time::Duration;

use scout_desktop::keys::ChordEdge;
use scout_desktop::{Click, Key};

use super::dictation::{Dictation, Stage};
use super::gesture::Intent;
use super::machine::{Machine, matchers};
use super::messages::{Captured, Effect, Notification, Refusal};
use crate::dictation::{DictationId, Outcome};
use crate::profile::Settings;
use crate::setup::Loaded;
use crate::transcript::Recognition;

impl Machine {
    pub(super) fn key(&mut self, key: Key, pressed: bool) {
        if pressed {
            self.spacing.pressed(key, self.chord.chord());
        }
        let cancels = self.cancel.as_mut().and_then(|cancel| cancel.feed(key, pressed)) == Some(ChordEdge::Down);
        let edge = self.chord.feed(key, pressed);
        // A key that cancels nothing is the application's.
        let is_own = edge == Some(ChordEdge::Down) || cancels && !self.dictations.is_empty();
        if self.last_text.key(key, pressed, is_own) {
            self.push(Effect::StopUndo);
        }
        if cancels {
            self.cancel();
        }
        if let Some(edge) = edge {
            self.chord_edge(edge);
        }
    }

    fn chord_edge(&mut self, edge: ChordEdge) {
        let (mode, active) = (self.setup.config.key.session_mode(), self.wants_to_hear());
        match self.gesture.feed(mode, edge, self.moment.at, active) {
            Some(Intent::Start) => self.start(),
            Some(Intent::Stop) => self.stop(),
            Some(Intent::Resume) => self.resume(),
            Some(Intent::Cancel) => self.cancel(),
            None if edge == ChordEdge::Down => self.take_over(),
            None => {}
        }
    }

    /// Follows other settings from now on. Hands-free mode that was turned on or off by hand stays so, unless it is this that
    /// was changed.
    pub(super) fn configured(&mut self, setup: Arc<Loaded>) {
        let before = std::mem::replace(&mut self.setup, setup);
        let (keys, hands_free) = (&self.setup.config.key, &self.setup.config.hands_free);
        let switched = (hands_free.enabled != before.config.hands_free.enabled).then_some(hands_free.enabled);
        let changed = *hands_free != before.config.hands_free;
        if *keys != before.config.key {
            // Whoever looks for another chord does not see this one come up.
            if self.gesture.held() {
                self.chord_edge(ChordEdge::Up);
            }
            (self.chord, self.cancel) = matchers(&self.setup);
        }
        match switched {
            Some(on) => self.switch_hands_free(on),
            None if changed && self.hands_free.is_on() => self.switch_hands_free(true),
            None => {}
        }
    }

    pub(super) fn start_with(&mut self, profile: Option<String>) {
        match profile {
            Some(name) if self.setup.profiles.named(&name).is_none() => {
                return self.push(Effect::Refuse(Refusal::NoProfile(name)));
            }
            Some(name) => self.profile_once = Some(name),
            None => {}
        }
        self.start();
    }

    pub(super) fn toggle(&mut self) {
        if self.wants_to_hear() { self.stop() } else { self.start() }
    }

    fn start(&mut self) {
        let fresh = self.moment.fresh;
        self.start_as(fresh);
    }

    fn start_as(&mut self, fresh: DictationId) {
        match self.microphone() {
            None => self.begin(fresh, false),
            Some((id, Stage::Tail)) => {
                if self.waiting.is_none() {
                    self.push(Effect::EndTail(id));
                }
                self.waiting = Some(fresh);
            }
            Some(_) => self.take_over(),
        }
    }

    pub(super) fn begin_by_voice(&mut self) {
        if self.hands_free.is_on() && self.microphone().is_none() {
            let fresh = self.moment.fresh;
            self.hands_free.began(fresh);
            self.begin(fresh, true);
        }
    }

    fn begin(&mut self, id: DictationId, by_voice: bool) {
        let settings = Settings::from(&self.setup.config);
        let mut dictation = Dictation::new(&self.moment, id, settings, self.profile_once.take());
        dictation.by_voice = by_voice;
        self.dictations.push(dictation);
        let recognition = self.recognition(id);
        self.push(Effect::Record { id, by_voice, recognition });
        self.push(Effect::LookUpFocus(id));
        self.ask_for_field(id);
    }

    /// Asks for the field that a dictation is for.
    pub(super) fn ask_for_field(&mut self, id: DictationId) {
        let now = self.moment.at;
        if let Some(dictation) = self.get(id) {
            dictation.field.asked(now);
            self.push(Effect::LookUpField(id));
        }
    }

    /// How the words of a dictation are to be found.
    pub(super) fn recognition(&self, id: DictationId) -> Box<Recognition> {
        let dictation = self.dictations.iter().find(|dictation| dictation.id == id);
        let recognition = dictation.map(|dictation| Recognition {
            model: dictation.settings.model.name.clone(),
            options: self.setup.transcribe_options(&dictation.settings, dictation.title()),
            follow_closely: super::live_typing::is_wanted(&dictation.settings),
        });
        Box::new(recognition.unwrap_or_default())
    }

    /// What a voice has begun is the user's now: silence does not end it. Should it have ended this very moment, the user goes
    /// on in a dictation of its own.
    fn take_over(&mut self) {
        if let Some((id, Stage::Opening | Stage::Listening)) = self.microphone()
            && self.hands_free.let_go(id)
        {
            self.continuation = Some(self.moment.fresh);
            if let Some(dictation) = self.get(id) {
                dictation.by_voice = false;
            }
            self.push(Effect::HoldOn(id));
        }
    }

    pub(super) fn switch_hands_free(&mut self, on: bool) {
        if !on {
            self.end_hands_free(true);
        } else if self.hands_free.turn_on(self.setup.config.hands_free.silence(), self.moment.at) {
            self.push(Effect::Watch(true));
        }
    }

    /// No voice begins a dictation any more. The one that a voice has begun ends here; `delivers` tells whether its text is
    /// wanted. Whoever says that Scout is to stop listening does not mean what they say after that.
    fn end_hands_free(&mut self, delivers: bool) {
        if !self.hands_free.turn_off() {
            return;
        }
        self.push(Effect::Watch(false));
        match self.microphone() {
            Some((id, _)) if self.hands_free.has(id) && delivers => self.stop(),
            Some((id, _)) if self.hands_free.has(id) => {
                self.push(Effect::CancelCapture(id));
                self.end(id, Outcome::Cancelled);
            }
            _ => {}
        }
    }

    /// The user has said that Scout is to stop listening.
    pub(super) fn stop_listening(&mut self) {
        if self.hands_free.is_on() { self.end_hands_free(false) } else { self.stop() }
    }

    /// Nobody has spoken for as long as the user wants.
    pub(super) fn hands_free_timed_out(&mut self) {
        let minutes = u64::from(self.setup.config.hands_free.off_after_minutes);
        self.end_hands_free(true);
        self.push(Effect::Notify(Notification::HandsFreeOver(Duration::from_mins(minutes))));
    }

    /// The microphone cannot be listened to. What is being said goes on by itself.
    pub(super) fn stop_watching(&mut self) {
        if self.hands_free.turn_off() {
            self.push(Effect::Watch(false));
        }
    }

    pub(super) fn stop(&mut self) {
        self.waiting = None;
        if let Some((id, Stage::Opening | Stage::Listening)) = self.microphone() {
            self.hands_free.let_go(id);
            self.set_stage(id, Stage::Tail);
            let now = self.moment.at;
            if let Some(dictation) = self.get(id) {
                dictation.release(now);
                if dictation.settings.cues.sound && !dictation.by_voice {
                    self.push(Effect::CueStopped(id));
                }
            }
            self.push(Effect::StopCapture(id));
        }
    }

    fn resume(&mut self) {
        match self.microphone() {
            Some((id, Stage::Tail)) => {
                self.set_stage(id, Stage::Listening);
                self.continuation = Some(self.moment.fresh);
                if let Some(dictation) = self.get(id) {
                    dictation.resume();
                }
                self.push(Effect::ResumeCapture(id));
            }
            // The tail is over and handed over: what follows is a dictation of its own.
            _ => self.start(),
        }
    }

    pub(super) fn cancel(&mut self) {
        if self.waiting.take().is_some() {
            return;
        }
        let newest = self.microphone().map(|(id, _)| id).or_else(|| self.dictations.last().map(|newest| newest.id));
        let Some(id) = newest else { return };
        match self.stage_of(id) {
            Some(Stage::Transcribing) => {
                self.push(Effect::AbortTranscription(id));
                self.end(id, Outcome::Cancelled);
            }
            Some(Stage::Delivering) => self.stop_delivery(id),
            _ => {
                self.push(Effect::CancelCapture(id));
                self.end(id, Outcome::Cancelled);
            }
        }
    }

    pub(super) fn ready(&mut self, id: DictationId) {
        let now = self.moment.at;
        let Some(dictation) = self.get(id) else { return };
        dictation.ready(now);
        if dictation.stage == Stage::Opening {
            dictation.stage = Stage::Listening;
            // Whoever is heard already need not be told, and the microphone would hear it.
            if dictation.settings.cues.sound && !dictation.by_voice {
                self.push(Effect::CueReady(id));
            }
        }
    }

    pub(super) fn captured(&mut self, id: DictationId, recording: Captured) {
        let (now, interrupted, speech) = (self.moment.at, recording.interrupted, !recording.spans.is_empty());
        if speech {
            self.hands_free.spoken(now);
        }
        let Some(stage) = self.stage_of(id).filter(|stage| stage.has_microphone()) else {
            // It crossed the news that nobody wants it, or that the agent ends.
            let is_unwanted = self.quits_at.is_none();
            return self.push(if is_unwanted { Effect::DiscardRecording(id) } else { Effect::KeepRecording(id) });
        };
        let continuation = self.continuation.take();
        if let Some(dictation) = self.get(id) {
            dictation.capture(recording, now);
        }
        // The user may have gone to another field while they spoke.
        self.ask_for_field(id);
        if speech {
            self.set_stage(id, Stage::Transcribing);
        } else {
            self.end(id, Outcome::NothingSaid);
        }
        // It had ended before it could be resumed or taken over, and the user still speaks.
        if stage == Stage::Listening && !interrupted {
            self.waiting = self.waiting.or(continuation);
        }
        self.begin_waiting();
    }

    pub(super) fn capture_failed(&mut self, id: DictationId) {
        if self.stage_of(id).is_some_and(Stage::has_microphone) {
            self.end(id, Outcome::Failed);
            self.begin_waiting();
        }
    }

    /// Nobody records any more.
    pub(super) fn capture_died(&mut self) {
        self.stop_watching();
        self.recordings_lost();
    }

    /// What is being recorded, and the words that are still to be found, will not come.
    pub(super) fn recordings_lost(&mut self) {
        self.waiting = None;
        let waits = |dictation: &&Dictation| {
            dictation.stage.has_microphone() || dictation.stage == Stage::Transcribing && dictation.words.is_none()
        };
        let ids: Vec<DictationId> = self.dictations.iter().filter(waits).map(|dictation| dictation.id).collect();
        for id in ids {
            self.end(id, Outcome::Failed);
        }
    }

    fn begin_waiting(&mut self) {
        if let Some(fresh) = self.waiting.take() {
            self.start_as(fresh);
        }
    }

    /// A dictation does not have the microphone any more.
    pub(super) fn let_go_of_microphone(&mut self, id: DictationId) {
        if self.stage_of(id).is_some_and(Stage::has_microphone) {
            // It was for this one.
            self.continuation = None;
        }
        self.hands_free.let_go(id);
    }

    pub(super) fn quit(&mut self, deadline: Duration) {
        self.quits_at = Some(deadline);
        self.stop_watching();
        self.waiting = None;
        let under_way: Vec<(DictationId, Stage)> =
            self.dictations.iter().map(|dictation| (dictation.id, dictation.stage)).collect();
        for (id, stage) in under_way {
            match stage {
                Stage::Opening | Stage::Listening | Stage::Tail => {
                    self.push(Effect::EndTail(id));
                    self.end(id, Outcome::Suspended);
                }
                Stage::Transcribing => {
                    self.push(Effect::AbortTranscription(id));
                    self.end(id, Outcome::Suspended);
                }
                Stage::Delivering => self.stop_delivery(id),
            }
        }
    }

    /// Half of the text may have been typed: delivery says how far it came.
    fn stop_delivery(&mut self, id: DictationId) {
        if let Some(dictation) = self.get(id) {
            dictation.is_stopped = true;
            self.push(Effect::StopDelivery(id));
        }
    }

    /// Listening, or about to: what a toggle would stop.
    fn wants_to_hear(&self) -> bool {
        self.waiting.is_some() || matches!(self.microphone(), Some((_, Stage::Opening | Stage::Listening)))
    }

    /// Something was clicked.
    pub(super) fn clicked(&mut self, click: Click) {
        if !click.elsewhere {
            self.spacing.forget();
        }
        if self.last_text.click(click) {
            self.push(Effect::StopUndo);
        }
        if let Some(edge) = self.chord.clicked() {
            self.chord_edge(edge);
        }
    }
}
