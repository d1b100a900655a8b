//! The state machine of dictations: `step(machine, event) -> (machine, effects)`, pure, with ids and times passed in.
//!
//! A dictation is begun by the key, by a command, or in hands-free mode by a voice; it holds the microphone while it is
//! opening, listening or recording its tail; then it is transcribed and delivered. One dictation at a time has the microphone; those before it may still be on their way, in the order in which
//! they were spoken. Every dictation that begins is closed exactly once, with one [`Outcome`].

use std::time::Duration;

use scout_platform::keys::ChordEdge;

use super::gesture::{Gesture, Intent, KeyMode};
use super::hands_free::HandsFree;
use super::messages::{Effect, Event, Outcome, Stage};
use crate::dictation::DictationId;

/// Where a dictation is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    Listening,
    Tail,
    Transcribing,
    Delivering,
}

impl Phase {
    fn has_microphone(self) -> bool {
        matches!(self, Self::Opening | Self::Listening | Self::Tail)
    }
}

/// All dictations that are under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    gesture: Gesture,
    /// In the order in which they were begun.
    under_way: Vec<(DictationId, Phase)>,
    /// The user wants to speak again while the microphone still records the last tail.
    waiting: Option<DictationId>,
    /// The id for a dictation of its own, in case that a tail cannot be resumed because it is over already.
    continuation: Option<DictationId>,
    hands_free: HandsFree,
    quitting: bool,
}

impl Machine {
    /// Takes one event. `now` is the time since any fixed moment, the same for all calls.
    #[must_use]
    pub fn step(mut self, mode: KeyMode, now: Duration, event: Event) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        self.take(mode, now, event, &mut effects);
        (self, effects)
    }

    /// What the user is shown: the microphone before anything else.
    pub fn stage(&self) -> Stage {
        let phase =
            self.microphone().map(|(_, phase)| phase).or_else(|| self.under_way.first().map(|(_, phase)| *phase));
        match phase {
            None => Stage::Idle,
            Some(Phase::Opening) => Stage::Opening,
            Some(Phase::Listening) => Stage::Listening,
            Some(Phase::Tail | Phase::Transcribing) => Stage::Finishing,
            Some(Phase::Delivering) => Stage::Delivering,
        }
    }

    /// The dictation that [`Machine::stage`] speaks of.
    pub fn current(&self) -> Option<DictationId> {
        self.microphone().map(|(id, _)| id).or_else(|| self.under_way.first().map(|(id, _)| *id))
    }

    /// Whether the key is down.
    pub fn is_key_held(&self) -> bool {
        self.gesture.held()
    }

    /// Whether a voice begins a dictation.
    pub fn is_hands_free(&self) -> bool {
        self.hands_free.is_on()
    }

    /// When to send [`Event::Tick`], so that hands-free mode can turn itself off.
    pub fn hands_free_until(&self) -> Option<Duration> {
        self.hands_free.until().filter(|_| self.microphone().is_none())
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    fn take(&mut self, mode: KeyMode, now: Duration, event: Event, effects: &mut Vec<Effect>) {
        if self.quitting {
            return self.take_while_quitting(event, effects);
        }
        match event {
            Event::Key { edge, fresh } => {
                let active = self.wants_to_hear();
                match self.gesture.feed(mode, edge, now, active) {
                    Some(Intent::Start) => self.start(fresh, effects),
                    Some(Intent::Stop) => self.stop(effects),
                    Some(Intent::Resume) => self.resume(fresh, effects),
                    Some(Intent::Cancel) => self.cancel(effects),
                    None if edge == ChordEdge::Down => self.take_over(fresh, effects),
                    None => {}
                }
            }
            Event::Toggle { .. } if self.wants_to_hear() => self.stop(effects),
            Event::Start { fresh } | Event::Toggle { fresh } => self.start(fresh, effects),
            Event::HandsFree(Some(silence)) => {
                if self.hands_free.turn_on(silence, now) {
                    effects.push(Effect::Watch(true));
                }
            }
            Event::HandsFree(None) => self.end_hands_free(true, effects),
            Event::Voice { fresh } => self.begin_by_voice(fresh, effects),
            Event::StopListening if self.hands_free.is_on() => self.end_hands_free(false, effects),
            Event::Stop | Event::StopListening => self.stop(effects),
            // What is being said goes on by itself.
            Event::Deaf if self.hands_free.turn_off() => effects.push(Effect::Watch(false)),
            Event::Tick if self.hands_free_until().is_some_and(|until| now >= until) => {
                self.end_hands_free(true, effects);
            }
            Event::Deaf | Event::Tick => {}
            Event::Cancel => self.cancel(effects),
            Event::Ready { id } => {
                if self.phase(id) == Some(Phase::Opening) {
                    self.set(id, Phase::Listening);
                    effects.push(Effect::SayReady(id));
                }
            }
            Event::Captured { id, speech, interrupted } => {
                if speech {
                    self.hands_free.spoken(now);
                }
                self.captured(id, speech, interrupted, effects);
            }
            Event::CaptureFailed { id } => {
                if self.phase(id).is_some_and(Phase::has_microphone) {
                    self.close(id, Outcome::NoAudio, effects);
                    self.begin_waiting(effects);
                }
            }
            Event::Transcribed { id, words } => {
                if self.phase(id) == Some(Phase::Transcribing) {
                    if words {
                        self.set(id, Phase::Delivering);
                        effects.push(Effect::Deliver(id));
                    } else {
                        self.close(id, Outcome::Nothing, effects);
                    }
                }
            }
            Event::TranscribeFailed { id } => {
                if self.phase(id) == Some(Phase::Transcribing) {
                    self.close(id, Outcome::Failed, effects);
                }
            }
            Event::Delivered { id, complete } => self.delivered(id, complete, effects),
            Event::Quit => self.quit(effects),
        }
    }

    /// Only what must still end is listened to: text that is being typed right now.
    fn take_while_quitting(&mut self, event: Event, effects: &mut Vec<Effect>) {
        if let Event::Delivered { id, complete } = event {
            self.delivered(id, complete, effects);
        }
    }

    fn start(&mut self, fresh: DictationId, effects: &mut Vec<Effect>) {
        match self.microphone() {
            None => {
                self.under_way.push((fresh, Phase::Opening));
                effects.push(Effect::Begin(fresh));
            }
            Some((id, Phase::Tail)) => {
                if self.waiting.is_none() {
                    effects.push(Effect::EndTail(id));
                }
                self.waiting = Some(fresh);
            }
            Some(_) => self.take_over(fresh, effects),
        }
    }

    fn begin_by_voice(&mut self, fresh: DictationId, effects: &mut Vec<Effect>) {
        if self.hands_free.is_on() && self.microphone().is_none() {
            self.hands_free.began(fresh);
            self.under_way.push((fresh, Phase::Opening));
            effects.push(Effect::BeginByVoice(fresh));
        }
    }

    /// What a voice has begun is the user's now: silence does not end it. Should it have ended this very moment, the user goes
    /// on in a dictation of its own.
    fn take_over(&mut self, fresh: DictationId, effects: &mut Vec<Effect>) {
        if let Some((id, Phase::Opening | Phase::Listening)) = self.microphone()
            && self.hands_free.let_go(id)
        {
            self.continuation = Some(fresh);
            effects.push(Effect::HoldOn(id));
        }
    }

    /// No voice begins a dictation any more. The one that a voice has begun ends here; `delivers` tells whether its text is
    /// wanted. Whoever says that Scout is to stop listening does not mean what they say after that.
    fn end_hands_free(&mut self, delivers: bool, effects: &mut Vec<Effect>) {
        if !self.hands_free.turn_off() {
            return;
        }
        effects.push(Effect::Watch(false));
        match self.microphone() {
            Some((id, _)) if self.hands_free.has(id) && delivers => self.stop(effects),
            Some((id, _)) if self.hands_free.has(id) => {
                effects.push(Effect::CancelCapture(id));
                self.close(id, Outcome::Cancelled, effects);
            }
            _ => {}
        }
    }

    fn stop(&mut self, effects: &mut Vec<Effect>) {
        self.waiting = None;
        if let Some((id, Phase::Opening | Phase::Listening)) = self.microphone() {
            self.hands_free.let_go(id);
            self.set(id, Phase::Tail);
            effects.push(Effect::StopCapture(id));
        }
    }

    fn resume(&mut self, fresh: DictationId, effects: &mut Vec<Effect>) {
        match self.microphone() {
            Some((id, Phase::Tail)) => {
                self.set(id, Phase::Listening);
                self.continuation = Some(fresh);
                effects.push(Effect::ResumeCapture(id));
            }
            // The tail is over and handed over: what follows is a dictation of its own.
            _ => self.start(fresh, effects),
        }
    }

    fn cancel(&mut self, effects: &mut Vec<Effect>) {
        if self.waiting.take().is_some() {
            return;
        }
        let newest = self.microphone().map(|(id, _)| id).or_else(|| self.under_way.last().map(|(id, _)| *id));
        let Some(id) = newest else { return };
        match self.phase(id) {
            Some(Phase::Transcribing) => {
                effects.push(Effect::AbortTranscription(id));
                self.close(id, Outcome::Cancelled, effects);
            }
            // Half of it may have been typed: delivery says how far it came.
            Some(Phase::Delivering) => effects.push(Effect::AbortDelivery(id)),
            _ => {
                effects.push(Effect::CancelCapture(id));
                self.close(id, Outcome::Cancelled, effects);
            }
        }
    }

    fn captured(&mut self, id: DictationId, speech: bool, interrupted: bool, effects: &mut Vec<Effect>) {
        let Some(phase) = self.phase(id).filter(|phase| phase.has_microphone()) else { return };
        let continuation = self.continuation.take();
        if speech {
            self.set(id, Phase::Transcribing);
            effects.push(Effect::Transcribe(id));
        } else {
            self.close(id, Outcome::Nothing, effects);
        }
        // It had ended before it could be resumed or taken over, and the user still speaks.
        if phase == Phase::Listening && !interrupted {
            self.waiting = self.waiting.or(continuation);
        }
        self.begin_waiting(effects);
    }

    fn delivered(&mut self, id: DictationId, complete: bool, effects: &mut Vec<Effect>) {
        if self.phase(id) == Some(Phase::Delivering) {
            let outcome = if complete { Outcome::Delivered } else { Outcome::Held };
            self.close(id, outcome, effects);
        }
    }

    fn quit(&mut self, effects: &mut Vec<Effect>) {
        self.quitting = true;
        if self.hands_free.turn_off() {
            effects.push(Effect::Watch(false));
        }
        self.waiting = None;
        for (id, phase) in self.under_way.clone() {
            match phase {
                Phase::Opening | Phase::Listening | Phase::Tail => {
                    effects.push(Effect::EndTail(id));
                    self.close(id, Outcome::Suspended, effects);
                }
                Phase::Transcribing => {
                    effects.push(Effect::AbortTranscription(id));
                    self.close(id, Outcome::Suspended, effects);
                }
                Phase::Delivering => effects.push(Effect::AbortDelivery(id)),
            }
        }
    }

    fn begin_waiting(&mut self, effects: &mut Vec<Effect>) {
        if let Some(fresh) = self.waiting.take() {
            self.start(fresh, effects);
        }
    }

    fn close(&mut self, id: DictationId, outcome: Outcome, effects: &mut Vec<Effect>) {
        if self.phase(id).is_some_and(Phase::has_microphone) {
            // It was for this one.
            self.continuation = None;
        }
        self.hands_free.let_go(id);
        self.under_way.retain(|(other, _)| *other != id);
        effects.push(Effect::Close(id, outcome));
    }

    /// Listening, or about to: what a toggle would stop.
    fn wants_to_hear(&self) -> bool {
        self.waiting.is_some() || matches!(self.microphone(), Some((_, Phase::Opening | Phase::Listening)))
    }

    fn microphone(&self) -> Option<(DictationId, Phase)> {
        self.under_way.iter().copied().find(|(_, phase)| phase.has_microphone())
    }

    fn phase(&self, id: DictationId) -> Option<Phase> {
        self.under_way.iter().find(|(other, _)| *other == id).map(|(_, phase)| *phase)
    }

    fn set(&mut self, id: DictationId, phase: Phase) {
        for (other, of_other) in &mut self.under_way {
            if *other == id {
                *of_other = phase;
            }
        }
    }
}
